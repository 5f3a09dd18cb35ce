//! What is numbered over the whole document, and what a link to it then says.

use std::mem::{Discriminant, discriminant};

use super::Html;
use super::abbreviations::Abbreviations;
use super::code::Numbering;
use super::images::is_standalone;
use super::latex::is_math;
use super::translations::Phrase;
use crate::digits::number_into;
use crate::hash::HashMap;
use crate::syntax::document::Document;
use crate::syntax::tree::{Caption, Element, Kind, walk};

/// Numbers of captioned elements, and elements by their names.
#[derive(Default)]
pub struct References {
    /// By where the element begins.
    numbers: HashMap<usize, usize>,
    named: HashMap<String, Named>,
    /// Blocks whose lines are numbered.
    pub lines: Numbering,
}

/// An element with a `#+NAME:`.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// What a link without description says.
    pub number: usize,
    /// It is mathematics, which numbers itself.
    pub math: bool,
}

/// A name as links compare it.
pub fn key(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out
}

impl References {
    /// Those of a document, some of whose headings are hidden.
    pub fn of(doc: &Document, abbreviations: &Abbreviations, hidden: &[bool]) -> Self {
        let mut references = References::default();
        let met = doc.met;
        if !(met.meta || met.source || met.example || met.latex) {
            return references;
        }
        let mut captioned: HashMap<Discriminant<Kind>, usize> = HashMap::default();
        let mut figures = 0;
        for (heading, section) in doc.all_sections() {
            if heading.is_some_and(|i| hidden.get(i) == Some(&true)) {
                continue;
            }
            walk(section, &mut |element| {
                references.lines.add(doc, element);
                let counted = match &element.kind {
                    Kind::Latex(span) => is_math(span.of(doc.text)),
                    _ => element.meta.as_ref().is_some_and(|m| !m.caption.is_empty()),
                };
                if !counted && element.name().is_none() {
                    return;
                }
                let count = captioned.entry(discriminant(&element.kind)).or_default();
                let mut number = *count + 1;
                if counted {
                    *count += 1;
                    if let Kind::Paragraph(text) = &element.kind
                        && is_standalone(doc, abbreviations, text)
                    {
                        figures += 1;
                        number = figures;
                    }
                    references.numbers.insert(element.span.start, number);
                }
                if let Some(name) = element.name() {
                    let math = counted && matches!(element.kind, Kind::Latex(_));
                    references.named.entry(key(name)).or_insert(Named { number, math });
                }
            });
        }
        references
    }

    /// The number of a captioned element.
    pub fn number(&self, element: &Element) -> Option<usize> {
        self.numbers.get(&element.span.start).copied()
    }

    /// The element of this name.
    pub fn named(&self, name: &str) -> Option<Named> {
        self.named.get(&key(name)).copied()
    }
}

impl<'r, 'a> Html<'r, 'a> {
    /// Writes an element's caption behind what numbers it; tells whether it has one.
    pub fn captioned(
        &mut self,
        element: &Element<'a>,
        phrase: Phrase,
        open: &str,
        close: &str,
        out: &mut String,
    ) -> bool {
        let says = |c: &Caption| !c.long.span.of(self.doc.text).trim().is_empty();
        let Some(captions) = captions(element).filter(|c| c.iter().any(says)) else {
            return false;
        };
        let (before, behind) = self.numbered(phrase);
        out.push_str(open);
        out.push_str(before);
        number_into(out, self.references.number(element).unwrap_or(1));
        out.push_str(behind);
        out.push_str(close);
        self.caption(captions, out);
        true
    }

    /// Caption lines as one.
    pub fn caption(&mut self, captions: &[Caption<'a>], out: &mut String) {
        for (i, caption) in captions.iter().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            self.text_of(&caption.long, out);
        }
    }
}

/// The captions of an element that has any.
pub fn captions<'e, 'a>(element: &'e Element<'a>) -> Option<&'e [Caption<'a>]> {
    element.meta.as_ref().map(|m| m.caption.as_slice()).filter(|c| !c.is_empty())
}
