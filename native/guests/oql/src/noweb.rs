//! `<<name>>` in source blocks, each line still knowing where it stands.

use std::collections::HashMap;

use crate::header_args::HeaderArgs;
use crate::source::{CodeLine, code_lines};
use crate::syntax::document::Document;
use crate::syntax::tree::{Element, Kind, Source, walk};

/// Something a reference could not do, and the Org line it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Line of the reference.
    pub line: usize,
    /// What is wrong, for the author.
    pub message: String,
}

/// How deep references may refer.
const DEPTH: usize = 32;

/// Expands references within one document.
pub struct Noweb<'d, 'a> {
    doc: &'d Document<'a>,
    named: HashMap<&'d str, Vec<&'d Source>>,
    budget: usize,
}

impl<'d, 'a> Noweb<'d, 'a> {
    /// Looks up what names there are.
    pub fn new(doc: &'d Document<'a>) -> Self {
        let mut named: HashMap<&str, Vec<&Source>> = HashMap::new();
        let mut refs: HashMap<&str, Vec<&Source>> = HashMap::new();
        for (heading, section) in doc.all_sections() {
            walk(section, &mut |element: &'d Element| {
                if let Kind::Source(source) = &element.kind {
                    if let Some(name) = element.name() {
                        named.entry(name).or_insert_with(|| vec![source]);
                    }
                    let args = HeaderArgs::of(doc, heading, element, source);
                    if let Some(name) = args.get("noweb-ref") {
                        refs.entry(name).or_default().push(source);
                    }
                }
            });
        }
        for (name, sources) in refs {
            named.entry(name).or_insert(sources);
        }
        Noweb { doc, named, budget: doc.text.len().saturating_mul(4) + (1 << 20) }
    }

    /// The lines with every reference replaced.
    pub fn expand(&mut self, lines: Vec<CodeLine>, complaints: &mut Vec<Complaint>) -> Vec<CodeLine> {
        let mut path = Vec::new();
        self.lines(lines, &mut path, complaints)
    }

    fn lines(
        &mut self,
        lines: Vec<CodeLine>,
        path: &mut Vec<&'d str>,
        complaints: &mut Vec<Complaint>,
    ) -> Vec<CodeLine> {
        let mut out = Vec::with_capacity(lines.len());
        for line in lines {
            if reference(&line.text, 0).is_none() {
                out.push(line);
            } else {
                self.line(line, path, complaints, &mut out);
            }
        }
        out
    }

    fn line(
        &mut self,
        line: CodeLine,
        path: &mut Vec<&'d str>,
        complaints: &mut Vec<Complaint>,
        out: &mut Vec<CodeLine>,
    ) {
        let part = |from: usize, to: usize| line.text.get(from..to).unwrap_or("");
        // The line being put together, and whether it still stands where `line` does.
        let mut current = CodeLine { text: String::new(), ..line };
        let mut at = 0;
        while let Some((start, end)) = reference(&line.text, at) {
            current.text.push_str(part(at, start));
            at = end;
            let name = part(start + 2, end - 2);
            match self.body(name, line.line, path, complaints) {
                Ok(body) => {
                    let prefix = part(0, start);
                    let shift = i64::try_from(prefix.chars().count()).unwrap_or(0);
                    for (i, inner) in body.into_iter().enumerate() {
                        if i == 0 && !current.text.trim().is_empty() {
                            current.text.push_str(&inner.text);
                            continue;
                        }
                        let lead = if i == 0 {
                            std::mem::take(&mut current.text)
                        } else {
                            out.push(std::mem::replace(&mut current, inner.clone()));
                            prefix.to_string()
                        };
                        current = CodeLine {
                            text: format!("{lead}{}", inner.text),
                            line: inner.line,
                            column: inner.column - shift,
                        };
                    }
                }
                Err(message) => {
                    complaints.push(Complaint { line: line.line, message });
                    current.text.push_str(part(start, end));
                }
            }
        }
        current.text.push_str(part(at, line.text.len()));
        out.push(current);
    }

    fn body(
        &mut self,
        name: &str,
        line: usize,
        path: &mut Vec<&'d str>,
        complaints: &mut Vec<Complaint>,
    ) -> Result<Vec<CodeLine>, String> {
        let Some((key, sources)) = self.named.get_key_value(name) else {
            return Err(format!("no source block is named `{name}`, so `<<{name}>>` stays as it is"));
        };
        let key = *key;
        if path.contains(&key) {
            let mut way = path.clone();
            way.push(key);
            return Err(format!("`<<{name}>>` refers to itself: {}", way.join(" → ")));
        }
        if path.len() >= DEPTH {
            return Err(format!("references nest deeper than {DEPTH} at `<<{name}>>`"));
        }
        let size: usize = sources.iter().flat_map(|s| &s.body).map(|s| s.end - s.start + 1).sum();
        let Some(left) = self.budget.checked_sub(size.max(16)) else {
            return Err(format!("line {line}: expanding `<<{name}>>` here would make too much text"));
        };
        self.budget = left;
        let doc = self.doc;
        let body = sources.iter().flat_map(|s| code_lines(doc, &s.body)).collect();
        path.push(key);
        let body = self.lines(body, path, complaints);
        path.pop();
        Ok(body)
    }
}

/// The next `<<name>>` at or behind `from`.
pub fn reference(line: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let start = at + line.get(at..)?.find("<<")?;
        let rest = line.get(start + 2..)?;
        if rest.starts_with([' ', '\t', '<']) {
            at = start + 1;
            continue;
        }
        let mut close = 0;
        loop {
            let found = close + rest.get(close..)?.find(">>")?;
            let before = rest.get(..found)?;
            if !before.is_empty() && !before.ends_with([' ', '\t']) {
                return Some((start, start + 2 + found + 2));
            }
            close = found + 1;
        }
    }
}
