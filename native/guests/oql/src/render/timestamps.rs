//! Timestamps, written the way Org writes them whatever way they were typed.

use super::Html;
use super::dates::{Moment, clock, digits};
use super::escape::{push_text, typography};
use super::settings::Stamps;
use crate::syntax::objects::{Object, ObjectKind};

/// The end of `10:00-12:00` in a text.
fn until(text: &str) -> Option<(i64, i64)> {
    for (at, _) in text.match_indices('-') {
        let before = text.get(..at).unwrap_or("");
        let colon = before.rfind(':').filter(|c| at - c == 3 && *c > 0);
        let from = colon.is_some_and(|c| {
            let hour = before.get(c - 1..c).unwrap_or("");
            digits(hour).is_some() && before.get(c + 1..).and_then(digits).is_some()
        });
        if from && let Some((time, _)) = text.get(at + 1..).and_then(clock) {
            return Some(time);
        }
    }
    None
}

/// `+1w`, `.+2d`, `++1m`, and `-3d`, `--3d`: the first of each.
fn cookies(raw: &str) -> String {
    let mut out = String::new();
    for mark in ['+', '-'] {
        for (at, _) in raw.match_indices(mark) {
            let rest = raw.get(at + 1..).unwrap_or("");
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            let unit = rest.get(length..).and_then(|r| r.chars().next()).filter(|c| "hdwmy".contains(*c));
            let (Some(unit), true) = (unit, length > 0) else { continue };
            out.push(' ');
            match (raw.get(..at).and_then(|b| b.chars().last()), mark) {
                (Some(before @ ('.' | '+')), '+') | (Some(before @ '-'), '-') => out.push(before),
                _ => {}
            }
            out.push(mark);
            let number = rest.get(..length).unwrap_or("").trim_start_matches('0');
            out.push_str(if number.is_empty() { "0" } else { number });
            out.push(unit);
            break;
        }
    }
    out
}

/// The timestamp or range at the start of a text.
pub fn stamp(text: &str) -> Option<&str> {
    let one = |text: &str| {
        let open = text.starts_with(['<', '[']);
        open.then(|| text.find(['>', ']']).map(|i| i + 1)).flatten()
    };
    let first = one(text)?;
    let second = text.get(first..).and_then(|r| r.strip_prefix("--")).and_then(one);
    let raw = text.get(..first + second.map_or(0, |s| s + 2))?;
    (raw.starts_with("<%%") || Moment::read(raw.get(..first)?).is_some()).then_some(raw)
}

/// A timestamp as Org writes it: with the day's name, a range of times as two
/// timestamps.
pub fn canonical(raw: &str) -> String {
    let close = raw.find(['>', ']']).unwrap_or(raw.len());
    let (first, second) = raw.split_at_checked(close).unwrap_or((raw, ""));
    let second = second.get(1..).and_then(|s| s.strip_prefix("--"));
    let Some(start) = Moment::read(first).filter(|_| !raw.starts_with("<%%")) else {
        return raw.to_string();
    };
    let until = until(first);
    let end = match second.and_then(Moment::read) {
        Some(end) => Some(end.at(end.time.or(until).or(start.time))),
        None => until.map(|time| start.at(Some(time))),
    };
    let (open, close) = if raw.starts_with('<') { ('<', '>') } else { ('[', ']') };
    let cookies = cookies(raw);
    let mut out = String::with_capacity(raw.len() + 8);
    for (i, moment) in [Some(start), end].into_iter().flatten().enumerate() {
        if i > 0 {
            out.push_str("--");
        }
        out.push(open);
        moment.write(&mut out);
        out.push_str(&cookies);
        out.push(close);
    }
    out
}

impl Html<'_, '_> {
    /// A timestamp in a text; the dashes of a range as one. A blank behind it
    /// counts to it.
    pub fn timestamp(&self, raw: &str, blank: bool, out: &mut String) {
        if self.lone_stamps && self.hides(raw) {
            return;
        }
        out.push_str("<span class=\"timestamp-wrapper\"><span class=\"timestamp\">");
        for (i, part) in canonical(raw).split("--").enumerate() {
            if i > 0 {
                out.push_str("&#x2013;");
            }
            push_text(out, part);
        }
        if blank {
            out.push(' ');
        }
        out.push_str("</span></span>");
    }

    /// A timestamp that a heading has, as plain text.
    pub fn planned(&self, raw: &str, out: &mut String) {
        out.push_str(&typography(&canonical(raw), self.settings.special));
        let at = (raw.as_ptr() as usize).checked_sub(self.doc.text.as_ptr() as usize);
        let behind = at.and_then(|at| self.doc.text.get(at + raw.len()..));
        if behind.is_some_and(|b| b.starts_with([' ', '\t'])) {
            out.push(' ');
        }
    }

    /// Whether timestamps of this kind are left out of a paragraph that holds
    /// nothing but timestamps.
    fn hides(&self, raw: &str) -> bool {
        match self.settings.timestamps {
            Stamps::All => false,
            Stamps::None => true,
            Stamps::Active => !raw.starts_with('<'),
            Stamps::Inactive => raw.starts_with('<'),
        }
    }

    /// Whether a paragraph holds timestamps alone.
    pub fn only_stamps(&self, objects: &[Object]) -> bool {
        self.settings.timestamps != Stamps::All
            && objects.iter().all(|object| match &object.kind {
                ObjectKind::Timestamp(_) => true,
                ObjectKind::Text(text) => text.trim().is_empty(),
                _ => false,
            })
    }
}
