//! Snippets, macros, inline code and calls.

use super::scan::{Scan, next, partner};
use super::{Found, ObjectKind};
use crate::syntax::lines::slice;

impl<'t> Scan<'t> {
    /// `@@backend:value@@`
    pub fn snippet(&self, at: usize, high: usize) -> Found<'t> {
        if self.byte(at + 1) != b'@' {
            return None;
        }
        let close = next(&self.at_two, at + 2).filter(|c| c + 2 <= high)?;
        let inner = slice(self.text, at + 2, close);
        let head = inner.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
        if head == 0 || inner.as_bytes().get(head) != Some(&b':') {
            return None;
        }
        let value = slice(inner, head + 1, inner.len());
        Some((ObjectKind::Snippet(slice(inner, 0, head), value), at, close + 2))
    }

    /// `{{{name(arguments)}}}`
    pub fn call_macro(&self, at: usize, high: usize) -> Found<'t> {
        let rest = slice(self.text, at, high).strip_prefix("{{{")?;
        let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let name = slice(rest, 0, len);
        let behind = at + 3 + len;
        if slice(self.text, behind, high).starts_with("}}}") {
            return Some((ObjectKind::Macro(name, ""), at, behind + 3));
        }
        if self.byte(behind) != b'(' {
            return None;
        }
        let close = next(&self.curly_three, behind + 1).filter(|c| c + 3 <= high)?;
        let args = slice(self.text, behind + 1, close).strip_suffix(')')?;
        Some((ObjectKind::Macro(name, args), at, close + 3))
    }

    /// `src_lang{…}` and `call_name(…)`, seen at their underscore.
    pub fn inline_code(&self, at: usize, start: usize, high: usize) -> Found<'t> {
        let before = slice(self.text, start, at);
        let (word, source) = match () {
            _ if before.ends_with("src") => (3, true),
            _ if before.ends_with("call") => (4, false),
            _ => return None,
        };
        let from = at - word;
        let head = slice(self.text, start, from);
        if head.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let rest = slice(self.text, at + 1, high);
        let stop = rest
            .bytes()
            .take(64)
            .position(|b| b.is_ascii_whitespace() || matches!(b, b'[' | b'{' | b'(' | b'}' | b']' | b')'))?;
        if stop == 0 {
            return None;
        }
        let mut end = at + 1 + stop;
        if self.byte(end) == b'[' {
            end = partner(&self.squares, end)? + 1;
        }
        if source {
            let close = partner(&self.curlies, end).filter(|c| *c < high)?;
            let lang = slice(rest, 0, stop);
            let code = slice(self.text, end + 1, close);
            return Some((ObjectKind::InlineSource(lang, code), from, close + 1));
        }
        let close = partner(&self.parens, end).filter(|c| *c < high)?;
        end = close + 1;
        if self.byte(end) == b'[' {
            end = partner(&self.squares, end).filter(|c| *c < high)? + 1;
        }
        Some((ObjectKind::InlineCall, from, end))
    }
}
