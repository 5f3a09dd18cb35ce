//! `:exports`: which blocks are shown, which results of earlier runs stay.

use std::borrow::Cow;

use super::Html;
use super::indentation::rewritten;
use super::results::Placement;
use crate::hash::{HashMap, HashSet};
use crate::header_args::{HeaderArgs, Scopes};
use crate::noweb::{Noweb, references};
use crate::source::code_lines;
use crate::syntax::document::Document;
use crate::syntax::lines::slice;
use crate::syntax::tree::{Element, Kind, Source, walk};

/// What is shown of source blocks and their results.
#[derive(Default)]
pub struct Exports {
    /// By where the block begins.
    blocks: HashMap<usize, Shown>,
    /// Where results begin that give way.
    dropped: HashSet<usize>,
}

/// What is shown of a block.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown {
    /// Its code.
    pub code: bool,
    /// Its component's result, where it has one.
    pub result: bool,
    /// What becomes of `<<name>>` in it.
    pub noweb: Weave,
}

/// What becomes of references to other blocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Weave {
    /// They stay as they are.
    #[default]
    Keep,
    /// They are replaced by what they name.
    Expand,
    /// They are taken out.
    Strip,
}

impl Exports {
    /// What the blocks of a document ask for.
    pub fn of<'a>(doc: &Document<'a>, scopes: &Scopes<'a>, placement: &Placement) -> Self {
        let mut exports = Exports::default();
        if !doc.met.source {
            return exports;
        }
        let mut named: HashMap<&str, usize> = HashMap::default();
        for (_, section) in doc.all_sections() {
            walk(section, &mut |element| {
                if is_results(element)
                    && let Some(name) = results_name(doc, element)
                    && !name.is_empty()
                {
                    let start = if gives_way(doc, element) { element.span.start } else { usize::MAX };
                    named.entry(name).or_insert(start);
                }
            });
        }
        for (heading, section) in doc.all_sections() {
            exports.row(&Reading { doc, scopes, heading, named: &named, placement }, section);
        }
        exports
    }

    fn row<'a>(&mut self, reading: &Reading<'_, 'a>, elements: &[Element<'a>]) {
        for (i, element) in elements.iter().enumerate() {
            if self.drops(element) {
                continue;
            }
            match &element.kind {
                Kind::Source(source) => self.block(reading, element, source, elements.get(i + 1)),
                Kind::List(list) => {
                    for item in &list.items {
                        self.row(reading, list.contents(item));
                    }
                }
                kind => self.row(reading, kind.children()),
            }
        }
    }

    fn block<'a>(
        &mut self,
        reading: &Reading<'_, 'a>,
        element: &Element<'a>,
        source: &Source,
        next: Option<&Element<'a>>,
    ) {
        let doc = reading.doc;
        let args = HeaderArgs::of(doc, reading.scopes, reading.heading, element, source);
        let live = reading.placement.has_block(element.span.start);
        let (code, result, stay) = match args.exports() {
            Some("results") => (false, true, true),
            Some("both") => (true, true, true),
            Some("none") => (false, false, false),
            Some("code") => (true, false, false),
            _ => (true, live, false),
        };
        let noweb = match args.get("noweb") {
            Some("strip-export") => Weave::Strip,
            Some(value) if value.split([' ', '\t']).any(|v| v == "yes") => Weave::Expand,
            _ => Weave::Keep,
        };
        self.blocks.insert(element.span.start, Shown { code, result, noweb });
        if stay && !live {
            return;
        }
        let found = match element.name() {
            Some(name) => reading.named.get(name).copied(),
            None => next
                .filter(|n| is_results(n) && gives_way(doc, n) && results_name(doc, n) == Some(""))
                .map(|n| n.span.start),
        };
        self.dropped.extend(found);
    }

    /// What is shown of the block that begins here.
    pub fn block_at(&self, start: usize) -> Shown {
        self.blocks.get(&start).copied().unwrap_or(Shown { code: true, ..Shown::default() })
    }

    /// Whether these are results that give way.
    pub fn drops(&self, element: &Element) -> bool {
        self.dropped.contains(&element.span.start)
    }
}

/// What is known while blocks are read.
struct Reading<'d, 'a> {
    doc: &'d Document<'a>,
    scopes: &'d Scopes<'a>,
    heading: Option<usize>,
    /// Where results begin, by their names.
    named: &'d HashMap<&'d str, usize>,
    placement: &'d Placement,
}

fn is_results(element: &Element) -> bool {
    element.meta.as_ref().is_some_and(|m| m.results)
}

/// Whether Babel takes it for the whole of a result.
fn gives_way(doc: &Document, element: &Element) -> bool {
    match &element.kind {
        Kind::Paragraph(text) => {
            let text = text.span.of(doc.text).trim();
            let one = text.strip_prefix("[[").and_then(|t| t.strip_suffix("]]"));
            one.is_some_and(|inner| !inner.contains('\n') && !inner.contains("]]"))
        }
        Kind::Drawer(..)
        | Kind::Example(_)
        | Kind::Export(..)
        | Kind::Fixed(_)
        | Kind::Special(..)
        | Kind::Source(_)
        | Kind::List(_)
        | Kind::Table(_)
        | Kind::Drawn(_)
        | Kind::Latex(_) => true,
        _ => false,
    }
}

/// What stands behind the `#+RESULTS:` above an element.
fn results_name<'a>(doc: &Document<'a>, element: &Element) -> Option<&'a str> {
    let span = element.meta.as_ref().and_then(|m| m.result)?;
    Some(span.of(doc.text).trim())
}

impl<'r, 'a> Html<'r, 'a> {
    /// A block's lines with its references replaced or taken out.
    pub fn woven(&mut self, source: &Source, how: Weave) -> Vec<Cow<'a, str>> {
        let doc = self.doc;
        let mut lines = code_lines(doc, source);
        let mut strip = how == Weave::Strip;
        if how == Weave::Expand {
            let noweb = self.noweb.get_or_insert_with(|| Noweb::new(doc, self.scopes));
            let (expanded, missing) = noweb.expand(None, lines);
            lines = expanded;
            // What nothing is named after stands for nothing.
            strip = !missing.is_empty();
        }
        let lines = lines.into_iter().map(|line| match strip {
            true => Cow::Owned(without_references(&line.text)),
            false => line.text,
        });
        rewritten(lines.collect())
    }
}

fn without_references(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    for reference in references(line) {
        out.push_str(slice(line, at, reference.start));
        at = reference.end;
    }
    out.push_str(slice(line, at, line.len()));
    out
}
