//! Snippets, macros, inline code and calls.

use super::allowed::Allowed;
use super::chars::goes_on;
use super::scan::{Mark, Scan};
use super::{Call, Found, InlineCode, Macro, ObjectKind, Snippet};
use crate::syntax::lines::slice;

impl<'t> Scan<'_, 't> {
    /// `@@backend:value@@`
    #[inline(never)]
    pub fn snippet(&self, at: usize, high: usize) -> Found<'t> {
        let rest = slice(self.text, at, high).strip_prefix("@@")?;
        let head = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
        if head == 0 || rest.as_bytes().get(head) != Some(&b':') {
            return None;
        }
        let backend = slice(rest, 0, head);
        let from = at + 2 + head + 1;
        let close = self.seek(Mark::AtTwo, from);
        let snippet = |value| ObjectKind::Snippet(Box::new(Snippet { backend, value }));
        Some(match close.saturating_add(2) <= high {
            true => (snippet(slice(self.text, from, close)), at, close + 2),
            // Without an end the beginning is the value.
            false => (snippet(slice(self.text, at, from)), at, from),
        })
    }

    /// `{{{name(arguments)}}}`
    #[inline(never)]
    pub fn call_macro(&self, at: usize, high: usize) -> Found<'t> {
        let rest = slice(self.text, at, high).strip_prefix("{{{")?;
        let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let name = slice(rest, 0, len);
        let behind = at + 3 + len;
        if slice(self.text, behind, high).starts_with("}}}") {
            return Some((ObjectKind::Macro(Box::new(Macro { name, arguments: "" })), at, behind + 3));
        }
        if self.byte(behind) != b'(' {
            return None;
        }
        let close = self.seek(Mark::MacroEnd, behind + 1);
        if close.saturating_add(4) > high || self.seek(Mark::Zero, behind) < close {
            return None;
        }
        let arguments = slice(self.text, behind + 1, close);
        Some((ObjectKind::Macro(Box::new(Macro { name, arguments })), at, close + 4))
    }

    /// `src_lang{…}` and `call_name(…)`, seen at their underscore.
    #[inline(never)]
    pub fn inline_code(&self, at: usize, start: usize, low: usize, high: usize, allowed: Allowed) -> Found<'t> {
        let head = slice(self.text, start, at);
        let (from, source) = match () {
            _ if head.ends_with("src") && allowed.has(Allowed::SOURCE) => (at - 3, true),
            _ if head.ends_with("call") && allowed.has(Allowed::CALL) => (at - 4, false),
            _ => return None,
        };
        if self.char_before(from, low).is_some_and(goes_on) {
            return None;
        }
        match source {
            true => self.inline_source(from, at + 1, high),
            false => self.inline_call(from, at + 1, high),
        }
    }

    fn inline_source(&self, from: usize, at: usize, high: usize) -> Found<'t> {
        let stop = self.seek(Mark::SourceEnd, at);
        if stop == at || stop >= high {
            return None;
        }
        let (args, open) = self.bracketed(stop, high);
        let (close, _) = self.curly(open, high)?;
        let lang = slice(self.text, at, stop);
        let code = slice(self.text, open + 1, close);
        Some((ObjectKind::InlineSource(Box::new(InlineCode { lang, args, code })), from, close + 1))
    }

    fn inline_call(&self, from: usize, at: usize, high: usize) -> Found<'t> {
        let stop = self.seek(Mark::CallEnd, at);
        if stop == at || stop >= high {
            return None;
        }
        let name = slice(self.text, at, stop);
        let (inside, open) = self.bracketed(stop, high);
        let (close, _) = self.round(open, high)?;
        let args = slice(self.text, open + 1, close);
        let (outside, end) = self.bracketed(close + 1, high);
        Some((ObjectKind::InlineCall(Box::new(Call { name, inside, args, outside })), from, end))
    }

    /// What stands in square brackets there, if anything, and where the text goes on.
    fn bracketed(&self, at: usize, high: usize) -> (&'t str, usize) {
        match self.byte(at) {
            b'[' => match self.square(at, high) {
                Some(close) => (slice(self.text, at + 1, close), close + 1),
                None => ("", at),
            },
            _ => ("", at),
        }
    }
}
