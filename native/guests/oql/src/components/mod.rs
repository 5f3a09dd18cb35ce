//! Which headings are components, and what each one takes and gives.

mod calls;
mod candidate;
mod data;
mod deps;
mod draft;
mod index;
mod names;
mod wire;
mod wiring;

use std::borrow::Cow;
use std::cell::LazyCell;

use crate::header_args::Scopes;
use crate::issue::{Code, Findings, Found};
use crate::sig::Signature;
use crate::source::CodeLine;
use crate::syntax::document::Document;
use crate::syntax::headings::Heading;
use deps::ById;
use serde_json::Value;
pub use wiring::property_offset;

/// A name, and the byte of the document where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name<'a> {
    /// The name.
    pub text: Cow<'a, str>,
    /// Where it stands.
    pub offset: usize,
}

/// A port: its component, and its place among that one's inputs or outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Index of the component.
    pub component: usize,
    /// Index of the input or output.
    pub place: usize,
}

/// What a `:var` gives an input.
#[derive(Debug, Clone, PartialEq)]
pub enum Supply {
    /// A value of the file's.
    Value(Value),
    /// An output of a component.
    Output(Port),
}

/// A component as the file says it.
pub struct Draft<'a> {
    /// Index of its heading.
    pub heading: usize,
    /// `<workbook-id>/<heading-id>`
    pub id: String,
    /// Normalised language.
    pub lang: Cow<'a, str>,
    /// Inputs in order.
    pub ins: Vec<Name<'a>>,
    /// Outputs in order.
    pub outs: Vec<Name<'a>>,
    /// The components it names in `:deps:`, and where.
    pub deps: Vec<(usize, usize)>,
    /// `:sig:` as written.
    pub sig: Option<Cow<'a, str>>,
    /// The same, read, and where it stands.
    pub signature: Option<(Signature, usize)>,
    /// Nothing says what it takes and gives but its `:sig:`.
    pub unwired: bool,
    /// It is there for those who call it, and is no step of the run.
    pub library: bool,
    /// What `:var`s give, by the places of the inputs, in their order.
    pub supplies: Vec<(usize, Supply)>,
    /// What the author said of `:exports`.
    pub exports: Option<&'static str>,
    /// It may run.
    pub eval: bool,
    /// What the author said of `:tangle`.
    pub tangle: Option<String>,
    /// Its code.
    pub code: Vec<CodeLine<'a>>,
    /// Byte ranges of its blocks, `#+begin_src` to `#+end_src`.
    pub blocks: Vec<(usize, usize)>,
}

/// Everything the plan and the checks stand on.
pub struct Model<'d, 'a> {
    /// The document.
    pub doc: &'d Document<'a>,
    /// Header arguments that its blocks inherit.
    pub scopes: Scopes<'a>,
    /// The components, in document order.
    pub drafts: Vec<Draft<'a>>,
    /// What was wrong so far.
    pub found: Findings,
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
        let mut model = Model { doc, scopes: Scopes::read(doc), drafts: Vec::new(), found: Findings::default() };
        // Slugs of all titles: of no use where nothing is a component.
        let workbook = LazyCell::new(|| root(doc).map_or("workbook", |root| doc.ids().get(root)));
        let away = away(doc);
        let mut pending = Vec::new();
        let mut noweb = None;
        let mut budget = budget(doc);
        for index in 0..doc.headings.len() {
            if away.get(index) == Some(&true) {
                continue;
            }
            if let Some(candidate) = model.candidate(index)
                && let Some((draft, open)) = model.draft(&workbook, candidate, &mut noweb, &mut budget)
            {
                pending.push(open);
                model.drafts.push(draft);
            }
        }
        let (deps, vars): (Vec<_>, Vec<_>) = pending.into_iter().map(|open| (open.deps, open.vars)).unzip();
        let by_id = match deps.iter().all(Vec::is_empty) && vars.iter().all(Vec::is_empty) {
            true => ById::default(),
            false => ById::of(&model, *workbook),
        };
        model.deps(&by_id, deps);
        model.calls();
        let names = names::names(&mut model);
        wire::variables(&mut model, names, by_id, vars);
        model
    }

    fn heading(&self, index: usize) -> Option<&'d Heading<'a>> {
        self.doc.headings.get(index)
    }

    /// Notes what is wrong at a byte of a heading's section.
    pub fn note(&mut self, code: Code, heading: usize, offset: usize, message: String) {
        self.found.push(Found::new(code, Some(heading), offset, message));
    }

    /// The same with what to do about it.
    pub fn hint(&mut self, code: Code, heading: usize, offset: usize, message: String, hint: &'static str) {
        self.found.push(Found::new(code, Some(heading), offset, message).hint(hint));
    }
}

/// For each heading: it or one above it is commented out or archived.
fn away(doc: &Document) -> Vec<bool> {
    let gone = |heading: &Heading| heading.commented || heading.tags.contains(&"ARCHIVE");
    if !doc.headings.iter().any(gone) {
        return Vec::new();
    }
    let mut out: Vec<bool> = Vec::with_capacity(doc.headings.len());
    for heading in &doc.headings {
        let above = heading.parent.and_then(|p| out.get(p).copied()).unwrap_or(false);
        out.push(above || gone(heading));
    }
    out
}

/// How much an answer may repeat of what the document says once.
fn budget(doc: &Document) -> usize {
    doc.text.len().saturating_mul(4) + (1 << 20)
}
