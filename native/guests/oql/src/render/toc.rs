//! Tables of contents, lists of tables and listings.

use super::Html;
use super::escape::{escape, push_attribute};
use super::options::Depth;
use super::outline::Shown;
use super::settings::Tags;
use super::translations::Phrase;
use crate::digits::number_into;
use crate::syntax::headings::Heading;
use crate::syntax::objects::{Object, ObjectKind, objects_of};
use crate::syntax::tree::{Caption, Element, Kind, walk};

/// What an entry costs besides its title.
pub const ENTRY: usize = 32;

/// Each `#+TOC:` repeats what the document has: a document full of them would
/// make a page that grows with its square.
const TOO_MANY: &str = "<p class=\"note\">Cut short: there are too many tables of contents</p>\n";

/// What a list of captions holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Captioned {
    /// `#+TOC: tables`
    Tables,
    /// `#+TOC: listings`
    Listings,
}

impl<'r, 'a> Html<'r, 'a> {
    /// A table of contents down to `depth`: the document's, or that of what
    /// stands below a heading.
    pub fn contents(&mut self, below: Option<usize>, depth: Depth, out: &mut String) {
        let (range, base) = match below {
            None => (0..self.outline.shown.len(), 0),
            Some(index) => (self.outline.below(self.doc, index), self.outline.level(index)),
        };
        let limit = match depth {
            Depth::Off => 0,
            Depth::All => self.settings.levels,
            Depth::Levels(n) => base.saturating_add(n).min(self.settings.levels),
        };
        let mut open: Option<(usize, usize)> = None;
        let mut full = true;
        for at in range {
            let Some(shown) = self.outline.shown.get(at).copied() else { break };
            let Some(heading) = self.doc.headings.get(shown.index) else { continue };
            full = self.spend_contents(ENTRY + self.repeated(shown.index, heading));
            if !full {
                break;
            }
            if !shown.listed || shown.level > limit {
                continue;
            }
            // The list's outermost level is that of its first entry.
            let (start, before) = open.unwrap_or_else(|| {
                self.open_contents(below.is_none(), out);
                (shown.level - 1, shown.level - 1)
            });
            let level = shown.level.max(start + 1);
            for _ in before..level {
                out.push_str("\n<ul>\n<li>");
            }
            for _ in level..before {
                out.push_str("</li>\n</ul>\n");
            }
            if level <= before {
                out.push_str("</li>\n<li>");
            }
            self.entry(&shown, heading, out);
            open = Some((start, level));
        }
        if let Some((start, level)) = open {
            for _ in start..level {
                out.push_str("</li>\n</ul>\n");
            }
            out.push_str(match (below, self.settings.fancy) {
                (Some(_), _) => "</div>\n",
                (None, false) => "</div>\n</div>\n",
                (None, true) => "</div>\n</nav>\n",
            });
        }
        if !full {
            out.push_str(TOO_MANY);
        }
    }

    /// How much of what the document says once an entry says again.
    fn repeated(&self, index: usize, heading: &Heading) -> usize {
        let title = heading.property("ALT_TITLE").unwrap_or(heading.title);
        let tags: usize = heading.tags.iter().map(|tag| tag.len()).sum();
        title.len() + tags + heading.todo.map_or(0, str::len) + self.targets.heading_id(index).len()
    }

    /// Takes a cost from what tables of contents may still cost; whether there was enough.
    fn spend_contents(&mut self, cost: usize) -> bool {
        let left = self.contents_left.checked_sub(cost);
        self.contents_left = left.unwrap_or(0);
        left.is_some()
    }

    fn open_contents(&mut self, whole: bool, out: &mut String) {
        if whole {
            out.push_str(if self.settings.fancy { "<nav" } else { "<div" });
            self.part_id("table-of-contents", out);
            out.push_str(" role=\"doc-toc\">\n<h2>");
            out.push_str(self.phrase(Phrase::Contents));
            out.push_str("</h2>\n");
        }
        out.push_str("<div");
        self.part_id("text-table-of-contents", out);
        out.push_str(" role=\"doc-toc\">");
    }

    /// ` id="…"` for the page's own part of this name; the second one has a number.
    fn part_id(&mut self, id: &str, out: &mut String) {
        for part in [" id=\"", &self.targets.part(id), "\""] {
            out.push_str(part);
        }
    }

    fn entry(&mut self, shown: &Shown, heading: &Heading<'a>, out: &mut String) {
        out.push_str("<a href=\"#");
        push_attribute(out, self.targets.heading_id(shown.index));
        out.push_str("\">");
        if shown.numbered {
            self.section_number(shown, out);
            out.push(' ');
        }
        self.before_title(heading, out);
        match heading.property("ALT_TITLE") {
            Some(title) => self.objects(&unlinked(&objects_of(title)), out),
            None => {
                let doc = self.doc;
                let objects = doc.objects(&heading.text);
                match objects.iter().all(|o| matches!(o.kind, ObjectKind::Text(_))) {
                    true => self.objects(objects, out),
                    false => self.objects(&unlinked(objects), out),
                }
            }
        }
        if self.settings.tags == Tags::All {
            self.behind_title(heading, out);
        }
        out.push_str("</a>");
    }

    /// A list of the tables or listings that have captions.
    pub fn list_of(&mut self, which: Captioned, out: &mut String) {
        let doc = self.doc;
        if !self.spend_contents(doc.text.len()) {
            return out.push_str(TOO_MANY);
        }
        let mut found: Vec<(Option<&str>, &[Caption<'a>])> = Vec::new();
        let mut note = |element: &'r Element<'a>| {
            let wanted = match (&element.kind, which) {
                (Kind::Table(_) | Kind::Drawn(_), Captioned::Tables) => self.settings.tables,
                (Kind::Source(_), Captioned::Listings) => true,
                _ => false,
            };
            if let Some(caption) = super::captions::captions(element).filter(|_| wanted) {
                found.push((element.name(), caption));
            }
        };
        if !self.outline.headless {
            walk(&doc.preamble, &mut note);
        }
        for shown in self.outline.shown.iter().filter(|s| !s.bare) {
            walk(doc.section_of(shown.index), &mut note);
        }
        if found.is_empty() {
            return;
        }
        let (id, text_id, title, class, label) = match which {
            Captioned::Tables => {
                ("list-of-tables", "text-list-of-tables", Phrase::Tables, "table-number", Phrase::Table)
            }
            Captioned::Listings => {
                ("list-of-listings", "text-list-of-listings", Phrase::Listings, "listing-number", Phrase::Listing)
            }
        };
        out.push_str("<div");
        self.part_id(id, out);
        out.push_str(">\n<h2>");
        out.push_str(self.phrase(title));
        out.push_str("</h2>\n<div");
        self.part_id(text_id, out);
        out.push_str(">\n<ul>\n");
        for (number, (name, caption)) in found.into_iter().enumerate() {
            let link = name.and_then(|n| self.targets.find(n)).map(escape);
            out.push_str("<li>");
            if let Some(id) = &link {
                for part in ["<a href=\"#", id, "\">"] {
                    out.push_str(part);
                }
            }
            let (before, behind) = self.numbered(label);
            for part in ["<span class=\"", class, "\">", before] {
                out.push_str(part);
            }
            number_into(out, number + 1);
            for part in [behind, "</span> "] {
                out.push_str(part);
            }
            self.short_caption(caption, out);
            out.push_str(if link.is_some() { "</a></li>\n" } else { "</li>\n" });
        }
        out.push_str("</ul>\n</div>\n</div>\n");
    }

    /// What stands in brackets, else the captions themselves.
    fn short_caption(&mut self, captions: &[Caption<'a>], out: &mut String) {
        if captions.iter().all(|c| c.short.is_none()) {
            return self.caption(captions, out);
        }
        for (i, short) in captions.iter().filter_map(|c| c.short.as_ref()).enumerate() {
            if i > 0 {
                out.push(' ');
            }
            self.text_of(short, out);
        }
    }
}

/// Objects without footnotes and targets; a link is what it shows.
pub fn unlinked<'t>(objects: &[Object<'t>]) -> Vec<Object<'t>> {
    let mut out = Vec::with_capacity(objects.len());
    for Object { kind, span } in objects {
        let kind = match kind {
            ObjectKind::Link(link) => match &link.description {
                Some(inner) => {
                    out.extend(unlinked(inner));
                    continue;
                }
                None => ObjectKind::Text(link.path),
            },
            ObjectKind::Radio(inner) => {
                out.extend(unlinked(inner));
                continue;
            }
            ObjectKind::Footnote(..) | ObjectKind::Target(_) => continue,
            ObjectKind::Bold(inner) => ObjectKind::Bold(unlinked(inner).into()),
            ObjectKind::Italic(inner) => ObjectKind::Italic(unlinked(inner).into()),
            ObjectKind::Underline(inner) => ObjectKind::Underline(unlinked(inner).into()),
            ObjectKind::Strike(inner) => ObjectKind::Strike(unlinked(inner).into()),
            ObjectKind::Subscript(inner, braced) => ObjectKind::Subscript(unlinked(inner).into(), *braced),
            ObjectKind::Superscript(inner, braced) => ObjectKind::Superscript(unlinked(inner).into(), *braced),
            other => other.clone(),
        };
        out.push(Object { kind, span: *span });
    }
    out
}
