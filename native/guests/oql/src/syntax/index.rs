//! Where blocks and drawers end: looked up, never searched for, so that a
//! thousand unclosed openers cost no more than a thousand lines.

use std::collections::HashMap;

use super::lines::Span;

/// What an end line closes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// `#+end_NAME`, lower-cased.
    Block(String),
    /// `#+end:`
    Dynamic,
    /// `:end:`
    Drawer,
    /// `\end{NAME}`
    Latex(String),
}

/// End lines by what they close, in order.
#[derive(Default)]
pub struct Ends(HashMap<End, Vec<usize>>);

impl Ends {
    /// Reads the end lines among these.
    pub fn new(text: &str, lines: &[Span]) -> Self {
        let mut map: HashMap<End, Vec<usize>> = HashMap::new();
        for span in lines {
            if let Some(end) = end_of(span.of(text)) {
                map.entry(end).or_default().push(span.start);
            }
        }
        Ends(map)
    }

    /// The index in `lines` of the first end line behind index `from`.
    pub fn after(&self, end: &End, lines: &[Span], from: usize) -> Option<usize> {
        let starts = self.0.get(end)?;
        let behind = lines.get(from)?.end;
        let start = *starts.get(starts.partition_point(|s| *s < behind))?;
        let at = lines.partition_point(|l| l.start < start);
        (lines.get(at)?.start == start).then_some(at)
    }
}

fn end_of(line: &str) -> Option<End> {
    let line = line.trim_matches([' ', '\t']);
    if let Some(rest) = strip_prefix_no_case(line, "#+end") {
        if let Some(name) = rest.strip_prefix('_') {
            return (!name.is_empty() && !name.contains([' ', '\t'])).then(|| End::Block(name.to_ascii_lowercase()));
        }
        return (rest == ":").then_some(End::Dynamic);
    }
    if line.eq_ignore_ascii_case(":end:") {
        return Some(End::Drawer);
    }
    let name = line.strip_prefix("\\end{")?;
    Some(End::Latex(name.strip_suffix('}')?.to_string()))
}

/// `str::strip_prefix` that ignores ASCII case.
pub fn strip_prefix_no_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..).unwrap_or(""))
}
