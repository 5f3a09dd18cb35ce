//! Pictures.

use super::Html;
use super::abbreviations::Abbreviations;
use super::attributes::Attributes;
use super::escape::push_attribute;
use super::pictures::is_picture;
use super::translations::Phrase;
use super::url::{Use, encoded, file_url, not_a_scheme, safe};
use crate::syntax::document::Document;
use crate::syntax::objects::{Destination, LinkKind, Object, ObjectKind};
use crate::syntax::text::Text;
use crate::syntax::tree::Element;

/// What stands around a picture and its caption.
struct Tags {
    open: &'static str,
    picture: &'static str,
    end_picture: &'static str,
    caption: &'static str,
    end_caption: &'static str,
    close: &'static str,
}

const PLAIN: Tags = Tags {
    open: "<div id=\"",
    picture: "\" class=\"figure\">\n<p>",
    end_picture: "\n</p>\n",
    caption: "<p><span class=\"figure-number\">",
    end_caption: "</p>\n",
    close: "</div>\n",
};

const FANCY: Tags = Tags {
    open: "<figure id=\"",
    picture: "\">\n",
    end_picture: "\n",
    caption: "<figcaption><span class=\"figure-number\">",
    end_caption: "</figcaption>\n",
    close: "</figure>\n",
};

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
        let tags = if self.settings.fancy { &FANCY } else { &PLAIN };
        out.push_str(tags.open);
        push_attribute(out, &id);
        out.push_str(tags.picture);
        self.attributes_for_link(element);
        self.text_of(text, out);
        self.link_attributes = None;
        out.push_str(tags.end_picture);
        if self.captioned(element, Phrase::Figure, tags.caption, " </span>", out) {
            out.push_str(tags.end_caption);
        }
        out.push_str(tags.close);
    }

    /// Writes an `<img>`; tells whether the picture may be shown.
    pub fn image(&mut self, image: &Destination, mut own: Attributes, out: &mut String) -> bool {
        let Some(url) = image_url(image) else {
            return false;
        };
        let name = match image.kind {
            LinkKind::Fuzzy => "",
            LinkKind::File => image.path().rsplit('/').next().unwrap_or(""),
            _ => url.rsplit('/').next().unwrap_or(""),
        };
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
        LinkKind::File => safe(&not_a_scheme(&file_url(image.path())), Use::Image),
        _ => safe(&image.raw, Use::Image).map(encoded),
    }
}
