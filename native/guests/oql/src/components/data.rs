//! A named element as a value.

use serde_json::Value;

use crate::source::dedented;
use crate::syntax::document::Document;
use crate::syntax::lines::Span;
use crate::syntax::tree::{Element, Item, Kind};
use crate::table::{Colnames, rows, value};

/// The value of a table, a list or a block of text.
pub fn data(doc: &Document, element: &Element, colnames: Option<&str>) -> Value {
    let lines = |body: &[Span]| {
        let lines = dedented(doc.text, body).into_iter();
        lines.map(|(l, _)| format!("{l}\n")).collect::<String>()
    };
    match &element.kind {
        Kind::Table(body) => {
            let colnames = match colnames {
                Some("yes") => Colnames::Yes,
                Some("no") => Colnames::No,
                _ => Colnames::Unsaid,
            };
            value(&rows(doc.text, body), colnames)
        }
        Kind::Example(body) => Value::String(lines(body)),
        Kind::Fixed(body) => {
            let strip = |s: &Span| {
                let line = s.of(doc.text).trim_start();
                let line = line.strip_prefix(':').unwrap_or(line);
                format!("{}\n", line.strip_prefix(' ').unwrap_or(line))
            };
            Value::String(body.iter().map(strip).collect())
        }
        Kind::List(list) => {
            let first = |item: &Item| match item.children.first().map(|e| &e.kind) {
                Some(Kind::Paragraph(text)) => {
                    let words: Vec<&str> = text.span.of(doc.text).lines().map(str::trim).collect();
                    Value::String(words.join(" "))
                }
                _ => Value::String(String::new()),
            };
            Value::Array(list.items.iter().map(first).collect())
        }
        _ => Value::Null,
    }
}
