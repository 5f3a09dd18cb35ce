//! Where the items of a list and of the lists in it begin and end, found in one pass.

use std::rc::Rc;

use super::elements::{Here, Reader};
use super::index::strip_prefix_no_case;
use super::lines::{indentation, is_blank, skip, trim};
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

    /// Reads the list at `here`.
    pub fn read(reader: &Reader, here: Here) -> Self {
        let mut scan = Scan { rows: Vec::new(), open: Vec::new() };
        let mut at = here.at;
        // Index behind the last line with text.
        let mut last = at;
        while at < here.to {
            let line = reader.line(at);
            let body = skip(line);
            if body.is_empty() {
                if at + 1 < here.to && is_blank(reader.line(at + 1)) {
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
                at = task_end(reader, at, here.to);
            } else {
                scan.close(indentation(line), last);
                if scan.open.is_empty() {
                    break;
                }
                at = block_end(reader, at, here.to, body).unwrap_or(at) + 1;
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
fn task_end(reader: &Reader, at: usize, to: usize) -> usize {
    match reader.next_stars(at + 1, to) {
        Some((end, level)) if is_task_end(reader.line(end), level) => end + 1,
        _ => at + 1,
    }
}

/// A line of stars and `END`.
pub fn is_task_end(line: &str, level: usize) -> bool {
    line.get(level..).is_some_and(|rest| trim(rest).eq_ignore_ascii_case("end"))
}

/// Where the block or drawer ends that a line opens.
fn block_end(reader: &Reader, at: usize, to: usize, body: &str) -> Option<usize> {
    let (ends, text, lines) = (&reader.ends, reader.text, reader.lines);
    if let Some(name) = probe::block_name(body) {
        return ends.block(text, lines, name, at, to);
    }
    if strip_prefix_no_case(body, "#+begin:").is_some() {
        return ends.colon(text, lines, at, to);
    }
    body.starts_with(':').then(|| probe::drawer_name(body)).flatten()?;
    ends.drawer(text, lines, at, to)
}
