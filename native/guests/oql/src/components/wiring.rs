//! The four properties that make a heading a component, and where they stand.

use std::borrow::Cow;

use super::Name;
use crate::hash::HashSet;
use crate::header_args::names;
use crate::syntax::document::Document;
use crate::syntax::drawer::property_line;
use crate::syntax::headings::Heading;

/// `:in:`, `:out:`, `:deps:` and `:sig:` of a heading.
#[derive(Debug, Default)]
pub struct Wiring<'a> {
    /// Inputs.
    pub ins: Option<Property<'a>>,
    /// Outputs.
    pub outs: Option<Property<'a>>,
    /// What runs before.
    pub deps: Option<Property<'a>>,
    /// The signature.
    pub sig: Option<Property<'a>>,
}

/// A property's lines: the first of its name, then what `:key+:` adds.
#[derive(Debug)]
pub struct Property<'a> {
    /// Where the first stands.
    pub offset: usize,
    first: (&'a str, usize),
    more: Vec<(&'a str, usize)>,
}

const KEYS: [&str; 4] = ["in", "out", "deps", "sig"];

impl<'a> Wiring<'a> {
    /// Of this heading.
    pub fn read(doc: &Document<'a>, heading: &Heading<'a>) -> Self {
        let mut wiring = Wiring::default();
        if heading.properties.is_empty() {
            return wiring;
        }
        let mut based = [false; KEYS.len()];
        for span in doc.lines.range(heading.line + 1..heading.body.start) {
            let (start, key, rest) = property_line(doc.text, *span);
            let base = key.strip_suffix('+').unwrap_or(key);
            let Some(which) = KEYS.iter().position(|known| base.eq_ignore_ascii_case(known)) else { continue };
            if base.len() == key.len() && based.get_mut(which).is_none_or(|known| std::mem::replace(known, true)) {
                continue;
            }
            let slot = match which {
                0 => &mut wiring.ins,
                1 => &mut wiring.outs,
                2 => &mut wiring.deps,
                _ => &mut wiring.sig,
            };
            let value = rest.trim();
            let at = start + key.len() + 2 + (rest.len() - rest.trim_start().len());
            match slot {
                Some(property) => property.more.push((value, at)),
                None => *slot = Some(Property { offset: start, first: (value, at), more: Vec::new() }),
            }
        }
        wiring
    }

    /// The first of the four in their order.
    pub fn first(&self) -> Option<&Property<'a>> {
        self.ins.as_ref().or(self.outs.as_ref()).or(self.deps.as_ref()).or(self.sig.as_ref())
    }
}

impl<'a> Property<'a> {
    /// The names in it, each once.
    pub fn names(&self) -> Vec<Name<'a>> {
        let mut seen = HashSet::default();
        let mut all = Vec::new();
        for (value, at) in std::iter::once(&self.first).chain(&self.more) {
            for (name, offset) in names(value, *at).filter(|(name, _)| seen.insert(*name)) {
                all.push(Name { text: Cow::Borrowed(name), offset });
            }
        }
        all
    }

    /// Its text, lines joined, and where that begins.
    pub fn text(&self) -> (Cow<'a, str>, usize) {
        let (first, at) = self.first;
        let mut text = Cow::Borrowed(first);
        for (line, _) in &self.more {
            text.to_mut().extend([" ", line]);
        }
        (text, at)
    }
}

/// Where a property stands under the heading, else the heading.
pub fn property_offset(doc: &Document, heading: &Heading, key: &str) -> usize {
    let lines = doc.lines.range(heading.line + 1..heading.body.start).iter();
    let mut places = lines.map(|span| property_line(doc.text, *span));
    places.find(|(_, k, _)| k.eq_ignore_ascii_case(key)).map_or(heading.start, |(start, ..)| start)
}
