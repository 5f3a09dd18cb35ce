//! Where the items of a list and of the lists in it begin and end, found in one pass.

use std::rc::Rc;

use super::index::{Ends, strip_prefix_no_case};
use super::lines::{Lines, indentation, is_blank, skip, trim};
use super::probe;

/// An item's lines.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Index of its first line.
    pub line: u32,
    /// The column of its bullet.
    pub indent: u32,
    /// Index of the line behind it.
    pub end: u32,
    /// Index of the first row behind it.
    next: u32,
}

/// The items of a list and of the lists in it, in order.
#[derive(Debug, Clone)]
pub struct Structure(Rc<Vec<Row>>);

impl Structure {
    /// The item that begins at a line.
    pub fn at(&self, line: u32) -> Option<Row> {
        let at = self.0.binary_search_by_key(&line, |row| row.line).ok()?;
        self.0.get(at).copied()
    }

    /// The item behind one in the same list.
    pub fn next(&self, row: Row) -> Option<Row> {
        let next = self.0.get(row.next as usize).copied();
        next.filter(|next| next.line == row.end && next.indent == row.indent)
    }

    /// Reads the list that begins at the line `from`, of which nothing stands at `to` or behind it.
    pub fn read(text: &str, lines: &Lines, ends: &Ends, from: usize, to: usize) -> Self {
        let at_line = |at: usize| lines.get(at).of(text);
        let mut scan = Scan { rows: Vec::new(), open: Vec::new() };
        let mut at = from;
        // Index behind the last line with text.
        let mut last = at;
        while at < to {
            let line = at_line(at);
            let body = skip(line);
            if body.is_empty() {
                if at + 1 < to && is_blank(at_line(at + 1)) {
                    scan.close(0, at);
                    break;
                }
                at += 1;
                continue;
            }
            if probe::item(line, body).is_some() {
                let indent = indentation(line);
                scan.close(indent, at);
                scan.open.push(scan.rows.len());
                scan.rows.push(Row { line: small(at), indent: small(indent), end: small(at + 1), next: 0 });
                at += 1;
            } else if probe::stars(line).is_some() {
                at = task_end(text, lines, at, to);
            } else {
                scan.close(indentation(line), last);
                if scan.open.is_empty() {
                    break;
                }
                at = block_end((text, lines, ends), at, to, body).unwrap_or(at) + 1;
            }
            last = at;
        }
        scan.close(0, last);
        Structure(Rc::new(scan.rows))
    }
}

struct Scan {
    rows: Vec<Row>,
    /// Items that have not ended yet, each inside the one before it.
    open: Vec<usize>,
}

impl Scan {
    /// Ends the items whose bullets stand at `indent` or behind it.
    fn close(&mut self, indent: usize, end: usize) {
        let next = small(self.rows.len());
        while let Some(row) = self.open.last().and_then(|i| self.rows.get_mut(*i)) {
            if (row.indent as usize) < indent {
                return;
            }
            row.end = small(end);
            row.next = next;
            self.open.pop();
        }
    }
}

/// No document has so many lines, nor a line so many columns, that it does not fit.
pub fn small(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The index behind an inline task.
fn task_end(text: &str, lines: &Lines, at: usize, to: usize) -> usize {
    match next_stars(text, lines, at + 1, to) {
        Some((end, level)) if is_task_end(lines.get(end).of(text), level) => end + 1,
        _ => at + 1,
    }
}

/// The next line of stars, and how many there are.
pub fn next_stars(text: &str, lines: &Lines, from: usize, to: usize) -> Option<(usize, usize)> {
    (from..to).find_map(|i| Some((i, probe::stars(lines.get(i).of(text))?)))
}

/// A line of stars and `END`.
pub fn is_task_end(line: &str, level: usize) -> bool {
    line.get(level..).is_some_and(|rest| trim(rest).eq_ignore_ascii_case("end"))
}

/// Where the block or drawer ends that a line opens.
fn block_end((text, lines, ends): (&str, &Lines, &Ends), at: usize, to: usize, body: &str) -> Option<usize> {
    if let Some(name) = probe::block_name(body) {
        return ends.block(text, lines, name, at, to);
    }
    if strip_prefix_no_case(body, "#+begin:").is_some() {
        return ends.colon(text, lines, at, to);
    }
    body.starts_with(':').then(|| probe::drawer_name(body)).flatten()?;
    ends.drawer(text, lines, at, to)
}
