//! A source block's text as its compiler sees it, each line with its place.

use std::borrow::Cow;

use crate::syntax::code::{is_escaped, narrower};
use crate::syntax::document::Document;
use crate::syntax::lines::{Span, indentation};
use crate::syntax::tree::Source;

/// One line of code and where it stands in the Org file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLine<'a> {
    /// The line, without its end: mostly the document's own text.
    pub text: Cow<'a, str>,
    /// Line number in the Org file.
    pub line: usize,
    /// Org column = column here + this.
    pub column: i64,
}

/// A block's lines as Babel takes them: the common indentation removed unless
/// the block has the switch `-i`, comma escapes undone.
pub fn code_lines<'a>(doc: &Document<'a>, source: &Source) -> Vec<CodeLine<'a>> {
    let first = source.body.first().map_or(0, |s| doc.lines.number_at(s.start));
    let mut switches = source.switches.of(doc.text).split([' ', '\t']);
    let common = if switches.any(|w| w == "-i") { 0 } else { common(doc.text, &source.body) };
    let lines = source.body.iter().enumerate();
    lines
        .map(|(i, span)| {
            let (text, column) = shifted(span.of(doc.text), common);
            CodeLine { text, line: first + i, column }
        })
        .collect()
}

/// Each line without the common indentation, comma escapes undone, and what to
/// add to a column to have the one in the document.
pub fn dedented<'a>(text: &'a str, body: &[Span]) -> Vec<(Cow<'a, str>, i64)> {
    let common = common(text, body);
    body.iter().map(|span| shifted(span.of(text), common)).collect()
}

/// The indentation, in columns, that all lines with something on them have;
/// where there are none, more than any line can have.
fn common(text: &str, body: &[Span]) -> usize {
    let lines = body.iter().map(|s| s.of(text)).filter(|l| !l.trim_matches([' ', '\t']).is_empty());
    lines.map(indentation).min().unwrap_or(usize::MAX)
}

fn shifted(line: &str, common: usize) -> (Cow<'_, str>, i64) {
    let code = line.trim_start_matches([' ', '\t']);
    let white = line.get(..line.len() - code.len()).unwrap_or("");
    let lead = match common {
        0 => Cow::Borrowed(white),
        _ if code.is_empty() => Cow::Borrowed(""),
        _ => narrower(white, common),
    };
    let comma = is_escaped(code);
    let column = |n: usize| i64::try_from(n).unwrap_or(0);
    let shift = column(white.len()) + i64::from(comma) - column(lead.len());
    let code = code.get(usize::from(comma)..).unwrap_or("");
    // Kept indentation and code mostly are one text of the document's.
    match lead {
        Cow::Borrowed(lead) if lead.is_empty() || (!comma && white.ends_with(lead)) => {
            (Cow::Borrowed(line.get(line.len() - code.len() - lead.len()..).unwrap_or("")), shift)
        }
        lead => (Cow::Owned(lead.into_owned() + code), shift),
    }
}
