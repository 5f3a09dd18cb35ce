//! How a column of a table is aligned.

use crate::syntax::lines::slice;

/// How a column is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
    /// Where a cookie says so.
    Center,
}

impl Align {
    /// The class of its cells.
    pub fn class(self) -> &'static str {
        match self {
            Align::Left => "org-left",
            Align::Right => "org-right",
            Align::Center => "org-center",
        }
    }
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
