//! Org tables as rows of cells, and as values.

use serde_json::{Number, Value};

use crate::syntax::lines::Span;

/// A table row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row<'a> {
    /// `|---+---|`
    Rule,
    /// Cells, trimmed.
    Cells(Vec<&'a str>),
}

/// The rows of a table; rows that only hold column settings are left out.
pub fn rows<'a>(text: &'a str, lines: &[Span]) -> Vec<Row<'a>> {
    lines
        .iter()
        .filter_map(|span| {
            let line = span.of(text).trim();
            let inner = line.strip_prefix('|')?;
            if inner.starts_with('-') {
                return Some(Row::Rule);
            }
            let inner = inner.strip_suffix('|').unwrap_or(inner);
            let cells: Vec<&str> = inner.split('|').map(str::trim).collect();
            (!settings(&cells)).then_some(Row::Cells(cells))
        })
        .collect()
}

fn settings(cells: &[&str]) -> bool {
    if cells.first() == Some(&"/") {
        return true;
    }
    let mut any = false;
    for cell in cells.iter().filter(|c| !c.is_empty()) {
        let Some(inner) = cell.strip_prefix('<').and_then(|c| c.strip_suffix('>')) else {
            return false;
        };
        let digits = inner.trim_start_matches(['l', 'r', 'c']);
        if inner.is_empty() || inner.len() - digits.len() > 1 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        any = true;
    }
    any
}

/// A cell that parses as a number is one, else it is a string.
pub fn cell(text: &str) -> Value {
    number(text).map_or_else(|| Value::String(text.to_string()), Value::Number)
}

/// `12`, `-3`, `1.5`, `2e3`, as Emacs Lisp reads numbers.
pub fn number(text: &str) -> Option<Number> {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e');
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !text.bytes().all(plain) {
        return None;
    }
    if let Ok(integer) = text.strip_suffix('.').unwrap_or(text).parse::<i64>() {
        return Some(integer.into());
    }
    Number::from_f64(text.parse().ok()?)
}
