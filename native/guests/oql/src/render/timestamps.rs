//! Timestamps, written the way Org writes them whatever way they were typed.

use super::Html;
use super::dates;
use super::escape::{push_text, typography};
use super::settings::Stamps;
use crate::syntax::objects::{Object, ObjectKind};
use crate::syntax::timestamp::{RepeaterKind, StampKind, Timestamp, Unit};

/// `+1w`, `.+2d`, `++1m`, and `-3d`, `--3d`
fn cookies(stamp: &Timestamp) -> String {
    let letter = |unit: Unit| match unit {
        Unit::Hour => 'h',
        Unit::Day => 'd',
        Unit::Week => 'w',
        Unit::Month => 'm',
        Unit::Year => 'y',
    };
    let repeater = stamp.repeater.map(|repeater| {
        let sign = match repeater.kind {
            RepeaterKind::Cumulate => "+",
            RepeaterKind::CatchUp => "++",
            RepeaterKind::Restart => ".+",
        };
        format!(" {sign}{}{}", repeater.value, letter(repeater.unit))
    });
    let warning = stamp.warning.map(|warning| {
        let sign = if warning.first { "--" } else { "-" };
        format!(" {sign}{}{}", warning.value, letter(warning.unit))
    });
    repeater.unwrap_or_default() + &warning.unwrap_or_default()
}

/// A timestamp as Org writes it: with the day's name, a range of times as two
/// timestamps.
pub fn canonical(raw: &str) -> String {
    let Some((stamp, start)) = Timestamp::read(raw).and_then(|s| Some((s, s.start?))) else {
        return raw.to_string();
    };
    let range = matches!(stamp.kind, StampKind::ActiveRange | StampKind::InactiveRange);
    let (open, close) = if raw.starts_with('<') { ('<', '>') } else { ('[', ']') };
    let cookies = cookies(&stamp);
    let mut out = String::with_capacity(raw.len() + 8);
    for (i, moment) in [Some(start), stamp.end.filter(|_| range)].into_iter().flatten().enumerate() {
        if i > 0 {
            out.push_str("--");
        }
        out.push(open);
        dates::write(&moment, &mut out);
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
