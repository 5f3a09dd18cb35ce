//! Links to places of the page.

use super::Html;
use super::attributes::Attributes;
use super::captions::{Named, key};
use super::escape::{push_attribute, push_text};
use super::ordinals::Ordinals;
use super::settings::Latex;
use super::toc::unlinked;
use crate::digits::number_into;
use crate::syntax::objects::{Link, Object};

/// What a link says of itself where it leads to something without a number.
const NAMELESS: &str = "No description for this link";

/// Ids up to this length take nothing from what links may repeat.
const SHORT: usize = 64;

/// What an internal link leads to.
pub enum Found {
    /// A heading.
    Heading(usize),
    /// An element with a name.
    Named(String, Named),
    /// A target.
    Target(String),
}

impl<'r, 'a> Html<'r, 'a> {
    /// The heading that `id:` or `#` names.
    pub fn heading_with_id(&mut self, id: &str) -> Option<usize> {
        self.targets.by_uuid(id).or_else(|| self.targets.by_id(id))
    }

    /// What a fuzzy link leads to.
    pub fn find(&self, path: &str) -> Option<Found> {
        if let Some(title) = path.strip_prefix('*') {
            return self.targets.titled(title).map(Found::Heading);
        }
        match self.targets.named(path) {
            Some(id) => Some(match self.references.named(path) {
                Some(named) => Found::Named(id.to_string(), named),
                None => Found::Target(id.to_string()),
            }),
            None => self.targets.titled(path).map(Found::Heading),
        }
    }

    /// A link to a place of the page.
    pub fn internal(&mut self, link: &Link, path: &str, found: Found, own: Attributes, out: &mut String) {
        let described = link.description.as_deref().is_some_and(|d| !d.is_empty());
        let id = match &found {
            Found::Heading(heading) => self.targets.heading_id(*heading).to_string(),
            Found::Named(id, named) if named.math && self.settings.latex == Latex::All => {
                out.push_str("\\eqref{");
                push_text(out, id);
                return out.push('}');
            }
            Found::Named(id, _) | Found::Target(id) => id.clone(),
        };
        // Many short links to one long id must not cost their product.
        let Some(left) = self.repeats_left.checked_sub(id.len().saturating_sub(SHORT)) else {
            return self.description(link.description.as_deref().filter(|d| !d.is_empty()), NAMELESS, out);
        };
        self.repeats_left = left;
        let url = format!("#{id}");
        if described {
            return self.described(link, Some(&url), "", own, out);
        }
        self.open(&url, &own, out);
        match found {
            Found::Heading(heading) => self.heading_label(heading, out),
            Found::Named(_, named) => number_into(out, named.number),
            Found::Target(_) => self.target_label(path, out),
        }
        out.push_str("</a>");
    }

    /// A heading's number, or its title where it has none.
    fn heading_label(&mut self, heading: usize, out: &mut String) {
        let parts = self.outline.number_of(heading);
        if !parts.is_empty() {
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    out.push('.');
                }
                number_into(out, *part);
            }
            return;
        }
        let doc = self.doc;
        let Some(heading) = doc.headings.get(heading) else { return };
        // Nor may those to one long title.
        match self.repeats_left.checked_sub(heading.title.len()) {
            Some(left) => {
                self.repeats_left = left;
                self.objects(&unlinked(doc.objects(&heading.text)), out);
            }
            None => out.push_str(NAMELESS),
        }
    }

    /// The number of what a target stands in.
    fn target_label(&mut self, name: &str, out: &mut String) {
        let (doc, outline) = (self.doc, &self.outline);
        let all = self.ordinals.get_or_insert_with(|| Ordinals::of(doc, outline));
        let label = all.get(&key(name)).map_or("", String::as_str);
        out.push_str(if label.is_empty() { NAMELESS } else { label });
    }

    /// A link to a line of code.
    pub fn coderef(&mut self, description: Option<&[Object]>, label: &str, own: &Attributes, out: &mut String) {
        let Some(shown) = self.code_label(label) else {
            return self.broken(description, label, label, out);
        };
        let name = format!("coderef-{label}");
        let id = super::names::anchor(&name);
        out.push_str("<a href=\"#");
        push_attribute(out, &id);
        out.push_str("\" class=\"coderef\"");
        if self.options.allow_html {
            for (event, call) in [("onmouseover", "CodeHighlightOn"), ("onmouseout", "CodeHighlightOff")] {
                for part in [" ", event, "=\"", call, "(this, '"] {
                    out.push_str(part);
                }
                push_attribute(out, &id);
                out.push_str("');\"");
            }
        }
        own.write(out);
        out.push('>');
        match description {
            None => push_text(out, &shown),
            Some(objects) => {
                let mut html = String::new();
                self.objects(objects, &mut html);
                let mut name = String::from("(");
                push_text(&mut name, label);
                name.push(')');
                out.push_str(&html.replacen(&name, &shown, 1));
            }
        }
        out.push_str("</a>");
    }
}
