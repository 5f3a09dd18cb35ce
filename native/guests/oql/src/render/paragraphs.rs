//! Paragraphs.

use super::Html;
use super::attributes::Attributes;
use super::images::is_standalone;
use crate::syntax::objects::ObjectKind;
use crate::syntax::text::Text;
use crate::syntax::tree::Element;

impl<'r, 'a> Html<'r, 'a> {
    /// A paragraph, with the texts that go on with it.
    pub fn paragraph(&mut self, element: &Element<'a>, text: &Text<'a>, more: &[&Text<'a>], out: &mut String) {
        let doc = self.doc;
        if more.is_empty() && is_standalone(doc, &self.abbreviations, text) {
            return self.figure(element, text, out);
        }
        let start = out.len();
        let mut own = self.asked(element);
        if let Some(id) = own.take("id").and_then(|id| self.targets.claim(&id)) {
            own.set("id", id);
        }
        out.push_str("<p");
        own.write(out);
        if self.in_note {
            out.push_str(" class=\"footpara\"");
        }
        out.push_str(">\n");
        let body = out.len();
        self.attributes_for_link(element);
        self.paragraph_text(text, out);
        for text in more {
            out.push('\n');
            self.paragraph_text(text, out);
        }
        let stamps = self.only_stamps(doc.objects(text));
        let empty = out.get(body..).is_some_and(|b| b.trim_matches([' ', '\t', '\n', '\r']).is_empty());
        // What Babel takes out of the text leaves no paragraph behind.
        if empty && !stamps && doc.objects(text).iter().all(|o| self.is_taken_out(&o.kind)) {
            return out.truncate(start);
        }
        out.push_str("\n</p>\n");
    }

    /// Whether Babel takes such an object out of the text, with nothing in its
    /// place, or the page refuses it.
    fn is_taken_out(&self, kind: &ObjectKind) -> bool {
        match kind {
            ObjectKind::Text(text) => text.trim_matches([' ', '\t', '\n', '\r']).is_empty(),
            ObjectKind::InlineSource(..) | ObjectKind::InlineCall(_) => true,
            ObjectKind::Macro(call) => call.name.eq_ignore_ascii_case("results"),
            // Raw HTML that is refused.
            ObjectKind::Snippet(..) => !self.options.allow_html,
            _ => false,
        }
    }

    /// A paragraph without its tag.
    pub fn bare_paragraph(&mut self, element: &Element<'a>, text: &Text<'a>, out: &mut String) {
        self.attributes_for_link(element);
        self.paragraph_text(text, out);
    }

    fn paragraph_text(&mut self, text: &Text<'a>, out: &mut String) {
        let doc = self.doc;
        self.lone_stamps = self.only_stamps(doc.objects(text));
        self.ended_objects(doc.objects(text), out);
        self.lone_stamps = false;
        self.link_attributes = None;
    }

    /// The first link of a paragraph gets the paragraph's attributes.
    pub fn attributes_for_link(&mut self, element: &Element<'a>) {
        let asked = element.meta.as_ref().is_some_and(|m| !m.attr_html.is_empty());
        self.link_attributes = asked.then(|| self.over(element, Attributes::default()));
    }
}
