//! What begins with `[`: links, footnotes, citations, timestamps, cookies.

use super::allowed::Allowed;
use super::chars::is_word;
use super::scan::Scan;
use super::{Footnote, Found, ObjectKind};
use crate::syntax::lines::slice;

impl<'t> Scan<'_, 't> {
    /// The object at a `[`.
    #[inline(never)]
    pub fn square_object(&self, at: usize, high: usize, allowed: Allowed, depth: usize) -> Found<'t> {
        match self.byte(at + 1) {
            _ if at + 1 >= high => None,
            b'[' if allowed.has(Allowed::LINK) => self.bracket_link(at, high, depth),
            b'f' if allowed.has(Allowed::FOOTNOTE) => self.footnote(at, high, depth),
            b'c' if allowed.has(Allowed::CITATION) => self.citation(at, high, depth),
            b'%' | b'/' => self.cookie(at, high, allowed),
            b if b.is_ascii_digit() => {
                let stamp = allowed.has(Allowed::TIMESTAMP).then(|| self.timestamp(at, high)).flatten();
                stamp.or_else(|| self.cookie(at, high, allowed))
            }
            _ => None,
        }
    }

    /// `[1/2]`, `[50%]`
    fn cookie(&self, at: usize, high: usize, allowed: Allowed) -> Found<'t> {
        let digits = |from: usize| from + slice(self.text, from, high).bytes().take_while(u8::is_ascii_digit).count();
        let sign = digits(at + 1);
        let close = match self.byte(sign) {
            b'%' => sign + 1,
            b'/' => digits(sign + 1),
            _ => return None,
        };
        let ends = close < high && self.byte(close) == b']' && allowed.has(Allowed::COOKIE);
        ends.then(|| (ObjectKind::Cookie(slice(self.text, at, close + 1)), at, close + 1))
    }

    /// `[fn:label]`, `[fn:label:text]`, `[fn::text]`
    fn footnote(&self, at: usize, high: usize, depth: usize) -> Found<'t> {
        if !self.says(at + 1, high, "fn:") {
            return None;
        }
        let from = at + 4;
        let rest = slice(self.text, from, high);
        let len = rest.find(|c| !is_word(c) && !matches!(c, '-' | '_')).unwrap_or(rest.len());
        let label = slice(rest, 0, len);
        match rest.as_bytes().get(len) {
            Some(b':') => {
                let close = self.square(at, high)?;
                let text = self.read(from + len + 1, close, Allowed::ALL, depth + 1);
                Some((ObjectKind::Footnote(Box::new(Footnote { label, definition: Some(text) })), at, close + 1))
            }
            Some(b']') if len > 0 => {
                Some((ObjectKind::Footnote(Box::new(Footnote { label, definition: None })), at, from + len + 1))
            }
            _ => None,
        }
    }
}
