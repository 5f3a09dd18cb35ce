//! What a line opens, judged from that line and the index of ends alone.

use super::index::{End, Ends, strip_prefix_no_case};
use super::lines::{Span, indentation, slice};
use super::lists::{Bullet, bullet};

/// What starts at a line.
#[derive(Debug)]
pub enum Probe {
    /// `#+begin_NAME` (lower-cased) and the index of its end.
    Block(String, usize),
    /// `#+begin:`
    Dynamic(usize),
    /// `:name:` and the index of its end.
    Drawer(Span, usize),
    /// `\begin{x}` and the index of its end.
    Latex(usize),
    /// `#+KEY: value`, the key upper-cased.
    Keyword(String, Span),
    /// A list item.
    Item(Bullet),
    /// `| …`
    Table,
    /// `: …`
    Fixed,
    /// `-----`
    Rule,
    /// `[fn:label]`: the label and where its text begins.
    Footnote(Span, usize),
    /// `# …`
    Comment,
    /// `CLOCK: …`
    Clock,
    /// `%%(…)`
    Diary,
    /// An opener without an end: text, and something to tell the author.
    Unclosed(Opener),
}

/// What was left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    /// A block with its name.
    Block(String),
    /// A drawer with its name.
    Drawer(String),
}

/// What the line at `at` opens; `nest` says whether containers are still allowed.
pub fn probe(text: &str, lines: &[Span], at: usize, ends: &Ends, nest: bool) -> Option<Probe> {
    let span = *lines.get(at)?;
    let line = span.of(text);
    let body = line.trim_start_matches([' ', '\t']);
    let offset = span.start + (line.len() - body.len());
    match body.as_bytes().first()? {
        b'#' => hash(text, lines, at, ends, nest, body, offset),
        b'|' => Some(Probe::Table),
        b':' => colon(lines, at, ends, nest, body, offset),
        b'[' if offset == span.start => footnote(body, offset).filter(|_| nest),
        b'-' if is_rule(body) => Some(Probe::Rule),
        b'-' | b'+' | b'*' | b'0'..=b'9' if nest => bullet(body, offset, indentation(line)).map(Probe::Item),
        b'\\' => {
            let name = body.strip_prefix("\\begin{")?;
            let name = name.get(..name.find('}')?)?;
            let valid = |c: char| c.is_ascii_alphanumeric() || c == '*';
            (!name.is_empty() && name.chars().all(valid)).then_some(())?;
            let end = ends.after(&End::Latex(name.to_string()), lines, at)?;
            Some(Probe::Latex(end))
        }
        b'C' if body.starts_with("CLOCK:") => Some(Probe::Clock),
        b'%' if offset == span.start && body.starts_with("%%(") => Some(Probe::Diary),
        _ => None,
    }
}

fn hash(text: &str, lines: &[Span], at: usize, ends: &Ends, nest: bool, body: &str, offset: usize) -> Option<Probe> {
    if body == "#" || body.starts_with("# ") {
        return Some(Probe::Comment);
    }
    if let Some(rest) = strip_prefix_no_case(body, "#+begin_") {
        let name = rest.split([' ', '\t']).next().unwrap_or("").to_ascii_lowercase();
        if name.is_empty() {
            return None;
        }
        let container = !matches!(name.as_str(), "src" | "example" | "export" | "verse" | "comment");
        return match ends.after(&End::Block(name.clone()), lines, at) {
            Some(end) if nest || !container => Some(Probe::Block(name, end)),
            Some(_) => None,
            None => Some(Probe::Unclosed(Opener::Block(name))),
        };
    }
    if let Some(rest) = strip_prefix_no_case(body, "#+begin:")
        && rest.starts_with([' ', '\t'])
    {
        return match ends.after(&End::Dynamic, lines, at) {
            Some(end) if nest => Some(Probe::Dynamic(end)),
            Some(_) => None,
            None => Some(Probe::Unclosed(Opener::Block(":".into()))),
        };
    }
    let (key, value) = keyword(body)?;
    let start = offset + (body.len() - value.len());
    let trimmed = value.trim();
    let lead = value.len() - value.trim_start().len();
    debug_assert_eq!(slice(text, start + lead, start + lead + trimmed.len()), trimmed);
    Some(Probe::Keyword(key.to_ascii_uppercase(), Span { start: start + lead, end: start + lead + trimmed.len() }))
}

/// `#+key: value` (also `#+key[short]: value`) split, untrimmed.
pub fn keyword(body: &str) -> Option<(&str, &str)> {
    let rest = body.strip_prefix("#+")?;
    let stop = rest.find([' ', '\t', ':', '['])?;
    let (key, mut after) = rest.split_at_checked(stop)?;
    if after.starts_with('[') {
        after = after.get(after.find(']')? + 1..)?;
    }
    (!key.is_empty()).then_some(())?;
    Some((key, after.strip_prefix(':')?))
}

fn colon(lines: &[Span], at: usize, ends: &Ends, nest: bool, body: &str, offset: usize) -> Option<Probe> {
    if body == ":" || body.starts_with(": ") || body.starts_with(":\t") {
        return Some(Probe::Fixed);
    }
    let name = drawer_name(body)?;
    match ends.after(&End::Drawer, lines, at) {
        Some(end) if nest => Some(Probe::Drawer(Span { start: offset + 1, end: offset + 1 + name.len() }, end)),
        Some(_) => None,
        None => Some(Probe::Unclosed(Opener::Drawer(name.to_string()))),
    }
}

/// The name in a `:name:` line that opens a drawer.
pub fn drawer_name(body: &str) -> Option<&str> {
    let name = body.trim_end_matches([' ', '\t']).strip_prefix(':')?.strip_suffix(':')?;
    let valid = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    (!name.is_empty() && name.chars().all(valid) && !name.eq_ignore_ascii_case("end")).then_some(name)
}

fn is_rule(body: &str) -> bool {
    let dashes = body.trim_end_matches([' ', '\t']);
    dashes.len() >= 5 && dashes.bytes().all(|b| b == b'-')
}

fn footnote(body: &str, offset: usize) -> Option<Probe> {
    let rest = body.strip_prefix("[fn:")?;
    let close = rest.find([']', ' ', ':', '['])?;
    if close == 0 || rest.as_bytes().get(close) != Some(&b']') {
        return None;
    }
    let start = offset + 4;
    Some(Probe::Footnote(Span { start, end: start + close }, start + close + 1))
}
