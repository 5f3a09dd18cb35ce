//! Timestamps: `<2026-01-01 Thu 10:00 +1w>`, ranges, diary expressions.

use super::lines::slice;

/// A timestamp, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp<'t> {
    /// Its kind.
    pub kind: StampKind,
    /// As it is written, both ends of a range.
    pub raw: &'t str,
    /// When it begins; a diary expression does not say.
    pub start: Option<Moment>,
    /// When it ends: as it begins unless it is a range.
    pub end: Option<Moment>,
    /// `+1w`
    pub repeater: Option<Repeater>,
    /// `-3d`
    pub warning: Option<Warning>,
}

/// The kinds of timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampKind {
    /// `<2026-01-01>`
    Active,
    /// `<2026-01-01>--<2026-01-02>`, `<2026-01-01 10:00-11:00>`
    ActiveRange,
    /// `[2026-01-01]`
    Inactive,
    /// `[2026-01-01]--[2026-01-02]`
    InactiveRange,
    /// `<%%(diary-float t 4 2)>`
    Diary,
}

/// A day, perhaps with a time; as written, so the day may not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Four digits.
    pub year: u32,
    /// Two digits.
    pub month: u32,
    /// Two digits.
    pub day: u32,
    /// Hour and minute.
    pub time: Option<(u32, u32)>,
}

/// When it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeater {
    /// What it counts from.
    pub kind: RepeaterKind,
    /// How many units.
    pub value: u32,
    /// Of what.
    pub unit: Unit,
}

/// What a repeater counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeaterKind {
    /// `+1w`: the date.
    Cumulate,
    /// `++1w`: the date, until it lies ahead.
    CatchUp,
    /// `.+1w`: the day it was done.
    Restart,
}

/// How long before it warns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// `--3d`: the first time only.
    pub first: bool,
    /// How many units.
    pub value: u32,
    /// Of what.
    pub unit: Unit,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// `h`
    Hour,
    /// `d`
    Day,
    /// `w`
    Week,
    /// `m`
    Month,
    /// `y`
    Year,
}

/// Repeaters have fewer digits.
const DIGITS: usize = 18;

/// The length of the timestamp (or range) that a text begins with.
pub fn timestamp_len(text: &str) -> Option<usize> {
    let line = text.split('\n').next().unwrap_or("");
    extent(line, line.find('>').unwrap_or(line.len()))
}

/// The same for what is left of a line, in which `angle` is the first `>`.
pub fn extent(line: &str, angle: usize) -> Option<usize> {
    let bytes = line.as_bytes();
    let active = match bytes.first()? {
        b'<' => true,
        b'[' => false,
        _ => return None,
    };
    let diary = line.starts_with("<%%(");
    let dated = date(bytes, 1) && matches!(bytes.get(11), Some(b' ' | b'>' | b']'));
    let valid = match () {
        _ if diary => angle > 5 && bytes.get(angle) == Some(&b'>') && bytes.get(angle - 1) == Some(&b')'),
        _ => dated || (active && repeated(bytes, angle)),
    };
    if !valid {
        return None;
    }
    let close = |from: usize| {
        let i = bytes.get(from..)?.iter().position(|b| matches!(b, b'>' | b']'))?;
        Some(from + i + 1)
    };
    let first = close(1)?;
    if !diary && !dated && find_date(slice(line, 0, first)).is_none() {
        return None;
    }
    let second = match bytes.get(first..first + 3) {
        Some(b"--<" | b"--[") => close(first + 3),
        _ => None,
    };
    // What stands behind the dashes must be a date as well.
    let whole = second.filter(|end| diary || find_date(slice(line, first + 2, *end)).is_some());
    Some(whole.unwrap_or(first))
}

/// `2026-01-01` stands there.
fn date(bytes: &[u8], at: usize) -> bool {
    let digits = |from: usize, to: usize| bytes.get(from..to).is_some_and(|b| b.iter().all(u8::is_ascii_digit));
    digits(at, at + 4)
        && bytes.get(at + 4) == Some(&b'-')
        && digits(at + 5, at + 7)
        && bytes.get(at + 7) == Some(&b'-')
        && digits(at + 8, at + 10)
}

/// Three numbers, something and a repeater before the `>`: a date however it is written.
fn repeated(bytes: &[u8], angle: usize) -> bool {
    let number = |from: usize| {
        let len = bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        (len > 0).then_some(from + len)
    };
    let dash = |at: usize| (bytes.get(at) == Some(&b'-')).then_some(at + 1);
    let behind = number(1).and_then(dash).and_then(number).and_then(dash).filter(|at| number(*at).is_some());
    let last = angle.checked_sub(1).and_then(|i| bytes.get(i));
    let (Some(behind), Some(b'd' | b'w' | b'm' | b'y')) = (behind, last.map(|b| b.to_ascii_lowercase())) else {
        return false;
    };
    let inner = bytes.get(behind..angle - 1).unwrap_or(&[]);
    let digits = inner.iter().rev().take(DIGITS).take_while(|b| b.is_ascii_digit()).count();
    let plus = inner.len().checked_sub(digits + 1);
    // One digit of the day and one character more stand before the plus.
    digits > 0 && plus.is_some_and(|i| i >= 2 && inner.get(i) == Some(&b'+')) && bytes.get(angle) == Some(&b'>')
}

/// Where in a text the first date stands.
fn find_date(text: &str) -> Option<usize> {
    (0..text.len()).find(|at| date(text.as_bytes(), *at))
}

impl<'t> Timestamp<'t> {
    /// Reads a timestamp as [`timestamp_len`] measures it.
    pub fn read(raw: &'t str) -> Option<Self> {
        let first = raw.find(['>', ']'])? + 1;
        let (begin, behind) = raw.split_at_checked(first)?;
        let finish = behind.strip_prefix("--");
        let active = raw.starts_with('<');
        if raw.starts_with("<%%") {
            return Some(Timestamp {
                kind: StampKind::Diary,
                raw,
                start: None,
                end: None,
                repeater: None,
                warning: None,
            });
        }
        let start = moment(begin)?;
        let times = time_range(begin);
        let last = finish.and_then(moment);
        let time = last.and_then(|m| m.time).or(times).or(start.time);
        let kind = match (active, finish.is_some() || times.is_some()) {
            (true, false) => StampKind::Active,
            (true, true) => StampKind::ActiveRange,
            (false, false) => StampKind::Inactive,
            (false, true) => StampKind::InactiveRange,
        };
        let end = Moment { time, ..last.unwrap_or(start) };
        Some(Timestamp {
            kind,
            raw,
            start: Some(start),
            end: Some(end),
            repeater: repeater(raw),
            warning: warning(raw),
        })
    }
}

/// The number that a text begins with, and how many digits it has.
fn number(text: &str) -> (u32, usize) {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    (slice(text, 0, len).parse().unwrap_or(u32::MAX), len)
}

/// The first date of a text, with its time.
fn moment(text: &str) -> Option<Moment> {
    let at = find_date(text)?;
    let part = |from: usize, to: usize| number(slice(text, at + from, at + to)).0;
    let rest = slice(text, at + 10, text.len());
    let blanks = |s: &str| s.bytes().take_while(|b| *b == b' ').count();
    let spaces = blanks(rest);
    let word = slice(rest, spaces, rest.len());
    let name = word.find(|c: char| c.is_ascii_digit() || "]+>\r\n -".contains(c)).unwrap_or(word.len());
    let behind = match name > 0 && spaces > 0 {
        true => slice(word, name, word.len()),
        false => rest,
    };
    let time = (blanks(behind) > 0).then(|| clock(behind.trim_start_matches(' '), 2)).flatten();
    Some(Moment { year: part(0, 4), month: part(5, 7), day: part(8, 10), time: time.map(|(time, _)| time) })
}

/// `10:00` at the begin of a text, with its length.
fn clock(text: &str, most: usize) -> Option<((u32, u32), usize)> {
    let (hour, len) = number(text);
    let minutes = slice(text, len + 1, len + 3);
    let whole = (1..=most).contains(&len)
        && text.as_bytes().get(len) == Some(&b':')
        && minutes.len() == 2
        && minutes.bytes().all(|b| b.is_ascii_digit());
    whole.then(|| ((hour, number(minutes).0), len + 3))
}

/// The end of the first `10:00-11:00` of a text.
fn time_range(text: &str) -> Option<(u32, u32)> {
    let valid = |text: &str| clock(text, 2).filter(|((hour, minute), _)| *hour < 30 && *minute < 60);
    (0..text.len()).find_map(|at| {
        let rest = slice(text, at, text.len());
        let (_, len) = valid(rest)?;
        let end = slice(rest, len, rest.len()).strip_prefix('-')?;
        valid(end).map(|(time, _)| time)
    })
}

fn unit(letter: u8) -> Option<Unit> {
    Some(match letter {
        b'h' => Unit::Hour,
        b'd' => Unit::Day,
        b'w' => Unit::Week,
        b'm' => Unit::Month,
        // Another case is no other unit to Emacs, but a year.
        b'y' | b'H' | b'D' | b'W' | b'M' | b'Y' => Unit::Year,
        _ => return None,
    })
}

/// The first `+1w` behind a sign: where the sign stands, how many, of what.
fn amount(raw: &str, sign: u8) -> Option<(usize, u32, Unit)> {
    raw.bytes().enumerate().filter(|(_, b)| *b == sign).find_map(|(at, _)| {
        let rest = slice(raw, at + 1, raw.len());
        // So that a long row of signs and digits costs no more than its length.
        let (value, len) = number(slice(rest, 0, rest.len().min(DIGITS)));
        let unit = unit(*rest.as_bytes().get(len)?)?;
        (len > 0).then_some((at, value, unit))
    })
}

fn repeater(raw: &str) -> Option<Repeater> {
    let (at, value, unit) = amount(raw, b'+')?;
    let kind = match at.checked_sub(1).and_then(|i| raw.as_bytes().get(i)) {
        Some(b'+') => RepeaterKind::CatchUp,
        Some(b'.') => RepeaterKind::Restart,
        _ => RepeaterKind::Cumulate,
    };
    Some(Repeater { kind, value, unit })
}

fn warning(raw: &str) -> Option<Warning> {
    let (at, value, unit) = amount(raw, b'-')?;
    let first = at.checked_sub(1).and_then(|i| raw.as_bytes().get(i)) == Some(&b'-');
    Some(Warning { first, value, unit })
}
