//! Emphasis, sub- and superscripts.

use super::allowed::Allowed;
use super::chars::{is_alphanumeric, is_space};
use super::pairs::Nesting;
use super::scan::{Mark, Scan};
use super::{Found, ObjectKind, Row};
use crate::syntax::lines::slice;

/// Braces nest three deep in a script.
const SCRIPT_DEPTH: u8 = 2;

impl<'t> Scan<'_, 't> {
    /// Whether emphasis may end before `at`.
    pub fn ends_emphasis(&self, at: usize, high: usize) -> bool {
        match self.char_at(at, high) {
            None => true,
            Some(c) => is_space(c) || "-.,:!?;'\")}\\[".contains(c),
        }
    }

    /// Whether emphasis may begin at `at`.
    fn starts_emphasis(&self, at: usize, low: usize) -> bool {
        match self.char_before(at, low) {
            None => true,
            Some(c) => is_space(c) || "-('\"{".contains(c),
        }
    }

    /// `*bold*` and its like.
    pub fn emphasis(&self, at: usize, low: usize, high: usize, depth: usize) -> Found<'t> {
        if !self.starts_emphasis(at, low) || self.char_at(at + 1, high).is_none_or(is_space) {
            return None;
        }
        let mark = self.byte(at);
        // The first character inside may be the mark itself.
        let inside = self.closer(mark, at + 2).filter(|c| *c < high);
        let edge = || {
            let last = high - 1;
            let ends = last > at + 1 && self.byte(last) == mark;
            (ends && self.char_before(last, low).is_some_and(|c| !is_space(c))).then_some(last)
        };
        let close = inside.or_else(edge)?;
        // One line end may stand inside.
        let line = self.seek(Mark::Line, at);
        if line < close && self.seek(Mark::SecondLine, line + 1) < close {
            return None;
        }
        let text = slice(self.text, at + 1, close);
        let nested = || self.read(at + 1, close, Allowed::ALL, depth + 1);
        let object = match mark {
            b'*' => ObjectKind::Bold(nested()),
            b'/' => ObjectKind::Italic(nested()),
            b'_' => ObjectKind::Underline(nested()),
            b'+' => ObjectKind::Strike(nested()),
            b'=' => ObjectKind::Verbatim(text),
            _ => ObjectKind::Code(text),
        };
        Some((object, at, close + 1))
    }

    /// What begins with `_`.
    #[inline(never)]
    pub fn underscore(&self, at: usize, low: usize, high: usize, depth: usize) -> Found<'t> {
        // At a line's begin the underscore itself is what a script stands at.
        let script = match self.line_begins(at, low) {
            true if matches!(self.byte(at + 1), b'_' | b'^') && at + 1 < high => self.script(at + 1, high, depth),
            true => None,
            false => self.scripted(at, low).then(|| self.script(at, high, depth)).flatten(),
        };
        match script {
            Some((inner, braced, end)) => {
                let from = at + usize::from(self.line_begins(at, low));
                Some((ObjectKind::Subscript(inner, braced), from, end))
            }
            None => self.emphasis(at, low, high, depth),
        }
    }

    /// `^x`
    #[inline(never)]
    pub fn caret(&self, at: usize, low: usize, high: usize, depth: usize) -> Found<'t> {
        if !self.scripted(at, low) || self.byte(at + 1) == b'\\' {
            return None;
        }
        let (inner, braced, end) = self.script(at, high, depth)?;
        Some((ObjectKind::Superscript(inner, braced), at, end))
    }

    /// Something stands before it that a script may stand at.
    fn scripted(&self, at: usize, low: usize) -> bool {
        self.char_before(at, low).is_some_and(|c| !is_space(c))
    }

    /// What stands behind `_` and `^`: what is inside, in braces or not, where it ends.
    fn script(&self, at: usize, high: usize, depth: usize) -> Option<(Row<'t>, bool, usize)> {
        let inner = |from, to| self.read(from, to, Allowed::ALL, depth + 1);
        let even = |nesting| matches!(nesting, Nesting::Even(depth) if depth <= SCRIPT_DEPTH);
        let from = at + 1;
        match self.char_at(from, high)? {
            '{' => {
                let (close, _) = self.curly(from, high).filter(|(_, nesting)| even(*nesting))?;
                Some((inner(from + 1, close), true, close + 1))
            }
            '(' => {
                let (close, _) = self.round(from, high).filter(|(_, nesting)| even(*nesting))?;
                Some((inner(from, close + 1), false, close + 1))
            }
            '*' => Some((inner(from, from + 1), false, from + 1)),
            first => {
                let sign = usize::from(matches!(first, '+' | '-'));
                let mut end = None;
                for (i, c) in slice(self.text, from + sign, high).char_indices() {
                    if is_alphanumeric(c) {
                        end = Some(from + sign + i + c.len_utf8());
                    } else if !matches!(c, '.' | ',' | '\\') {
                        break;
                    }
                }
                end.map(|end| (inner(from, end), false, end))
            }
        }
    }
}
