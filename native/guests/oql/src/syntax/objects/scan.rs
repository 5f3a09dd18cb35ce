//! A text and where its marks stand, found out as far as somebody asks.

use std::cell::OnceCell;

use memchr::{memchr, memchr2};

use super::chars::is_space;
use super::cursor::Cursor;
use super::pairs::{Nesting, Pairs};
use super::radio::Matches;
use crate::syntax::lines::slice;

/// The marks of emphasis.
pub const EMPHASIS: [u8; 6] = *b"*/_+=~";

/// What [`Scan::seek`] looks for.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    /// A line's end.
    Line,
    /// The end of the line behind that.
    SecondLine,
    /// A line's end before a blank line, or before one that begins with `>`.
    BlankLine,
    /// `]]`
    SquareTwo,
    /// `>`
    Angle,
    /// `>` or `]`
    StampEnd,
    /// `@@`
    AtTwo,
    /// `)}}}`
    MacroEnd,
    /// A zero byte.
    Zero,
    /// `$`
    Dollar,
    /// `$$`
    DollarTwo,
    /// `\)`
    ParenEnd,
    /// `\]`
    SquareEnd,
    /// What ends the name of a call.
    CallEnd,
    /// What ends the language of inline code.
    SourceEnd,
    /// A citation's key.
    Key,
}

const MARKS: usize = Mark::Key as usize + 1;

/// A text being read.
pub struct Scan<'s, 't> {
    /// The text.
    pub text: &'t str,
    /// Where it stands in the document.
    pub base: usize,
    /// Where links to radio targets may stand.
    pub radio: Option<&'s Matches>,
    cursors: [Cursor; MARKS],
    closers: [Cursor; EMPHASIS.len()],
    squares: OnceCell<Pairs>,
    curlies: OnceCell<Pairs>,
    rounds: OnceCell<Pairs>,
}

impl<'s, 't> Scan<'s, 't> {
    /// A text of which nothing is known yet.
    pub fn new(text: &'t str, base: usize, radio: Option<&'s Matches>) -> Self {
        Scan {
            text,
            base,
            radio,
            cursors: Default::default(),
            closers: Default::default(),
            squares: OnceCell::new(),
            curlies: OnceCell::new(),
            rounds: OnceCell::new(),
        }
    }

    /// The byte at a place; 0 behind the end.
    pub fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The character at a place, unless the text read ends there.
    pub fn char_at(&self, at: usize, high: usize) -> Option<char> {
        match self.byte(at) {
            _ if at >= high => None,
            b if b.is_ascii() => Some(char::from(b)),
            _ => slice(self.text, at, high).chars().next(),
        }
    }

    /// The character before a place, unless the text read begins there.
    pub fn char_before(&self, at: usize, low: usize) -> Option<char> {
        match self.byte(at.wrapping_sub(1)) {
            _ if at <= low => None,
            b if b.is_ascii() => Some(char::from(b)),
            _ => slice(self.text, low, at).chars().next_back(),
        }
    }

    /// Whether the text at a place begins with these letters, whatever their case.
    pub fn says(&self, at: usize, high: usize, word: &str) -> bool {
        slice(self.text, at, high).as_bytes().get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// A line begins there.
    pub fn line_begins(&self, at: usize, low: usize) -> bool {
        at <= low || self.byte(at - 1) == b'\n'
    }

    /// Nothing but blanks stands between there and the line's end: where that is.
    pub fn line_ends(&self, at: usize, high: usize) -> Option<usize> {
        let blanks = slice(self.text, at, high).bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let end = at + blanks;
        let carriage = usize::from(self.byte(end) == b'\r' && end < high);
        match end + carriage >= high || self.byte(end + carriage) == b'\n' {
            true => Some(end + carriage),
            false => None,
        }
    }

    /// The first place from `from` on where this mark stands.
    pub fn seek(&self, mark: Mark, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let Some(cursor) = self.cursors.get(mark as usize) else { return self.text.len() };
        cursor.next(from, bytes.len(), |from, to| {
            let one = |byte| memchr(byte, bytes.get(from..to)?).map(|i| from + i);
            let word = |word: &[u8]| self.word(word, from, to);
            match mark {
                Mark::Line | Mark::SecondLine => one(b'\n'),
                Mark::BlankLine => self.blank_line(from, to),
                Mark::SquareTwo => word(b"]]"),
                Mark::Angle => one(b'>'),
                Mark::StampEnd => memchr2(b'>', b']', bytes.get(from..to)?).map(|i| from + i),
                Mark::AtTwo => word(b"@@"),
                Mark::MacroEnd => word(b")}}}"),
                Mark::Zero => one(0),
                Mark::Dollar => one(b'$'),
                Mark::DollarTwo => word(b"$$"),
                Mark::ParenEnd => word(b"\\)"),
                Mark::SquareEnd => word(b"\\]"),
                Mark::CallEnd => self.any(b" \t\n[(", from, to),
                Mark::SourceEnd => self.any(b" \t\n[{", from, to),
                Mark::Key => self.find(b'@', from, to, |at| super::cite::key_end(self.text, at + 1).is_some()),
            }
        })
    }

    /// The first place from `from` on where emphasis with this mark may end
    /// although the text goes on.
    pub fn closer(&self, mark: u8, from: usize) -> Option<usize> {
        let cursor = self.closers.get(EMPHASIS.iter().position(|m| *m == mark)?)?;
        let end = self.text.len();
        let found = cursor.next(from, end, |from, to| {
            self.find(mark, from, to, |at| {
                self.char_before(at, 0).is_some_and(|c| !is_space(c)) && self.ends_emphasis(at + 1, end)
            })
        });
        (found < end).then_some(found)
    }

    /// What closes the `[` at a place, before `high`.
    pub fn square(&self, at: usize, high: usize) -> Option<usize> {
        let pairs = self.squares.get_or_init(|| Pairs::new(self.text, b'[', b']'));
        pairs.partner(at).map(|(close, _)| close).filter(|close| *close < high)
    }

    /// What closes the `{` at a place, before `high`.
    pub fn curly(&self, at: usize, high: usize) -> Option<(usize, Nesting)> {
        let pairs = self.curlies.get_or_init(|| Pairs::new(self.text, b'{', b'}'));
        pairs.partner(at).filter(|(close, _)| *close < high)
    }

    /// What closes the `(` at a place, before `high`.
    pub fn round(&self, at: usize, high: usize) -> Option<(usize, Nesting)> {
        let pairs = self.rounds.get_or_init(|| Pairs::new(self.text, b'(', b')'));
        pairs.partner(at).filter(|(close, _)| *close < high)
    }

    /// The first such byte between two places that `fits`.
    fn find(&self, byte: u8, from: usize, to: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let mut at = from;
        while at < to {
            at += memchr(byte, self.text.as_bytes().get(at..to)?)?;
            if fits(at) {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    fn word(&self, word: &[u8], from: usize, to: usize) -> Option<usize> {
        let first = *word.first()?;
        self.find(first, from, to, |at| self.text.as_bytes().get(at..at + word.len()) == Some(word))
    }

    fn any(&self, stops: &[u8], from: usize, to: usize) -> Option<usize> {
        let at = self.text.as_bytes().get(from..to)?.iter().position(|b| stops.contains(b))?;
        Some(from + at)
    }

    fn blank_line(&self, from: usize, to: usize) -> Option<usize> {
        self.find(b'\n', from, to, |at| {
            let rest = slice(self.text, at + 1, self.text.len());
            let first = rest.bytes().find(|b| !matches!(b, b' ' | b'\t'));
            matches!(first, Some(b'>' | b'\n'))
        })
    }
}
