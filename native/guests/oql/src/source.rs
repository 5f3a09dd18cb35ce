//! A source block's text as its compiler sees it, each line with its place.

use crate::syntax::document::Document;
use crate::syntax::lines::Span;

/// One line of code and where it stands in the Org file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLine {
    /// The line, without its end.
    pub text: String,
    /// Line number in the Org file.
    pub line: usize,
    /// Org column = column here + this.
    pub column: i64,
}

/// The block's lines, the common indentation removed, comma escapes undone.
pub fn code_lines(doc: &Document, body: &[Span]) -> Vec<CodeLine> {
    let first = body.first().map_or(0, |s| doc.lines.number_at(s.start));
    dedented(doc.text, body)
        .into_iter()
        .enumerate()
        .map(|(i, (text, removed))| CodeLine { text, line: first + i, column: i64::try_from(removed).unwrap_or(0) })
        .collect()
}

/// Each line without the common indentation, and how many characters that was.
pub fn dedented(text: &str, body: &[Span]) -> Vec<(String, usize)> {
    let blank = |line: &str| line.trim().is_empty();
    let white = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let common = body.iter().map(|s| s.of(text)).filter(|l| !blank(l)).map(white).min().unwrap_or(0);
    body.iter()
        .map(|span| {
            let line = span.of(text);
            let removed = common.min(white(line));
            (unescape(line.get(removed..).unwrap_or("")), removed)
        })
        .collect()
}

/// `,* x` → `* x`, `,#+x` → `#+x`, `,,*` → `,*`.
fn unescape(line: &str) -> String {
    let body = line.trim_start_matches([' ', '\t']);
    let rest = body.trim_start_matches(',');
    if rest.len() < body.len() && (rest.starts_with('*') || rest.starts_with("#+")) {
        let lead = line.get(..line.len() - body.len()).unwrap_or("");
        return format!("{lead}{}", body.get(1..).unwrap_or(""));
    }
    line.to_string()
}
