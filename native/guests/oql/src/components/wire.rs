//! `:var`s: values from the file, edges from other components.

use std::borrow::Cow;

use serde_json::Value;

use super::data::{Shape, raw};
use super::deps::ById;
use super::draft::Variable;
use super::index::pick;
use super::{Model, Port, Supply, budget};
use crate::hash::HashMap;
use crate::header_args::{Var, short};
use crate::issue::Code;
use crate::syntax::tree::{Element, Kind};
use crate::vars::{self, Written, with_port};

struct Lookup<'d, 'a> {
    names: HashMap<&'d str, &'d Element<'a>>,
    /// Components by where their blocks begin.
    blocks: HashMap<usize, usize>,
    by_id: ById<'d>,
    /// Where each output is, of components that somebody asked for one of.
    outputs: HashMap<usize, HashMap<String, usize>>,
}

/// What a `:var` could not be, and what to do about it.
struct Problem {
    code: Code,
    message: String,
    hint: &'static str,
}

impl Problem {
    fn unknown(message: String, hint: &'static str) -> Self {
        Problem { code: Code::UnknownDep, message, hint }
    }

    fn unsupported(message: String) -> Self {
        let hint = "use a number, a \"string\", JSON, or the name of a table or component";
        Problem { code: Code::BadHeaderArg, message, hint }
    }
}

/// Fills each draft's `supplies`.
pub fn variables<'d, 'a>(
    model: &mut Model<'d, 'a>,
    names: HashMap<&'d str, &'d Element<'a>>,
    by_id: ById<'d>,
    pending: Vec<Vec<Variable<'a>>>,
) {
    if pending.iter().all(Vec::is_empty) {
        return;
    }
    let mut blocks = HashMap::default();
    for (i, draft) in model.drafts.iter().enumerate() {
        blocks.extend(draft.blocks.iter().map(|(start, _)| (*start, i)));
    }
    let mut lookup = Lookup { names, blocks, by_id, outputs: HashMap::default() };
    let mut budget = budget(model.doc);
    for (at, vars) in pending.into_iter().enumerate() {
        for Variable { var, shape, place } in vars {
            let supply = supply(model, &mut lookup, var, shape, &mut budget);
            let Some(draft) = model.drafts.get_mut(at) else { continue };
            match supply {
                Ok(supply) => draft.supplies.push((place, supply)),
                Err(Problem { code, message, hint }) => {
                    let heading = draft.heading;
                    let message = format!("`:var {}={}`: {message}", short(var.name), short(var.value));
                    model.hint(code, heading, var.offset, message, hint);
                }
            }
        }
    }
}

fn supply(model: &Model, lookup: &mut Lookup, var: Var, shape: Shape, budget: &mut usize) -> Result<Supply, Problem> {
    let (name, index) = match vars::read(var.value) {
        Written::Literal(value) => return Ok(Supply::Value(value)),
        Written::Unsupported(why) => return Err(Problem::unsupported(why.to_string())),
        Written::Reference(name, index) => (name, index),
    };
    if let Some(element) = lookup.names.get(name) {
        return match lookup.blocks.get(&element.span.start) {
            Some(component) => lone(model, *component, index),
            None => value(model, element, index, shape, budget).map(Supply::Value),
        };
    }
    if let Some(other) = lookup.by_id.get(name) {
        return lone(model, other, index);
    }
    if let Some((before, output)) = with_port(name) {
        let block = lookup.names.get(before).and_then(|e| lookup.blocks.get(&e.span.start)).copied();
        if let Some(other) = block.or_else(|| lookup.by_id.get(before)) {
            return port(model, lookup, other, output, index);
        }
    }
    match name {
        "t" => Ok(Supply::Value(Value::Bool(true))),
        _ if name.contains(".org") || name.starts_with(['/', '~', '.']) => Err(Problem::unknown(
            "other files are not read".to_string(),
            "copy the data into this file and give it a #+NAME:",
        )),
        _ => Err(Problem::unknown(
            "nothing in this file has that name".to_string(),
            "name a component's heading id, a #+NAME: of a table or block, or write a \"string\"",
        )),
    }
}

fn value(
    model: &Model,
    element: &Element,
    index: Option<&str>,
    shape: Shape,
    budget: &mut usize,
) -> Result<Value, Problem> {
    let too_much = || {
        Problem::unknown(
            "its data is used so often that the values grow too large".to_string(),
            "let one component take the table and pass on what the others need",
        )
    };
    if let Kind::Source(_) = &element.kind {
        return Err(Problem::unknown(
            "the block of that name belongs to no component".to_string(),
            "give its heading :in: or :out:, or name a component that has what is needed",
        ));
    }
    let size = element.span.end - element.span.start;
    *budget = budget.checked_sub(size.max(16)).ok_or_else(too_much)?;
    let Some(data) = raw(model.doc, element) else {
        return Err(Problem::unknown(
            "what has that name holds no data".to_string(),
            "name a table, a list, a block of text or a component; a #+CALL: is not run",
        ));
    };
    let data = match index {
        Some(index) => pick(index, data).map_err(|why| {
            Problem::unknown(why, "count rows from 0, the header and the rules, too; -1 is the last one")
        })?,
        None => data,
    };
    shape.value(data, budget).ok_or_else(too_much)
}

fn no_index(index: Option<&str>) -> Result<(), Problem> {
    let why = "an index needs a table or a list of this file, and what a component gives is not there yet";
    index.map_or(Ok(()), |_| Err(Problem::unsupported(why.to_string())))
}

const WHICH: &str = "write other.port with one of its :out: names";

/// The only output of a component.
fn lone(model: &Model, other: usize, index: Option<&str>) -> Result<Supply, Problem> {
    no_index(index)?;
    match model.drafts.get(other).map_or(&[][..], |d| d.outs.as_slice()) {
        [_] => Ok(Supply::Output(Port { component: other, place: 0 })),
        outs => {
            let message = format!("it does not say which of its {} outputs is meant", outs.len());
            Err(Problem::unknown(message, WHICH))
        }
    }
}

/// An output of a component by its name.
fn port(
    model: &Model,
    lookup: &mut Lookup,
    other: usize,
    output: &str,
    index: Option<&str>,
) -> Result<Supply, Problem> {
    no_index(index)?;
    let outs = model.drafts.get(other).map_or(&[][..], |d| d.outs.as_slice());
    let places = || outs.iter().enumerate().map(|(i, o)| (o.text.to_string(), i)).collect();
    if let Some(place) = lookup.outputs.entry(other).or_insert_with(places).get(output) {
        return Ok(Supply::Output(Port { component: other, place: *place }));
    }
    let mut has: Vec<Cow<str>> = outs.iter().take(8).map(|o| short(&o.text)).collect();
    if outs.len() > has.len() {
        has.push("…".into());
    }
    let message = format!("that component has no output `{}`; it has: {}", short(output), has.join(", "));
    Err(Problem::unknown(message, WHICH))
}
