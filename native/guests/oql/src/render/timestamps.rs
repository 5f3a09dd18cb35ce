//! Timestamps, written the way Org writes them whatever way they were typed.

use super::Html;
use super::escape::{escape, typography};
use super::settings::Stamps;
use crate::syntax::objects::{Object, ObjectKind};

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// A date, maybe with a time of day.
#[derive(Clone, Copy)]
struct Moment {
    year: i64,
    month: i64,
    day: i64,
    time: Option<(i64, i64)>,
}

impl Moment {
    /// The first date in a text: `2026-01-31 Sat 10:00`.
    fn read(text: &str) -> Option<Self> {
        let at = text.find(|c: char| c.is_ascii_digit())?;
        let text = text.get(at..)?;
        let number = |from: usize, to: usize| digits(text.get(from..to)?);
        let dashes = text.get(4..5)? == "-" && text.get(7..8)? == "-";
        let (year, month, day) = dashes.then_some((number(0, 4)?, number(5, 7)?, number(8, 10)?))?;
        let rest = text.get(10..)?;
        let mut behind = rest.trim_start_matches(' ');
        if behind.len() < rest.len() && !behind.starts_with(|c: char| c.is_ascii_digit()) {
            behind = behind.trim_start_matches(|c: char| !" ]+0123456789>\r\n-".contains(c));
        }
        let time = behind.trim_start_matches(' ');
        let time = (time.len() < behind.len() || behind.len() < rest.len()).then(|| clock(time)).flatten();
        Some(Moment { year, month, day, time: time.map(|(time, _)| time) })
    }

    /// `2026-01-31 Sat 10:00`; days that no month has are those of the next one.
    fn write(self, out: &mut String) {
        use std::fmt::Write;
        let minutes = self.time.map_or(0, |(hour, minute)| hour * 60 + minute);
        let months = self.month - 1;
        let days = days(self.year + months.div_euclid(12), months.rem_euclid(12) + 1) + self.day - 1;
        let days = days + minutes.div_euclid(1440);
        let (year, month, day) = civil(days);
        let weekday = usize::try_from((days + 4).rem_euclid(7)).ok().and_then(|d| DAYS.get(d)).unwrap_or(&"");
        // Writing to a `String` never fails.
        let _ = write!(out, "{year:04}-{month:02}-{day:02} {weekday}");
        if self.time.is_some() {
            let minutes = minutes.rem_euclid(1440);
            let _ = write!(out, " {:02}:{:02}", minutes / 60, minutes % 60);
        }
    }
}

fn digits(text: &str) -> Option<i64> {
    let all = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// `10:00`, with its length.
fn clock(text: &str) -> Option<((i64, i64), usize)> {
    let colon = text.find(':').filter(|i| (1..=2).contains(i))?;
    let hour = digits(text.get(..colon)?)?;
    let minute = digits(text.get(colon + 1..colon + 3)?)?;
    Some(((hour, minute), colon + 3))
}

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

/// Days from 1970-01-01 to the first of a month (1 to 12).
fn days(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day that many days after 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
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
        Some(end) => Some(Moment { time: end.time.or(until).or(start.time), ..end }),
        None => until.map(|time| Moment { time: Some(time), ..start }),
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
    /// A timestamp in a text; the dashes of a range as one.
    pub fn timestamp(&self, raw: &str, out: &mut String) {
        out.push_str("<span class=\"timestamp-wrapper\"><span class=\"timestamp\">");
        for (i, part) in canonical(raw).split("--").enumerate() {
            if i > 0 {
                out.push_str("&#x2013;");
            }
            out.push_str(&escape(part));
        }
        self.blank_behind(raw, out);
        out.push_str("</span></span>");
    }

    /// A timestamp that a heading has, as plain text.
    pub fn planned(&self, raw: &str, out: &mut String) {
        out.push_str(&typography(&canonical(raw), self.settings.special));
        self.blank_behind(raw, out);
    }

    /// A blank where one follows in the document: Org counts it to the timestamp.
    fn blank_behind(&self, raw: &str, out: &mut String) {
        let at = (raw.as_ptr() as usize).checked_sub(self.doc.text.as_ptr() as usize);
        let behind = at.and_then(|at| self.doc.text.get(at + raw.len()..));
        if behind.is_some_and(|b| b.starts_with([' ', '\t'])) {
            out.push(' ');
        }
    }

    /// Whether timestamps of this kind are left out of a paragraph that holds
    /// nothing but timestamps.
    pub fn hides(&self, raw: &str) -> bool {
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
