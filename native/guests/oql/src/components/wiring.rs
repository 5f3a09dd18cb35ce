//! The four properties that make a heading a component, and where they stand.

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
    lines: Vec<(&'a str, usize)>,
}

impl<'a> Wiring<'a> {
    /// Of this heading.
    pub fn read(doc: &Document<'a>, heading: &Heading<'a>) -> Self {
        let mut wiring = Wiring::default();
        if heading.properties.is_empty() {
            return wiring;
        }
        let mut based = HashSet::default();
        for span in doc.lines.range(heading.line + 1..heading.body.start) {
            let (start, key, rest) = property_line(doc.text, *span);
            let base = key.strip_suffix('+').unwrap_or(key);
            let (slot, which) = match base.to_ascii_lowercase().as_str() {
                "in" => (&mut wiring.ins, 0),
                "out" => (&mut wiring.outs, 1),
                "deps" => (&mut wiring.deps, 2),
                "sig" => (&mut wiring.sig, 3),
                _ => continue,
            };
            if base.len() == key.len() && !based.insert(which) {
                continue;
            }
            let value = rest.trim();
            let at = start + key.len() + 2 + (rest.len() - rest.trim_start().len());
            let property = slot.get_or_insert_with(|| Property { offset: start, lines: Vec::new() });
            property.lines.push((value, at));
        }
        wiring
    }

    /// The first of the four in their order.
    pub fn first(&self) -> Option<&Property<'a>> {
        self.ins.as_ref().or(self.outs.as_ref()).or(self.deps.as_ref()).or(self.sig.as_ref())
    }
}

impl Property<'_> {
    /// The names in it, each once.
    pub fn names(&self) -> Vec<Name> {
        let mut seen = HashSet::default();
        let all = self.lines.iter().flat_map(|(value, at)| names(value, *at));
        all.filter(|(name, _)| seen.insert(*name))
            .map(|(name, offset)| Name { text: name.to_string(), offset })
            .collect()
    }

    /// Its text, lines joined, and where that begins.
    pub fn text(&self) -> (String, usize) {
        let lines: Vec<&str> = self.lines.iter().map(|(value, _)| *value).collect();
        (lines.join(" "), self.lines.first().map_or(self.offset, |(_, at)| *at))
    }
}

/// Where a property stands under the heading, else the heading.
pub fn property_offset(doc: &Document, heading: &Heading, key: &str) -> usize {
    let lines = doc.lines.range(heading.line + 1..heading.body.start).iter();
    let mut places = lines.map(|span| property_line(doc.text, *span));
    places.find(|(_, k, _)| k.eq_ignore_ascii_case(key)).map_or(heading.start, |(start, ..)| start)
}
