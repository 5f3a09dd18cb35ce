//! What begins with `\` or `$`: line breaks, entities, LaTeX.

use super::scan::{Scan, next};
use super::{Found, ObjectKind};
use crate::syntax::lines::slice;

impl<'t> Scan<'t> {
    /// The object at a `\`.
    pub fn backslash(&self, at: usize, high: usize) -> Found<'t> {
        match self.byte(at + 1) {
            b'\\' => {
                let rest = slice(self.text, at + 2, high);
                let line = rest.trim_start_matches([' ', '\t']);
                let blanks = rest.len() - line.len();
                if line.is_empty() || line.starts_with('\n') {
                    let end = at + 2 + blanks;
                    return Some((ObjectKind::LineBreak, at, end.min(high)));
                }
                None
            }
            b'(' => self.latex(&self.latex_paren, at, high),
            b'[' => self.latex(&self.latex_square, at, high),
            _ => {
                let rest = slice(self.text, at + 1, high);
                let len = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
                // `\frac12`, `\there4`: names that end in digits.
                let digits = ["frac12", "frac13", "frac14", "frac34", "sup1", "sup2", "sup3", "there4"];
                let name = digits
                    .iter()
                    .find(|n| rest.starts_with(**n))
                    .map_or(slice(rest, 0, len), |n| slice(rest, 0, n.len()));
                if name.is_empty() || name.len() > 24 {
                    return None;
                }
                let mut end = at + 1 + name.len();
                if slice(self.text, end, high).starts_with("{}") {
                    end += 2;
                } else if self.byte(end).is_ascii_alphanumeric() {
                    return None;
                }
                Some((ObjectKind::Entity(name), at, end))
            }
        }
    }

    fn latex(&self, places: &[usize], at: usize, high: usize) -> Found<'t> {
        let close = next(places, at + 2).filter(|c| c + 2 <= high)?;
        Some((ObjectKind::Latex(slice(self.text, at, close + 2)), at, close + 2))
    }

    /// The object at a `$`.
    pub fn dollar(&self, at: usize, high: usize) -> Found<'t> {
        if self.byte(at + 1) == b'$' {
            let close = next(&self.dollar_two, at + 2).filter(|c| c + 2 <= high)?;
            return Some((ObjectKind::Latex(slice(self.text, at, close + 2)), at, close + 2));
        }
        let first = self.byte(at + 1);
        if (at > 0 && self.byte(at - 1) == b'$')
            || first.is_ascii_whitespace()
            || matches!(first, b'.' | b',' | b';' | b'?' | b'!' | b'"')
        {
            return None;
        }
        let close = next(&self.dollar, at + 1).filter(|c| *c < high)?;
        let before = self.byte(close - 1);
        let after = self.byte(close + 1);
        let ends = close + 1 >= high || after.is_ascii_whitespace() || (after.is_ascii_punctuation() && after != b'$');
        if before.is_ascii_whitespace() || matches!(before, b'.' | b',') || !ends {
            return None;
        }
        let second = next(&self.newline, at).and_then(|n| next(&self.newline, n + 1));
        if second.is_some_and(|n| n < close) {
            return None;
        }
        Some((ObjectKind::Latex(slice(self.text, at, close + 1)), at, close + 1))
    }
}
