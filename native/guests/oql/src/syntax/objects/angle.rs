//! What begins with `<`: targets, timestamps, links.

use super::allowed::Allowed;
use super::scan::{Mark, Scan};
use super::{Found, ObjectKind};
use crate::syntax::lines::slice;
use crate::syntax::timestamp;

impl<'t> Scan<'_, 't> {
    /// The object at a `<`.
    #[inline(never)]
    pub fn angle(&self, at: usize, high: usize, allowed: Allowed, depth: usize) -> Found<'t> {
        if at + 1 < high && self.byte(at + 1) == b'<' {
            if allowed.has(Allowed::RADIO)
                && let Some(close) = self.target_end(at + 3, high, ">>>").filter(|_| self.byte(at + 2) == b'<')
            {
                let inner = self.read(at + 3, close, Allowed::LEAST, depth + 1);
                return Some((ObjectKind::Radio(inner), at, close + 3));
            }
            let close = self.target_end(at + 2, high, ">>").filter(|_| allowed.has(Allowed::TARGET))?;
            return Some((ObjectKind::Target(slice(self.text, at + 2, close)), at, close + 2));
        }
        let stamp = allowed.has(Allowed::TIMESTAMP).then(|| self.timestamp(at, high)).flatten();
        stamp.or_else(|| allowed.has(Allowed::LINK).then(|| self.angle_link(at, high)).flatten())
    }

    /// Where a target's name ends that begins there.
    fn target_end(&self, from: usize, high: usize, end: &str) -> Option<usize> {
        // Of many `<` in a row none needs to be looked at any further.
        if matches!(self.byte(from), b'<' | b'>' | b' ' | b'\t' | b'\n' | b'\r') {
            return None;
        }
        let rest = slice(self.text, from, high);
        let len = rest.bytes().position(|b| matches!(b, b'<' | b'>' | b'\n' | b'\r'))?;
        let (name, behind) = rest.split_at_checked(len)?;
        let edge = |c: Option<char>| !matches!(c, None | Some(' ' | '\t'));
        let whole = behind.starts_with(end) && edge(name.chars().next()) && edge(name.chars().next_back());
        whole.then_some(from + len)
    }

    /// `<2026-01-01>`, `[2026-01-01]`, `<%%(…)>` and ranges.
    pub fn timestamp(&self, at: usize, high: usize) -> Found<'t> {
        let line = self.seek(Mark::Line, at).min(high);
        // Without an end on the line it need not be looked at.
        if self.seek(Mark::StampEnd, at) >= line {
            return None;
        }
        let angle = self.seek(Mark::Angle, at);
        let len = timestamp::extent(slice(self.text, at, line), angle.wrapping_sub(at))?;
        Some((ObjectKind::Timestamp(slice(self.text, at, at + len)), at, at + len))
    }
}
