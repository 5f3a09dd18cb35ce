//! Tables.

use super::Html;
use super::attributes::Attributes;
use super::columns::Columns;
use super::grid::Grid;
use super::translations::Phrase;
use crate::syntax::lines::{Span, slice};
use crate::syntax::objects::Place;
use crate::syntax::text::Text;
use crate::syntax::tree::Element;

/// What every table says of its borders where the document does not.
const BORDERS: [(&str, &str); 5] =
    [("border", "2"), ("cellspacing", "0"), ("cellpadding", "6"), ("rules", "groups"), ("frame", "hsides")];

impl<'r, 'a> Html<'r, 'a> {
    /// A table with its header and its groups of rows.
    #[inline(never)]
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
