//! Where `<<name>>` stands in a line.

use crate::syntax::lines::holds;

/// A reference: its bytes in the line, brackets included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// The first `<`.
    pub start: usize,
    /// One past the last `>`.
    pub end: usize,
}

/// The references of a line. A name begins and ends with something else than a
/// blank, and is the shortest such text between `<<` and `>>`.
pub fn references(line: &str) -> Vec<Reference> {
    let mut out = Vec::new();
    if !holds(line, "<<") {
        return out;
    }
    // Where a name may end: `>>` behind something else than a blank.
    let ends: Vec<usize> = line
        .match_indices('>')
        .map(|(i, _)| i)
        .filter(|i| {
            let before = line.get(..*i).unwrap_or("");
            line.get(*i..).is_some_and(|r| r.starts_with(">>")) && !before.ends_with([' ', '\t'])
        })
        .collect();
    let mut at = 0;
    while let Some(start) = line.get(at..).and_then(|rest| rest.find("<<")).map(|i| i + at) {
        let name = start + 2;
        let first = line.get(name..).and_then(|r| r.chars().next());
        let blank = first.is_none_or(|c| c == ' ' || c == '\t');
        let from = name + first.map_or(0, char::len_utf8);
        let end = ends.get(ends.partition_point(|e| *e < from));
        match end {
            Some(end) if !blank => {
                out.push(Reference { start, end: end + 2 });
                at = end + 2;
            }
            Some(_) => at = start + 1,
            None => break,
        }
    }
    out
}
