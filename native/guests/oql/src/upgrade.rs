//! `check_upgrade`: what those who use the old text would break on with the new one.

use crate::capabilities::capabilities;
use crate::components::{Draft, Model, property_offset};
use crate::edges::{Graph, connect};
use crate::hash::{HashMap, HashSet};
use crate::header_args::short;
use crate::issue::{Code, Findings, Found, Issue, issues};
use crate::plan::exports;
use crate::sig::{Signature, Type, parse_sig};
use crate::syntax::document::Document;

/// What breaks, or may: first what is gone, with its place in `old`, then what
/// is new or another, with its place in `new`.
pub fn check_upgrade(old: &str, new: &str) -> Vec<Issue> {
    let (old_doc, new_doc) = (Document::read(old), Document::read(new));
    let (old_model, new_model) = (Model::read(&old_doc), Model::read(&new_doc));
    let (old, new) = (Side::of(&old_model), Side::of(&new_model));
    let mut gone = Findings::default();
    components(&old, &new, &mut gone);
    let mut other = Findings::default();
    outputs(&old, &new, &mut gone, &mut other);
    inputs(&old, &new, &mut other);
    abilities(&old, &new, &mut other);
    let mut all = issues(&old_doc, gone);
    all.append(&mut issues(&new_doc, other));
    all
}

/// One of the two texts.
struct Side<'m, 'd, 'a> {
    model: &'m Model<'d, 'a>,
    graph: Graph<'m>,
    sigs: Vec<Option<Signature>>,
    exports: Vec<&'m str>,
}

/// A port: its component, and its place among that one's.
#[derive(Clone, Copy)]
struct Port<'m> {
    component: usize,
    draft: &'m Draft<'m>,
    place: usize,
}

/// An import, and who takes it.
struct Import<'s, 'm> {
    name: &'m str,
    /// For each what its `:sig:` says, and its port.
    takers: Vec<(Option<&'s Type>, Port<'m>)>,
}

impl<'m, 'd, 'a> Side<'m, 'd, 'a> {
    fn of(model: &'m Model<'d, 'a>) -> Self {
        let graph = connect(model);
        let exports = exports(model, &graph);
        let sigs = model.drafts.iter().map(|d| parse_sig(d.sig.as_ref()?).ok()).collect();
        Side { model, graph, sigs, exports }
    }

    /// The first output of each name.
    fn outputs(&self) -> HashMap<&'m str, Port<'m>> {
        let mut map = HashMap::default();
        for (component, draft) in self.model.drafts.iter().enumerate() {
            for (place, out) in draft.outs.iter().enumerate() {
                map.entry(out.text.as_ref()).or_insert(Port { component, draft, place });
            }
        }
        map
    }

    fn sig(&self, component: usize) -> Option<&Signature> {
        self.sigs.get(component).and_then(Option::as_ref)
    }

    /// What `:sig:` says of an output.
    fn output_type(&self, port: &Port) -> Option<&Type> {
        let result = self.sig(port.component)?.result.as_ref()?;
        match result {
            Type::Tuple(types) if port.draft.outs.len() > 1 => types.get(port.place),
            _ if port.draft.outs.len() > 1 => None,
            _ => Some(result),
        }
    }

    /// The imports in order.
    fn imports(&self) -> Vec<Import<'_, 'm>> {
        let mut at: HashMap<&str, usize> = HashMap::default();
        let mut all: Vec<Import> = Vec::new();
        for open in &self.graph.open {
            let Some(draft) = self.model.drafts.get(open.component) else { continue };
            let place = open.place;
            let Some(name) = draft.ins.get(place).map(|input| input.text.as_ref()) else { continue };
            let ty = self.sig(open.component).and_then(|sig| sig.params.get(place)).map(|(_, ty)| ty);
            let slot = *at.entry(name).or_insert(all.len());
            if slot == all.len() {
                all.push(Import { name, takers: Vec::new() });
            }
            if let Some(import) = all.get_mut(slot) {
                import.takers.push((ty, Port { component: open.component, draft, place }));
            }
        }
        all
    }
}

fn components(old: &Side, new: &Side, gone: &mut Findings) {
    let ids: HashSet<&str> = new.model.drafts.iter().map(|d| d.id.as_str()).collect();
    let short_id = |id: &str| id.split_once('/').map(|(_, id)| id.to_string());
    let moved: HashMap<String, &str> =
        new.model.drafts.iter().filter_map(|d| Some((short_id(&d.id)?, d.id.as_str()))).collect();
    for draft in old.model.drafts.iter().filter(|d| !ids.contains(d.id.as_str())) {
        let offset = old.model.doc.headings.get(draft.heading).map_or(0, |h| h.start);
        let id = short(&draft.id);
        let issue =
            Found::new(Code::ComponentRemoved, Some(draft.heading), offset, format!("the component `{id}` is gone"));
        gone.push(match short_id(&draft.id).and_then(|id| moved.get(&id).copied()) {
            Some(now) => issue.hint(format!("it is `{}` now: give the workbook's heading its old title", short(now))),
            None => issue,
        });
    }
}

fn outputs(old: &Side, new: &Side, gone: &mut Findings, other: &mut Findings) {
    let (before, after) = (old.outputs(), new.outputs());
    let exported: HashSet<&str> = new.exports.iter().copied().collect();
    for name in old.exports.iter().copied() {
        let Some(was) = before.get(name) else { continue };
        let shown = short(name);
        let Some(is) = after.get(name).filter(|_| exported.contains(name)) else {
            let offset = was.draft.outs.get(was.place).map_or(0, |out| out.offset);
            let message = format!("the workbook no longer exports `{shown}`");
            let issue = Found::new(Code::ExportRemoved, Some(was.draft.heading), offset, message);
            gone.push(match after.contains_key(name) {
                true => issue.hint("it is still an output: name it in #+EXPORTS:"),
                false => issue,
            });
            continue;
        };
        // A type that was not said was no promise.
        let (Some(promised), given) = (old.output_type(was), new.output_type(is)) else { continue };
        if given == Some(promised) {
            continue;
        }
        let now =
            given.map_or("no longer says its type".to_string(), |ty| format!("is `{}` now", short(&ty.to_string())));
        let message = format!("the export `{shown}` was `{}` and {now}", short(&promised.to_string()));
        other.push(Found::new(Code::ExportTypeChanged, Some(is.draft.heading), sig_offset(new, is.draft), message));
    }
}

fn inputs(old: &Side, new: &Side, other: &mut Findings) {
    let old_imports = old.imports();
    let before: HashMap<&str, HashSet<&Type>> =
        old_imports.iter().map(|i| (i.name, i.takers.iter().filter_map(|(ty, _)| *ty).collect())).collect();
    for Import { name, takers } in new.imports() {
        let shown = short(name);
        match before.get(name) {
            None => {
                let Some((_, port)) = takers.first() else { continue };
                let offset = port.draft.ins.get(port.place).map_or(0, |input| input.offset);
                let message = format!("a run now needs the input `{shown}`");
                other.push(Found::new(Code::ImportAdded, Some(port.draft.heading), offset, message));
            }
            // What nobody typed took whatever the code could use.
            Some(types) if types.is_empty() => {}
            Some(types) => {
                let mut takers = takers.iter().filter_map(|(ty, port)| Some(((*ty)?, port)));
                if let Some((ty, port)) = takers.find(|(ty, _)| !types.contains(ty)) {
                    let message = format!("the input `{shown}` is taken as `{}` now", short(&ty.to_string()));
                    let offset = sig_offset(new, port.draft);
                    other.push(Found::new(Code::ImportTypeChanged, Some(port.draft.heading), offset, message));
                }
            }
        }
    }
}

fn abilities(old: &Side, new: &Side, other: &mut Findings) {
    let mut had: HashSet<String> = HashSet::default();
    for draft in &old.model.drafts {
        had.extend(capabilities(old.model.doc, draft).into_iter().map(|c| c.name));
    }
    for draft in &new.model.drafts {
        for capability in capabilities(new.model.doc, draft) {
            if !had.contains(&capability.name) {
                let message = format!("`{}` needs {}", short(&draft.id), short(&capability.name));
                other.push(Found::new(Code::CapabilityAdded, Some(draft.heading), capability.offset, message));
                had.insert(capability.name);
            }
        }
    }
}

/// Where a component's signature stands, else its heading.
fn sig_offset(side: &Side, draft: &Draft) -> usize {
    let doc = side.model.doc;
    doc.headings.get(draft.heading).map_or(0, |h| property_offset(doc, h, "sig"))
}
