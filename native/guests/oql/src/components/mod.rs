//! Which headings are components, and what each one takes and gives.

mod candidate;
mod data;
mod deps;
mod draft;
mod wire;

use std::collections::HashSet;

use crate::header_args::HeaderArgs;
use crate::lint::{Issue, Level};
use crate::plan::Values;
use crate::source::CodeLine;
use crate::syntax::document::Document;
use crate::syntax::headings::Heading;

/// A component as the file says it.
pub struct Draft {
    /// Index of its heading.
    pub heading: usize,
    /// `<workbook-id>/<heading-id>`
    pub id: String,
    /// Normalised language.
    pub lang: String,
    /// Inputs in order.
    pub ins: Vec<String>,
    /// Outputs in order.
    pub outs: Vec<String>,
    /// Indices of the components it names in `:deps:`.
    pub deps: Vec<usize>,
    /// `:sig:` as written.
    pub sig: Option<String>,
    /// Inputs the file fills.
    pub values: Values,
    /// Inputs another component's port fills: input, component, port.
    pub wired: Vec<(String, usize, String)>,
    /// What the author said of `:exports`.
    pub exports: Option<String>,
    /// It may run.
    pub eval: bool,
    /// Its code.
    pub code: Vec<CodeLine>,
    /// Byte ranges of its blocks, `#+begin_src` to `#+end_src`.
    pub blocks: Vec<(usize, usize)>,
}

/// Everything the plan and the checks stand on.
pub struct Model<'d, 'a> {
    /// The document.
    pub doc: &'d Document<'a>,
    /// The components, in document order.
    pub drafts: Vec<Draft>,
    /// What was wrong so far.
    pub issues: Vec<Issue>,
}

/// Names in a property, separated by blanks or commas.
pub fn names(value: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    value.split([' ', '\t', ',']).filter(|n| !n.is_empty() && seen.insert(*n)).map(str::to_string).collect()
}

/// The heading that makes the file a workbook, else the first of level 1.
pub fn root(doc: &Document) -> Option<usize> {
    let level_one = |h: &&Heading| h.level == 1;
    let versioned = |h: &Heading| h.level == 1 && h.property("WORKBOOK_VERSION") == Some("1");
    doc.headings.iter().position(versioned).or_else(|| doc.headings.iter().position(|h| level_one(&h)))
}

impl<'d, 'a> Model<'d, 'a> {
    /// Reads the components of a document.
    pub fn read(doc: &'d Document<'a>) -> Self {
        let mut model = Model { doc, drafts: Vec::new(), issues: Vec::new() };
        let workbook = root(doc).and_then(|i| doc.headings.get(i)).map_or("workbook", |h| h.id.as_str());
        let commented = doc.commented();
        let mut pending = Vec::new();
        let mut noweb = None;
        for index in 0..doc.headings.len() {
            if commented.get(index) == Some(&true) {
                continue;
            }
            if let Some(candidate) = model.candidate(index) {
                let args = candidate.blocks.iter();
                let args: Vec<HeaderArgs> = args.map(|(e, s)| HeaderArgs::of(doc, Some(index), e, s)).collect();
                if let Some(draft) = model.draft(workbook, &candidate, &args, &mut noweb) {
                    let vars = args.iter().flat_map(HeaderArgs::vars).collect();
                    let colnames = args.iter().find_map(|a| a.get("colnames"));
                    pending.push((vars, colnames));
                    model.drafts.push(draft);
                }
            }
        }
        model.deps();
        wire::variables(&mut model, pending);
        model
    }

    fn heading(&self, index: usize) -> Option<&'d Heading<'a>> {
        self.doc.headings.get(index)
    }

    /// Adds an issue at a heading's property (or the heading itself).
    pub fn complain(&mut self, level: Level, code: &str, heading: usize, offset: usize, message: String, hint: &str) {
        let issue = Issue::at(self.doc, level, code, Some(heading), offset, message, hint);
        self.issues.push(issue);
    }
}

/// Where the first of these properties stands under the heading, else the heading.
pub fn property_offset(doc: &Document, heading: &Heading, keys: &[&str]) -> usize {
    for i in heading.line + 1..heading.body.start {
        let span = doc.lines.get(i);
        let line = span.of(doc.text);
        let body = line.trim_start();
        let key = body.split([' ', '\t']).next().unwrap_or("");
        let key = key.trim_start_matches(':').trim_end_matches([':', '+']);
        if keys.iter().any(|k| k.eq_ignore_ascii_case(key)) {
            return span.start + (line.len() - body.len());
        }
    }
    heading.start
}
