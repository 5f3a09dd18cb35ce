//! A text as objects in a row.

use super::scan::Scan;
use super::{Object, ObjectKind};
use crate::syntax::MAX_DEPTH;
use crate::syntax::lines::{Span, slice};

impl<'t> Scan<'t> {
    /// The objects between two places.
    pub fn read(&self, low: usize, high: usize, depth: usize, in_link: bool) -> Vec<Object<'t>> {
        let mut out = Vec::new();
        let mut start = low;
        let mut at = low;
        if depth > MAX_DEPTH {
            self.push_text(&mut out, low, high);
            return out;
        }
        while at < high {
            let found = match self.byte(at) {
                b'*' | b'/' | b'+' | b'=' | b'~' => self.emphasis(at, low, high, depth, in_link),
                b'_' => self
                    .emphasis(at, low, high, depth, in_link)
                    .or_else(|| self.script(at, low, high, depth, in_link))
                    .or_else(|| self.inline_code(at, start, high)),
                b'^' => self.script(at, low, high, depth, in_link),
                b'[' => self.square(at, high, depth, in_link),
                b'<' => self.angle(at, high, depth, in_link),
                b'\\' => self.backslash(at, high),
                b'$' => self.dollar(at, high),
                b'@' => self.snippet(at, high),
                b'{' => self.call_macro(at, high),
                b':' if !in_link => self.url(at, start, high),
                _ => None,
            };
            match found {
                Some((object, from, next)) if next > at => {
                    self.push_text(&mut out, start, from);
                    out.push(Object { kind: object, span: self.span(from, next) });
                    at = next;
                    start = next;
                }
                _ => at += 1,
            }
        }
        self.push_text(&mut out, start, high);
        out
    }

    /// A place in this text as one in the document.
    pub fn span(&self, from: usize, to: usize) -> Span {
        Span { start: self.base + from, end: self.base + to }
    }

    /// Plain text between two places.
    pub fn push_text(&self, out: &mut Vec<Object<'t>>, from: usize, to: usize) {
        if from < to {
            out.push(Object { kind: ObjectKind::Text(slice(self.text, from, to)), span: self.span(from, to) });
        }
    }
}
