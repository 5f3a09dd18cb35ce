//! `#+ATTR_HTML:`: a safe few attributes.

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

/// The allowed attributes of an element, as name and escaped value.
pub fn attributes(doc: &Document, element: &Element) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for span in element.meta.iter().flat_map(|m| &m.attr_html).take(64) {
        for arg in parse(span.of(doc.text), span.start).into_iter().take(64) {
            let known = ALLOWED.contains(&arg.key.as_str())
                || (arg.key.starts_with("aria-") && arg.key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
            if known && !out.iter().any(|(k, _)| *k == arg.key) {
                out.push((arg.key, escape(arg.value.trim_matches('"'))));
            }
        }
    }
    out
}

/// ` id="…" class="…"`: what the element asks for over what it has by default.
pub fn tag(doc: &Document, element: &Element, class: &str) -> String {
    let mut own = attributes(doc, element);
    let mut out = String::new();
    let id = own.iter().position(|(k, _)| k == "id").map(|i| own.remove(i).1);
    let id = id.or_else(|| element.name().map(|n| escape(&super::targets::anchor(n))));
    if let Some(id) = id.filter(|id| !id.is_empty()) {
        out.push_str(&format!(" id=\"{id}\""));
    }
    let asked = own.iter().position(|(k, _)| k == "class").map(|i| own.remove(i).1);
    match (asked, class) {
        (Some(asked), "") => out.push_str(&format!(" class=\"{asked}\"")),
        (Some(asked), class) => out.push_str(&format!(" class=\"{class} {asked}\"")),
        (None, "") => {}
        (None, class) => out.push_str(&format!(" class=\"{class}\"")),
    }
    out.push_str(&list(&own));
    out
}

/// ` name="value"` for each.
pub fn list(attributes: &[(String, String)]) -> String {
    let each = attributes.iter().map(|(k, v)| format!(" {k}=\"{v}\""));
    each.collect()
}
