//! Byte offset → line and column, as a person counts them.

use crate::syntax::lines::{Lines, slice};

/// Line and column of `offset`, both from 1; columns count characters.
pub fn line_column(text: &str, lines: &Lines, offset: usize) -> (usize, usize) {
    let line = lines.number_at(offset);
    let start = lines.get(line.saturating_sub(1)).start;
    (line, slice(text, start, offset).chars().count() + 1)
}
