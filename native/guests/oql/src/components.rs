//! Which headings are components, and what each one takes and gives.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::header_args::HeaderArgs;
use crate::lint::{Issue, Level};
use crate::noweb::{Complaint, Noweb};
use crate::plan::Values;
use crate::sig::{Signature, parse_sig};
use crate::source::{CodeLine, code_lines};
use crate::syntax::document::Document;
use crate::syntax::headings::Heading;
use crate::syntax::tree::{Element, Kind, Source, walk};
use crate::table::{Colnames, rows, value};
use crate::vars::{self, Written};

/// A component as the file says it.
pub struct Draft {
    /// Index of its heading.
    pub heading: usize,
    /// `<workbook-id>/<heading-id>`
    pub id: String,
    /// Normalised language.
    pub lang: String,
    /// Inputs in order.
    pub ins: Vec<String>,
    /// Outputs in order.
    pub outs: Vec<String>,
    /// Indices of the components it names in `:deps:`.
    pub deps: Vec<usize>,
    /// `:sig:` as written.
    pub sig: Option<String>,
    /// Inputs the file fills.
    pub values: Values,
    /// Inputs another component's port fills: input, component, port.
    pub wired: Vec<(String, usize, String)>,
    /// What the author said of `:exports`.
    pub exports: Option<String>,
    /// It may run.
    pub eval: bool,
    /// Its code.
    pub code: Vec<CodeLine>,
    /// Byte ranges of its blocks, `#+begin_src` to `#+end_src`.
    pub blocks: Vec<(usize, usize)>,
}

/// Everything the plan and the checks stand on.
pub struct Model<'d, 'a> {
    /// The document.
    pub doc: &'d Document<'a>,
    /// The components, in document order.
    pub drafts: Vec<Draft>,
    /// What was wrong so far.
    pub issues: Vec<Issue>,
}

/// Languages that become WebAssembly.
const RUNNABLE: [&str; 5] = ["javascript", "c", "rust", "zig", "wat"];

/// `js` is `javascript`; others lower-cased.
fn language(written: &str) -> String {
    let lower = written.to_lowercase();
    if lower == "js" { "javascript".into() } else { lower }
}

/// Names in a property, separated by blanks or commas.
pub fn names(value: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    value.split([' ', '\t', ',']).filter(|n| !n.is_empty() && seen.insert(*n)).map(str::to_string).collect()
}

/// The heading that makes the file a workbook, else the first of level 1.
pub fn root(doc: &Document) -> Option<usize> {
    let level_one = |h: &&Heading| h.level == 1;
    let versioned = |h: &Heading| h.level == 1 && h.property("WORKBOOK_VERSION") == Some("1");
    doc.headings.iter().position(versioned).or_else(|| doc.headings.iter().position(|h| level_one(&h)))
}

struct Candidate<'d> {
    heading: usize,
    blocks: Vec<(&'d Element, &'d Source)>,
    lang: String,
}

impl<'d, 'a> Model<'d, 'a> {
    /// Reads the components of a document.
    pub fn read(doc: &'d Document<'a>) -> Self {
        let mut model = Model { doc, drafts: Vec::new(), issues: Vec::new() };
        let workbook = root(doc).and_then(|i| doc.headings.get(i)).map_or("workbook", |h| h.id.as_str());
        let commented = doc.commented();
        let mut pending = Vec::new();
        let mut noweb = None;
        for index in 0..doc.headings.len() {
            if commented.get(index) == Some(&true) {
                continue;
            }
            if let Some(candidate) = model.candidate(index) {
                let args = candidate.blocks.iter();
                let args: Vec<HeaderArgs> = args.map(|(e, s)| HeaderArgs::of(doc, Some(index), e, s)).collect();
                if let Some(draft) = model.draft(workbook, &candidate, &args, &mut noweb) {
                    let vars = args.iter().flat_map(HeaderArgs::vars).collect();
                    let colnames = args.iter().find_map(|a| a.get("colnames"));
                    pending.push((vars, colnames));
                    model.drafts.push(draft);
                }
            }
        }
        model.deps();
        crate::components::wire::variables(&mut model, pending);
        model
    }

    fn heading(&self, index: usize) -> Option<&'d Heading<'a>> {
        self.doc.headings.get(index)
    }

    /// Adds an issue at a heading's property (or the heading itself).
    pub fn complain(&mut self, level: Level, code: &str, heading: usize, offset: usize, message: String, hint: &str) {
        let issue = Issue::at(self.doc, level, code, Some(heading), offset, message, hint);
        self.issues.push(issue);
    }

    fn candidate(&mut self, index: usize) -> Option<Candidate<'d>> {
        let doc = self.doc;
        let heading = self.heading(index)?;
        let wired = ["in", "out", "deps", "sig"].iter().any(|k| heading.property(k).is_some());
        let mut blocks: Vec<(&Element, &Source)> = Vec::new();
        walk(doc.section_of(index), &mut |element: &'d Element| {
            if let Kind::Source(source) = &element.kind {
                blocks.push((element, source));
            }
        });
        if blocks.is_empty() {
            if wired {
                let at = property_offset(doc, heading, &["in", "out", "deps", "sig"]);
                let message = format!("`{}` is wired but has no source block of its own", heading.title);
                self.complain(
                    Level::Error,
                    "missing_block",
                    index,
                    at,
                    message,
                    "add a #+begin_src block directly under the heading, or remove the wiring properties",
                );
            }
            return None;
        }
        let lang_of = |s: &Source| language(s.lang.of(doc.text));
        let known = blocks.iter().map(|(_, s)| lang_of(s)).find(|l| RUNNABLE.contains(&l.as_str()));
        let lang = match known {
            Some(lang) => lang,
            None => {
                heading.property("out")?;
                let lang = blocks.first().map(|(_, s)| lang_of(s))?;
                let at = blocks.first().map_or(heading.start, |(e, _)| e.span.start);
                let message = match lang.is_empty() {
                    true => format!("the block of `{}` names no language", heading.title),
                    false => format!("`{lang}` is no language that becomes WebAssembly"),
                };
                self.complain(
                    Level::Error,
                    "unknown_language",
                    index,
                    at,
                    message,
                    "use javascript, c, rust, zig or wat, or remove the `:out:` property",
                );
                lang
            }
        };
        blocks.retain(|(_, s)| lang_of(s) == lang);
        if !wired {
            let vars = blocks.iter().any(|(e, s)| {
                let args = HeaderArgs::of(doc, Some(index), e, s);
                !args.vars().is_empty()
            });
            if !vars {
                return None;
            }
        }
        Some(Candidate { heading: index, blocks, lang })
    }

    fn draft(
        &mut self,
        workbook: &str,
        candidate: &Candidate<'d>,
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
            (Some(crate::sig::Type::Tuple(types)), n) => types.len() == n,
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

    /// Component index by full id and by heading id.
    pub fn by_id(&self) -> HashMap<String, usize> {
        let mut map = HashMap::new();
        for (i, draft) in self.drafts.iter().enumerate() {
            map.entry(draft.id.clone()).or_insert(i);
        }
        for (i, draft) in self.drafts.iter().enumerate() {
            if let Some((_, id)) = draft.id.split_once('/') {
                map.entry(id.to_string()).or_insert(i);
            }
        }
        map
    }

    fn deps(&mut self) {
        let by_id = self.by_id();
        for at in 0..self.drafts.len() {
            let Some(heading) = self.drafts.get(at).map(|d| d.heading) else { continue };
            let Some(h) = self.heading(heading) else { continue };
            let mut deps = Vec::new();
            for name in names(h.property("deps").unwrap_or("")) {
                match by_id.get(&name).or_else(|| by_id.get(&crate::ids::slug(&name))) {
                    Some(dep) => {
                        if !deps.contains(dep) {
                            deps.push(*dep);
                        }
                    }
                    None => {
                        let offset = property_offset(self.doc, h, &["deps"]);
                        let message = format!("`:deps:` names `{name}`, but no component of this file has that id");
                        self.complain(
                            Level::Error,
                            "unknown_dep",
                            heading,
                            offset,
                            message,
                            "use the id of a heading that is a component: its title in lower case with hyphens",
                        );
                    }
                }
            }
            if let Some(draft) = self.drafts.get_mut(at) {
                draft.deps = deps;
            }
        }
    }
}

/// Where the first of these properties stands under the heading, else the heading.
pub fn property_offset(doc: &Document, heading: &Heading, keys: &[&str]) -> usize {
    for i in heading.line + 1..heading.body.start {
        let span = doc.lines.get(i);
        let line = span.of(doc.text);
        let body = line.trim_start();
        let key = body.split([' ', '\t']).next().unwrap_or("");
        let key = key.trim_start_matches(':').trim_end_matches([':', '+']);
        if keys.iter().any(|k| k.eq_ignore_ascii_case(key)) {
            return span.start + (line.len() - body.len());
        }
    }
    heading.start
}

/// `:var`s: values from the file, edges from other components.
mod wire {
    use super::*;
    use crate::header_args::Var;

    struct Lookup<'d> {
        data: HashMap<&'d str, &'d Element>,
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

    fn lookup<'d>(model: &Model<'d, '_>) -> Lookup<'d> {
        let doc = model.doc;
        let mut data = HashMap::new();
        let mut starts: HashMap<usize, &str> = HashMap::new();
        for (_, section) in doc.all_sections() {
            walk(section, &mut |element: &'d Element| {
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

    fn data(doc: &Document, element: &Element, colnames: Option<&str>) -> Value {
        let lines = |body: &[crate::syntax::lines::Span]| {
            let lines = crate::source::dedented(doc.text, body).into_iter();
            lines.map(|(l, _)| format!("{l}\n")).collect::<String>()
        };
        match &element.kind {
            Kind::Table(body) => {
                let colnames = match colnames {
                    Some("yes") => Colnames::Yes,
                    Some("no") => Colnames::No,
                    _ => Colnames::Unsaid,
                };
                value(&rows(doc.text, body), colnames)
            }
            Kind::Example(body) => Value::String(lines(body)),
            Kind::Fixed(body) => {
                let strip = |s: &crate::syntax::lines::Span| {
                    let line = s.of(doc.text).trim_start();
                    let line = line.strip_prefix(':').unwrap_or(line);
                    format!("{}\n", line.strip_prefix(' ').unwrap_or(line))
                };
                Value::String(body.iter().map(strip).collect())
            }
            Kind::List(list) => {
                let first = |item: &crate::syntax::tree::Item| match item.children.first().map(|e| &e.kind) {
                    Some(Kind::Paragraph(spans)) => {
                        let words: Vec<&str> = spans.iter().map(|s| s.of(doc.text).trim()).collect();
                        Value::String(words.join(" "))
                    }
                    _ => Value::String(String::new()),
                };
                Value::Array(list.items.iter().map(first).collect())
            }
            _ => Value::Null,
        }
    }
}
