//! A candidate becomes a component: what it takes, what it gives, its code.

use std::borrow::Cow;

use super::candidate::{Block, Candidate};
use super::data::Shape;
use super::{Draft, Model, Name};
use crate::hash::HashMap;
use crate::header_args::{Var, short};
use crate::issue::Code;
use crate::noweb::Noweb;
use crate::sig::{Signature, Type, read_sig};
use crate::source::{CodeLine, code_lines};
use crate::vars::string;

/// A `:var`, how its block wants tables, and the place of its input.
pub struct Variable<'a> {
    /// What was written.
    pub var: Var<'a>,
    /// How it wants tables.
    pub shape: Shape,
    /// Index of the input.
    pub place: usize,
}

/// What a component names and only the whole file can tell.
pub struct Open<'a> {
    /// Its `:deps:`.
    pub deps: Vec<Name<'a>>,
    /// Its `:var`s, by their places.
    pub vars: Vec<Variable<'a>>,
}

impl<'d, 'a> Model<'d, 'a> {
    /// The component of a candidate, and what is still open of it.
    pub fn draft(
        &mut self,
        workbook: &str,
        candidate: Candidate<'d, 'a>,
        noweb: &mut Option<Noweb<'d, 'a>>,
        budget: &mut usize,
    ) -> Option<(Draft<'a>, Open<'a>)> {
        let index = candidate.heading;
        let wiring = &candidate.wiring;
        let sig_text = wiring.sig.as_ref().map(|p| p.text()).filter(|(text, _)| !text.is_empty());
        let sig = sig_text.as_ref().and_then(|(text, at)| self.signature(index, text, *at));
        let mut vars = self.vars(index, &candidate.blocks, budget);
        let mut ins = match (&wiring.ins, &sig) {
            (Some(property), _) => property.names(),
            (None, Some((sig, at))) => {
                let name = |(name, _): &(String, Type)| Name { text: Cow::Owned(name.clone()), offset: *at };
                sig.params.iter().map(name).collect()
            }
            (None, None) => Vec::new(),
        };
        inputs(&mut ins, &mut vars);
        let outs = match (&wiring.outs, &sig) {
            (Some(property), _) => property.names(),
            (None, Some((sig, at))) => vec![Name { text: Cow::Owned(sig.name.clone()), offset: *at }],
            (None, None) => Vec::new(),
        };
        if let Some((sig, at)) = &sig {
            self.arity(index, sig, *at, &ins, &outs);
        }
        let code = self.code(index, &candidate.blocks, noweb);
        let said = |key: &str| candidate.blocks.iter().rev().find_map(|b| b.args.get(key));
        let draft = Draft {
            heading: index,
            id: format!("{workbook}/{}", self.doc.ids().get(index)),
            lang: candidate.lang,
            ins,
            outs,
            deps: Vec::new(),
            sig: sig_text.map(|(text, _)| text),
            signature: sig,
            unwired: wiring.ins.is_none() && wiring.outs.is_none() && vars.is_empty(),
            library: false,
            supplies: Vec::new(),
            exports: candidate.blocks.iter().rev().find_map(|b| b.args.exports()),
            eval: candidate.eval,
            tangle: said("tangle").and_then(path),
            code,
            blocks: candidate.blocks.iter().map(|b| (b.element.span.start, b.element.span.end)).collect(),
        };
        let deps = wiring.deps.as_ref().map(|property| property.names()).unwrap_or_default();
        Some((draft, Open { deps, vars }))
    }

    fn signature(&mut self, index: usize, text: &str, at: usize) -> Option<(Signature, usize)> {
        match read_sig(text) {
            Ok(sig) => Some((sig, at)),
            Err(why) => {
                self.note(Code::BadSig, index, at + why.at, format!("`:sig: {}` is no signature: {why}", short(text)));
                None
            }
        }
    }

    /// The `:var`s of all blocks; of those with one name the last counts.
    fn vars(&mut self, index: usize, blocks: &[Block<'d, 'a>], budget: &mut usize) -> Vec<Variable<'a>> {
        let mut vars: Vec<Variable> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::default();
        for block in blocks {
            let left = budget.checked_sub(block.args.inherited_vars());
            match left {
                Some(left) => *budget = left,
                None => self.hint(
                    Code::BadHeaderArg,
                    index,
                    block.element.span.start,
                    "so many blocks inherit so many `:var`s that this one does without".to_string(),
                    "write a :var at the blocks that need it",
                ),
            }
            let shape = Shape::of(&block.args);
            block.args.each_var(left.is_some(), |var| {
                let place = *places.entry(var.name).or_insert(vars.len());
                let var = Variable { var, shape, place };
                match vars.get_mut(place) {
                    Some(old) => *old = var,
                    None => vars.push(var),
                }
            });
        }
        vars
    }

    fn code(&mut self, index: usize, blocks: &[Block<'d, 'a>], noweb: &mut Option<Noweb<'d, 'a>>) -> Vec<CodeLine<'a>> {
        let doc = self.doc;
        let mut code = Vec::new();
        for block in blocks {
            let lines = code_lines(doc, block.source);
            if block.args.noweb() != Some(true) {
                code.extend(lines);
                continue;
            }
            let noweb = noweb.get_or_insert_with(|| Noweb::new(doc, &self.scopes));
            let (mut lines, complaints) = noweb.expand(block.element.name(), lines);
            code.append(&mut lines);
            for complaint in complaints {
                let heading = doc.heading_at(complaint.offset).unwrap_or(index);
                self.note(Code::BadNoweb, heading, complaint.offset, complaint.message);
            }
        }
        code
    }

    fn arity(&mut self, index: usize, sig: &Signature, at: usize, ins: &[Name], outs: &[Name]) {
        if sig.params.len() != ins.len() {
            let mut names: Vec<Cow<str>> = ins.iter().take(8).map(|n| short(&n.text)).collect();
            if ins.len() > names.len() {
                names.push("…".into());
            }
            let message = format!(
                "the signature takes {} parameter(s), but there are {} input(s){}{}",
                sig.params.len(),
                ins.len(),
                if names.is_empty() { "" } else { ": " },
                names.join(", ")
            );
            let hint = "give the signature one parameter for each name in :in: and each :var, in that order";
            self.hint(Code::BadSig, index, at, message, hint);
        }
        let fits = match (&sig.result, outs.len()) {
            (_, 0 | 1) => true,
            (Some(Type::Tuple(types)), n) => types.len() == n,
            (Some(Type::Record(fields)), _) => outs.iter().all(|out| fields.iter().any(|(name, _)| *name == out.text)),
            _ => false,
        };
        if !fits {
            let message = format!(
                "`:out:` names {} outputs, so the signature's result must be a tuple of {}, or a record with fields of these names",
                outs.len(),
                outs.len()
            );
            let hint = "with several :out: names the result is a tuple in that order, or a record";
            self.hint(Code::BadSig, index, at, message, hint);
        }
    }
}

/// Gives each `:var` its input: the one of its name, else a new one.
fn inputs<'a>(ins: &mut Vec<Name<'a>>, vars: &mut [Variable<'a>]) {
    if ins.is_empty() {
        // They are numbered as their inputs will be.
        ins.extend(vars.iter().map(|v| Name { text: Cow::Borrowed(v.var.name), offset: v.var.offset }));
        return;
    }
    if vars.is_empty() {
        return;
    }
    let known: HashMap<Cow<str>, usize> = ins.iter().enumerate().map(|(i, n)| (n.text.clone(), i)).collect();
    for Variable { var, place, .. } in vars.iter_mut() {
        *place = known.get(var.name).copied().unwrap_or(ins.len());
        if *place == ins.len() {
            ins.push(Name { text: Cow::Borrowed(var.name), offset: var.offset });
        }
    }
    vars.sort_by_key(|v| v.place);
}

/// `:tangle path`; none for `no`.
fn path(value: &str) -> Option<String> {
    let path = match string(value) {
        Some((path, "")) => path,
        _ => value.to_string(),
    };
    (!path.is_empty() && path != "no").then_some(path)
}
