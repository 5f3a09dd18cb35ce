//! Tables drawn with `+---+`, as table.el draws them.

use super::Html;
use super::escape::push_text;
use super::indentation::dedented;
use crate::digits::number_into;
use crate::syntax::lines::Span;

/// A drawing as characters.
struct Drawing(Vec<Vec<char>>);

impl Drawing {
    fn at(&self, line: usize, column: usize) -> char {
        self.0.get(line).and_then(|l| l.get(column)).copied().unwrap_or(' ')
    }

    /// Whether lines meet here.
    fn is_corner(&self, line: usize, column: usize) -> bool {
        let beside = |c: usize| matches!(self.at(line, c), '-' | '=' | '+');
        let above = |l: usize| matches!(self.at(l, column), '|' | '+');
        self.at(line, column) == '+'
            && (beside(column + 1) || column.checked_sub(1).is_some_and(beside))
            && (above(line + 1) || line.checked_sub(1).is_some_and(above))
    }

    /// The columns and the lines on which something begins or ends.
    fn borders(&self) -> (Vec<usize>, Vec<usize>) {
        let mut columns: Vec<usize> = Vec::new();
        let mut lines: Vec<usize> = Vec::new();
        for (l, line) in self.0.iter().enumerate() {
            let before = columns.len();
            columns.extend((0..line.len()).filter(|c| self.is_corner(l, *c)));
            if columns.len() > before {
                lines.push(l);
            }
        }
        columns.sort_unstable();
        columns.dedup();
        (columns, lines)
    }
}

/// A cell: its borders as indices among all borders.
struct Cell {
    left: usize,
    right: usize,
    bottom: usize,
}

/// The rows of cells, each cell in the row where it begins; nothing where the
/// drawing is no table.
fn rows(drawing: &Drawing, columns: &[usize], lines: &[usize]) -> Option<Vec<Vec<Cell>>> {
    let (width, height) = (columns.len().checked_sub(1)?, lines.len().checked_sub(1)?);
    let size: usize = drawing.0.iter().map(Vec::len).sum();
    // A drawing so ragged is none, and would cost more than its size.
    if width == 0 || height == 0 || width * height > size {
        return None;
    }
    // Neither is one whose lines end long before its border does.
    let across = |borders: &[usize]| Some(borders.last()? - borders.first()?);
    if across(columns)?.saturating_mul(across(lines)?) > 4 * size {
        return None;
    }
    let column = |i: usize| columns.get(i).copied().unwrap_or(0);
    let line = |i: usize| lines.get(i).copied().unwrap_or(0);
    let ends_right = |y: usize, x: usize| matches!(drawing.at(line(y) + 1, column(x + 1)), '|' | '+');
    let ends_below = |y: usize, x: usize| matches!(drawing.at(line(y + 1), column(x) + 1), '-' | '=' | '+');
    let mut taken = vec![false; width * height];
    let mut rows = Vec::with_capacity(height);
    for y in 0..height {
        let mut row = Vec::new();
        for x in 0..width {
            if taken.get(y * width + x) == Some(&true) {
                continue;
            }
            let right = (x..width).find(|x| ends_right(y, *x))?;
            let bottom = (y..height).find(|y| ends_below(*y, x))?;
            for y in y..=bottom {
                for x in x..=right {
                    let slot = taken.get_mut(y * width + x).filter(|taken| !**taken)?;
                    *slot = true;
                }
            }
            row.push(Cell { left: x, right: right + 1, bottom: bottom + 1 });
        }
        rows.push(row);
    }
    Some(rows)
}

impl<'r, 'a> Html<'r, 'a> {
    /// A drawn table; as it stands where its lines do not meet.
    #[inline(never)]
    pub fn drawn(&mut self, lines: &[Span], out: &mut String) {
        let text = self.doc.text;
        let plain = dedented(lines.iter().map(|span| span.of(text).into()).collect());
        let drawing = Drawing(plain.iter().map(|line| line.chars().collect()).collect());
        let (columns, borders) = drawing.borders();
        let Some(rows) = rows(&drawing, &columns, &borders) else {
            out.push_str("<pre class=\"example\">\n");
            for line in &plain {
                push_text(out, line);
                out.push('\n');
            }
            return out.push_str("</pre>\n");
        };
        out.push_str("<table border=\"1\">\n");
        for (y, row) in rows.iter().enumerate() {
            out.push_str("<tr>\n");
            for cell in row {
                out.push_str("<td");
                span("rowspan", cell.bottom - y, out);
                span("colspan", cell.right - cell.left, out);
                out.push_str(" align=\"left\" valign=\"top\">\n");
                let border = |at: Option<&usize>| at.copied().unwrap_or(0);
                let from = border(columns.get(cell.left)) + 1..border(columns.get(cell.right));
                let over = border(borders.get(y)) + 1..border(borders.get(cell.bottom));
                write_cell(&drawing, over, from, out);
                out.push_str("</td>\n");
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</table>\n");
    }
}

fn span(name: &str, count: usize, out: &mut String) {
    if count > 1 {
        for part in [" ", name, "=\""] {
            out.push_str(part);
        }
        number_into(out, count);
        out.push('"');
    }
}

/// A cell's lines, blanks as wide as they are drawn.
fn write_cell(drawing: &Drawing, lines: std::ops::Range<usize>, columns: std::ops::Range<usize>, out: &mut String) {
    let last = lines.end;
    for line in lines {
        for column in columns.clone() {
            match drawing.at(line, column) {
                ' ' => out.push_str("&#xa0;"),
                c => push_text(out, c.encode_utf8(&mut [0; 4])),
            }
        }
        out.push_str(if line + 1 < last { "<br />\n" } else { "\n" });
    }
}
