//! Where inherited header arguments hold: the file's `#+PROPERTY: header-args`,
//! a heading's `:header-args:` for what lies under it, and their `+` forms,
//! which add to what they would else hide.

use std::borrow::Cow;
use std::rc::Rc;

use super::{Arg, Var, exports_of, parse, vars_of};
use crate::hash::HashMap;
use crate::syntax::MAX_DEPTH;
use crate::syntax::document::Document;
use crate::syntax::drawer::property_line;
use crate::syntax::lines::{Lines, is_blank, slice};

/// What one place says under one key.
#[derive(Debug)]
pub struct Level<'a> {
    /// The last value of each argument.
    pub args: HashMap<Cow<'a, str>, &'a str>,
    /// Its `:var`s.
    pub vars: Vec<Var<'a>>,
    /// What those take in an answer.
    pub size: usize,
    outer: Option<Rc<Level<'a>>>,
    depth: usize,
}

impl<'a> Level<'a> {
    fn new(written: &[Arg<'a>], outer: Option<Rc<Level<'a>>>) -> Rc<Self> {
        let mut vars = Vec::new();
        written.iter().for_each(|arg| vars_of(arg, |var| vars.push(var)));
        let size = vars.iter().map(|v: &Var| v.name.len() + v.value.len() + 64).sum();
        // An `:exports` without a word of its own changes nothing.
        let says = written.iter().filter(|a| a.key != "exports" || exports_of(a.value).is_some());
        let args = says.map(|a| (a.key.clone(), a.value)).collect();
        // What adds to what adds … ends somewhere.
        let outer = outer.filter(|o| o.depth < MAX_DEPTH);
        let depth = outer.as_ref().map_or(0, |o| o.depth + 1);
        Rc::new(Level { args, vars, size, outer, depth })
    }

    /// This level and those it adds to, the strongest first.
    pub fn outwards(&self) -> impl Iterator<Item = &Level<'a>> {
        std::iter::successors(Some(self), |level| level.outer.as_deref())
    }
}

/// What holds somewhere, if anything does.
type Held<'a> = Option<Rc<Level<'a>>>;

/// Inherited header arguments of a whole document.
#[derive(Debug, Default)]
pub struct Scopes<'a> {
    file: HashMap<String, Rc<Level<'a>>>,
    /// For each key what holds from which heading on.
    headings: HashMap<String, Vec<(usize, Held<'a>)>>,
    /// Every place that says something, with its heading.
    pub written: Vec<(Option<usize>, Vec<Arg<'a>>)>,
}

/// One `header-args` line.
struct Line<'a> {
    key: String,
    adds: bool,
    args: Vec<Arg<'a>>,
}

impl<'a> Scopes<'a> {
    /// Reads those of a document.
    pub fn read(doc: &Document<'a>) -> Self {
        let mut scopes = Scopes::default();
        scopes.file(doc);
        scopes.outline(doc);
        scopes
    }

    /// `header-args` that hold under a heading.
    pub fn general(&self, heading: Option<usize>) -> Held<'a> {
        self.at(KEY, heading)
    }

    /// `header-args:lang` that hold under a heading.
    pub fn language(&self, heading: Option<usize>, lang: &str) -> Held<'a> {
        if lang.is_empty() || (self.file.is_empty() && self.headings.is_empty()) {
            return None;
        }
        self.at(&format!("{KEY}:{}", lang.to_lowercase()), heading)
    }

    fn at(&self, key: &str, heading: Option<usize>) -> Held<'a> {
        let steps = heading.and_then(|h| {
            let steps = self.headings.get(key)?;
            steps.get(steps.partition_point(|(from, _)| *from <= h).checked_sub(1)?)
        });
        match steps {
            Some((_, Some(level))) => Some(level.clone()),
            _ => self.file.get(key).cloned(),
        }
    }

    fn file(&mut self, doc: &Document<'a>) {
        let keywords = doc.keywords.iter().filter(|(_, k)| *k.key == *"PROPERTY");
        let lines = keywords.filter_map(|(_, k)| {
            let value = k.value.of(doc.text);
            let word = value.split([' ', '\t']).next().unwrap_or("");
            line(word, slice(value, word.len(), value.len()), k.value.start + word.len())
        });
        self.level_of(None, lines.collect(), true);
        // The property drawer at the top is the file's, too, and nearer. A blank line before
        // the comments above it hides it from `org-entry-get`, though not from the parser.
        if let Some(drawer) = doc.drawer.clone().filter(|_| !is_blank(doc.lines.get(0).of(doc.text))) {
            self.level_of(None, properties(doc.text, &doc.lines, drawer), false);
        }
        // So is, to Org 9.5, that of a heading on the first line.
        if let Some(first) = doc.headings.first().filter(|h| h.line == 0) {
            self.level_of(None, properties(doc.text, &doc.lines, first.line + 1..first.body.start), false);
        }
    }

    fn outline(&mut self, doc: &Document<'a>) {
        // Headings with arguments around the one at hand: their ends, keys, what held before.
        let mut open: Vec<(usize, String, Held<'a>)> = Vec::new();
        for (i, heading) in doc.headings.iter().enumerate() {
            while let Some((_, key, before)) = open.pop_if(|(end, ..)| *end <= heading.start) {
                self.headings.entry(key).or_default().push((i, before));
            }
            if heading.properties.iter().any(|(key, _)| is_key(key)) {
                let lines = properties(doc.text, &doc.lines, heading.line + 1..heading.body.start);
                for (key, before) in self.level_of(Some(i), lines, false) {
                    open.push((heading.end, key, before));
                }
            }
        }
    }

    /// Sets what these lines of one place say; tells which keys held what before.
    /// Of several base lines a drawer's first counts, a file's last.
    fn level_of(&mut self, heading: Option<usize>, lines: Vec<Line<'a>>, last: bool) -> Vec<(String, Held<'a>)> {
        let mut keys: Vec<String> = Vec::new();
        let mut said: HashMap<String, (bool, Vec<Arg<'a>>)> = HashMap::default();
        for line in lines {
            self.written.push((heading, line.args.clone()));
            if !said.contains_key(&line.key) {
                keys.push(line.key.clone());
            }
            let (based, args) = said.entry(line.key).or_default();
            match (line.adds, *based, last) {
                (true, _, _) => args.extend(line.args),
                (false, false, false) => {
                    *based = true;
                    args.splice(0..0, line.args);
                }
                (false, true, false) => {}
                (false, _, true) => {
                    *based = true;
                    *args = line.args;
                }
            }
        }
        let mut changed = Vec::new();
        for key in keys {
            let Some((based, args)) = said.remove(&key) else { continue };
            let before = self.at(&key, heading);
            let level = Level::new(&args, if based { None } else { before.clone() });
            match heading {
                Some(at) => self.headings.entry(key.clone()).or_default().push((at, Some(level))),
                None => {
                    self.file.insert(key.clone(), level);
                }
            }
            changed.push((key, before));
        }
        changed
    }
}

const KEY: &str = "header-args";

fn is_key(key: &str) -> bool {
    key.get(..KEY.len()).is_some_and(|k| k.eq_ignore_ascii_case(KEY))
}

fn line<'a>(key: &str, rest: &'a str, base: usize) -> Option<Line<'a>> {
    if !is_key(key) {
        return None;
    }
    let lower = key.to_lowercase();
    let (key, adds) = match lower.strip_suffix('+') {
        Some(key) => (key.to_string(), true),
        None => (lower, false),
    };
    let known = key.len() == KEY.len() || key.as_bytes().get(KEY.len()) == Some(&b':');
    let mut args = Vec::new();
    parse(rest, base, &mut args);
    known.then_some(Line { key, adds, args })
}

/// The `header-args` lines among these lines of a drawer.
fn properties<'a>(text: &'a str, lines: &Lines, range: std::ops::Range<usize>) -> Vec<Line<'a>> {
    let mut out = Vec::new();
    for span in lines.range(range) {
        let (start, key, value) = property_line(text, *span);
        out.extend(line(key, value, start + 1 + key.len() + 1));
    }
    out
}
