//! A table as rows of cells.

use super::align::cookie;
use crate::syntax::lines::{Span, place, slice, trim};

/// A row: where its cells stand, or a rule.
pub enum Row {
    /// `|---+---|`
    Rule,
    /// Cells, trimmed; whether the row only says something of the table.
    Cells(Vec<Span>, bool),
}

/// A table's rows.
pub struct Grid<'a> {
    text: &'a str,
    /// In order.
    pub rows: Vec<Row>,
    /// The first column only says what rows are for.
    pub marked: bool,
}

impl<'a> Grid<'a> {
    /// Reads the lines of a table.
    pub fn of(text: &'a str, lines: &[Span]) -> Self {
        let mut grid = Grid { text, rows: Vec::with_capacity(lines.len()), marked: false };
        for line in lines {
            let row = match is_rule(line.of(text)) {
                true => Row::Rule,
                false => Row::Cells(cells(text, *line), false),
            };
            grid.rows.push(row);
        }
        grid.marked = grid.is_marked();
        for row in &mut grid.rows {
            if let Row::Cells(cells, special) = row {
                *special = is_special(text, cells, grid.marked);
            }
        }
        grid
    }

    /// Whether every first cell is a mark or empty, and one is a mark.
    fn is_marked(&self) -> bool {
        let mut any = false;
        for row in &self.rows {
            if let Row::Cells(cells, _) = row {
                match cells.first().map_or("", |c| c.of(self.text)) {
                    "" => {}
                    "/" | "#" | "!" | "$" | "*" | "_" | "^" => any = true,
                    _ => return false,
                }
            }
        }
        any
    }

    /// The first column that is shown.
    pub fn first_column(&self) -> usize {
        usize::from(self.marked)
    }

    /// The rows that are shown, each with the number of its group and whether it begins it.
    pub fn shown(&self) -> impl Iterator<Item = (&[Span], usize, bool)> {
        let mut group = 0;
        let mut open = false;
        self.rows.iter().filter_map(move |row| match row {
            Row::Rule => {
                open = false;
                None
            }
            Row::Cells(_, true) => None,
            Row::Cells(cells, false) => {
                let first = !open;
                group += usize::from(first);
                open = true;
                Some((cells.as_slice(), group, first))
            }
        })
    }

    /// Whether the first group of rows is a header: a rule follows it and then something else.
    pub fn has_header(&self) -> bool {
        let mut rows = self.rows.iter().filter(|r| !matches!(r, Row::Cells(_, true)));
        let mut inside = false;
        for row in &mut rows {
            match row {
                Row::Rule if inside => return rows.next().is_some(),
                Row::Rule => {}
                Row::Cells(..) => inside = true,
            }
        }
        false
    }
}

fn is_rule(line: &str) -> bool {
    line.trim_start_matches([' ', '\t']).starts_with("|-")
}

/// The cells of a line, trimmed.
#[inline(never)]
fn cells(text: &str, line: Span) -> Vec<Span> {
    let content = line.of(text);
    let Some(open) = memchr::memchr(b'|', content.as_bytes()) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut start = line.start + open + 1;
    let end = line.start + content.trim_end().len();
    while start < end {
        let rest = slice(text, start, end);
        let len = memchr::memchr(b'|', rest.as_bytes()).unwrap_or(rest.len());
        let cell = place(text, trim(slice(rest, 0, len)));
        out.push(cell);
        start += len + 1;
    }
    out
}

/// Whether a row holds no data: column groups, marks, cookies.
fn is_special(text: &str, cells: &[Span], marked: bool) -> bool {
    let first = cells.first().map_or("", |c| c.of(text));
    if first == "/" || (marked && matches!(first, "^" | "_" | "$" | "!")) {
        return true;
    }
    let mut any = false;
    for cell in cells.iter().map(|c| c.of(text)).filter(|c| !c.is_empty()) {
        if cookie(cell).is_none() {
            return false;
        }
        any = true;
    }
    any
}
