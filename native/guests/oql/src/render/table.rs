//! Tables.

use super::Html;
use super::attributes::Attributes;
use super::columns::{Align, Columns};
use super::translations::Phrase;
use crate::syntax::lines::{Span, slice};
use crate::syntax::text::{Place, Text};
use crate::syntax::tree::Element;

/// What every table says of its borders where the document does not.
const BORDERS: [(&str, &str); 5] =
    [("border", "2"), ("cellspacing", "0"), ("cellpadding", "6"), ("rules", "groups"), ("frame", "hsides")];

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
    fn shown(&self) -> impl Iterator<Item = (&[Span], usize, bool)> {
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
    fn has_header(&self) -> bool {
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
fn cells(text: &str, line: Span) -> Vec<Span> {
    let content = line.of(text);
    let Some(open) = content.find('|') else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut start = line.start + open + 1;
    let end = line.start + content.trim_end().len();
    while start < end {
        let rest = slice(text, start, end);
        let len = rest.find('|').unwrap_or(rest.len());
        let cell = slice(rest, 0, len);
        let lead = cell.len() - cell.trim_start_matches([' ', '\t']).len();
        let body = cell.trim_matches([' ', '\t']).len();
        out.push(Span { start: start + lead, end: start + lead + body });
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

/// What a cookie (`<r>`, `<10>`, `<c10>`) says of its column's alignment.
pub fn cookie(cell: &str) -> Option<Option<Align>> {
    let inner = cell.strip_prefix('<')?.strip_suffix('>')?;
    let align = match inner.bytes().next() {
        Some(b'l') => Some(Align::Left),
        Some(b'r') => Some(Align::Right),
        Some(b'c') => Some(Align::Center),
        _ => None,
    };
    let digits = slice(inner, usize::from(align.is_some()), inner.len());
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(align)
}

impl<'r, 'a> Html<'r, 'a> {
    /// A table with its header and its groups of rows.
    pub fn table(&mut self, element: &Element<'a>, lines: &[Span], out: &mut String) {
        let grid = Grid::of(self.doc.text, lines);
        let mut own = Attributes::default();
        // HTML 5 leaves them to the page's style.
        for (name, value) in BORDERS.into_iter().filter(|_| !self.settings.html5) {
            own.set(name, value.to_string());
        }
        let mut own = self.over(element, own);
        self.settle_id(&mut own, element);
        out.push_str("<table");
        own.write(out);
        out.push_str(">\n");
        let open = "<caption class=\"t-above\"><span class=\"table-number\">";
        if self.captioned(element, Phrase::Table, open, "</span> ", out) {
            out.push_str("</caption>\n");
        }
        // Cells are written once, aside: how they read decides how columns are aligned.
        let mut html = String::new();
        let mut written: Vec<Vec<(usize, usize)>> = Vec::with_capacity(grid.rows.len());
        for (cells, ..) in grid.shown() {
            let mut row = Vec::with_capacity(cells.len());
            for cell in cells {
                let start = html.len();
                self.text_of(&Text::new(*cell, Place::Cell), &mut html);
                row.push((start, html.len()));
            }
            written.push(row);
        }
        let columns = Columns::of(self.doc.text, &grid, |shown, column| {
            let cell = written.get(shown).and_then(|row| row.get(column));
            cell.map_or("", |(start, end)| slice(&html, *start, *end))
        });
        let first = grid.first_column();
        columns.write(first, written.first().map_or(0, Vec::len), out);
        let header = grid.has_header();
        let mut open = "";
        // A row without a cell is a group of its own.
        let mut alone = false;
        for ((_, group, begins), row) in grid.shown().zip(&written) {
            let part = if header && group == 1 { "thead" } else { "tbody" };
            if std::mem::replace(&mut alone, row.is_empty()) || alone || begins {
                close(open, out);
                out.push('<');
                out.push_str(part);
                out.push_str(">\n");
                open = part;
            }
            out.push_str("<tr>\n");
            for (column, (start, end)) in row.iter().enumerate().skip(first) {
                let name = if part == "thead" { "th" } else { "td" };
                out.push_str(if part == "thead" { "<th scope=\"col\" class=\"" } else { "<td class=\"" });
                out.push_str(columns.align(column).class());
                out.push_str("\">");
                let cell = slice(&html, *start, *end);
                out.push_str(if cell.trim_matches([' ', '\t', '\n', '\r']).is_empty() { "&#xa0;" } else { cell });
                out.push_str("</");
                out.push_str(name);
                out.push_str(">\n");
            }
            out.push_str("</tr>\n");
        }
        close(open, out);
        out.push_str("</table>\n");
    }
}

fn close(part: &str, out: &mut String) {
    if !part.is_empty() {
        out.push_str("</");
        out.push_str(part);
        out.push_str(">\n");
    }
}
