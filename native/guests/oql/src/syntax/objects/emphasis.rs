//! Emphasis, sub- and superscripts.

use super::scan::{MARKS, Scan, next, partner};
use super::{Found, ObjectKind};
use crate::syntax::MAX_DEPTH;
use crate::syntax::lines::slice;

impl<'t> Scan<'t> {
    /// Whether emphasis may end before `at`.
    pub fn ends_emphasis(&self, at: usize) -> bool {
        match self.text.as_bytes().get(at) {
            None => true,
            Some(b) if b.is_ascii_whitespace() => true,
            Some(b'-' | b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'"' | b')' | b'}' | b'\\' | b'[') => true,
            Some(b) if b.is_ascii() => false,
            _ => slice(self.text, at, self.text.len()).starts_with(['–', '—', '…', '”', '’', '\u{a0}']),
        }
    }

    /// Whether emphasis may begin at `at`.
    fn starts_emphasis(&self, at: usize, low: usize) -> bool {
        if at == low {
            return true;
        }
        match self.byte(at - 1) {
            b if b.is_ascii_whitespace() => true,
            b'-' | b'(' | b'\'' | b'"' | b'{' => true,
            b if b.is_ascii() => false,
            _ => slice(self.text, low, at).ends_with(['–', '—', '“', '‘', '\u{a0}']),
        }
    }

    /// `*bold*` and its like.
    pub fn emphasis(&self, at: usize, low: usize, high: usize, depth: usize, in_link: bool) -> Found<'t> {
        let mark = self.byte(at);
        let first = self.byte(at + 1);
        if !self.starts_emphasis(at, low) || first.is_ascii_whitespace() || at + 2 >= high {
            return None;
        }
        let places = self.closers.get(MARKS.iter().position(|m| *m == mark)?)?;
        let inner = next(places, at + 2).filter(|c| *c < high);
        let edge = || {
            let last = high.checked_sub(1)?;
            let before = self.byte(last.checked_sub(1)?);
            (last > at + 1 && self.byte(last) == mark && !before.is_ascii_whitespace()).then_some(last)
        };
        let close = inner.or_else(edge)?;
        // Emacs allows one line end inside.
        let second = next(&self.newline, at).and_then(|n| next(&self.newline, n + 1));
        if second.is_some_and(|n| n < close) {
            return None;
        }
        let text = slice(self.text, at + 1, close);
        let nested = || self.read(at + 1, close, depth + 1, in_link);
        let object = match mark {
            b'*' => ObjectKind::Bold(nested()),
            b'/' => ObjectKind::Italic(nested()),
            b'_' => ObjectKind::Underline(nested()),
            b'+' => ObjectKind::Strike(nested()),
            b'=' => ObjectKind::Verbatim(text),
            _ => ObjectKind::Code(text),
        };
        Some((object, at, close + 1))
    }

    /// `_x`, `^{x}`
    pub fn script(&self, at: usize, low: usize, high: usize, depth: usize, in_link: bool) -> Found<'t> {
        if at == low || self.byte(at - 1).is_ascii_whitespace() {
            return None;
        }
        let (inner, end, braced) = if self.byte(at + 1) == b'{' {
            let close = partner(&self.curlies, at + 1).filter(|c| *c < high)?;
            (self.read(at + 2, close, depth + 1, in_link), close + 1, true)
        } else if self.byte(at + 1) == b'*' {
            {
                let mut star = Vec::new();
                self.push_text(&mut star, at + 1, at + 2);
                (star, at + 2, false)
            }
        } else {
            let rest = slice(self.text, at + 1, high);
            let sign = usize::from(rest.starts_with(['+', '-']));
            let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '\\');
            let body = rest.get(sign..)?;
            let len = body.find(|c| !part(c)).unwrap_or(body.len());
            let body = body.get(..len)?.trim_end_matches(['.', ',', '\\']);
            if body.is_empty() {
                return None;
            }
            let end = at + 1 + sign + body.len();
            (self.read(at + 1, end, MAX_DEPTH, in_link), end, false)
        };
        let object = match self.byte(at) {
            b'_' => ObjectKind::Subscript(inner, braced),
            _ => ObjectKind::Superscript(inner, braced),
        };
        Some((object, at, end))
    }
}
