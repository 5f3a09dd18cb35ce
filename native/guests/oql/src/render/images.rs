//! Pictures.

use super::Html;
use super::attributes::Attributes;
use super::destinations::{Abbreviations, Destination, LinkKind, is_picture};
use super::translations::Phrase;
use super::url::{Use, encoded, file_url, safe};
use crate::syntax::document::Document;
use crate::syntax::objects::{Object, ObjectKind};
use crate::syntax::text::Text;
use crate::syntax::tree::Element;

fn is_space(object: &Object) -> bool {
    matches!(object.kind, ObjectKind::Text(text) if text.trim_matches([' ', '\t', '\n', '\r']).is_empty())
}

/// Whether a paragraph is nothing but a picture.
pub fn is_standalone<'a>(doc: &Document<'a>, abbreviations: &Abbreviations, text: &Text<'a>) -> bool {
    let mut objects = doc.objects(text).iter().filter(|o| !is_space(o));
    match (objects.next(), objects.next()) {
        (Some(Object { kind: ObjectKind::Link(link), .. }), None) => is_picture(link, abbreviations),
        _ => false,
    }
}

impl<'r, 'a> Html<'r, 'a> {
    /// A paragraph that is a picture.
    pub fn figure(&mut self, element: &Element<'a>, text: &Text<'a>, out: &mut String) {
        let mut own = self.asked(element);
        let id = match own.take("id") {
            // The picture itself has it.
            Some(_) => Some(self.fresh_id("figure")),
            None => self.named_id(element),
        };
        let id = id.unwrap_or_else(|| self.fresh_id("figure"));
        let mut frame = Attributes::default();
        frame.set("id", id);
        out.push_str("<div");
        frame.write(out);
        out.push_str(" class=\"figure\">\n<p>");
        self.attributes_for_link(element);
        self.text_of(text, out);
        self.link_attributes = None;
        out.push_str("\n</p>\n");
        if self.captioned(element, Phrase::Figure, "<p><span class=\"figure-number\">", " </span>", out) {
            out.push_str("</p>\n");
        }
        out.push_str("</div>\n");
    }

    /// Writes an `<img>`; tells whether the picture may be shown.
    pub fn image(&mut self, image: &Destination, mut own: Attributes, out: &mut String) -> bool {
        let Some(url) = image_url(image) else {
            return false;
        };
        let data = image.kind == LinkKind::Fuzzy;
        let name = if data { "" } else { url.rsplit('/').next().unwrap_or("") };
        let mut all = Attributes::default();
        all.set("src", url.clone());
        all.set("alt", name.to_string());
        if url.ends_with(".svg") {
            all.set("class", "org-svg".to_string());
            own.take("fallback");
        }
        if let Some(asked) = own.take("id")
            && let Some(id) = self.targets.claim(&asked)
        {
            own.set("id", id);
        }
        all.merge(own);
        out.push_str("<img");
        all.write(out);
        out.push_str(" />");
        true
    }
}

fn image_url(image: &Destination) -> Option<String> {
    match image.kind {
        LinkKind::File => safe(&file_url(image.path()), Use::Image),
        _ => safe(&image.raw, Use::Image).map(|url| encoded(&url)),
    }
}
