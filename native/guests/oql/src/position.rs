//! Places as the plan and the headlines say them.

use serde::Serialize;

/// A place in the Org file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}
