//! Lists: where an item begins, how far it goes.

use super::elements::Reader;
use super::index::End;
use super::index::strip_prefix_no_case;
use super::lines::{Span, indentation, slice};
use super::text::{Place, Text};
use super::tree::{Check, Item, List, ListKind};

/// A bullet and what follows it.
#[derive(Debug, Clone, Copy)]
pub struct Bullet {
    /// Its column.
    pub indent: usize,
    /// It is a number.
    pub ordered: bool,
    /// Where the text behind it begins.
    pub text: usize,
}

/// The bullet at the start of `body` (a line without its indentation).
pub fn bullet(body: &str, offset: usize, indent: usize) -> Option<Bullet> {
    let bytes = body.as_bytes();
    let (len, ordered) = match bytes.first()? {
        b'-' | b'+' => (1, false),
        b'*' if indent > 0 => (1, false),
        b'0'..=b'9' => {
            let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
            matches!(bytes.get(digits), Some(b'.' | b')')).then_some((digits + 1, true))?
        }
        _ => return None,
    };
    let rest = body.get(len..)?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return None;
    }
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    Some(Bullet { indent, ordered, text: offset + len + blanks })
}

/// Reads the list whose first item is at `at`; gives the list and the index behind it.
pub fn list<'a>(reader: &mut Reader<'a>, lines: &[Span], at: usize, first: Bullet, depth: usize) -> (List<'a>, usize) {
    let mut items = Vec::new();
    let mut kind = None;
    let mut current = first;
    let mut start = at;
    loop {
        let (end, next) = item_end(reader, lines, start, first.indent);
        let (item, item_kind) = item(reader, lines.get(start..end).unwrap_or(&[]), current, depth);
        kind.get_or_insert(item_kind);
        items.push(item);
        match next {
            Next::Item(index, bullet) => {
                start = index;
                current = bullet;
            }
            Next::Stop(index) => {
                let kind = kind.unwrap_or(ListKind::Unordered);
                return (List { kind, items }, index);
            }
        }
    }
}

enum Next {
    Item(usize, Bullet),
    Stop(usize),
}

fn item_end(reader: &Reader, lines: &[Span], start: usize, indent: usize) -> (usize, Next) {
    let text = reader.text;
    let mut end = start + 1;
    let mut blanks = 0;
    let mut at = start + 1;
    while let Some(span) = lines.get(at) {
        let line = span.of(text);
        let body = line.trim_start_matches([' ', '\t']);
        if body.is_empty() {
            blanks += 1;
            if blanks == 2 {
                return (end, Next::Stop(end));
            }
            at += 1;
            continue;
        }
        let here = indentation(line);
        if here <= indent {
            let offset = span.end - body.len();
            return match bullet(body, offset, here).filter(|_| here == indent) {
                Some(bullet) => (end, Next::Item(at, bullet)),
                None => (end, Next::Stop(end)),
            };
        }
        blanks = 0;
        at = block_end(reader, lines, at, body).unwrap_or(at) + 1;
        end = at;
    }
    (end, Next::Stop(end))
}

fn block_end(reader: &Reader, lines: &[Span], at: usize, body: &str) -> Option<usize> {
    let name = strip_prefix_no_case(body, "#+begin_")?.split([' ', '\t']).next()?.to_ascii_lowercase();
    reader.ends.after(&End::Block(name), lines, at)
}

fn item<'a>(reader: &mut Reader<'a>, lines: &[Span], bullet: Bullet, depth: usize) -> (Item<'a>, ListKind) {
    let text = reader.text;
    let first = lines.first().copied().unwrap_or_default();
    let mut at = bullet.text.min(first.end);
    let start = first.start + slice(text, first.start, first.end).len()
        - slice(text, first.start, first.end).trim_start().len();
    let bullet_end = slice(text, start, at).trim_end().len() + start;
    let mut item = Item {
        bullet: Span { start, end: bullet_end },
        counter: None,
        checkbox: None,
        tag: None,
        children: Vec::new(),
    };
    let rest = |at: usize| slice(text, at, first.end);
    let skip = |at: usize, n: usize| {
        let behind = slice(text, at + n, first.end);
        first.end - behind.trim_start_matches([' ', '\t']).len()
    };
    if let Some(inner) = rest(at).strip_prefix("[@")
        && let Some(close) = inner.find(']')
    {
        item.counter = inner.get(..close).and_then(|n| n.parse().ok());
        if item.counter.is_some() {
            at = skip(at, close + 3);
        }
    }
    item.checkbox = match rest(at).get(..3) {
        Some("[X]" | "[x]") => Some(Check::On),
        Some("[ ]") => Some(Check::Off),
        Some("[-]") => Some(Check::Trans),
        _ => None,
    };
    let boxed = rest(at).get(3..).unwrap_or("");
    if !boxed.is_empty() && !boxed.starts_with([' ', '\t']) {
        item.checkbox = None;
    }
    if item.checkbox.is_some() {
        at = skip(at, 3);
    }
    if !bullet.ordered
        && let Some((tag, behind)) = tag(rest(at))
    {
        item.tag = Some(Text::new(Span { start: at, end: at + tag }, Place::Tag));
        at = skip(at, behind);
    }
    let kind = match (bullet.ordered, &item.tag) {
        (true, _) => ListKind::Ordered,
        (_, Some(_)) => ListKind::Descriptive,
        _ => ListKind::Unordered,
    };
    let mut contents = lines.to_vec();
    if let Some(line) = contents.first_mut() {
        line.start = at;
    }
    item.children = reader.elements(&contents, depth + 1, true);
    (item, kind)
}

/// Length of the term before ` ::` and where the description begins.
fn tag(rest: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(found) = rest.get(from..)?.find("::") {
        let at = from + found;
        let after = rest.get(at + 2..).unwrap_or("");
        let before = rest.get(..at)?.trim_end_matches([' ', '\t']);
        let spaced = before.len() < at || at == 0;
        if spaced && (after.is_empty() || after.starts_with([' ', '\t'])) {
            return Some((before.len(), at + 2));
        }
        from = at + 2;
    }
    None
}
