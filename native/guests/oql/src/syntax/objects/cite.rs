//! Citations: `[cite/style:prefix;before @key behind;suffix]`.

use super::allowed::Allowed;
use super::chars::{is_alphanumeric, is_word};
use super::scan::{Mark, Scan};
use super::{Citation, Found, ObjectKind, Reference, Row};
use crate::syntax::lines::{Span, slice};

/// Where the key ends that begins there.
pub fn key_end(text: &str, from: usize) -> Option<usize> {
    let rest = slice(text, from, text.len());
    let part = |c: char| is_word(c) || "-.:?!`'/*@+|(){}<>&_^$#%~".contains(c);
    let len = rest.find(|c| !part(c)).unwrap_or(rest.len());
    (len > 0).then_some(from + len)
}

impl<'t> Scan<'_, 't> {
    /// The citation at a `[c`.
    pub fn citation(&self, at: usize, high: usize, depth: usize) -> Found<'t> {
        if !self.says(at + 1, high, "cite") {
            return None;
        }
        let rest = slice(self.text, at + 5, high);
        let style = match rest.strip_prefix('/') {
            Some(style) => {
                let end = style.find(|c| !is_alphanumeric(c) && !matches!(c, '/' | '_' | '-'))?;
                Some(slice(style, 0, end)).filter(|s| !s.is_empty())?
            }
            None => "",
        };
        let colon = at + 5 + style.len() + usize::from(!style.is_empty());
        if self.byte(colon) != b':' {
            return None;
        }
        let key = self.key(colon + 1, high)?;
        let close = self.square(at, high).filter(|close| key.end <= *close)?;
        let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\n');
        let start = colon + 1 + slice(self.text, colon + 1, close).bytes().take_while(blank).count();
        let end = start + slice(self.text, start, close).trim_end_matches([' ', '\r', '\t', '\n']).len();
        let least = |from, to| self.read(from, to, Allowed::LEAST, depth + 1);
        // A prefix for all ends at the last semicolon before the first key.
        let (prefix, from) = match slice(self.text, start, key.start).rfind(';') {
            Some(i) => (least(start, start + i), start + i + 1),
            None => (Row::default(), start),
        };
        // A suffix for all begins behind the last semicolon if no key follows.
        let last = slice(self.text, key.end, end).rfind(';').map(|i| key.end + i + 1);
        let (suffix, to) = match last {
            Some(i) if self.key_in(i, end).is_none() => (least(i, end), i),
            _ => (Row::default(), end),
        };
        let references = self.references(from, to, depth);
        Some((ObjectKind::Citation(Box::new(Citation { style, prefix, references, suffix })), at, close + 1))
    }

    fn references(&self, mut from: usize, to: usize, depth: usize) -> Vec<Reference<'t>> {
        let mut out = Vec::new();
        while let Some(key) = self.key_in(from, to) {
            let semicolon = slice(self.text, key.end, to).find(';').map(|i| key.end + i);
            let end = semicolon.unwrap_or(to);
            let next = semicolon.map_or(to, |i| i + 1);
            out.push(Reference {
                key: slice(self.text, key.start + 1, key.end),
                prefix: self.read(from, key.start, Allowed::LEAST, depth + 1),
                suffix: self.read(key.end, end, Allowed::LEAST, depth + 1),
                span: self.span(from, next),
            });
            from = next;
        }
        out
    }

    /// The first key from there on, with its `@`.
    fn key(&self, from: usize, high: usize) -> Option<Span> {
        let start = self.seek(Mark::Key, from);
        let end = key_end(slice(self.text, 0, high), start.checked_add(1)?)?;
        Some(Span { start, end })
    }

    /// The first key between two places, without a look further.
    fn key_in(&self, from: usize, to: usize) -> Option<Span> {
        let text = slice(self.text, 0, to);
        let mut at = from;
        loop {
            at += slice(text, at, to).find('@')?;
            match key_end(text, at + 1) {
                Some(end) => return Some(Span { start: at, end }),
                None => at += 1,
            }
        }
    }
}
