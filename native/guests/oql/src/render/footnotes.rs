//! Footnotes: numbered by their first reference, shown at the end.

use super::Html;
use super::outline::Outline;
use super::settings::Settings;
use super::texts::{Texts, inside};
use super::translations::Phrase;
use crate::digits::number_into;
use crate::hash::{HashMap, HashSet};
use crate::syntax::document::Document;
use crate::syntax::objects::{Object, ObjectKind, Row};
use crate::syntax::tree::{Element, Kind, walk};

/// What is known of footnotes.
#[derive(Default)]
pub struct Notes<'r, 'a> {
    definitions: HashMap<&'a str, Definition<'r, 'a>>,
    /// Numbers by label.
    numbers: HashMap<String, usize>,
    /// Numbers of references without a label by where they stand.
    anonymous: HashMap<usize, usize>,
    /// In the order of their numbers.
    order: Vec<Note<'r, 'a>>,
    /// Where the page's last reference ends.
    behind: usize,
}

#[derive(Clone)]
enum Definition<'r, 'a> {
    /// `[fn:label] …`
    Elements(&'r [Element<'a>]),
    /// `[fn:label:…]`
    Objects(Row<'a>),
    /// One that only rendering met.
    Html(String),
    Missing,
}

struct Note<'r, 'a> {
    definition: Definition<'r, 'a>,
    /// Where its first reference stands.
    first: usize,
    /// Its first reference has been rendered.
    anchored: bool,
    /// How many further ones have.
    again: usize,
}

struct Reference<'a> {
    label: &'a str,
    at: usize,
    definition: Option<Row<'a>>,
}

fn references<'a>(objects: &[Object<'a>], out: &mut Vec<Reference<'a>>) {
    for object in objects {
        if let ObjectKind::Footnote(note) = &object.kind {
            let (label, definition) = (note.label, note.definition.clone());
            out.push(Reference { label, at: object.span.start, definition });
        }
        references(inside(object), out);
    }
}

impl<'r, 'a> Notes<'r, 'a> {
    /// The footnotes of what a document shows.
    pub fn of(doc: &'r Document<'a>, settings: &'r Settings, outline: &Outline) -> Self {
        let mut notes = Notes::default();
        if !settings.footnotes || !doc.holds.note {
            return notes;
        }
        notes.define(doc, outline);
        let texts = Texts { doc, shown: Some(settings), needle: "[fn:", captions: false, notes: false };
        let mut found = Vec::new();
        let mut note = |objects: &[Object<'a>]| references(objects, &mut found);
        if !outline.headless {
            texts.each(&doc.preamble, &mut note);
        }
        let archived: HashSet<usize> = outline.shown.iter().filter(|s| s.bare).map(|s| s.index).collect();
        for (index, heading) in doc.headings.iter().enumerate() {
            if outline.hidden.get(index) == Some(&true) && outline.notes.get(index) != Some(&true) {
                continue;
            }
            texts.text(&heading.text, &mut note);
            if !archived.contains(&index) {
                texts.each(doc.section_of(index), &mut note);
            }
        }
        // A definition's own references count where it is first referred to:
        // a stack of its own, for chains of them may be long.
        let mut stack = vec![found.into_iter()];
        let mut entered: HashSet<&str> = HashSet::default();
        while let Some(top) = stack.last_mut() {
            let Some(reference) = top.next() else {
                stack.pop();
                continue;
            };
            let label = reference.label;
            let standard = reference.definition.is_none();
            notes.count(reference);
            if entered.insert(label)
                && standard
                && let Some(Definition::Elements(children)) = notes.definitions.get(label)
            {
                let mut inner = Vec::new();
                texts.each(children, &mut |objects| references(objects, &mut inner));
                stack.push(inner.into_iter());
            }
        }
        notes
    }

    /// Definitions wherever they stand; of two what is shown wins, then the first.
    fn define(&mut self, doc: &'r Document<'a>, outline: &Outline) {
        let texts = Texts { doc, shown: None, needle: "[fn:", captions: false, notes: true };
        for hidden in [false, true] {
            for (heading, section) in doc.all_sections() {
                let is_hidden = heading.map_or(outline.headless, |i| outline.hidden.get(i) == Some(&true));
                if is_hidden != hidden {
                    continue;
                }
                walk(section, &mut |element: &'r Element<'a>| {
                    if let Kind::Footnote(label, children) = &element.kind {
                        let label = label.of(doc.text);
                        self.definitions.entry(label).or_insert(Definition::Elements(children));
                    }
                });
                let mut inline = Vec::new();
                if let Some(heading) = heading.and_then(|i| doc.headings.get(i)) {
                    texts.text(&heading.text, &mut |objects| references(objects, &mut inline));
                }
                texts.each(section, &mut |objects| references(objects, &mut inline));
                for reference in inline {
                    if let Some(objects) = reference.definition.filter(|_| !reference.label.is_empty()) {
                        self.definitions.entry(reference.label).or_insert(Definition::Objects(objects));
                    }
                }
            }
        }
    }

    fn count(&mut self, reference: Reference<'a>) {
        let Reference { label, at, definition } = reference;
        let definition = match label {
            "" => definition.map(Definition::Objects),
            _ if self.numbers.contains_key(label) => return,
            _ => self.definitions.get(label).cloned(),
        };
        self.add(label, at, definition.unwrap_or(Definition::Missing));
    }

    fn add(&mut self, label: &str, at: usize, definition: Definition<'r, 'a>) -> usize {
        self.order.push(Note { definition, first: at, anchored: false, again: 0 });
        let number = self.order.len();
        match label {
            "" => self.anonymous.insert(at, number),
            _ => self.numbers.insert(label.to_string(), number),
        };
        number
    }

    fn number(&self, label: &str, at: usize) -> Option<usize> {
        match label {
            "" => self.anonymous.get(&at).copied(),
            _ => self.numbers.get(label).copied(),
        }
    }
}

impl<'r, 'a> Html<'r, 'a> {
    /// The reference that stands `at` this byte.
    pub fn footnote(&mut self, label: &str, definition: Option<&[Object]>, at: usize, out: &mut String) {
        if !self.settings.footnotes {
            return;
        }
        let number = self.notes.number(label, at).unwrap_or_else(|| {
            // In a caption or a title.
            let number = self.notes.add(label, at, Definition::Missing);
            let definition = match definition {
                Some(objects) => {
                    let mut html = String::new();
                    self.objects(objects, &mut html);
                    Definition::Html(html)
                }
                None => self.notes.definitions.get(label).cloned().unwrap_or(Definition::Missing),
            };
            if let Some(note) = self.notes.order.get_mut(number - 1) {
                note.definition = definition;
            }
            number
        });
        // Two in a row.
        let between = out.get(self.notes.behind..).filter(|_| self.notes.behind > 0);
        let before = out.get(..self.notes.behind).unwrap_or("");
        if between.is_some_and(|b| b.trim_matches([' ', '\t']).is_empty()) && before.ends_with("</a></sup>") {
            out.push_str("<sup>, </sup>");
        }
        out.push_str("<sup><a id=\"fnr.");
        number_into(out, number);
        if let Some(note) = self.notes.order.get_mut(number - 1) {
            if note.anchored || note.first != at {
                out.push('.');
                number_into(out, 100 + note.again);
                note.again += 1;
            } else {
                note.anchored = true;
            }
        }
        out.push_str("\" class=\"footref\" href=\"#fn.");
        number_into(out, number);
        out.push_str("\" role=\"doc-backlink\">");
        number_into(out, number);
        out.push_str("</a></sup>");
        self.notes.behind = out.len();
    }

    /// The definitions of every footnote referred to.
    pub fn footnote_section(&mut self, out: &mut String) {
        if self.notes.order.is_empty() {
            return;
        }
        out.push_str("<div id=\"footnotes\">\n<h2 class=\"footnotes\">");
        out.push_str(self.phrase(Phrase::Footnotes));
        out.push_str(": </h2>\n<div id=\"text-footnotes\">\n");
        let mut at = 0;
        // Rendering a definition may meet further footnotes, which then join the end.
        while let Some(note) = self.notes.order.get_mut(at) {
            at += 1;
            let definition = std::mem::replace(&mut note.definition, Definition::Missing);
            out.push_str("<div class=\"footdef\"><sup><a id=\"fn.");
            number_into(out, at);
            out.push_str("\" class=\"footnum\" href=\"#fnr.");
            number_into(out, at);
            out.push_str("\" role=\"doc-backlink\">");
            number_into(out, at);
            out.push_str("</a></sup> <div class=\"footpara\" role=\"doc-footnote\">");
            self.definition(&definition, out);
            out.push_str("</div></div>\n");
        }
        out.push_str("</div>\n</div>\n");
    }

    fn definition(&mut self, definition: &Definition<'r, 'a>, out: &mut String) {
        if let Definition::Elements(children) = definition
            && !children.is_empty()
        {
            for child in *children {
                self.in_note = matches!(child.kind, Kind::Paragraph(_));
                self.elements(std::slice::from_ref(child), out);
                self.in_note = false;
            }
            return;
        }
        out.push_str("<p class=\"footpara\">");
        match definition {
            Definition::Objects(objects) => self.objects(objects, out),
            Definition::Html(html) => out.push_str(html),
            Definition::Missing => out.push_str("DEFINITION NOT FOUND."),
            Definition::Elements(_) => {}
        }
        out.push_str("</p>");
    }
}
