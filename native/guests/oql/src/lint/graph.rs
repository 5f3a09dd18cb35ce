//! What is wrong with who gives what to whom.

use std::borrow::Cow;

use crate::components::{Model, Name, Port};
use crate::cycles::cycles;
use crate::edges::Graph;
use crate::hash::HashSet;
use crate::header_args::short;
use crate::issue::{Code, Findings, Found};
use crate::plan::named_exports;

/// Checks outputs, circles, inputs and exports.
pub fn check(model: &Model, graph: &Graph, found: &mut Findings) {
    duplicates(model, graph, found);
    circles(model, graph, found);
    dangling(model, graph, found);
    exports(model, graph, found);
}

/// Each output.
fn outputs<'m>(model: &'m Model) -> impl Iterator<Item = (Port, &'m Name<'m>)> {
    let drafts = model.drafts.iter().enumerate();
    drafts.flat_map(|(component, draft)| {
        draft.outs.iter().enumerate().map(move |(place, out)| (Port { component, place }, out))
    })
}

fn heading(model: &Model, component: usize) -> Option<usize> {
    model.drafts.get(component).map(|d| d.heading)
}

fn duplicates(model: &Model, graph: &Graph, found: &mut Findings) {
    if graph.givers.values().all(|givers| givers.more.is_empty()) {
        return;
    }
    for (port, out) in outputs(model) {
        if !found.wants(Code::DuplicateOutput) {
            return;
        }
        let Some(first) = graph.givers.get(out.text.as_ref()).map(|givers| givers.first) else { continue };
        let Some(owner) = model.drafts.get(first.component).filter(|_| first.component != port.component) else {
            continue;
        };
        let line = model.doc.lines.number_at(owner.outs.get(first.place).map_or(0, |out| out.offset));
        let message = format!("`{}` is already the output of `{}` at line {line}", short(&out.text), short(&owner.id));
        found.push(Found::new(Code::DuplicateOutput, heading(model, port.component), out.offset, message));
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
        let path: Vec<Cow<str>> = path.into_iter().map(short).collect();
        let message = format!("these components wait for each other: {}", path.join(" → "));
        found.push(Found::new(Code::Cycle, heading(model, first), cycle.at, message));
    }
}

fn dangling(model: &Model, graph: &Graph, found: &mut Findings) {
    for open in &graph.open {
        let Some(draft) = model.drafts.get(open.component) else { continue };
        // Who takes something from a component of `:deps:` may well import the rest.
        let fed = draft.deps.is_empty() || graph.fed.get(open.component) == Some(&true);
        if fed || !found.wants(Code::DanglingInput) {
            continue;
        }
        let Some(input) = draft.ins.get(open.place) else { continue };
        let message = format!(
            "the components in `:deps:` give none of the inputs, so `{}` is an import of the workbook",
            short(&input.text)
        );
        found.push(Found::new(Code::DanglingInput, Some(draft.heading), input.offset, message));
    }
}

fn exports(model: &Model, graph: &Graph, found: &mut Findings) {
    let Some(named) = named_exports(model.doc) else { return };
    let names: HashSet<&str> = named.iter().map(|(name, _)| *name).collect();
    for (name, at) in named.iter().filter(|(name, _)| !graph.givers.contains_key(name)) {
        let message = format!("`#+EXPORTS:` names `{}`, but no component has that output", short(name));
        found.push(Found::new(Code::UnknownExport, model.doc.heading_at(*at), *at, message));
    }
    for (port, out) in outputs(model) {
        if !names.contains(out.text.as_ref()) && !graph.takes(port) && found.wants(Code::UnusedOutput) {
            let message = format!("nothing takes `{}` and `#+EXPORTS:` does not name it", short(&out.text));
            found.push(Found::new(Code::UnusedOutput, heading(model, port.component), out.offset, message));
        }
    }
}
