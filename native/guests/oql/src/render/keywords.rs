//! Keywords that put something on the page.

use super::Html;
use super::escape::{escape, legal};
use super::options::Depth;
use super::toc::Captioned;
use crate::syntax::lines::Span;
use crate::syntax::tree::Keyword;

impl<'r, 'a> Html<'r, 'a> {
    /// `#+TOC:`, `#+HTML:`, `#+INCLUDE:`; other ones show nothing.
    #[inline(never)]
    pub fn keyword(&mut self, keyword: &Keyword, span: Span, out: &mut String) {
        let value = keyword.value.of(self.doc.text);
        match &*keyword.key {
            "TOC" => self.toc_keyword(value, span, out),
            "HTML" if self.options.allow_html => {
                out.push_str(&legal(value));
                out.push('\n');
            }
            "INCLUDE" => {
                for part in ["<p class=\"note\">Not included: ", &escape(value), "</p>\n"] {
                    out.push_str(part);
                }
            }
            _ => {}
        }
    }

    /// `#+TOC: headlines 2 local`, `#+TOC: listings`, `#+TOC: tables`
    fn toc_keyword(&mut self, value: &str, span: Span, out: &mut String) {
        let words = || value.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        if words().any(|w| w.eq_ignore_ascii_case("headlines")) {
            let depth = words().find_map(|w| w.parse().ok()).map_or(Depth::All, Depth::Levels);
            let below = match target(value) {
                Some(target) => self.heading_of(target),
                None if words().any(|w| w.eq_ignore_ascii_case("local")) => self.doc.heading_at(span.start),
                None => None,
            };
            return self.contents(below, depth, out);
        }
        match value {
            "listings" => self.list_of(Captioned::Listings, out),
            "tables" => self.list_of(Captioned::Tables, out),
            _ => {}
        }
    }

    /// The heading that a link's text leads to.
    fn heading_of(&mut self, path: &str) -> Option<usize> {
        let id = match path.strip_prefix('#') {
            Some(id) => id.to_string(),
            None => self.targets.find(path)?.to_string(),
        };
        self.targets.by_id(&id)
    }
}

/// What `:target` names.
fn target(value: &str) -> Option<&str> {
    let (_, behind) = value.split_once(":target")?;
    let behind = behind.trim_start();
    match behind.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => behind.split([' ', '\t']).next().filter(|t| !t.is_empty()),
    }
}
