//! `lint`: what an author should know before a run.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::columns::line_column;
use crate::components::{Model, property_offset, root};
use crate::edges::{Wire, connect};
use crate::header_args::{complaint, own};
use crate::plan::named_exports;
use crate::syntax::document::Document;
use crate::syntax::probe::Opener;
use crate::syntax::tree::{Element, Kind, walk};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The workbook does not run.
    Error,
    /// It runs, perhaps not as meant.
    Warning,
}

/// One thing an author should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Error or warning.
    pub level: Level,
    /// Which of the contract's codes.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Id of the heading it stands under.
    pub heading: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Issue {
    /// An issue at a byte of the document.
    pub(crate) fn at(
        doc: &Document,
        level: Level,
        code: &str,
        heading: Option<usize>,
        offset: usize,
        message: String,
        hint: &str,
    ) -> Issue {
        let (line, column) = line_column(doc.text, &doc.lines, offset);
        Issue {
            level,
            code: code.to_string(),
            message,
            line,
            column,
            heading: heading.and_then(|h| doc.headings.get(h)).map(|h| h.id.clone()),
            hint: (!hint.is_empty()).then(|| hint.to_string()),
        }
    }
}

/// Every issue of the document, in the order of its lines.
pub fn lint(org: &str) -> Vec<Issue> {
    let doc = Document::read(org);
    let mut model = Model::read(&doc);
    roots(&mut model);
    unclosed(&mut model);
    header_args(&mut model);
    graph(&mut model);
    let mut issues = model.issues;
    issues.sort_by_key(|i| (i.line, i.column));
    issues.dedup();
    issues
}

fn roots(model: &mut Model) {
    let doc = model.doc;
    let mut roots =
        doc.headings.iter().enumerate().filter(|(_, h)| h.level == 1 && h.property("WORKBOOK_VERSION").is_some());
    let hint = "put :WORKBOOK_VERSION: 1 into the property drawer of the one heading that is the workbook";
    let Some((first, heading)) = roots.next() else {
        let at = root(doc).and_then(|i| Some((i, doc.headings.get(i)?.start)));
        let issue = Issue::at(
            doc,
            Level::Error,
            "missing_version",
            at.map(|(i, _)| i),
            at.map_or(0, |(_, start)| start),
            "no level-1 heading carries :WORKBOOK_VERSION: 1".into(),
            hint,
        );
        return model.issues.push(issue);
    };
    let rest: Vec<usize> = roots.map(|(i, _)| i).collect();
    let version = heading.property("WORKBOOK_VERSION").unwrap_or("");
    if version != "1" && root(doc).is_none_or(|r| r == first) {
        let at = property_offset(doc, heading, &["WORKBOOK_VERSION"]);
        let message = format!("workbook version `{version}` is not known; this kernel reads version 1");
        model.complain(Level::Error, "missing_version", first, at, message, hint);
    }
    for other in rest {
        let Some(h) = doc.headings.get(other) else { continue };
        let at = property_offset(doc, h, &["WORKBOOK_VERSION"]);
        let message = format!("`{}` is a second workbook in the file, after `{}`", h.title, heading.title);
        model.complain(
            Level::Error,
            "several_roots",
            other,
            at,
            message,
            "keep :WORKBOOK_VERSION: on one level-1 heading and split the rest into a file of its own",
        );
    }
}

fn unclosed(model: &mut Model) {
    let doc = model.doc;
    for (offset, opener) in &doc.unclosed {
        let heading = doc.heading_at(*offset);
        let (code, message, hint) = match opener {
            Opener::Block(name) if name == ":" => (
                "unclosed_block",
                "`#+begin:` has no `#+end:` before the next heading".to_string(),
                "close it with #+end:".to_string(),
            ),
            Opener::Block(name) => (
                "unclosed_block",
                format!("`#+begin_{name}` has no `#+end_{name}` before the next heading"),
                format!("close it with #+end_{name}; a line of the block that begins with * needs a comma before it"),
            ),
            Opener::Drawer(name) => (
                "unclosed_drawer",
                format!("`:{name}:` has no `:END:` before the next heading"),
                "close the drawer with :END:".to_string(),
            ),
        };
        let issue = Issue::at(doc, Level::Error, code, heading, *offset, message, &hint);
        model.issues.push(issue);
    }
}

fn header_args(model: &mut Model) {
    let doc = model.doc;
    let mut issues = Vec::new();
    for (heading, section) in doc.all_sections() {
        walk(section, &mut |element: &Element| {
            let Kind::Source(source) = &element.kind else { return };
            for arg in own(doc, element, source) {
                if let Some(message) = complaint(&arg) {
                    issues.push(Issue::at(
                        doc,
                        Level::Warning,
                        "bad_header_arg",
                        heading,
                        arg.offset,
                        message,
                        "see Org Babel's header arguments",
                    ));
                }
            }
        });
    }
    model.issues.append(&mut issues);
}

fn graph(model: &mut Model) {
    let doc = model.doc;
    let graph = connect(model);
    let at = |model: &Model, component: usize, keys: &[&str]| {
        let draft = model.drafts.get(component)?;
        let heading = doc.headings.get(draft.heading)?;
        Some((draft.heading, property_offset(doc, heading, keys)))
    };
    let mut issues = Vec::new();
    let mut push = |level, code: &str, place: Option<(usize, usize)>, message, hint: &str| {
        if let Some((heading, offset)) = place {
            issues.push(Issue::at(doc, level, code, Some(heading), offset, message, hint));
        }
    };
    let mut owner: HashMap<&str, &str> = HashMap::new();
    for (i, draft) in model.drafts.iter().enumerate() {
        for out in &draft.outs {
            if let Some(first) = owner.get(out.as_str()) {
                push(
                    Level::Error,
                    "duplicate_output",
                    at(model, i, &["out", "sig"]),
                    format!("`{out}` is already the output of `{first}`"),
                    "give one of the two outputs another name",
                );
            } else {
                owner.insert(out, &draft.id);
            }
        }
    }
    for cycle in graph.cycles(model.drafts.len()) {
        let Some(first) = cycle.first().copied() else { continue };
        let mut path: Vec<&str> =
            cycle.iter().chain([&first]).filter_map(|i| model.drafts.get(*i)).map(|d| d.id.as_str()).collect();
        if path.len() > 24 {
            path.splice(12..path.len() - 11, ["…"]);
        }
        push(
            Level::Error,
            "cycle",
            at(model, first, &["deps", "in", "sig"]),
            format!("these components wait for each other: {}", path.join(" → ")),
            "break the circle: one of them must not take what the others give",
        );
    }
    // Who takes something from a component of `:deps:` may well import the rest.
    let deps: HashSet<(usize, usize)> =
        model.drafts.iter().enumerate().flat_map(|(i, d)| d.deps.iter().map(move |dep| (*dep, i))).collect();
    let gives = |w: &&Wire| w.ports.is_some() && deps.contains(&(w.from, w.to));
    let fed: HashSet<usize> = graph.wires.iter().filter(gives).map(|w| w.to).collect();
    for (component, input) in &graph.open {
        let Some(draft) = model.drafts.get(*component) else { continue };
        if !draft.deps.is_empty() && !fed.contains(component) {
            push(
                Level::Warning,
                "dangling_input",
                at(model, *component, &["in", "sig"]),
                format!(
                    "the components in `:deps:` give none of the inputs, so `{input}` is an import of the workbook"
                ),
                "correct the input's name, or name the component that gives it in :deps:",
            );
        }
    }
    if let Some(named) = named_exports(doc) {
        let named: HashSet<&str> = named.iter().map(String::as_str).collect();
        for (i, draft) in model.drafts.iter().enumerate() {
            for out in &draft.outs {
                if !named.contains(out.as_str()) && !graph.taken.contains(&(i, out.clone())) {
                    push(
                        Level::Warning,
                        "unused_output",
                        at(model, i, &["out", "sig"]),
                        format!("nothing takes `{out}` and `#+EXPORTS:` does not name it"),
                        "name it in #+EXPORTS:, or remove it from :out:",
                    );
                }
            }
        }
    }
    model.issues.append(&mut issues);
}
