//! Footnotes: numbered by their first reference, shown at the end.

use std::collections::HashMap;

use super::Html;
use crate::syntax::document::Document;
use crate::syntax::tree::{Element, Kind, walk};

/// What is known of footnotes.
#[derive(Default)]
pub struct Notes<'r, 'a> {
    definitions: HashMap<&'r str, &'r [Element<'a>]>,
    numbers: HashMap<String, usize>,
    /// In the order of their numbers.
    order: Vec<Note>,
}

struct Note {
    label: String,
    /// Inline definitions are rendered where they stand.
    html: Option<String>,
    references: usize,
}

impl<'r, 'a> Notes<'r, 'a> {
    /// The definitions of a document.
    pub fn of(doc: &'r Document<'a>) -> Self {
        let mut notes = Notes::default();
        for (_, section) in doc.all_sections() {
            walk(section, &mut |element: &'r Element<'a>| {
                if let Kind::Footnote(label, children) = &element.kind {
                    notes.definitions.entry(label.of(doc.text)).or_insert(children);
                }
            });
        }
        notes
    }
}

impl<'r, 'a> Html<'r, 'a> {
    /// A reference. `definition` renders an inline definition.
    pub fn footnote(&mut self, label: &str, definition: Option<impl FnOnce(&mut Self) -> String>, out: &mut String) {
        let notes = &mut self.notes;
        let known = (!label.is_empty()).then(|| notes.numbers.get(label).copied()).flatten();
        let number = known.unwrap_or_else(|| {
            notes.order.push(Note { label: label.to_string(), html: None, references: 0 });
            let number = notes.order.len();
            if !label.is_empty() {
                notes.numbers.insert(label.to_string(), number);
            }
            number
        });
        let mut times = 1;
        if let Some(note) = notes.order.get_mut(number - 1) {
            note.references += 1;
            times = note.references;
        }
        if let Some(render) = definition {
            let html = render(self);
            if let Some(note) = self.notes.order.get_mut(number - 1) {
                note.html.get_or_insert(html);
            }
        }
        let id = match times {
            1 => format!("fnr.{number}"),
            _ => format!("fnr.{number}.{times}"),
        };
        if out.ends_with("</a></sup>") {
            out.push_str("<sup>, </sup>");
        }
        out.push_str(&format!(
            "<sup><a id=\"{id}\" class=\"footref\" href=\"#fn.{number}\" role=\"doc-backlink\">{number}</a></sup>"
        ));
    }

    /// The definitions of every footnote referred to.
    pub fn footnote_section(&mut self, out: &mut String) {
        if self.notes.order.is_empty() {
            return;
        }
        out.push_str("<div id=\"footnotes\">\n<h2 class=\"footnotes\">Footnotes: </h2>\n<div id=\"text-footnotes\">\n");
        let mut at = 0;
        // Definitions may refer to further footnotes, which then join the end.
        while let Some(note) = self.notes.order.get_mut(at) {
            at += 1;
            let label = note.label.clone();
            let inline = note.html.take();
            let body = match (inline, self.notes.definitions.get(label.as_str()).copied()) {
                (Some(html), _) => format!("<p class=\"footpara\">{html}</p>"),
                (None, Some(children)) => {
                    let mut body = String::new();
                    self.elements(children, &mut body);
                    body.replace("<p>\n", "<p class=\"footpara\">\n")
                }
                (None, None) => "<p class=\"footpara\">DEFINITION NOT FOUND.</p>".into(),
            };
            out.push_str(&format!(
                "<div class=\"footdef\"><sup><a id=\"fn.{at}\" class=\"footnum\" href=\"#fnr.{at}\" role=\"doc-backlink\">{at}</a></sup> <div class=\"footpara\" role=\"doc-footnote\">{}</div></div>\n",
                body.trim_end()
            ));
        }
        out.push_str("</div>\n</div>\n");
    }
}
