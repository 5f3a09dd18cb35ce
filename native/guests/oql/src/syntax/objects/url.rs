//! URLs without brackets.

use super::scan::Scan;
use super::{Found, Link, LinkForm, ObjectKind};
use crate::syntax::lines::slice;

/// The schemes that make a bare URL.
pub const PROTOCOLS: [&str; 14] =
    ["https", "http", "mailto", "ftp", "file", "tel", "sms", "doi", "news", "irc", "ssh", "git", "gemini", "xmpp"];

impl<'t> Scan<'t> {
    /// A bare URL, seen at its colon.
    pub fn url(&self, at: usize, start: usize, high: usize) -> Found<'t> {
        let before = slice(self.text, start, at);
        let scheme = PROTOCOLS.iter().find(|p| before.ends_with(**p))?;
        let from = at - scheme.len();
        if slice(self.text, start, from).ends_with(|c: char| c.is_alphanumeric()) {
            return None;
        }
        let rest = slice(self.text, at + 1, high);
        let mut depth = 0usize;
        let stop = |c: char| {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => return true,
                ')' => depth -= 1,
                _ => {}
            }
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '[' | ']' | '{' | '}' | '|')
        };
        let len = rest.find(stop).unwrap_or(rest.len());
        let body = slice(rest, 0, len).trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~', '=', '(']);
        if body.is_empty() || body.chars().all(|c| c == '/') {
            return None;
        }
        let end = at + 1 + body.len();
        Some((
            ObjectKind::Link(Link { form: LinkForm::Plain, path: slice(self.text, from, end), description: None }),
            from,
            end,
        ))
    }
}
