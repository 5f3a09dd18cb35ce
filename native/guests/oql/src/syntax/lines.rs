//! A document as lines with byte positions.

use std::fmt;
use std::ops::{Deref, Range};
use std::rc::Rc;

/// What is trimmed from a keyword's value or a title.
pub const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// A byte range of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The text the span covers.
    pub fn of(self, text: &str) -> &str {
        slice(text, self.start, self.end)
    }
}

/// Whether a text holds a word of a few bytes, found by the first of them.
pub fn holds(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some((first, rest)) = word.split_first() else { return true };
    memchr::memchr_iter(*first, text).any(|at| text.get(at + 1..).is_some_and(|behind| behind.starts_with(rest)))
}

/// The first byte that `is` what is looked for. What `may` be it is asked of
/// sixteen bytes at a time: without branches, the compiler makes that one step.
/// The last sixteen may be some that were looked at before; fewer are asked one by one.
#[inline]
pub fn first(bytes: &[u8], may: impl Fn(u8) -> bool, is: impl Fn(u8) -> bool) -> Option<usize> {
    let (chunks, tail) = bytes.as_chunks::<16>();
    let mut at = 0;
    for chunk in chunks {
        if let Some(i) = within(chunk, &may, &is) {
            return Some(at + i);
        }
        at += chunk.len();
    }
    match bytes.last_chunk::<16>() {
        Some(_) if tail.is_empty() => None,
        Some(chunk) => Some(bytes.len() - chunk.len() + within(chunk, &may, &is)?),
        None => tail.iter().position(|b| is(*b)),
    }
}

#[inline(always)]
fn within(chunk: &[u8; 16], may: impl Fn(u8) -> bool, is: impl Fn(u8) -> bool) -> Option<usize> {
    let seen = chunk.map(|b| u8::from(may(b)));
    let (halves, _) = seen.as_chunks::<8>();
    let mut at = 0;
    for half in halves {
        // A byte of it is one where the chunk's byte may be it.
        let mut seen = u64::from_le_bytes(*half);
        while seen != 0 {
            let i = at + seen.trailing_zeros() as usize / 8;
            if chunk.get(i).is_some_and(|b| is(*b)) {
                return Some(i);
            }
            seen &= seen - 1;
        }
        at += half.len();
    }
    None
}

/// `text[start..end]`, or nothing where that is no range of it.
pub fn slice(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or("")
}

/// The lines of a document, without their line ends. Copies share them.
#[derive(Clone)]
pub struct Lines {
    spans: Rc<Vec<Span>>,
    end: usize,
}

impl Lines {
    /// Splits at `\n`; a `\r` before it belongs to the line end, and a byte order mark to no line.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        // Counted before, for a list of lines that grows holds them twice.
        let mut spans = Vec::with_capacity(memchr::memchr_iter(b'\n', bytes).count() + 1);
        for at in memchr::memchr_iter(b'\n', bytes) {
            let carriage = at > start && bytes.get(at - 1) == Some(&b'\r');
            spans.push(Span { start, end: at - usize::from(carriage) });
            start = at + 1;
        }
        if start < text.len() {
            let carriage = bytes.last() == Some(&b'\r');
            spans.push(Span { start, end: text.len() - usize::from(carriage) });
        }
        Lines { spans: Rc::new(spans), end: text.len() }
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.spans.len()
    }

    /// The line with this index (from 0); an empty span past the end.
    pub fn get(&self, index: usize) -> Span {
        self.spans.get(index).copied().unwrap_or_default()
    }

    /// Where the line with this index begins; the text's end behind the last one.
    pub fn start(&self, index: usize) -> usize {
        self.spans.get(index).map_or(self.end, |s| s.start)
    }

    /// The lines with these indices.
    pub fn range(&self, range: Range<usize>) -> &[Span] {
        self.spans.get(range).unwrap_or(&[])
    }

    /// The lines with these indices, to keep.
    pub fn body(&self, range: Range<usize>) -> Body {
        Body { spans: Rc::clone(&self.spans), range }
    }

    /// The number (from 1) of the line that holds this byte.
    pub fn number_at(&self, offset: usize) -> usize {
        self.spans.partition_point(|s| s.start <= offset).max(1)
    }
}

/// Some of a document's lines: a block's, a table's.
#[derive(Clone)]
pub struct Body {
    spans: Rc<Vec<Span>>,
    range: Range<usize>,
}

impl Deref for Body {
    type Target = [Span];

    fn deref(&self) -> &[Span] {
        self.spans.get(self.range.clone()).unwrap_or(&[])
    }
}

impl<'b> IntoIterator for &'b Body {
    type Item = &'b Span;
    type IntoIter = std::slice::Iter<'b, Span>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Indentation in columns; a tab goes to the next multiple of eight.
pub fn indentation(line: &str) -> usize {
    let mut columns = 0;
    for b in line.bytes() {
        match b {
            b' ' => columns += 1,
            b'\t' => columns = (columns / 8 + 1) * 8,
            _ => break,
        }
    }
    columns
}

fn is_blank_byte(b: &u8) -> bool {
    matches!(b, b' ' | b'\t')
}

/// A line holds nothing but spaces and tabs.
pub fn is_blank(line: &str) -> bool {
    line.as_bytes().iter().all(is_blank_byte)
}

/// Without the spaces and tabs before it.
pub fn skip(text: &str) -> &str {
    let blanks = text.as_bytes().iter().take_while(|b| is_blank_byte(b)).count();
    text.get(blanks..).unwrap_or("")
}

/// Without the spaces and tabs around it.
pub fn trim(text: &str) -> &str {
    let text = skip(text);
    let blanks = text.as_bytes().iter().rev().take_while(|b| is_blank_byte(b)).count();
    text.get(..text.len() - blanks).unwrap_or("")
}

/// Where `part`, a slice of `whole`, stands in it.
pub fn place(whole: &str, part: &str) -> Span {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    Span { start, end: start + part.len() }
}
