//! A named element as a value.

use serde_json::{Map, Value};

use crate::header_args::HeaderArgs;
use crate::source::dedented;
use crate::syntax::document::Document;
use crate::syntax::lines::Span;
use crate::syntax::tree::{Element, Kind};
use crate::table::{Row, cell, number, rows};

/// A value before it takes its shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// A rule between rows.
    Rule,
    /// A cell or a text.
    Value(Value),
    /// Rows, cells or items.
    List(Vec<Raw>),
}

/// What a block's header arguments want of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// `:colnames yes` or `no`.
    colnames: Option<bool>,
    /// `:rownames yes`
    rownames: bool,
    /// `:hlines yes`
    hlines: bool,
}

impl Shape {
    /// As these say.
    pub fn of(args: &HeaderArgs) -> Self {
        let yes = |key: &str| args.get(key).is_some_and(|v| v.eq_ignore_ascii_case("yes"));
        let no = args.get("colnames").is_some_and(|v| v.eq_ignore_ascii_case("no"));
        let colnames = if yes("colnames") { Some(true) } else { no.then_some(false) };
        Shape { colnames, rownames: yes("rownames"), hlines: yes("hlines") }
    }

    /// The value; none where it would take more than `budget`.
    pub fn value(self, raw: Raw, budget: &mut usize) -> Option<Value> {
        let mut items = match raw {
            Raw::Rule => return Some(Value::Null),
            Raw::Value(value) => return Some(value),
            Raw::List(items) => items,
        };
        let names = match self.colnames {
            Some(false) => None,
            Some(true) => header(&mut items),
            None => {
                if has_header(&items) {
                    header(&mut items);
                }
                None
            }
        };
        if !self.hlines {
            items.retain(|item| *item != Raw::Rule);
        }
        if let Some(names) = &names {
            let width: usize = names.iter().map(|n| n.len() + 16).sum();
            *budget = budget.checked_sub(width.saturating_mul(items.len()))?;
        }
        let rows = items.into_iter().map(|item| match item {
            Raw::Rule => Value::Null,
            Raw::Value(value) => value,
            Raw::List(cells) => self.row(cells, names.as_deref()),
        });
        Some(Value::Array(rows.collect()))
    }

    fn row(self, cells: Vec<Raw>, names: Option<&[String]>) -> Value {
        let skip = usize::from(self.rownames);
        let cells = cells.into_iter().skip(skip).map(|cell| match cell {
            Raw::Value(value) => value,
            _ => Value::Null,
        });
        match names {
            Some(names) => Value::Object(names.iter().skip(skip).cloned().zip(cells).collect::<Map<_, _>>()),
            None => Value::Array(cells.collect()),
        }
    }
}

/// Takes the first row off, with the rule below it.
fn header(items: &mut Vec<Raw>) -> Option<Vec<String>> {
    let at = items.iter().position(|i| *i != Raw::Rule)?;
    let rule = items.get(at + 1) == Some(&Raw::Rule);
    let first = items.drain(..at + 1 + usize::from(rule)).nth(at)?;
    let name = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    match first {
        Raw::List(cells) => {
            let names = cells.into_iter().map(|c| if let Raw::Value(v) = c { name(v) } else { String::new() });
            Some(names.collect())
        }
        _ => None,
    }
}

/// The first row has a rule below it, and rows below that.
fn has_header(items: &[Raw]) -> bool {
    let mut items = items.iter().skip_while(|i| **i == Raw::Rule);
    items.next().is_some() && items.next() == Some(&Raw::Rule) && items.any(|i| *i != Raw::Rule)
}

/// What an element holds; none where it is no data.
pub fn raw(doc: &Document, element: &Element) -> Option<Raw> {
    let text = |lines: &[Span]| {
        let lines = dedented(doc.text, lines).into_iter();
        Raw::Value(Value::String(lines.map(|(l, _)| l.into_owned() + "\n").collect()))
    };
    Some(match &element.kind {
        Kind::Table(body) => Raw::List(rows(doc.text, body).into_iter().map(row).collect()),
        Kind::List(list) => Raw::List(list.items.iter().map(|item| item_text(doc, list.contents(item))).collect()),
        Kind::Example(body) | Kind::Export(_, body) => text(body),
        Kind::Fixed(body) => {
            let lines: Vec<&str> = body.iter().map(|span| fixed(span.of(doc.text))).collect();
            let text = lines.join("\n");
            let text = text.trim();
            Raw::Value(number(text).map_or_else(|| Value::String(text.to_string()), Value::Number))
        }
        Kind::Paragraph(paragraph) => {
            let lines = paragraph.span.of(doc.text).lines();
            Raw::Value(Value::String(lines.map(|l| format!("{l}\n")).collect()))
        }
        Kind::Quote(_) | Kind::Center(_) | Kind::Verse(_) | Kind::Special(..) => {
            let first = doc.lines.number_at(element.span.start);
            let last = doc.lines.number_at(element.span.end).saturating_sub(1);
            text(doc.lines.range(first..last.max(first)))
        }
        _ => return None,
    })
}

fn row(row: Row) -> Raw {
    match row {
        Row::Rule => Raw::Rule,
        Row::Cells(cells) => Raw::List(cells.into_iter().map(|c| Raw::Value(cell(c))).collect()),
    }
}

fn item_text(doc: &Document, contents: &[Element]) -> Raw {
    let text = match contents.first().map(|e| &e.kind) {
        Some(Kind::Paragraph(text)) => {
            let words: Vec<&str> = text.span.of(doc.text).lines().map(str::trim).collect();
            words.join(" ")
        }
        _ => String::new(),
    };
    Raw::Value(Value::String(text))
}

fn fixed(line: &str) -> &str {
    let line = line.trim_start();
    let line = line.strip_prefix(':').unwrap_or(line);
    line.strip_prefix(' ').unwrap_or(line)
}
