//! A table's columns: how they are aligned, which of them are grouped.

use super::align::{Align, cookie};
use super::grid::{Grid, Row};

#[derive(Debug, Clone, Copy, Default)]
struct Column {
    cookie: Option<Align>,
    /// Rows looked at so far; in those skipped since, its cell is empty.
    rows: usize,
    numbers: usize,
    /// The last cell counts as a number, and so do empty ones behind it.
    after_number: bool,
}

impl Column {
    fn skip_to(&mut self, row: usize) {
        if self.after_number {
            self.numbers += row - self.rows.min(row);
        }
        self.rows = row;
    }

    fn add(&mut self, row: usize, cell: &str) {
        self.skip_to(row);
        self.after_number = is_number(cell) || (cell.is_empty() && self.after_number);
        self.numbers += usize::from(self.after_number);
        self.rows = row + 1;
    }
}

/// The columns of a table.
pub struct Columns<'t> {
    columns: Vec<Column>,
    /// The last row of group marks.
    groups: Vec<&'t str>,
    /// Rows that are shown.
    rows: usize,
}

impl<'t> Columns<'t> {
    /// Those of a table; `html` gives a cell by the number of its row among those shown.
    pub fn of<'h>(text: &'t str, grid: &Grid, html: impl Fn(usize, usize) -> &'h str) -> Self {
        let mut of = Columns { columns: Vec::new(), groups: Vec::new(), rows: 0 };
        let mut marks = None;
        for row in &grid.rows {
            let Row::Cells(cells, special) = row else { continue };
            if of.columns.len() < cells.len() {
                of.columns.resize(cells.len(), Column::default());
            }
            if !special {
                for (i, column) in of.columns.iter_mut().enumerate().take(cells.len()) {
                    column.add(of.rows, html(of.rows, i));
                }
                of.rows += 1;
                continue;
            }
            for (cell, column) in cells.iter().zip(&mut of.columns) {
                column.cookie = cookie(cell.of(text)).flatten().or(column.cookie);
            }
            if cells.first().is_some_and(|c| c.of(text) == "/") {
                marks = Some(cells);
            }
        }
        for column in &mut of.columns {
            column.skip_to(of.rows);
        }
        of.groups = marks.map_or(Vec::new(), |cells| cells.iter().map(|c| c.of(text)).collect());
        of
    }

    /// How a column is aligned.
    pub fn align(&self, column: usize) -> Align {
        let Some(column) = self.columns.get(column) else {
            return Align::Left;
        };
        let numbers = self.rows > 0 && column.numbers * 2 >= self.rows;
        column.cookie.unwrap_or(if numbers { Align::Right } else { Align::Left })
    }

    fn opens(&self, column: usize) -> bool {
        matches!(self.groups.get(column), Some(&"<" | &"<>"))
    }

    fn closes(&self, column: usize) -> bool {
        matches!(self.groups.get(column), Some(&">" | &"<>"))
    }

    /// Writes the groups of the columns from `first` up to `end`.
    pub fn write(&self, first: usize, end: usize, out: &mut String) {
        for column in first..end {
            if column == first || self.opens(column) || column.checked_sub(1).is_some_and(|c| self.closes(c)) {
                out.push_str("<colgroup>\n");
            }
            out.push_str("<col class=\"");
            out.push_str(self.align(column).class());
            out.push_str("\" />\n");
            if column + 1 == end || self.closes(column) || self.opens(column + 1) {
                out.push_str("</colgroup>\n");
            }
        }
    }
}

/// Whether a cell reads as a number, as Org sees it: `12`, `2x10^12`, `0xff`, `3.5%`.
pub fn is_number(cell: &str) -> bool {
    let word = |w: &str| cell.eq_ignore_ascii_case(w);
    let plain = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    decimal(cell) || hexadecimal(plain) || radix(plain) || ["nan", "inf", "-inf", "+inf", "uinf"].into_iter().any(word)
}

/// Signs, dots and digits, one of them at least a digit, then what may follow.
fn decimal(text: &str) -> bool {
    let head = |b: &u8| matches!(b, b'-' | b'+' | b'^' | b'.' | b'0'..=b'9');
    let tail = |b: &u8| head(b) || matches!(b, b'e' | b'E' | b'd' | b'D' | b'x' | b'X' | b'(' | b')' | b'%' | b':');
    let bytes = text.as_bytes();
    let run = bytes.iter().take_while(|b| head(b)).count();
    let digit = bytes.iter().take(run).any(u8::is_ascii_digit);
    digit && bytes.iter().skip(run).all(tail)
}

fn hexadecimal(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_hexdigit() || b == b'.'))
}

fn radix(text: &str) -> bool {
    let Some((base, digits)) = text.split_once('#') else {
        return false;
    };
    let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    number(base) && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
}
