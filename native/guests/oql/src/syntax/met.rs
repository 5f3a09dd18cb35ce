//! Which kinds of element a document has at all, so that nobody looks through
//! all of them for what is not there.

use super::tree::{Element, Kind};

/// What some element is or has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Met {
    /// A source block.
    pub source: bool,
    /// An example block.
    pub example: bool,
    /// A LaTeX environment.
    pub latex: bool,
    /// Affiliated keywords: names, captions, results are among them.
    pub meta: bool,
}

impl Met {
    /// Takes an element into account.
    pub fn note(&mut self, element: &Element) {
        match element.kind {
            Kind::Source(_) => self.source = true,
            Kind::Example(_) => self.example = true,
            Kind::Latex(_) => self.latex = true,
            _ => {}
        }
        self.meta |= element.meta.is_some();
    }
}
