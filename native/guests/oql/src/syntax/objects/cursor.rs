//! Looking ahead without looking twice.

use std::cell::Cell;

/// Stands for no place.
pub const NONE: usize = usize::MAX;

/// Where the next mark of one kind stands. An answer holds for every later
/// question up to the mark, so that questions asked in the order of the text
/// cost one pass over it all together.
#[derive(Debug)]
pub struct Cursor {
    from: Cell<usize>,
    found: Cell<usize>,
}

impl Default for Cursor {
    fn default() -> Self {
        Cursor { from: Cell::new(NONE), found: Cell::new(NONE) }
    }
}

impl Cursor {
    /// The first place from `from` on; `find` looks for one that begins
    /// between two places.
    pub fn next(&self, from: usize, end: usize, find: impl Fn(usize, usize) -> Option<usize>) -> usize {
        let (known, mark) = (self.from.get(), self.found.get());
        if known <= from && from <= mark {
            return mark;
        }
        let found = match from < known && known <= end {
            true => find(from, known).unwrap_or(mark),
            false => find(from, end).unwrap_or(NONE),
        };
        self.from.set(from);
        self.found.set(found);
        found
    }
}
