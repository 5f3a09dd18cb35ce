//! The outline: sections in sections, then list items.

use super::Html;
use super::escape::{class, escape};
use super::options::Settings;
use crate::syntax::document::Document;
use crate::syntax::headings::Heading;

/// A heading as it will be shown.
pub struct Shown {
    index: usize,
    /// Level counted from the shallowest one.
    level: usize,
    number: Option<String>,
}

enum Open {
    Section,
    Item(&'static str),
}

/// For each heading whether it is left out: it or one above it is a `COMMENT`
/// or has a tag that excludes it.
pub fn hidden(doc: &Document, settings: &Settings) -> Vec<bool> {
    let mut hidden: Vec<bool> = Vec::with_capacity(doc.headings.len());
    for heading in &doc.headings {
        let above = heading.parent.and_then(|p| hidden.get(p).copied());
        let excluded = heading.tags.iter().any(|t| settings.exclude.iter().any(|e| e == t));
        hidden.push(above.unwrap_or(false) || heading.commented || excluded);
    }
    hidden
}

impl<'r, 'a> Html<'r, 'a> {
    /// The whole document.
    pub fn document(&mut self, out: &mut String) {
        let shown = self.shown();
        if self.settings.toc != super::options::Depth::Off {
            let depth = self.settings.toc;
            self.contents(&shown, depth, out);
        }
        let doc = self.doc;
        self.elements(&doc.preamble, out);
        let mut open: Vec<(usize, Open)> = Vec::new();
        for heading in &shown {
            let list = self.close(&mut open, heading.level, out);
            self.heading(heading, &mut open, list, out);
        }
        self.close(&mut open, 0, out);
    }

    /// Headings that are exported, with their numbers.
    fn shown(&self) -> Vec<Shown> {
        let visible = || {
            let all = self.doc.headings.iter().enumerate();
            all.filter(|(i, _)| self.hidden.get(*i) == Some(&false))
        };
        let base = visible().map(|(_, h)| h.level).min().unwrap_or(1);
        let mut counters: Vec<usize> = Vec::new();
        visible()
            .map(|(index, heading)| {
                let level = heading.level - base + 1;
                let unnumbered = heading.property("UNNUMBERED").is_some_and(|v| !v.is_empty() && v != "nil");
                let numbered = self.settings.num.covers(level) && level <= self.settings.levels && !unnumbered;
                if numbered {
                    counters.resize(level, 0);
                    if let Some(last) = counters.last_mut() {
                        *last += 1;
                    }
                }
                let number = numbered.then(|| {
                    let parts: Vec<String> = counters.iter().map(usize::to_string).collect();
                    format!("{}.", parts.join("."))
                });
                Shown { index, level, number }
            })
            .collect()
    }

    /// Closes what is as deep as `level`; tells which list stays open for an item there.
    fn close(&self, open: &mut Vec<(usize, Open)>, level: usize, out: &mut String) -> Option<&'static str> {
        while open.last().is_some_and(|(l, _)| *l >= level) {
            match open.pop() {
                Some((_, Open::Section)) => out.push_str("</div>\n"),
                Some((l, Open::Item(list))) => {
                    out.push_str("</li>\n");
                    if l == level && l > self.settings.levels {
                        return Some(list);
                    }
                    out.push_str(&format!("</{list}>\n"));
                }
                None => {}
            }
        }
        None
    }

    fn heading(&mut self, shown: &Shown, open: &mut Vec<(usize, Open)>, list: Option<&'static str>, out: &mut String) {
        let doc = self.doc;
        let Some(heading) = doc.headings.get(shown.index) else {
            return;
        };
        let id = escape(self.targets.heading_id(shown.index));
        let mut body = String::new();
        if shown.level > self.settings.levels {
            let list = list.unwrap_or_else(|| {
                let list = match self.settings.num.covers(shown.level) {
                    true => "ol",
                    false => "ul",
                };
                out.push_str(&format!("<{list} class=\"org-{list}\">\n"));
                list
            });
            out.push_str(&format!("<li><a id=\"{id}\"></a>"));
            self.title(heading, out);
            self.section(shown.index, heading, &mut body);
            match body.is_empty() {
                true => out.push('\n'),
                false => {
                    out.push_str("<br />\n");
                    out.push_str(&body);
                }
            }
            open.push((shown.level, Open::Item(list)));
            return;
        }
        let n = shown.level + 1;
        let h = n.min(6);
        let extra = heading.property("HTML_CONTAINER_CLASS").map(|c| format!(" {}", escape(c))).unwrap_or_default();
        let container = self.part("outline-container-", shown.index);
        out.push_str(&format!("<div{container} class=\"outline-{n}{extra}\">\n<h{h} id=\"{id}\">"));
        if let Some(number) = &shown.number {
            out.push_str(&format!("<span class=\"section-number-{n}\">{number}</span> "));
        }
        self.title(heading, out);
        out.push_str(&format!("</h{h}>\n"));
        self.section(shown.index, heading, &mut body);
        if !body.is_empty() {
            let text = self.part("text-", shown.index);
            out.push_str(&format!("<div class=\"outline-text-{n}\"{text}>\n{body}</div>\n"));
        }
        open.push((shown.level, Open::Section));
    }

    fn part(&self, prefix: &str, heading: usize) -> String {
        let id = self.targets.part(prefix, heading);
        id.map(|id| format!(" id=\"{}\"", escape(&id))).unwrap_or_default()
    }

    fn title(&mut self, heading: &Heading<'a>, out: &mut String) {
        if let Some(todo) = heading.todo.filter(|_| self.settings.todo) {
            let state = if heading.done { "done" } else { "todo" };
            out.push_str(&format!("<span class=\"{state} {}\">{}</span> ", class(todo), escape(todo)));
        }
        if let Some(priority) = heading.priority.filter(|_| self.settings.priority) {
            out.push_str(&format!("<span class=\"priority\">[{}]</span> ", escape(priority)));
        }
        self.text_of(&heading.text, out);
        if self.settings.tags && !heading.tags.is_empty() {
            let tags: Vec<String> =
                heading.tags.iter().map(|t| format!("<span class=\"{}\">{}</span>", class(t), escape(t))).collect();
            out.push_str(&format!("&#xa0;&#xa0;&#xa0;<span class=\"tag\">{}</span>", tags.join("&#xa0;")));
        }
    }

    fn section(&mut self, index: usize, heading: &Heading<'a>, out: &mut String) {
        if self.settings.planning {
            let parts =
                [("CLOSED:", heading.closed), ("DEADLINE:", heading.deadline), ("SCHEDULED:", heading.scheduled)];
            let shown: Vec<String> = parts
                .iter()
                .filter_map(|(key, stamp)| {
                    let stamp = super::timestamps::text((*stamp)?);
                    Some(format!(
                        "<span class=\"timestamp-wrapper\"><span class=\"timestamp-kwd\">{key}</span> <span class=\"timestamp\">{stamp}</span></span>"
                    ))
                })
                .collect();
            if !shown.is_empty() {
                out.push_str(&format!("<p>{}</p>\n", shown.join(" ")));
            }
        }
        let doc = self.doc;
        self.elements(doc.section_of(index), out);
    }

    /// A table of contents down to `depth`.
    pub fn contents(&mut self, shown: &[Shown], depth: super::options::Depth, out: &mut String) {
        let doc = self.doc;
        let levels = self.settings.levels;
        let listed: Vec<&Shown> = shown.iter().filter(|s| depth.covers(s.level) && s.level <= levels).collect();
        if listed.is_empty() {
            return;
        }
        out.push_str("<div id=\"table-of-contents\" role=\"doc-toc\">\n<h2>Table of Contents</h2>\n<div id=\"text-table-of-contents\" role=\"doc-toc\">\n");
        let mut open: Vec<usize> = Vec::new();
        for entry in listed {
            while open.last().is_some_and(|l| *l > entry.level) {
                out.push_str("</li>\n</ul>\n");
                open.pop();
            }
            if open.last() == Some(&entry.level) {
                out.push_str("</li>\n");
            } else {
                out.push_str("<ul>\n");
                open.push(entry.level);
            }
            let Some(heading) = doc.headings.get(entry.index) else {
                continue;
            };
            let number = entry.number.as_deref().map(|n| format!("{n} "));
            out.push_str(&format!(
                "<li><a href=\"#{}\">{}",
                escape(self.targets.heading_id(entry.index)),
                number.unwrap_or_default()
            ));
            self.plain_inline(heading.title, out);
            out.push_str("</a>");
        }
        for _ in open {
            out.push_str("</li>\n</ul>\n");
        }
        out.push_str("</div>\n</div>\n");
    }
}
