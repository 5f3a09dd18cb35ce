//! Taking header arguments apart. What stands in quotes or in balanced brackets
//! is never split; an opening one without its end is a character like others.

use std::borrow::Cow;

use super::{Arg, Var};
use crate::syntax::lines::{first, slice};

/// Splits `:key value :key value`, and puts the arguments behind those in `out`.
pub fn parse<'a>(text: &'a str, base: usize, out: &mut Vec<Arg<'a>>) {
    let mut open: Option<usize> = None;
    let mut before = b' ';
    each_outside(text, &closed(text), |i, b| {
        if b == b':'
            && matches!(before, b' ' | b'\t')
            && let Some(start) = open.replace(i)
        {
            out.push(arg(text, start, i, base));
        }
        before = b;
    });
    out.extend(open.map(|start| arg(text, start, text.len(), base)));
}

/// The argument between its colon and the next one's.
fn arg(text: &str, start: usize, end: usize, base: usize) -> Arg<'_> {
    let arg = slice(text, start + 1, end);
    let len = arg.find([' ', '\t']).unwrap_or(arg.trim_end().len());
    let rest = slice(arg, len, arg.len());
    let value = rest.trim();
    let lead = rest.len() - rest.trim_start().len();
    Arg {
        key: lower(slice(arg, 0, len)),
        value,
        offset: base + start,
        value_at: base + start + 1 + len + lead.min(rest.len() - value.len()),
    }
}

fn lower(key: &str) -> Cow<'_, str> {
    match key.bytes().any(|b| b.is_ascii_uppercase()) {
        true => Cow::Owned(key.to_ascii_lowercase()),
        false => Cow::Borrowed(key),
    }
}

/// One piece of a `:var`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment<'a> {
    /// `name=value`
    Var(Var<'a>),
    /// Anything else, and where it stands.
    Bad(&'a str, usize),
}

/// `x=5 y="a b" z = 3` → names and values. A word that ends with `=` takes the
/// next one, one that begins with it goes to the one before.
pub fn assignments<'t>(text: &'t str, base: usize, mut each: impl FnMut(Assignment<'t>)) {
    let mut piece: Option<(usize, usize)> = None;
    words(text, |start, end| match &mut piece {
        Some((from, to)) if text.as_bytes().get(start) == Some(&b'=') || slice(text, *from, *to).ends_with('=') => {
            *to = end;
        }
        _ => {
            if let Some((from, to)) = piece.replace((start, end)) {
                each(assignment(text, from, to, base));
            }
        }
    });
    if let Some((from, to)) = piece {
        each(assignment(text, from, to, base));
    }
}

fn assignment(text: &str, start: usize, end: usize, base: usize) -> Assignment<'_> {
    let piece = slice(text, start, end);
    let assignment = piece.split_once('=').and_then(|(name, rest)| {
        let value = rest.trim();
        let name = name.trim_end();
        let at = end - rest.trim_start().len();
        (is_name(name) && !value.is_empty()).then_some(Var { name, value, offset: base + at })
    });
    match assignment {
        Some(var) => Assignment::Var(var),
        None => Assignment::Bad(piece, base + start),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Calls `each` with the ends of each word; blanks in quotes and brackets part none.
fn words(text: &str, mut each: impl FnMut(usize, usize)) {
    let mut start = 0;
    each_outside(text, &closed(text), |i, b| {
        if matches!(b, b' ' | b'\t') {
            if i > start {
                each(start, i);
            }
            start = i + 1;
        }
    });
    if text.len() > start {
        each(start, text.len());
    }
}

/// Outermost quotes and balanced brackets, as byte ranges.
fn closed(text: &str) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut open: Vec<(u8, usize)> = Vec::new();
    let bytes = text.as_bytes();
    let mut quotes = true;
    // Most texts have neither.
    let bracket = |b: u8| matches!(b, b'"' | b'(' | b')' | b'[' | b']' | b'{' | b'}');
    let Some(mut i) = first(bytes, bracket, bracket) else { return out };
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
