//! A text as objects in a row.

use super::allowed::Allowed;
use super::link::link_type;
use super::scan::Scan;
use super::{Found, Link, LinkForm, Object, ObjectKind, Row};
use crate::syntax::MAX_DEPTH;
use crate::syntax::lines::{Span, first, slice};

/// The bytes at which an object may be seen.
const MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    let bytes = b"*/_+=~^[<\\$@{:";
    let mut i = 0;
    while i < bytes.len() {
        #[allow(clippy::indexing_slicing)]
        {
            marks[bytes[i] as usize] = true;
        }
        i += 1;
    }
    marks
};

/// The first mark between two places. (By itself, that the loop be as small as it can.)
#[inline(never)]
pub fn mark(text: &str, from: usize, to: usize) -> Option<usize> {
    let rest = text.as_bytes().get(from..to)?;
    // Marks often stand side by side.
    if MARKS.get(usize::from(*rest.first()?)) == Some(&true) {
        return Some(from);
    }
    Some(from + first(rest, may_be_mark, |b| MARKS.get(usize::from(b)) == Some(&true))?)
}

/// Few questions, each of several bytes, some of which are no marks (`.`, `;`, `]`, `|`, `}`, `X` to `Z`).
fn may_be_mark(b: u8) -> bool {
    let pairs = (b | 5 == b'/') | (b.wrapping_sub(b':') < 4) | (b & !7 == b'X') | (b.wrapping_sub(b'{') < 4);
    pairs | (b == b'$') | (b == b'@')
}

impl<'t> Scan<'_, 't> {
    /// The objects between two places.
    pub fn read(&self, low: usize, high: usize, allowed: Allowed, depth: usize) -> Row<'t> {
        let mut radio = self.radio_link(low, high, allowed);
        if depth > MAX_DEPTH || (radio.is_none() && mark(self.text, low, high).is_none()) {
            return self.text_between(low, high).into_iter().collect();
        }
        let mut out = Vec::new();
        let (mut start, mut at) = (low, low);
        loop {
            let stop = radio.map_or(high, |link| link.start + 1);
            let (found, from, to) = match mark(self.text, at, stop) {
                Some(mark) => {
                    at = mark;
                    let found = match radio {
                        // What begins before the link must be sure of itself before it, too.
                        Some(link) if at + self.sure(at, high) > link.start + 1 => None,
                        _ => self.object(at, start, low, high, allowed, depth),
                    };
                    let Some(found) = found else {
                        at += 1;
                        continue;
                    };
                    found
                }
                None => {
                    let Some(link) = radio else { break };
                    self.linked(link, depth)
                }
            };
            push(&mut out, self.text_between(start, from));
            push(&mut out, Some(Object { kind: found, span: self.span(from, to) }));
            (start, at) = (to, to);
            if radio.is_some_and(|link| link.start < to) {
                radio = self.radio_link(start, high, allowed);
            }
        }
        push(&mut out, self.text_between(start, high));
        out.into()
    }

    /// The object seen at a mark; it may begin before, but not before `start`.
    // What reads a kind is not inlined, as in `render::blocks`.
    fn object(&self, at: usize, start: usize, low: usize, high: usize, allowed: Allowed, depth: usize) -> Found<'t> {
        match self.byte(at) {
            b'*' | b'/' | b'+' | b'=' | b'~' => self.emphasis(at, low, high, depth),
            b'_' => self.inline_code(at, start, low, high, allowed).or_else(|| self.underscore(at, low, high, depth)),
            b'^' => self.caret(at, low, high, depth),
            b'[' => self.square_object(at, high, allowed, depth),
            b'<' => self.angle(at, high, allowed, depth),
            b'\\' => self.backslash(at, low, high, allowed),
            b'$' => self.dollar(at, low, high),
            b'@' if allowed.has(Allowed::SNIPPET) => self.snippet(at, high),
            b'{' if allowed.has(Allowed::MACRO) => self.call_macro(at, high),
            b':' if allowed.has(Allowed::LINK) => self.plain_link(at, start, low, high),
            _ => None,
        }
    }

    /// How many bytes must be seen before an object may be there.
    #[inline(never)]
    fn sure(&self, at: usize, high: usize) -> usize {
        let rest = slice(self.text, at, high);
        let bytes = rest.as_bytes();
        match (bytes.first(), bytes.get(1)) {
            (Some(b'$' | b':'), _) => 1,
            (Some(b'{'), _) => 3,
            (Some(b'['), Some(b'f')) => 4,
            (Some(b'['), Some(b'c')) => 6,
            (Some(b'['), Some(b'%' | b'/')) | (Some(b'\\'), Some(b'\\' | b'_')) => {
                let more = |b: &u8| b.is_ascii_digit() || *b == b' ' || *b == b'\t';
                2 + bytes.iter().skip(2).take_while(|b| more(b)).count() + usize::from(bytes.first() == Some(&b'['))
            }
            (Some(b'<'), Some(b'%')) => 3,
            (Some(b'<'), Some(b)) if b.is_ascii_alphabetic() => {
                1 + link_type(slice(rest, 1, rest.len())).map_or(1, str::len)
            }
            _ => 2,
        }
    }

    /// The next link to a radio target.
    fn radio_link(&self, from: usize, high: usize, allowed: Allowed) -> Option<Span> {
        let matches = self.radio.filter(|_| allowed.has(Allowed::LINK))?;
        matches.next(from).filter(|link| link.end <= high)
    }

    #[inline(never)]
    fn linked(&self, link: Span, depth: usize) -> (ObjectKind<'t>, usize, usize) {
        let path = slice(self.text, link.start, link.end);
        let description = Some(self.read(link.start, link.end, Allowed::DESCRIPTION, depth + 1));
        (ObjectKind::Link(Box::new(Link { form: LinkForm::Radio, path, description })), link.start, link.end)
    }

    /// A place in this text as one in the document.
    pub fn span(&self, from: usize, to: usize) -> Span {
        Span { start: self.base + from, end: self.base + to }
    }

    /// Plain text between two places.
    fn text_between(&self, from: usize, to: usize) -> Option<Object<'t>> {
        (from < to).then(|| Object { kind: ObjectKind::Text(slice(self.text, from, to)), span: self.span(from, to) })
    }
}

/// Adds an object. A long row grows by a quarter: twice as much would be more
/// than what is read may take.
fn push<'t>(out: &mut Vec<Object<'t>>, object: Option<Object<'t>>) {
    if out.len() == out.capacity() && out.len() >= 64 {
        out.reserve_exact(out.len() / 4);
    }
    out.extend(object);
}
