//! The number of what a target stands in: a heading's, an item's, a table's.

use super::captions::key;
use super::names::names;
use super::outline::Outline;
use crate::hash::HashMap;
use crate::syntax::document::Document;
use crate::syntax::lines::holds;
use crate::syntax::objects::{Object, Place, objects};
use crate::syntax::text::Text;
use crate::syntax::tree::{Element, Kind, List};

/// Numbers of targets by their names, as links say them.
pub struct Ordinals<'d, 'a> {
    doc: &'d Document<'a>,
    labels: HashMap<String, String>,
    /// Captioned tables so far.
    tables: usize,
}

impl<'d, 'a> Ordinals<'d, 'a> {
    /// Those of what a document shows.
    pub fn of(doc: &'d Document<'a>, outline: &Outline) -> HashMap<String, String> {
        let mut ordinals = Ordinals { doc, labels: HashMap::default(), tables: 0 };
        if !doc.holds.target {
            return ordinals.labels;
        }
        for (heading, section) in doc.all_sections() {
            let mut label: Vec<usize> = Vec::new();
            if let Some(index) = heading {
                if outline.hidden.get(index) == Some(&true) {
                    continue;
                }
                label.extend(outline.number_of(index));
                if let Some(heading) = doc.headings.get(index) {
                    ordinals.text(&heading.text, &label);
                }
            }
            ordinals.elements(section, &label, &[]);
        }
        ordinals.labels
    }

    /// Elements in what has the number `label`; lists among them go on from `path`.
    fn elements(&mut self, elements: &[Element<'a>], label: &[usize], path: &[usize]) {
        for element in elements {
            match &element.kind {
                Kind::Paragraph(text) | Kind::Verse(text) => self.text(text, label),
                Kind::List(list) => self.list(list, path),
                Kind::Table(lines) => {
                    let number = [self.tables + 1];
                    self.tables += usize::from(super::captions::captions(element).is_some());
                    for line in lines {
                        if holds(line.of(self.doc.text), "<<") {
                            self.note(&objects(&self.doc.inline, *line, Place::Cell), &number);
                        }
                    }
                }
                Kind::Footnote(_, children) => self.elements(children, &[], &[]),
                kind => self.elements(kind.children(), label, &[]),
            }
        }
    }

    fn list(&mut self, list: &List<'a>, path: &[usize]) {
        let mut number = 0;
        for item in &list.items {
            number = item.counter.and_then(|c| usize::try_from(c).ok()).unwrap_or(number + 1);
            let mut own = path.to_vec();
            own.push(number);
            if let Some(tag) = &item.tag {
                self.text(tag, &own);
            }
            self.elements(list.contents(item), &own, &own);
        }
    }

    fn text(&mut self, text: &Text<'a>, label: &[usize]) {
        if holds(text.span.of(self.doc.text), "<<") {
            self.note(self.doc.objects(text), label);
        }
    }

    fn note(&mut self, objects: &[Object], label: &[usize]) {
        let mut found = Vec::new();
        names(objects, &mut found);
        for name in found {
            let parts: Vec<String> = label.iter().map(usize::to_string).collect();
            self.labels.entry(key(&name)).or_insert_with(|| parts.join("."));
        }
    }
}
