//! `:var`s: values from the file, edges from other components.

use std::collections::HashMap;

use serde_json::Value;

use super::Model;
use super::data::data;
use crate::header_args::Var;
use crate::lint::{Issue, Level};
use crate::syntax::tree::{Element, Kind, walk};
use crate::vars::{self, Written};

struct Lookup<'d, 'a> {
    data: HashMap<&'d str, &'d Element<'a>>,
    blocks: HashMap<&'d str, usize>,
    by_id: HashMap<String, usize>,
}

/// Fills each draft's `values` and `wired`.
pub fn variables(model: &mut Model, pending: Vec<(Vec<Var>, Option<&str>)>) {
    if pending.iter().all(|(vars, _)| vars.is_empty()) {
        return;
    }
    let lookup = lookup(model);
    let mut budget = model.doc.text.len().saturating_mul(4) + (1 << 20);
    for (at, (vars, colnames)) in pending.into_iter().enumerate() {
        for var in vars {
            variable(model, &lookup, at, var, colnames, &mut budget);
        }
    }
}

fn lookup<'d, 'a>(model: &Model<'d, 'a>) -> Lookup<'d, 'a> {
    let doc = model.doc;
    let mut data = HashMap::new();
    let mut starts: HashMap<usize, &str> = HashMap::new();
    for (_, section) in doc.all_sections() {
        walk(section, &mut |element: &'d Element<'a>| {
            let Some(name) = element.name() else { return };
            match &element.kind {
                Kind::Table(_) | Kind::Example(_) | Kind::List(_) | Kind::Fixed(_) => {
                    data.entry(name).or_insert(element);
                }
                Kind::Source(_) => {
                    starts.insert(element.span.start, name);
                }
                _ => {}
            }
        });
    }
    let mut blocks = HashMap::new();
    for (i, draft) in model.drafts.iter().enumerate() {
        for (start, _) in &draft.blocks {
            if let Some(name) = starts.get(start) {
                blocks.entry(*name).or_insert(i);
            }
        }
    }
    Lookup { data, blocks, by_id: model.by_id() }
}

fn variable(model: &mut Model, lookup: &Lookup, at: usize, var: Var, colnames: Option<&str>, budget: &mut usize) {
    let heading = model.drafts.get(at).map_or(0, |d| d.heading);
    let bad = |model: &mut Model, code, message, hint| {
        model.complain(Level::Error, code, heading, var.offset, message, hint);
    };
    let name = match vars::read(&var.value) {
        Written::Literal(value) => return put(model, at, var.name, value),
        Written::Unsupported(why) => {
            let message = format!("`:var {}={}`: {why}", var.name, var.value);
            let issue = Issue::at(
                model.doc,
                Level::Warning,
                "bad_header_arg",
                Some(heading),
                var.offset,
                message,
                "use a number, a \"string\", JSON, or the name of a table or component",
            );
            model.issues.push(issue);
            return;
        }
        Written::Reference(name, _) => name,
    };
    if let Some(element) = lookup.data.get(name.as_str()) {
        let size = element.span.end - element.span.start;
        match budget.checked_sub(size.max(16)) {
            Some(left) => {
                *budget = left;
                let value = data(model.doc, element, colnames);
                put(model, at, var.name, value);
            }
            None => bad(
                model,
                "unknown_dep",
                format!("`{name}` is used so often that its values grow too large"),
                "let one component take the table and pass on what the others need",
            ),
        }
        return;
    }
    let component = |name: &str| lookup.blocks.get(name).or_else(|| lookup.by_id.get(name)).copied();
    let found = component(&name).map(|c| (c, None)).or_else(|| {
        let (name, port) = vars::with_port(&name)?;
        component(name).map(|c| (c, Some(port.to_string())))
    });
    let Some((other, port)) = found else {
        return bad(
            model,
            "unknown_dep",
            format!("`:var {}={name}`: nothing in this file has that name", var.name),
            "name a component's heading id, a #+NAME: of a table or block, or write a \"string\"",
        );
    };
    let outs = model.drafts.get(other).map(|d| d.outs.clone()).unwrap_or_default();
    let port = match port {
        Some(port) if outs.contains(&port) => port,
        Some(port) => {
            return bad(
                model,
                "unknown_dep",
                format!("`{name}`: that component has no output `{port}`; it has: {}", outs.join(", ")),
                "write other.port with one of its :out: names",
            );
        }
        None => match outs.as_slice() {
            [one] => one.clone(),
            _ => {
                return bad(
                    model,
                    "unknown_dep",
                    format!("`:var {}={name}` does not say which of its {} outputs is meant", var.name, outs.len()),
                    "write other.port with one of its :out: names",
                );
            }
        },
    };
    if let Some(draft) = model.drafts.get_mut(at) {
        draft.wired.push((var.name, other, port));
    }
}

fn put(model: &mut Model, at: usize, name: String, value: Value) {
    if let Some(draft) = model.drafts.get_mut(at) {
        draft.values.0.push((name, value));
    }
}
