//! `tangle_plan`: the file as a graph of components.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;

use crate::capabilities::asked;
use crate::components::{Draft, Model, Name, Port, Supply};
use crate::edges::{Graph, Wire, connect};
use crate::hash::HashSet;
use crate::header_args::names;
use crate::position::Position;
use crate::syntax::document::Document;

/// What the runtime runs.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LineRun {
    /// Line of the source, from 1.
    pub src: usize,
    /// Line of the Org file, from 1.
    pub org: usize,
    /// Org column = source column + this.
    pub column: i64,
}

/// One component.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Edge {
    /// Who gives.
    pub from: Endpoint,
    /// Who takes.
    pub to: Endpoint,
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Endpoint {
    /// The component's id.
    pub component: String,
    /// Its port; none for an edge of order alone.
    pub port: Option<String>,
}

/// Values by input, in the order of the inputs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values(pub Vec<(String, Value)>);

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The document's plan.
pub fn tangle_plan(org: &str) -> Plan {
    let doc = Document::read(org);
    let model = Model::read(&doc);
    let graph = connect(&model);
    Plan {
        worlds: model.drafts.iter().map(|d| world(&model, d)).collect(),
        components: model.drafts.iter().map(|d| component(&model, d)).collect(),
        edges: edges(&model, &graph).collect(),
        imports: imports(&model, &graph).into_iter().map(String::from).collect(),
        exports: exports(&model, &graph).into_iter().map(String::from).collect(),
    }
}

/// The same as JSON, made of one part at a time: a plan may be many times the
/// document.
pub fn plan_json(org: &str) -> String {
    let doc = Document::read(org);
    let model = Model::read(&doc);
    let graph = connect(&model);
    // Strings, numbers and lists with string keys always serialise.
    serde_json::to_string(&Parts { model: &model, graph: &graph }).unwrap_or_default()
}

/// What a [`Plan`] is made of.
struct Parts<'m, 'd, 'a> {
    model: &'m Model<'d, 'a>,
    graph: &'m Graph<'m>,
}

impl Serialize for Parts<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Parts { model, graph } = self;
        let mut plan = serializer.serialize_struct("Plan", 5)?;
        plan.serialize_field("worlds", &Each(|| model.drafts.iter().map(|d| world(model, d))))?;
        plan.serialize_field("components", &Each(|| model.drafts.iter().map(|d| component(model, d))))?;
        plan.serialize_field("edges", &Each(|| edges(model, graph)))?;
        plan.serialize_field("imports", &imports(model, graph))?;
        plan.serialize_field("exports", &exports(model, graph))?;
        plan.end()
    }
}

/// A list whose items are made as they are written.
struct Each<F>(F);

impl<F: Fn() -> I, I: Iterator<Item: Serialize>> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// The wires of the run: who calls a function does not wait for anything.
fn edges<'m>(model: &'m Model, graph: &'m Graph) -> impl Iterator<Item = Edge> {
    let library = |component: usize| model.drafts.get(component).is_some_and(|d| d.library);
    let steps = graph.wires.iter().filter(move |wire| !library(wire.from) && !library(wire.to));
    steps.map(|wire| edge(model, wire))
}

fn edge(model: &Model, wire: &Wire) -> Edge {
    let end = |component: usize, port: Option<String>| Endpoint { component: id(model, component), port };
    let port = |names: &[Name], place: usize| names.get(place).map(|name| name.text.to_string());
    let draft = |component: usize| model.drafts.get(component);
    Edge {
        from: end(wire.from, wire.ports.and_then(|(out, _)| port(&draft(wire.from)?.outs, out))),
        to: end(wire.to, wire.ports.and_then(|(_, input)| port(&draft(wire.to)?.ins, input))),
    }
}

fn id(model: &Model, component: usize) -> String {
    model.drafts.get(component).map_or_else(String::new, |draft| draft.id.clone())
}

/// Inputs that nothing produces, each once.
fn imports<'m>(model: &'m Model, graph: &Graph) -> Vec<&'m str> {
    let mut seen = HashSet::default();
    let open = graph.open.iter().filter_map(|open| model.drafts.get(open.component)?.ins.get(open.place));
    open.map(|input| input.text.as_ref()).filter(|name| seen.insert(*name)).collect()
}

/// The names that `#+EXPORTS:` gives, each once, and where; none where the file
/// has no such line.
pub fn named_exports<'a>(doc: &Document<'a>) -> Option<Vec<(&'a str, usize)>> {
    let mut lines = doc.keywords.iter().filter(|(_, k)| *k.key == *"EXPORTS").peekable();
    lines.peek()?;
    let mut seen = HashSet::default();
    let all = lines.flat_map(|(_, k)| names(k.value.of(doc.text), k.value.start));
    Some(all.filter(|(name, _)| seen.insert(*name)).collect())
}

/// The workbook's outputs.
pub fn exports<'m>(model: &'m Model, graph: &Graph) -> Vec<&'m str> {
    if let Some(named) = named_exports(model.doc) {
        return named.into_iter().map(|(name, _)| name).filter(|name| graph.givers.contains_key(name)).collect();
    }
    let mut seen = HashSet::default();
    let mut all = Vec::new();
    for (component, draft) in model.drafts.iter().enumerate() {
        for (place, out) in draft.outs.iter().enumerate() {
            let name = out.text.as_ref();
            let alone = graph.givers.get(name).is_some_and(|givers| givers.more.is_empty());
            if !graph.takes(Port { component, place }) && (alone || seen.insert(name)) {
                all.push(name);
            }
        }
    }
    all
}

fn texts(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.text.to_string()).collect()
}

fn component(model: &Model, draft: &Draft) -> Component {
    let values = draft.supplies.iter().filter_map(|(place, supply)| match supply {
        Supply::Value(value) => Some((draft.ins.get(*place)?.text.to_string(), value.clone())),
        Supply::Output(_) => None,
    });
    Component {
        id: draft.id.clone(),
        world: draft.id.clone(),
        ins: texts(&draft.ins),
        out: texts(&draft.outs),
        deps: draft.deps.iter().map(|(dep, _)| id(model, *dep)).collect(),
        sig: draft.sig.as_ref().map(ToString::to_string),
        values: Values(values.collect()),
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
        lang: draft.lang.to_string(),
        src,
        args: Args {
            ins: texts(&draft.ins),
            out: texts(&draft.outs),
            exports: draft.exports.map(str::to_string),
            eval: draft.eval,
            tangle: draft.tangle.clone(),
        },
        position: Position { line: model.doc.lines.number_at(start), start, end },
        lines,
    }
}
