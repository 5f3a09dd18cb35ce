//! A text as objects in a row.

use super::Object;
use super::scan::Scan;
use crate::syntax::MAX_DEPTH;
use crate::syntax::lines::slice;

impl<'t> Scan<'t> {
    /// The objects between two places.
    pub fn read(&self, low: usize, high: usize, depth: usize, in_link: bool) -> Vec<Object<'t>> {
        let mut out = Vec::new();
        let mut start = low;
        let mut at = low;
        if depth > MAX_DEPTH {
            push_text(&mut out, slice(self.text, low, high));
            return out;
        }
        while at < high {
            let found = match self.byte(at) {
                b'*' | b'/' | b'+' | b'=' | b'~' => self.emphasis(at, low, high, depth, in_link),
                b'_' => self
                    .emphasis(at, low, high, depth, in_link)
                    .or_else(|| self.script(at, low, high, depth, in_link))
                    .or_else(|| self.inline_code(at, start, high)),
                b'^' => self.script(at, low, high, depth, in_link),
                b'[' => self.square(at, high, depth, in_link),
                b'<' => self.angle(at, high, depth, in_link),
                b'\\' => self.backslash(at, high),
                b'$' => self.dollar(at, high),
                b'@' => self.snippet(at, high),
                b'{' => self.call_macro(at, high),
                b':' if !in_link => self.url(at, start, high),
                _ => None,
            };
            match found {
                Some((object, from, next)) if next > at => {
                    push_text(&mut out, slice(self.text, start, from));
                    out.push(object);
                    at = next;
                    start = next;
                }
                _ => at += 1,
            }
        }
        push_text(&mut out, slice(self.text, start, high));
        out
    }
}

fn push_text<'t>(out: &mut Vec<Object<'t>>, text: &'t str) {
    if !text.is_empty() {
        out.push(Object::Text(text));
    }
}
