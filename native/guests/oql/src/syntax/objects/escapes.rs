//! What begins with `\` or `$`: line breaks, entities, LaTeX.

use super::allowed::Allowed;
use super::chars::{is_letter, is_punctuation};
use super::scan::{Mark, Scan};
use super::{Found, ObjectKind};
use crate::syntax::entities::entity;
use crate::syntax::lines::slice;

/// `\_` takes so many blanks.
const BLANKS: usize = 20;

/// Names of entities that end in digits.
const NUMBERED: [&str; 8] = ["there4", "sup1", "sup2", "sup3", "frac12", "frac14", "frac32", "frac34"];

impl<'t> Scan<'_, 't> {
    /// The object at a `\`.
    #[inline(never)]
    pub fn backslash(&self, at: usize, low: usize, high: usize, allowed: Allowed) -> Found<'t> {
        match self.byte(at + 1) {
            _ if at + 1 >= high => None,
            b'\\' => {
                if !allowed.has(Allowed::BREAK) || self.char_before(at, low) == Some('\\') {
                    return None;
                }
                let end = self.line_ends(at + 2, high)?;
                Some((ObjectKind::LineBreak, at, (end + 1).min(high)))
            }
            b'_' => {
                let blanks = slice(self.text, at + 2, high).bytes().take_while(|b| *b == b' ').count();
                let end = at + 2 + blanks;
                let name = slice(self.text, at + 1, end);
                (1..=BLANKS).contains(&blanks).then_some((ObjectKind::Entity(name), at, end))
            }
            b'(' => self.latex(at, self.seek(Mark::ParenEnd, at + 2).saturating_add(2), high),
            b'[' => self.latex(at, self.seek(Mark::SquareEnd, at + 2).saturating_add(2), high),
            b if b.is_ascii_alphabetic() => {
                self.entity(at, high).or_else(|| self.latex(at, self.command_end(at + 1, high), high))
            }
            _ => None,
        }
    }

    /// `\alpha`, `\alpha{}`
    fn entity(&self, at: usize, high: usize) -> Found<'t> {
        let letters = self.letters(at + 1, high);
        let goes_on = |end| self.char_at(end, high).is_some_and(is_letter);
        // The numbered names come first and match whatever their case.
        let digit = letters < high && self.byte(letters).is_ascii_digit();
        let numbered = |n: &&&str| self.says(at + 1, high, n) && !goes_on(at + 1 + n.len());
        let numbered = NUMBERED.iter().filter(|_| digit).find(numbered);
        let mut end = numbered.map_or(letters, |n| at + 1 + n.len());
        let name = slice(self.text, at + 1, end);
        if goes_on(end) || entity(name).is_none() {
            return None;
        }
        if end + 2 <= high && slice(self.text, end, high).starts_with("{}") {
            end += 2;
        }
        Some((ObjectKind::Entity(name), at, end))
    }

    /// Where the letters end that stand there.
    fn letters(&self, from: usize, high: usize) -> usize {
        from + slice(self.text, from, high).bytes().take_while(u8::is_ascii_alphabetic).count()
    }

    /// Where a command ends whose name begins there: `name*[…]{…}`.
    fn command_end(&self, from: usize, high: usize) -> usize {
        let mut end = self.letters(from, high);
        if end < high && self.byte(end) == b'*' {
            end += 1;
        }
        loop {
            let (close, stops): (u8, &[u8]) = match self.byte(end) {
                b'[' => (b']', b"[]{}\n"),
                b'{' => (b'}', b"{}\n"),
                _ => return end,
            };
            let rest = slice(self.text, end + 1, high).as_bytes();
            match rest.iter().position(|b| stops.contains(b)) {
                Some(i) if rest.get(i) == Some(&close) => end += i + 2,
                _ => return end,
            }
        }
    }

    fn latex(&self, at: usize, end: usize, high: usize) -> Found<'t> {
        (end <= high).then(|| (ObjectKind::Latex(slice(self.text, at, end)), at, end))
    }

    /// The object at a `$`.
    #[inline(never)]
    pub fn dollar(&self, at: usize, low: usize, high: usize) -> Found<'t> {
        let first = self.char_at(at + 1, high)?;
        if first == '$' {
            return self.latex(at, self.seek(Mark::DollarTwo, at + 2).saturating_add(2), high);
        }
        if self.char_before(at, low) == Some('$') || matches!(first, ' ' | '\t' | '\n' | ',' | '.' | ';') {
            return None;
        }
        let close = self.seek(Mark::Dollar, at + 1);
        if close >= high || matches!(self.byte(close - 1), b' ' | b'\t' | b'\n' | b',' | b'.') {
            return None;
        }
        let ends = self.char_at(close + 1, high).is_none_or(|c| is_punctuation(c) || c == '\'');
        ends.then(|| (ObjectKind::Latex(slice(self.text, at, close + 1)), at, close + 1))
    }
}
