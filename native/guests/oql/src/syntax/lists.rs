//! Lists and their items.

use super::MAX_DEPTH;
use super::elements::{Found, Here, Reader, Region};
use super::lines::{Span, holds, is_blank, place, skip, slice};
use super::objects::Place;
use super::probe;
use super::structure::{Row, Structure, small};
use super::text::Text;
use super::tree::{Check, Element, Item, Kind, List, ListKind};

impl<'d, 'a> Reader<'d, 'a> {
    /// The list at `here`, from what is known of the lists around it.
    #[inline(never)]
    pub fn list(&mut self, here: Here, lists: &mut Option<Structure>) -> Found<'a> {
        if here.depth >= MAX_DEPTH {
            return None;
        }
        let line = small(here.at);
        let known = lists.take().filter(|structure| structure.at(line).is_some());
        let structure = known.unwrap_or_else(|| Structure::read(self.text, self.lines, &self.ends, here.at, here.to));
        let row = structure.at(line)?;
        let rows = || std::iter::successors(Some(row), |row| structure.next(*row));
        let mut items = Vec::with_capacity(rows().count());
        // A bullet alone mostly holds nothing.
        let bare = |row: &Row| self.line(row.line as usize).len() <= 2;
        let mut elements = Vec::with_capacity(rows().filter(|row| !bare(row)).count());
        let mut end = row.end as usize;
        for item in rows() {
            items.push(self.item(item, here, &structure, &mut elements));
            end = item.end as usize;
        }
        if elements.capacity() > elements.len() + elements.len() / 4 {
            elements.shrink_to_fit();
        }
        *lists = Some(structure);
        let ordered = skip(self.line(here.at)).starts_with(|c: char| c.is_ascii_digit());
        let kind = match items.first() {
            _ if ordered => ListKind::Ordered,
            Some(Item { tag: Some(_), .. }) => ListKind::Descriptive,
            _ => ListKind::Unordered,
        };
        Some((Kind::List(List { kind, items, elements }), end))
    }

    fn item(&mut self, row: Row, here: Here, structure: &Structure, elements: &mut Vec<Element<'a>>) -> Item<'a> {
        let (at, end) = (row.line as usize, row.end as usize);
        let span = self.lines.get(at);
        let line = span.of(self.text);
        let body = skip(line);
        let len = probe::bullet(body).unwrap_or(0);
        let start = Start::read(skip(slice(body, len, body.len())));
        // Of a numbered item the term is part of the text.
        let ordered = body.starts_with(|c: char| c.is_ascii_digit());
        let (tag, rest) = match start.tag {
            Some((tag, behind)) if !ordered => (Some(tag), behind),
            _ => (None, start.rest),
        };
        let mut to = end;
        while to > at + 1 && is_blank(self.line(to - 1)) {
            to -= 1;
        }
        let region = self.behind(at, place(self.text, rest).start, to);
        let from = small(elements.len());
        if let Some(region) = region {
            self.contents(region, structure, here.depth + 1, elements);
        }
        let span = Span { start: span.start, end: self.lines.get(to - 1).end };
        Item {
            span,
            tail: small(self.lines.start(end).saturating_sub(span.end)),
            indent: small(line.len() - body.len()),
            counter: start.counter,
            checkbox: start.checkbox,
            tag: tag.map(|tag| Box::new(Text::new(place(self.text, tag), Place::Tag))),
            contents: from..small(elements.len()),
        }
    }

    /// Adds what an item holds. Most begin behind the bullet with a paragraph, and end with it.
    fn contents(&mut self, region: Region, structure: &Structure, depth: usize, out: &mut Vec<Element<'a>>) {
        let here = Here { at: region.from, to: region.to, depth };
        let mut rest = region;
        if region.first > self.lines.start(region.from) {
            let (kind, after) = self.paragraph(here, region.first);
            let (first, next) = self.finished(kind, region.first, here, after, None);
            grow(out);
            out.push(first);
            rest = self.whole(next, region.to);
        }
        if rest.from < rest.to {
            out.append(&mut self.elements(rest, Some(structure.clone()), depth));
        }
    }
}

/// Room for one more. A long row grows by a quarter: twice as much would be
/// more than what is read may take.
fn grow(elements: &mut Vec<Element>) {
    if elements.len() == elements.capacity() && elements.len() >= 64 {
        elements.reserve_exact(elements.len() / 4);
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
    // Most items have none, and to look from behind takes time to prepare.
    if !holds(rest, "::") {
        return None;
    }
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
