//! A candidate becomes a component: what it takes, what it gives, its code.

use std::collections::HashSet;

use super::candidate::Candidate;
use super::{Draft, Model, names, property_offset};
use crate::header_args::HeaderArgs;
use crate::lint::Level;
use crate::noweb::{Complaint, Noweb};
use crate::plan::Values;
use crate::sig::{Signature, Type, parse_sig};
use crate::source::code_lines;

impl<'d, 'a> Model<'d, 'a> {
    /// The component of a candidate, its `:deps:` and `:var`s still open.
    pub fn draft(
        &mut self,
        workbook: &str,
        candidate: &Candidate<'d, 'a>,
        args: &[HeaderArgs<'a>],
        noweb: &mut Option<Noweb<'d, 'a>>,
    ) -> Option<Draft> {
        let doc = self.doc;
        let heading = self.heading(candidate.heading)?;
        let sig_text = heading.property("sig").filter(|s| !s.is_empty());
        let sig = sig_text.and_then(|text| match parse_sig(text) {
            Ok(sig) => Some(sig),
            Err(why) => {
                let at = property_offset(doc, heading, &["sig"]);
                self.complain(
                    Level::Error,
                    "bad_sig",
                    candidate.heading,
                    at,
                    format!("`:sig: {text}` is no signature: {why}"),
                    "write it as name(a: type, b: type) -> type",
                );
                None
            }
        });
        let mut ins = match (heading.property("in"), &sig) {
            (Some(value), _) => names(value),
            (None, Some(sig)) => sig.params.iter().map(|(n, _)| n.clone()).collect(),
            (None, None) => Vec::new(),
        };
        let mut seen: HashSet<String> = ins.iter().cloned().collect();
        for var in args.iter().flat_map(HeaderArgs::vars) {
            if seen.insert(var.name.clone()) {
                ins.push(var.name);
            }
        }
        let outs = match (heading.property("out"), &sig) {
            (Some(value), _) => names(value),
            (None, Some(sig)) => vec![sig.name.clone()],
            (None, None) => Vec::new(),
        };
        if let Some(sig) = &sig {
            self.arity(candidate.heading, sig, &ins, &outs);
        }
        let mut code = Vec::new();
        for ((_, source), args) in candidate.blocks.iter().zip(args) {
            let lines = code_lines(doc, &source.body);
            let wanted = !matches!(args.get("noweb").unwrap_or("no"), "no" | "tangle" | "");
            if wanted {
                let noweb = noweb.get_or_insert_with(|| Noweb::new(doc));
                let mut complaints = Vec::new();
                code.append(&mut noweb.expand(lines, &mut complaints));
                self.bad_noweb(candidate.heading, complaints);
            } else {
                code.extend(lines);
            }
        }
        let said = |key: &str| {
            args.iter()
                .rev()
                .find_map(|a| a.get(key))
                .map(|v| v.split([' ', '\t']).next().unwrap_or("").to_ascii_lowercase())
        };
        let exports = said("exports").filter(|e| matches!(e.as_str(), "code" | "results" | "both" | "none"));
        Some(Draft {
            heading: candidate.heading,
            id: format!("{workbook}/{}", heading.id),
            lang: candidate.lang.clone(),
            ins,
            outs,
            deps: Vec::new(),
            sig: sig_text.map(str::to_string),
            values: Values::default(),
            wired: Vec::new(),
            exports,
            eval: !matches!(said("eval").as_deref(), Some("no" | "never")),
            code,
            blocks: candidate.blocks.iter().map(|(e, _)| (e.span.start, e.span.end)).collect(),
        })
    }

    fn bad_noweb(&mut self, heading: usize, complaints: Vec<Complaint>) {
        for complaint in complaints {
            let at = self.doc.lines.get(complaint.line.saturating_sub(1)).start;
            self.complain(
                Level::Error,
                "bad_noweb",
                heading,
                at,
                complaint.message,
                "name a block with #+NAME: or :noweb-ref, and let no block include itself",
            );
        }
    }

    fn arity(&mut self, index: usize, sig: &Signature, ins: &[String], outs: &[String]) {
        let Some(heading) = self.heading(index) else { return };
        let at = property_offset(self.doc, heading, &["sig"]);
        if sig.params.len() != ins.len() {
            let message = format!(
                "the signature takes {} parameter(s), but the inputs are {}: {}",
                sig.params.len(),
                ins.len(),
                ins.join(", ")
            );
            self.complain(
                Level::Error,
                "bad_sig",
                index,
                at,
                message,
                "give the signature one parameter for each name in :in: and each :var, in that order",
            );
        }
        let fits = match (&sig.result, outs.len()) {
            (_, 0 | 1) => true,
            (Some(Type::Tuple(types)), n) => types.len() == n,
            _ => false,
        };
        if !fits {
            let message = format!(
                "`:out:` names {} outputs, so the signature's result must be a tuple of {}",
                outs.len(),
                outs.len()
            );
            self.complain(
                Level::Error,
                "bad_sig",
                index,
                at,
                message,
                "with several :out: names the result is a tuple in that order",
            );
        }
    }
}
