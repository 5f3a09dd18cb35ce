//! Byte offset → line and column, as a person counts them.

use crate::syntax::lines::{Lines, slice};

/// Places of a document asked for in order, so that many on one long line cost
/// no more than that line.
pub struct Columns<'d> {
    text: &'d str,
    lines: &'d Lines,
    line: usize,
    offset: usize,
    column: usize,
}

impl<'d> Columns<'d> {
    /// Of this document.
    pub fn new(text: &'d str, lines: &'d Lines) -> Self {
        Columns { text, lines, line: 0, offset: 0, column: 1 }
    }

    /// Line and column of `offset`, both from 1; columns count characters. No
    /// offset may lie before the one asked for last.
    pub fn at(&mut self, offset: usize) -> (usize, usize) {
        let line = self.lines.number_at(offset);
        if line != self.line {
            self.line = line;
            self.offset = self.lines.get(line.saturating_sub(1)).start;
            self.column = 1;
        }
        self.column += slice(self.text, self.offset, offset).chars().count();
        self.offset = self.offset.max(offset);
        (self.line, self.column)
    }
}
