//! Taking header arguments apart. What stands in quotes or in balanced brackets
//! is never split; an opening one without its end is a character like others.

use super::{Arg, Var};
use crate::syntax::lines::slice;

/// Splits `:key value :key value`.
pub fn parse(text: &str, base: usize) -> Vec<Arg<'_>> {
    let closed = closed(text);
    let mut starts = Vec::new();
    let mut before = b' ';
    each_outside(text, &closed, |i, b| {
        if b == b':' && matches!(before, b' ' | b'\t') {
            starts.push(i);
        }
        before = b;
    });
    let mut out = Vec::with_capacity(starts.len());
    for (n, start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(text.len());
        let arg = slice(text, start + 1, end);
        let len = arg.find([' ', '\t']).unwrap_or(arg.trim_end().len());
        let rest = slice(arg, len, arg.len());
        let value = rest.trim();
        let lead = rest.len() - rest.trim_start().len();
        out.push(Arg {
            key: slice(arg, 0, len).to_ascii_lowercase(),
            value,
            offset: base + start,
            value_at: base + start + 1 + len + lead.min(rest.len() - value.len()),
        });
    }
    out
}

/// One piece of a `:var`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment<'a> {
    /// `name=value`
    Var(Var<'a>),
    /// Anything else, and where it stands.
    Bad(&'a str, usize),
}

/// `x=5 y="a b" z = 3` → names and values.
pub fn assignments(text: &str, base: usize) -> Vec<Assignment<'_>> {
    let mut out = Vec::new();
    for (start, end) in joined(text, &words(text)) {
        let piece = slice(text, start, end);
        let assignment = piece.split_once('=').and_then(|(name, rest)| {
            let value = rest.trim();
            let name = name.trim_end();
            let at = end - rest.trim_start().len();
            (is_name(name) && !value.is_empty()).then_some(Var { name, value, offset: base + at })
        });
        out.push(match assignment {
            Some(var) => Assignment::Var(var),
            None => Assignment::Bad(piece, base + start),
        });
    }
    out
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Words outside of quotes and brackets.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut gaps = Vec::new();
    each_outside(text, &closed(text), |i, b| {
        if matches!(b, b' ' | b'\t') {
            gaps.push(i);
        }
    });
    gaps.push(text.len());
    let mut out = Vec::new();
    let mut start = 0;
    for gap in gaps {
        if gap > start {
            out.push((start, gap));
        }
        start = gap + 1;
    }
    out
}

/// `z = 3` is one piece: a word that ends with `=` takes the next one, one that
/// begins with it goes to the one before.
fn joined(text: &str, words: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (start, end) in words.iter().copied() {
        let follows = slice(text, start, end).starts_with('=');
        match out.last_mut() {
            Some(last) if follows || slice(text, last.0, last.1).ends_with('=') => last.1 = end,
            _ => out.push((start, end)),
        }
    }
    out
}

/// Outermost quotes and balanced brackets, as byte ranges.
fn closed(text: &str) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut open: Vec<(u8, usize)> = Vec::new();
    let bytes = text.as_bytes();
    let mut quotes = true;
    let mut i = 0;
    while let Some(b) = bytes.get(i).copied() {
        let escaped = i > 0 && bytes.get(i - 1) == Some(&b'\\');
        match b {
            b'"' if quotes && !escaped => match quote_end(bytes, i) {
                Some(end) => {
                    out.push((i, end));
                    i = end;
                    continue;
                }
                None => quotes = false,
            },
            b'(' | b'[' | b'{' => open.push((b, i)),
            b')' | b']' | b'}' => {
                let opener = match b {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                if let Some((_, start)) = open.pop_if(|(o, _)| *o == opener) {
                    while out.pop_if(|(s, _)| *s > start).is_some() {}
                    out.push((start, i + 1));
                }
            }
            _ => {}
        }
        i += 1;
    }
    out
}

/// One past the quote that ends the string that begins at `from`.
fn quote_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut i = from + 1;
    loop {
        match bytes.get(i)? {
            b'"' => return Some(i + 1),
            b'\\' => i += 2,
            _ => i += 1,
        }
    }
}

/// Calls `f` for each byte outside of the ranges.
fn each_outside(text: &str, ranges: &[(usize, usize)], mut f: impl FnMut(usize, u8)) {
    let mut ranges = ranges.iter().peekable();
    for (i, b) in text.bytes().enumerate() {
        while ranges.next_if(|(_, end)| *end <= i).is_some() {}
        if ranges.peek().is_none_or(|(start, _)| i < *start) {
            f(i, b);
        }
    }
}
