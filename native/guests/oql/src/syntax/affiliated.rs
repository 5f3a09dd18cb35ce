//! Affiliated keywords: `#+NAME:`, `#+CAPTION:` and their like.

use super::index::strip_prefix_no_case;
use super::lines::{BLANKS, Span, place};
use super::objects::Place;
use super::text::Text;
use super::tree::{Attribute, Caption, Meta};

/// One of them, as its line has it.
pub struct Affiliated<'a> {
    key: Key<'a>,
    /// What stands in brackets: `#+RESULTS[hash]:`.
    bracket: Option<&'a str>,
    value: &'a str,
}

#[derive(Clone, Copy)]
enum Key<'a> {
    Name,
    Caption,
    Header,
    Plot,
    Results,
    Attr(&'a str),
}

const KEYS: [(&str, Key<'static>); 13] = [
    ("NAME", Key::Name),
    ("CAPTION", Key::Caption),
    ("RESULTS", Key::Results),
    ("HEADER", Key::Header),
    ("HEADERS", Key::Header),
    ("PLOT", Key::Plot),
    ("RESULT", Key::Results),
    ("DATA", Key::Name),
    ("LABEL", Key::Name),
    ("RESNAME", Key::Name),
    ("SOURCE", Key::Name),
    ("SRCNAME", Key::Name),
    ("TBLNAME", Key::Name),
];

/// The affiliated keyword that a line is, given without its indentation.
pub fn affiliated(body: &str) -> Option<Affiliated<'_>> {
    let rest = body.strip_prefix("#+")?;
    let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
    let (name, after) = rest.split_at_checked(len)?;
    if let Some(backend) = strip_prefix_no_case(name, "ATTR_") {
        let value = after.strip_prefix(':')?.trim_matches(BLANKS);
        return (!backend.is_empty()).then_some(Affiliated { key: Key::Attr(backend), bracket: None, value });
    }
    let (_, key) = KEYS.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    let dual = name.len() == "CAPTION".len() && matches!(key, Key::Caption | Key::Results);
    let (bracket, value) = match after.strip_prefix('[').filter(|_| dual) {
        Some(inner) => {
            let close = inner.rfind("]:")?;
            (inner.get(..close), inner.get(close + 2..)?)
        }
        None => (None, after.strip_prefix(':')?),
    };
    Some(Affiliated { key: *key, bracket, value: value.trim_matches(BLANKS) })
}

impl Affiliated<'_> {
    /// Adds it to what stands before an element.
    pub fn note(&self, meta: &mut Meta, text: &str) {
        let value = place(text, self.value);
        let bracket = self.bracket.map(|b| place(text, b));
        match self.key {
            Key::Name => {
                meta.name = (!self.value.is_empty()).then(|| self.value.to_string());
                meta.named = value;
            }
            Key::Caption => {
                let own = |span: Span| Text::new(span, Place::Keyword);
                meta.caption.push(Caption { short: bracket.map(own), long: own(value) });
            }
            Key::Header => meta.headers.push(value),
            Key::Plot => meta.plot = Some(value),
            Key::Results => {
                meta.results = true;
                meta.result = Some(value);
                meta.hash = bracket;
            }
            Key::Attr(backend) => {
                if backend.eq_ignore_ascii_case("html") {
                    meta.attr_html.push(value);
                }
                meta.attributes.push(Attribute { backend: place(text, backend), value });
            }
        }
    }
}
