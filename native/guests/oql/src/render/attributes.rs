//! `#+ATTR_HTML:`: a safe few attributes.

use super::Html;
use super::escape::escape;
use crate::header_args::parse;
use crate::syntax::document::Document;
use crate::syntax::tree::Element;

const ALLOWED: [&str; 14] = [
    "alt",
    "class",
    "dir",
    "height",
    "id",
    "lang",
    "loading",
    "role",
    "rowspan",
    "colspan",
    "title",
    "translate",
    "width",
    "align",
];

/// The allowed attributes of an element, as name and value.
pub fn attributes(doc: &Document, element: &Element) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for span in element.meta.iter().flat_map(|m| &m.attr_html).take(64) {
        for arg in parse(span.of(doc.text), span.start).into_iter().take(64) {
            let known = ALLOWED.contains(&arg.key.as_str())
                || (arg.key.starts_with("aria-") && arg.key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
            if known && !out.iter().any(|(k, _)| *k == arg.key) {
                out.push((arg.key, arg.value.trim_matches('"').to_string()));
            }
        }
    }
    out
}

impl<'r, 'a> Html<'r, 'a> {
    /// ` id="…" class="…"`: what the element asks for over what it has by default.
    pub fn tag(&mut self, element: &Element, class: &str) -> String {
        let mut own = attributes(self.doc, element);
        let id = self.asked_id(&mut own).or_else(|| self.named_id(element));
        let mut out = id.map(|id| format!(" id=\"{}\"", escape(&id))).unwrap_or_default();
        let asked = own.iter().position(|(k, _)| k == "class").map(|i| escape(&own.remove(i).1));
        match (asked, class) {
            (Some(asked), "") => out.push_str(&format!(" class=\"{asked}\"")),
            (Some(asked), class) => out.push_str(&format!(" class=\"{class} {asked}\"")),
            (None, "") => {}
            (None, class) => out.push_str(&format!(" class=\"{class}\"")),
        }
        out.push_str(&list(&own));
        out
    }

    /// The id among an element's own attributes, which is taken out; nothing
    /// where another element has it already.
    pub fn asked_id(&mut self, own: &mut Vec<(String, String)>) -> Option<String> {
        let at = own.iter().position(|(k, _)| k == "id")?;
        self.targets.claim(&own.remove(at).1)
    }

    /// The id that an element's name gives it; nothing where another one has it already.
    pub fn named_id(&mut self, element: &Element) -> Option<String> {
        self.targets.claim(element.name()?)
    }
}

/// ` name="value"` for each.
pub fn list(attributes: &[(String, String)]) -> String {
    let each = attributes.iter().map(|(k, v)| format!(" {k}=\"{}\"", escape(v)));
    each.collect()
}
