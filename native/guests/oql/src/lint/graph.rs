//! What is wrong with who gives what to whom.

use crate::components::Model;
use crate::cycles::cycles;
use crate::edges::{Graph, Wire};
use crate::hash::{HashMap, HashSet};
use crate::header_args::short;
use crate::issue::{Code, Findings, Found};
use crate::plan::named_exports;

/// Checks outputs, circles, inputs and exports.
pub fn check(model: &Model, graph: &Graph, found: &mut Findings) {
    duplicates(model, found);
    circles(model, graph, found);
    dangling(model, graph, found);
    exports(model, graph, found);
}

/// Each output with its component, and where it is named.
fn outputs<'m>(model: &'m Model) -> impl Iterator<Item = (usize, &'m str, usize)> {
    let drafts = model.drafts.iter().enumerate();
    drafts.flat_map(|(i, d)| d.outs.iter().zip(&d.outs_at).map(move |(out, at)| (i, out.as_str(), *at)))
}

fn heading(model: &Model, component: usize) -> Option<usize> {
    model.drafts.get(component).map(|d| d.heading)
}

fn duplicates(model: &Model, found: &mut Findings) {
    let mut owner: HashMap<&str, (usize, usize)> = HashMap::default();
    for (i, out, at) in outputs(model) {
        let (first, place) = *owner.entry(out).or_insert((i, at));
        if first == i {
            continue;
        }
        let id = model.drafts.get(first).map_or("", |d| d.id.as_str());
        let line = model.doc.lines.number_at(place);
        let message = format!("`{}` is already the output of `{}` at line {line}", short(out), short(id));
        found.push(Found::new(Code::DuplicateOutput, heading(model, i), at, message));
    }
}

fn circles(model: &Model, graph: &Graph, found: &mut Findings) {
    for cycle in cycles(graph, model.drafts.len()) {
        let Some(first) = cycle.path.first().copied() else { continue };
        let ids = cycle.path.iter().chain([&first]).filter_map(|i| model.drafts.get(*i));
        let mut path: Vec<&str> = ids.map(|d| d.id.as_str()).collect();
        if path.len() > 24 {
            path.splice(12..path.len() - 11, ["…"]);
        }
        let path: Vec<String> = path.into_iter().map(short).collect();
        let message = format!("these components wait for each other: {}", path.join(" → "));
        found.push(Found::new(Code::Cycle, heading(model, first), cycle.at, message));
    }
}

fn dangling(model: &Model, graph: &Graph, found: &mut Findings) {
    // Who takes something from a component of `:deps:` may well import the rest.
    let deps: HashSet<(usize, usize)> =
        model.drafts.iter().enumerate().flat_map(|(i, d)| d.deps.iter().map(move |(dep, _)| (*dep, i))).collect();
    let gives = |w: &&Wire| w.ports.is_some() && deps.contains(&(w.from, w.to));
    let fed: HashSet<usize> = graph.wires.iter().filter(gives).map(|w| w.to).collect();
    for open in &graph.open {
        let named = model.drafts.get(open.component).is_some_and(|d| !d.deps.is_empty());
        if named && !fed.contains(&open.component) {
            let message = format!(
                "the components in `:deps:` give none of the inputs, so `{}` is an import of the workbook",
                short(&open.name)
            );
            found.push(Found::new(Code::DanglingInput, heading(model, open.component), open.at, message));
        }
    }
}

fn exports(model: &Model, graph: &Graph, found: &mut Findings) {
    let Some(named) = named_exports(model.doc) else { return };
    let names: HashSet<&str> = named.iter().map(|(name, _)| *name).collect();
    let outs: HashSet<&str> = outputs(model).map(|(_, out, _)| out).collect();
    for (name, at) in named.iter().filter(|(name, _)| !outs.contains(name)) {
        let message = format!("`#+EXPORTS:` names `{}`, but no component has that output", short(name));
        found.push(Found::new(Code::UnknownExport, model.doc.heading_at(*at), *at, message));
    }
    for (i, out, at) in outputs(model) {
        if !names.contains(out) && !graph.taken.contains(&(i, out.to_string())) {
            let message = format!("nothing takes `{}` and `#+EXPORTS:` does not name it", short(out));
            found.push(Found::new(Code::UnusedOutput, heading(model, i), at, message));
        }
    }
}
