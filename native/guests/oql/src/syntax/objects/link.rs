//! Links: in brackets, between angles, plain.

use memchr::memchr2;

use super::allowed::Allowed;
use super::chars::{goes_on, is_word};
use super::scan::{Mark, Scan};
use super::{Found, Link, LinkForm, ObjectKind};
use crate::syntax::lines::slice;

/// The types that a link may have: those that Emacs knows when it has read
/// Org, and `id`, which it knows as soon as somebody makes one.
const TYPES: [&str; 23] = [
    "bbdb",
    "bibtex",
    "docview",
    "doi",
    "elisp",
    "eww",
    "file+emacs",
    "file+sys",
    "file",
    "ftp",
    "gnus",
    "help",
    "https",
    "http",
    "id",
    "info",
    "irc",
    "mailto",
    "mhe",
    "news",
    "rmail",
    "shell",
    "w3m",
];

/// The type that a text begins with, whatever its case; a colon follows.
pub fn link_type(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let begins = |t: &&&str| {
        bytes.get(t.len()) == Some(&b':') && bytes.get(..t.len()).is_some_and(|b| b.eq_ignore_ascii_case(t.as_bytes()))
    };
    TYPES.iter().find(begins).map(|t| slice(text, 0, t.len()))
}

impl<'t> Scan<'_, 't> {
    /// `[[path][description]]`
    pub fn bracket_link(&self, at: usize, high: usize, depth: usize) -> Found<'t> {
        let from = at + 2;
        let close = self.path_end(from, high)?;
        let path = slice(self.text, from, close);
        let (description, end) = match self.byte(close + 1) {
            b'[' => {
                let end = self.seek(Mark::SquareTwo, close + 3);
                (Some(self.read(close + 2, end, Allowed::DESCRIPTION, depth + 1)), end + 2)
            }
            _ => (None, close + 2),
        };
        Some((ObjectKind::Link(Box::new(Link { form: LinkForm::Bracket, path, description })), at, end))
    }

    /// Where the path ends that begins behind `[[`.
    fn path_end(&self, from: usize, high: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let ends = |close: usize| match self.byte(close + 1) {
            _ if close == from || close + 1 >= high => false,
            b']' => true,
            b'[' => self.seek(Mark::SquareTwo, close + 3).saturating_add(2) <= high,
            _ => false,
        };
        let mut at = from;
        // Three backslashes and more may be read either way.
        let mut other = None;
        while let Some(i) = memchr2(b'[', b']', bytes.get(at..high)?) {
            let bracket = at + i;
            let slashes = slice(self.text, at, bracket).bytes().rev().take_while(|b| *b == b'\\').count();
            let closing = self.byte(bracket) == b']';
            match slashes {
                0 | 2 => return Some(bracket).filter(|b| closing && ends(*b)).or(other),
                1 => {}
                odd if odd % 2 == 1 => {
                    if closing && ends(bracket) {
                        other = Some(bracket);
                    }
                }
                _ => {
                    if closing && ends(bracket) {
                        return Some(bracket);
                    }
                }
            }
            at = bracket + 1;
        }
        other
    }

    /// `<type:path>`
    pub fn angle_link(&self, at: usize, high: usize) -> Found<'t> {
        let kind = link_type(slice(self.text, at + 1, high))?;
        let close = self.seek(Mark::Angle, at + 1 + kind.len());
        if close >= high || self.seek(Mark::BlankLine, at) < close {
            return None;
        }
        let path = slice(self.text, at + 1, close);
        Some((ObjectKind::Link(Box::new(Link { form: LinkForm::Angle, path, description: None })), at, close + 1))
    }

    /// `type:path`, seen at its colon.
    #[inline(never)]
    pub fn plain_link(&self, at: usize, start: usize, low: usize, high: usize) -> Found<'t> {
        // Every type ends in a letter.
        if at == start || !self.byte(at - 1).is_ascii_alphabetic() {
            return None;
        }
        let head = slice(self.text, start, at).as_bytes();
        let ends = |t: &&&str| {
            let tail = head.len().checked_sub(t.len()).and_then(|i| head.get(i..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(t.as_bytes()))
        };
        let begins = |t: &&str| self.char_before(at - t.len(), low).is_none_or(|c| !goes_on(c));
        let from = at - TYPES.iter().filter(ends).find(|t| begins(t))?.len();
        let end = self.plain_end(at + 1, high)?;
        let path = slice(self.text, from, end);
        Some((ObjectKind::Link(Box::new(Link { form: LinkForm::Plain, path, description: None })), from, end))
    }

    /// Where a plain link's path ends: at a character that is no punctuation,
    /// a slash or a pair of parentheses, if that is not all of it.
    fn plain_end(&self, from: usize, high: usize) -> Option<usize> {
        let mut at = from;
        let mut end = None;
        while let Some(c) = self.char_at(at, high) {
            let last;
            let next = match c {
                '(' => {
                    let Some(next) = self.parentheses(at, high) else { break };
                    last = true;
                    next
                }
                _ if stops(c) => break,
                _ => {
                    last = c == '/' || is_word_or_control(c);
                    at + c.len_utf8()
                }
            };
            if last && at > from {
                end = Some(next);
            }
            at = next;
        }
        end
    }

    /// Where the parentheses end that open there; one pair may stand inside another.
    fn parentheses(&self, from: usize, high: usize) -> Option<usize> {
        let mut depth = 0;
        for (i, b) in slice(self.text, from, high).bytes().enumerate() {
            match b {
                b'(' if depth == 2 => return None,
                b'(' => depth += 1,
                b')' if depth == 1 => return Some(from + i + 1),
                b')' => depth -= 1,
                _ if stops(char::from(b)) => return None,
                _ => {}
            }
        }
        None
    }
}

/// What no plain link holds.
fn stops(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '[' | ']' | '(' | ')' | '<' | '>')
}

/// What is no punctuation to Emacs' class of that name.
fn is_word_or_control(c: char) -> bool {
    match c.is_ascii() {
        true => !c.is_ascii_punctuation(),
        false => is_word(c),
    }
}
