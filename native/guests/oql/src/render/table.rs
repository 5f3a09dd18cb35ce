//! Tables.

use super::Html;
use crate::syntax::lines::Span;
use crate::syntax::tree::Element;
use crate::table::{Row, has_header, number, rows};

impl<'r, 'a> Html<'r, 'a> {
    /// A table with its header and its groups of rows.
    pub fn table(&mut self, element: &Element<'a>, lines: &[Span], out: &mut String) {
        let rows = rows(self.doc.text, lines);
        let header = has_header(&rows);
        let right = numeric_columns(&rows, header);
        let align = |column: usize| match right.get(column) {
            Some(true) => "org-right",
            _ => "org-left",
        };
        out.push_str(&format!("<table{}>\n", self.tag(element, "")));
        if let Some(caption) = super::blocks::captions(element) {
            self.tables += 1;
            out.push_str(&format!(
                "<caption class=\"t-above\"><span class=\"table-number\">Table {}:</span> ",
                self.tables
            ));
            self.caption(caption, out);
            out.push_str("</caption>\n");
        }
        out.push_str("<colgroup>\n");
        for column in 0..right.len() {
            out.push_str(&format!("<col class=\"{}\" />\n", align(column)));
        }
        out.push_str("</colgroup>\n");
        let mut group = if header { "thead" } else { "tbody" };
        let mut open = false;
        for row in &rows {
            let Row::Cells(cells) = row else {
                if open {
                    out.push_str(&format!("</{group}>\n"));
                    group = "tbody";
                    open = false;
                }
                continue;
            };
            if !open {
                out.push_str(&format!("<{group}>\n"));
                open = true;
            }
            out.push_str("<tr>\n");
            for (column, cell) in cells.iter().enumerate() {
                let (name, scope) = match group {
                    "thead" => ("th", " scope=\"col\""),
                    _ => ("td", ""),
                };
                out.push_str(&format!("<{name}{scope} class=\"{}\">", align(column)));
                match cell.is_empty() {
                    true => out.push_str("&#xa0;"),
                    false => self.inline(cell, out),
                }
                out.push_str(&format!("</{name}>\n"));
            }
            out.push_str("</tr>\n");
        }
        if open {
            out.push_str(&format!("</{group}>\n"));
        }
        out.push_str("</table>\n");
    }
}

/// Which columns hold more numbers than anything else.
fn numeric_columns(rows: &[Row], header: bool) -> Vec<bool> {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    let mut first = header;
    for row in rows {
        let Row::Cells(cells) = row else { continue };
        if counts.len() < cells.len() {
            counts.resize(cells.len(), (0, 0));
        }
        if std::mem::take(&mut first) {
            continue;
        }
        for (cell, (numbers, all)) in cells.iter().zip(&mut counts) {
            if !cell.is_empty() {
                *all += 1;
                let digits = cell.trim_end_matches('%').trim_start_matches(['$', '€', '£', '<', '>']);
                *numbers += usize::from(number(digits).is_some());
            }
        }
    }
    counts.iter().map(|(numbers, all)| *all > 0 && numbers * 2 > *all).collect()
}
