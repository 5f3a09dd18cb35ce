//! Lists and their items.

use super::MAX_DEPTH;
use super::elements::{Found, Here, Reader};
use super::lines::{Span, is_blank, place, skip, slice};
use super::probe;
use super::structure::{Row, Structure};
use super::text::{Place, Text};
use super::tree::{Check, Item, Kind, List, ListKind};

impl<'d, 'a> Reader<'d, 'a> {
    /// The list at `here`, from what is known of the lists around it.
    pub fn list(&mut self, here: Here, lists: &mut Option<Structure>) -> Found<'a> {
        if here.depth >= MAX_DEPTH {
            return None;
        }
        let known = lists.take().filter(|structure| structure.at(here.at).is_some());
        let structure = known.unwrap_or_else(|| Structure::read(self, here));
        let first = structure.at(here.at)?;
        let mut items = Vec::new();
        let mut row = first;
        loop {
            items.push(self.item(row, here, &structure));
            match structure.at(row.end).filter(|next| next.indent == first.indent) {
                Some(next) => row = next,
                None => break,
            }
        }
        *lists = Some(structure);
        let ordered = skip(self.line(here.at)).starts_with(|c: char| c.is_ascii_digit());
        let kind = match items.first() {
            _ if ordered => ListKind::Ordered,
            Some(Item { tag: Some(_), .. }) => ListKind::Descriptive,
            _ => ListKind::Unordered,
        };
        Some((Kind::List(List { kind, items }), row.end))
    }

    fn item(&mut self, row: Row, here: Here, structure: &Structure) -> Item<'a> {
        let span = self.lines.get(row.line);
        let line = span.of(self.text);
        let body = skip(line);
        let len = probe::bullet(body).unwrap_or(0);
        let bullet = Span { start: span.end - body.len(), end: span.end - body.len() + len };
        let start = Start::read(skip(slice(self.text, bullet.end, span.end)));
        // Of a numbered item the term is part of the text.
        let ordered = body.starts_with(|c: char| c.is_ascii_digit());
        let (tag, rest) = match start.tag {
            Some((tag, behind)) if !ordered => (Some(tag), behind),
            _ => (None, start.rest),
        };
        let mut to = row.end;
        while to > row.line + 1 && is_blank(self.line(to - 1)) {
            to -= 1;
        }
        let region = self.behind(row.line, place(self.text, rest).start, to);
        let children = region.map(|region| self.elements(region, Some(structure.clone()), here.depth + 1));
        Item {
            span: Span { start: span.start, end: self.lines.get(to - 1).end },
            end: self.lines.start(row.end),
            bullet,
            counter: start.counter,
            checkbox: start.checkbox,
            tag: tag.map(|tag| Text::new(place(self.text, tag), Place::Tag)),
            children: children.unwrap_or_default(),
        }
    }
}

/// What stands between a bullet and an item's text.
struct Start<'a> {
    counter: Option<u32>,
    checkbox: Option<Check>,
    /// The text, a term included.
    rest: &'a str,
    /// The term, and the text behind it.
    tag: Option<(&'a str, &'a str)>,
}

impl<'a> Start<'a> {
    fn read(mut rest: &'a str) -> Self {
        let mut counter = None;
        if let Some((number, behind)) = counted(rest) {
            counter = Some(number);
            rest = skip(behind);
        }
        let mut checkbox = None;
        if let [b'[', state @ (b' ' | b'X' | b'x' | b'-'), b']', behind @ ..] = rest.as_bytes()
            && matches!(behind.first(), None | Some(b' ' | b'\t'))
        {
            // `[x]` is read away, but is no state.
            checkbox = match state {
                b'X' => Some(Check::On),
                b' ' => Some(Check::Off),
                b'-' => Some(Check::Trans),
                _ => None,
            };
            rest = skip(rest.get(3..).unwrap_or(""));
        }
        Start { counter, checkbox, rest, tag: term(rest) }
    }
}

/// `[@3]`, `[@start:3]`, `[@c]`
fn counted(rest: &str) -> Option<(u32, &str)> {
    let inner = rest.strip_prefix("[@")?;
    let inner = super::index::strip_prefix_no_case(inner, "start:").unwrap_or(inner);
    let (value, behind) = inner.split_once(']')?;
    let number = match value.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => u32::from(letter.to_ascii_uppercase() - b'A') + 1,
        [_, ..] if value.bytes().all(|b| b.is_ascii_digit()) => value.parse().unwrap_or(u32::MAX),
        _ => return None,
    };
    Some((number, behind))
}

/// The term before the last ` ::`, and what stands behind it. The term keeps
/// all blanks behind it but one.
fn term(rest: &str) -> Option<(&str, &str)> {
    let mut until = rest.len();
    while let Some(at) = rest.get(..until)?.rfind("::") {
        let behind = rest.get(at + 2..)?;
        let before = rest.get(..at)?;
        if before.ends_with([' ', '\t']) && (behind.is_empty() || behind.starts_with([' ', '\t'])) {
            return Some((before.get(..at - 1)?, skip(behind)));
        }
        until = at + 1;
    }
    None
}
