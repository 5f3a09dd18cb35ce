//! The indentation that all lines of a block have, and its lines without it.

use std::borrow::Cow;

use crate::syntax::code::{is_escaped, narrower};
use crate::syntax::document::Document;
use crate::syntax::lines::{Span, indentation, slice};

/// Columns that a tab stands for at most.
const TAB: usize = 8;

/// The blanks at the start of a line.
fn lead(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

fn is_blank(line: &str) -> bool {
    line.chars().all(char::is_whitespace)
}

/// How many columns all lines that say something are indented; nothing where no line does.
pub fn common<'t>(lines: impl Iterator<Item = &'t str>) -> Option<usize> {
    lines.filter(|line| !is_blank(line)).map(indentation).min()
}

/// A line without its first `columns` columns, which are blanks.
fn shorter(line: Cow<'_, str>, columns: usize) -> Cow<'_, str> {
    let blanks = lead(&line);
    if blanks == line.len() {
        return Cow::Borrowed("");
    }
    let head = slice(&line, 0, blanks);
    if !head.contains('\t') {
        return cut(line, columns.min(blanks));
    }
    Cow::Owned(narrower(head, columns).into_owned() + slice(&line, blanks, line.len()))
}

fn cut(line: Cow<'_, str>, bytes: usize) -> Cow<'_, str> {
    match line {
        Cow::Borrowed(line) => Cow::Borrowed(slice(line, bytes, line.len())),
        Cow::Owned(mut line) => {
            line.drain(..bytes.min(line.len()));
            Cow::Owned(line)
        }
    }
}

/// A line indented with as many tabs as fit, as Babel leaves the code of a block.
fn tabbed(line: Cow<'_, str>) -> Cow<'_, str> {
    let blanks = lead(&line);
    if blanks == line.len() && blanks > 0 {
        return Cow::Borrowed("");
    }
    let columns = indentation(&line);
    if columns < TAB && columns == blanks {
        return line;
    }
    let mut out = "\t".repeat(columns / TAB);
    out.extend(std::iter::repeat_n(' ', columns % TAB));
    out.push_str(slice(&line, blanks, line.len()));
    Cow::Owned(out)
}

/// Lines without the indentation that all of them have. Org takes no more
/// columns away than there are characters, which tabs can be short of.
pub fn dedented<'t>(lines: Vec<Cow<'t, str>>) -> Vec<Cow<'t, str>> {
    let most = 1 + lines.iter().map(|line| 1 + line.chars().count()).sum::<usize>();
    shortened(lines, most)
}

fn shortened<'t>(lines: Vec<Cow<'t, str>>, most: usize) -> Vec<Cow<'t, str>> {
    match common(lines.iter().map(AsRef::as_ref)) {
        Some(0) => lines,
        columns => lines.into_iter().map(|line| shorter(line, columns.unwrap_or(most).min(most))).collect(),
    }
}

/// Code as Babel writes it back before the export.
pub fn rewritten<'t>(lines: Vec<Cow<'t, str>>) -> Vec<Cow<'t, str>> {
    shortened(lines, usize::MAX).into_iter().map(tabbed).collect()
}

/// The lines of a block as its author meant them: `,* x` → `* x`, `,#+x` → `#+x`, `,,*` → `,*`.
pub fn unescaped<'t>(text: &'t str, lines: &[Span]) -> Vec<Cow<'t, str>> {
    lines
        .iter()
        .map(|span| {
            let line = span.of(text);
            let blanks = lead(line);
            let body = slice(line, blanks, line.len());
            if is_escaped(body) {
                let mut out = String::with_capacity(line.len());
                out.push_str(slice(line, 0, blanks));
                out.push_str(slice(body, 1, body.len()));
                return Cow::Owned(out);
            }
            Cow::Borrowed(line)
        })
        .collect()
}

/// The lines that a span covers.
pub fn lines_of<'d>(doc: &'d Document, span: Span) -> &'d [Span] {
    let first = doc.lines.number_at(span.start).saturating_sub(1);
    let last = doc.lines.number_at(span.end.saturating_sub(1).max(span.start));
    doc.lines.range(first..last)
}
