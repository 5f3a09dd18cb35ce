//! What may stand right below a heading: planning, then a property drawer.

use std::collections::hash_map::Entry;

use super::chars::{is_word, word};
use super::headings::{Heading, Properties};
use super::index::{is_drawer_end, strip_prefix_no_case};
use super::lines::{Lines, Span, is_blank, skip, slice, trim};
use super::probe::is_comment;
use super::timestamp::timestamp_len;
use crate::hash::HashMap;

/// Reads both below a heading's line; gives the index of the line behind them.
pub fn attached<'a>(heading: &mut Heading<'a>, text: &'a str, lines: &Lines, line: usize) -> usize {
    let mut at = line + 1;
    if at >= lines.count() {
        return at;
    }
    let below = lines.get(at).of(text);
    if is_planning(below) {
        planning(heading, below);
        heading.planning = Some(lines.get(at));
        at += 1;
    }
    match properties(text, lines, at) {
        Some((properties, next)) => {
            heading.properties = properties;
            next
        }
        None => at,
    }
}

fn is_planning(line: &str) -> bool {
    let body = skip(line);
    ["CLOSED:", "DEADLINE:", "SCHEDULED:"].iter().any(|key| strip_prefix_no_case(body, key).is_some())
}

fn planning<'a>(heading: &mut Heading<'a>, line: &'a str) {
    let mut from = 0;
    while let Some(found) = line.get(from..).and_then(|rest| rest.find(':')) {
        let colon = from + found;
        from = colon + 1;
        let before = slice(line, 0, colon);
        let keys = ["SCHEDULED", "DEADLINE", "CLOSED"];
        let Some(key) = keys.into_iter().find(|key| before.ends_with(key)) else { continue };
        if slice(before, 0, before.len() - key.len()).ends_with(is_word) {
            continue;
        }
        let rest = slice(line, from, line.len()).trim_start_matches(' ');
        let inner = rest.strip_prefix(['[', '<']).unwrap_or("");
        if inner.is_empty() {
            continue;
        }
        let Some(close) = inner.find([']', '>']) else { return };
        if close == 0 {
            continue;
        }
        let slot = match key {
            "SCHEDULED" => &mut heading.scheduled,
            "DEADLINE" => &mut heading.deadline,
            _ => &mut heading.closed,
        };
        *slot = timestamp_len(rest).map(|len| slice(rest, 0, len));
        from = line.len() - inner.len() + close;
    }
}

/// The property drawer that begins at a line, and the index of the line behind it.
pub fn properties<'a>(text: &'a str, lines: &Lines, at: usize) -> Option<(Properties<'a>, usize)> {
    if at >= lines.count() || !trim(lines.get(at).of(text)).eq_ignore_ascii_case(":PROPERTIES:") {
        return None;
    }
    let mut all = Merged::default();
    for i in at + 1..lines.count() {
        let body = skip(lines.get(i).of(text));
        if is_drawer_end(body) {
            return Some((all.pairs, i + 1));
        }
        let (key, value) = property(body)?;
        all.add(key, value);
    }
    None
}

/// `:key: value`, which may be without value.
fn property(body: &str) -> Option<(&str, &str)> {
    let word = word(body);
    let key = word.strip_prefix(':')?.strip_suffix(':').filter(|key| !key.is_empty())?;
    let rest = slice(body, word.len(), body.len());
    (trim(rest).is_empty() || rest.starts_with(' ')).then(|| (key, trim(rest)))
}

/// A drawer's line: where it begins, its key, what stands behind that.
pub fn property_line(text: &str, span: Span) -> (usize, &str, &str) {
    let whole = span.of(text);
    let body = whole.trim_start();
    let start = span.end - body.len();
    let word = body.split([' ', '\t']).next().unwrap_or("");
    match word.strip_prefix(':').and_then(|w| w.strip_suffix(':')) {
        Some(key) => (start, key, slice(body, word.len(), body.len())),
        None => (start, "", ""),
    }
}

#[derive(Default)]
struct Merged<'a> {
    pairs: Properties<'a>,
    /// Where each key's pair is, and whether it was given without `+`.
    seen: HashMap<String, (usize, bool)>,
}

impl<'a> Merged<'a> {
    /// `:key+:` adds to `:key:`, wherever that stands.
    fn add(&mut self, key: &'a str, value: &str) {
        let base = key.strip_suffix('+').filter(|base| !base.is_empty()).unwrap_or(key);
        let whole = base.len() == key.len();
        let next = self.pairs.len();
        match self.seen.entry(base.to_lowercase()) {
            Entry::Vacant(entry) => {
                entry.insert((next, whole));
                self.pairs.push((base, value.to_string()));
            }
            Entry::Occupied(mut entry) => {
                let (at, known) = *entry.get();
                let Some((name, old)) = self.pairs.get_mut(at) else { return };
                if !whole {
                    old.push(' ');
                    old.push_str(value);
                } else if known {
                    self.pairs.push((base, value.to_string()));
                } else {
                    entry.insert((at, true));
                    *name = base;
                    *old = format!("{value} {old}");
                }
            }
        }
    }
}

/// The property drawer at the top of a document, which only comments may stand
/// before: the indices of its first line and of the line behind it.
pub fn top<'a>(text: &'a str, lines: &Lines) -> Option<(Properties<'a>, usize, usize)> {
    let line = |i: usize| lines.get(i).of(text);
    let blank = (0..lines.count()).take_while(|i| is_blank(line(*i))).count();
    let mut at = blank;
    while at < lines.count() && is_comment(skip(line(at))) {
        at += 1;
    }
    // No blank line may stand right before it.
    if at == blank && blank > 0 {
        return None;
    }
    properties(text, lines, at).map(|(properties, next)| (properties, at, next))
}
