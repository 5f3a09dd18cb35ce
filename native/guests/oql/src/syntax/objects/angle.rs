//! What begins with `<`: targets, timestamps, URLs.

use super::scan::{Scan, next};
use super::url::PROTOCOLS;
use super::{Found, Link, LinkForm, ObjectKind};
use crate::syntax::headings::timestamp_len;
use crate::syntax::lines::slice;

impl<'t> Scan<'t> {
    /// The object at a `<`.
    pub fn angle(&self, at: usize, high: usize, depth: usize, in_link: bool) -> Found<'t> {
        let line_end = next(&self.newline, at).unwrap_or(high).min(high);
        if self.byte(at + 1) == b'<' {
            let three = self.byte(at + 2) == b'<';
            let (places, width) = match three {
                true => (&self.angle_three, 3),
                false => (&self.angle_two, 2),
            };
            let close = next(places, at + width).filter(|c| c + width <= line_end)?;
            let inner = slice(self.text, at + width, close);
            if inner.contains('<') || inner.trim().len() != inner.len() || inner.is_empty() {
                return None;
            }
            let object = match three {
                true => ObjectKind::Radio(self.read(at + width, close, depth + 1, true)),
                false => ObjectKind::Target(inner),
            };
            return Some((object, at, close + width));
        }
        let rest = slice(self.text, at, high);
        if let Some(len) = timestamp_len(rest) {
            return Some((ObjectKind::Timestamp(slice(rest, 0, len)), at, at + len));
        }
        let close = next(&self.angle_close, at).filter(|c| *c < line_end && c - at < 4096)?;
        let inner = slice(self.text, at + 1, close);
        let (scheme, _) = inner.get(..16.min(inner.len())).unwrap_or(inner).split_once(':')?;
        (!in_link && PROTOCOLS.contains(&scheme) && !inner.contains('<')).then_some((
            ObjectKind::Link(Link { form: LinkForm::Angle, path: inner, description: None }),
            at,
            close + 1,
        ))
    }
}
