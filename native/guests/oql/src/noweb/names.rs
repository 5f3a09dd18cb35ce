//! What a reference may name: one block by `#+NAME:`, or all with a `:noweb-ref`.

use std::borrow::Cow;

use crate::hash::HashMap;
use crate::header_args::{HeaderArgs, Scopes};
use crate::source::{CodeLine, code_lines};
use crate::syntax::document::Document;
use crate::syntax::tree::{Element, Kind, Source, walk};
use crate::vars::string;

/// A block that can be referred to.
pub struct Part<'d> {
    source: &'d Source,
    /// What its own `:noweb` says of the references in it.
    pub expands: Option<bool>,
    /// What stands between it and the next part of its name.
    pub separator: String,
}

impl Part<'_> {
    /// Its code, at least one line.
    pub fn code<'a>(&self, doc: &Document<'a>) -> Vec<CodeLine<'a>> {
        let mut lines = code_lines(doc, self.source);
        if lines.is_empty() {
            let line = doc.lines.number_at(self.source.args.start);
            lines.push(CodeLine { text: Cow::default(), line, column: 0 });
        }
        lines
    }
}

/// A longer `:noweb-sep` is none: inherited, it would stand behind every block.
const LONGEST: usize = 256;

/// Blocks by the names that references use.
pub fn names<'d, 'a>(doc: &'d Document<'a>, scopes: &Scopes<'a>) -> HashMap<&'d str, Vec<Part<'d>>> {
    let mut named: HashMap<&str, Vec<Part>> = HashMap::default();
    let mut refs: HashMap<&str, Vec<Part>> = HashMap::default();
    let commented = doc.commented();
    for (heading, section) in doc.all_sections() {
        // What is commented out is not there.
        if heading.is_some_and(|h| commented.get(h) == Some(&true)) {
            continue;
        }
        walk(section, &mut |element: &'d Element<'a>| {
            let Kind::Source(source) = &element.kind else { return };
            let args = HeaderArgs::of(doc, scopes, heading, element, source);
            let part = || {
                let separator = args.get("noweb-sep").filter(|s| s.len() <= LONGEST);
                let separator = separator.map_or("\n".to_string(), |s| match string(s) {
                    Some((text, "")) => text,
                    _ => s.to_string(),
                });
                Part { source, expands: args.noweb(), separator }
            };
            if let Some(name) = element.name() {
                named.entry(name).or_insert_with(|| vec![part()]);
            }
            if let Some(name) = args.get("noweb-ref").filter(|n| !n.is_empty()) {
                refs.entry(name).or_default().push(part());
            }
        });
    }
    for (name, parts) in refs {
        named.entry(name).or_insert(parts);
    }
    named
}
