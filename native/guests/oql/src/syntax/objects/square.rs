//! What begins with `[`: links, footnotes, timestamps, cookies.

use super::scan::{Scan, next, partner};
use super::{Found, Link, LinkForm, ObjectKind};
use crate::syntax::headings::timestamp_len;
use crate::syntax::lines::slice;

impl<'t> Scan<'t> {
    /// The object at a `[`.
    pub fn square(&self, at: usize, high: usize, depth: usize, in_link: bool) -> Found<'t> {
        if self.byte(at + 1) == b'[' {
            return if in_link { None } else { self.link(at, high, depth) };
        }
        let rest = slice(self.text, at, high);
        if rest.starts_with("[fn:") {
            return self.footnote(at, high, depth);
        }
        if let Some(len) = timestamp_len(rest) {
            return Some((ObjectKind::Timestamp(slice(rest, 0, len)), at, at + len));
        }
        let close = next(&self.square_close, at).filter(|c| *c < high && c - at < 24)?;
        let inner = slice(self.text, at + 1, close);
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let cookie = inner.strip_suffix('%').is_some_and(digits)
            || inner.split_once('/').is_some_and(|(a, b)| digits(a) && digits(b));
        cookie.then(|| (ObjectKind::Cookie(slice(self.text, at, close + 1)), at, close + 1))
    }

    fn link(&self, at: usize, high: usize, depth: usize) -> Found<'t> {
        let close = next(&self.square_close, at + 2).filter(|c| *c + 1 < high)?;
        if close == at + 2 || next(&self.square_open, at + 2).is_some_and(|o| o < close) {
            return None;
        }
        let path = slice(self.text, at + 2, close);
        match self.byte(close + 1) {
            b']' => Some((ObjectKind::Link(Link { form: LinkForm::Bracket, path, description: None }), at, close + 2)),
            b'[' => {
                let mut end = next(&self.square_two, close + 2).filter(|e| e + 1 < high)?;
                // `[[a][b [c]]]`: the description's own bracket closes first.
                if self.byte(end + 2) == b']' && end + 2 < high && partner(&self.squares, close + 1) == Some(end + 1) {
                    end += 1;
                }
                if end == close + 2 {
                    return None;
                }
                let description = self.read(close + 2, end, depth + 1, true);
                Some((
                    ObjectKind::Link(Link { form: LinkForm::Bracket, path, description: Some(description) }),
                    at,
                    end + 2,
                ))
            }
            _ => None,
        }
    }

    fn footnote(&self, at: usize, high: usize, depth: usize) -> Found<'t> {
        let close = partner(&self.squares, at).filter(|c| *c < high)?;
        let from = at + 4;
        let rest = slice(self.text, from, close);
        let valid = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let len = rest.find(|c| !valid(c)).unwrap_or(rest.len());
        let label = slice(rest, 0, len);
        let definition = if len == rest.len() {
            if label.is_empty() {
                return None;
            }
            None
        } else if self.byte(from + len) == b':' {
            Some(self.read(from + len + 1, close, depth + 1, false))
        } else {
            return None;
        };
        Some((ObjectKind::Footnote(label, definition), at, close + 1))
    }
}
