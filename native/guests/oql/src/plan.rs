//! `tangle_plan`: the file as a graph of components.

use serde::Serialize;

use crate::capabilities::asked;
use crate::components::{Draft, Model, Values};
use crate::edges::{Graph, connect};
use crate::hash::HashSet;
use crate::header_args::names;
use crate::position::Position;
use crate::syntax::document::Document;

/// What the runtime runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Sources to compile.
    pub worlds: Vec<World>,
    /// Components to link and run.
    pub components: Vec<Component>,
    /// Who gives what to whom.
    pub edges: Vec<Edge>,
    /// Inputs that nothing in the file produces.
    pub imports: Vec<String>,
    /// Outputs of the workbook.
    pub exports: Vec<String>,
}

/// One source to compile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct World {
    /// The component's id.
    pub id: String,
    /// Its language, normalised.
    pub lang: String,
    /// Its text.
    pub src: String,
    /// What the block says of itself.
    pub args: Args,
    /// Its first block.
    pub position: Position,
    /// Source line → Org line.
    pub lines: Vec<LineRun>,
}

/// What a block says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Args {
    /// Inputs in parameter order.
    #[serde(rename = "in")]
    pub ins: Vec<String>,
    /// Outputs.
    pub out: Vec<String>,
    /// `:exports`, none where the author did not say.
    pub exports: Option<String>,
    /// It may run.
    pub eval: bool,
    /// `:tangle`, where the author names a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tangle: Option<String>,
}

/// From source line `src` on, lines follow Org line `org` one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LineRun {
    /// Line of the source, from 1.
    pub src: usize,
    /// Line of the Org file, from 1.
    pub org: usize,
    /// Org column = source column + this.
    pub column: i64,
}

/// One component.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Component {
    /// `<workbook-id>/<heading-id>`
    pub id: String,
    /// The world it is made from.
    pub world: String,
    /// Inputs in parameter order.
    #[serde(rename = "in")]
    pub ins: Vec<String>,
    /// Outputs.
    pub out: Vec<String>,
    /// Ids of the components it names in `:deps:`.
    pub deps: Vec<String>,
    /// Its `:sig:`.
    pub sig: Option<String>,
    /// Inputs that the file fills.
    pub values: Values,
    /// Its heading's title.
    pub title: String,
    /// It is there for those who call it: no step of the run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub library: bool,
    /// What `:caps:` of its heading asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<String>,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// Who gives.
    pub from: Endpoint,
    /// Who takes.
    pub to: Endpoint,
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// The component's id.
    pub component: String,
    /// Its port; none for an edge of order alone.
    pub port: Option<String>,
}

/// The document's plan.
pub fn tangle_plan(org: &str) -> Plan {
    let doc = Document::read(org);
    let model = Model::read(&doc);
    let graph = connect(&model);
    plan(model, &graph)
}

fn plan(model: Model, graph: &Graph) -> Plan {
    let id = |i: usize| model.drafts.get(i).map_or("", |d| d.id.as_str()).to_string();
    // Who calls a function does not wait for anything.
    let library = |i: usize| model.drafts.get(i).is_some_and(|d| d.library);
    let edges = graph.wires.iter().filter(|wire| !library(wire.from) && !library(wire.to)).map(|wire| {
        let end = |component: usize, port: Option<&String>| Endpoint { component: id(component), port: port.cloned() };
        let ports = wire.ports.as_ref();
        Edge { from: end(wire.from, ports.map(|p| &p.0)), to: end(wire.to, ports.map(|p| &p.1)) }
    });
    let mut seen = HashSet::default();
    let imports = graph.open.iter().map(|open| &open.name).filter(|name| seen.insert(name.as_str())).cloned().collect();
    Plan {
        edges: edges.collect(),
        imports,
        exports: exports(&model, graph),
        components: model.drafts.iter().map(|d| component(&model, d, &id)).collect(),
        worlds: model.drafts.iter().map(|d| world(&model, d)).collect(),
    }
}

/// The names that `#+EXPORTS:` gives, each once, and where; none where the file
/// has no such line.
pub fn named_exports<'a>(doc: &Document<'a>) -> Option<Vec<(&'a str, usize)>> {
    let mut lines = doc.keywords.iter().filter(|(_, k)| k.key == "EXPORTS").peekable();
    lines.peek()?;
    let mut seen = HashSet::default();
    let all = lines.flat_map(|(_, k)| names(k.value.of(doc.text), k.value.start));
    Some(all.filter(|(name, _)| seen.insert(*name)).collect())
}

/// The workbook's outputs.
pub fn exports(model: &Model, graph: &Graph) -> Vec<String> {
    let outs = || {
        let drafts = model.drafts.iter().enumerate();
        drafts.flat_map(|(i, d)| d.outs.iter().map(move |o| (i, o)))
    };
    let mut seen = HashSet::default();
    if let Some(named) = named_exports(model.doc) {
        let all: HashSet<&str> = outs().map(|(_, o)| o.as_str()).collect();
        return named.into_iter().filter(|(n, _)| all.contains(n)).map(|(n, _)| n.to_string()).collect();
    }
    outs()
        .filter(|(i, o)| !graph.taken.contains(&(*i, (*o).clone())))
        .filter(|(_, o)| seen.insert(o.as_str()))
        .map(|(_, o)| o.clone())
        .collect()
}

fn component(model: &Model, draft: &Draft, id: &impl Fn(usize) -> String) -> Component {
    Component {
        id: draft.id.clone(),
        world: draft.id.clone(),
        ins: draft.ins.clone(),
        out: draft.outs.clone(),
        deps: draft.deps.iter().map(|(d, _)| id(*d)).collect(),
        sig: draft.sig.clone(),
        values: draft.values.clone(),
        title: model.doc.headings.get(draft.heading).map_or("", |h| h.title).to_string(),
        library: draft.library,
        caps: asked(model.doc, draft).into_iter().map(|(name, _)| name.to_string()).collect(),
    }
}

fn world(model: &Model, draft: &Draft) -> World {
    let mut src = String::new();
    let mut lines: Vec<LineRun> = Vec::new();
    for (i, line) in draft.code.iter().enumerate() {
        src.push_str(&line.text);
        src.push('\n');
        let follows =
            lines.last().is_some_and(|run| run.org + (i + 1 - run.src) == line.line && run.column == line.column);
        // An empty line says nothing of its column.
        let empty = line.text.is_empty() && lines.last().is_some_and(|run| run.org + (i + 1 - run.src) == line.line);
        if !follows && !empty {
            lines.push(LineRun { src: i + 1, org: line.line, column: line.column });
        }
    }
    let (start, end) = draft.blocks.first().copied().unwrap_or((0, 0));
    World {
        id: draft.id.clone(),
        lang: draft.lang.clone(),
        src,
        args: Args {
            ins: draft.ins.clone(),
            out: draft.outs.clone(),
            exports: draft.exports.map(str::to_string),
            eval: draft.eval,
            tangle: draft.tangle.clone(),
        },
        position: Position { line: model.doc.lines.number_at(start), start, end },
        lines,
    }
}
