//! Org Babel's header arguments: `:exports both :var x=5`, those that a block
//! inherits included.

mod check;
mod scopes;
mod split;

use std::collections::BTreeSet;
use std::rc::Rc;

pub use check::{complaint, short};
pub use scopes::Scopes;
pub use split::{Assignment, assignments, parse};

use crate::hash::{HashMap, HashSet};
use crate::syntax::document::Document;
use crate::syntax::tree::{Element, Source};
use scopes::Level;

/// One `:key value`, with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arg<'a> {
    /// Without its colon, lower-cased.
    pub key: String,
    /// Trimmed.
    pub value: &'a str,
    /// Byte offset of the colon in the document.
    pub offset: usize,
    /// Byte offset of the value.
    pub value_at: usize,
}

/// One `name=value` of a `:var`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Var<'a> {
    /// The input's name.
    pub name: &'a str,
    /// What was written behind the sign.
    pub value: &'a str,
    /// Byte offset of that value.
    pub offset: usize,
}

/// A block's header arguments, those it inherits included.
#[derive(Debug, Default)]
pub struct HeaderArgs<'a> {
    /// Inherited ones: `header-args`, then those of the language.
    inherited: [Option<Rc<Level<'a>>>; 2],
    /// The block's own, the weaker ones first.
    own: Vec<Arg<'a>>,
}

impl<'a> HeaderArgs<'a> {
    /// Those in force for this block: the file's or the nearest heading's
    /// `header-args`, the same of its language, the block's first line, and its
    /// `#+HEADER:` lines, of which Emacs lets the first win.
    pub fn of(
        doc: &Document<'a>,
        scopes: &Scopes<'a>,
        heading: Option<usize>,
        element: &Element,
        source: &Source,
    ) -> Self {
        let inherited = [scopes.general(heading), scopes.language(heading, source.lang.of(doc.text))];
        let mut own = parse(source.args.of(doc.text), source.args.start);
        for span in element.meta.iter().flat_map(|m| m.headers.iter().rev()) {
            own.append(&mut parse(span.of(doc.text), span.start));
        }
        HeaderArgs { inherited, own }
    }

    /// Those in force for code inside a text, with what stands in its brackets.
    pub fn inline<'d: 'a>(scopes: &Scopes<'d>, heading: Option<usize>, lang: &str, own: &'a str) -> Self {
        let inherited = [scopes.general(heading), scopes.language(heading, lang)];
        HeaderArgs { inherited, own: parse(own, 0) }
    }

    /// The values of an argument, the strongest first.
    fn values<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'a str> + 's {
        let own = self.own.iter().rev().filter(move |a| a.key == key).map(|a| a.value);
        own.chain(self.levels().filter_map(move |level| level.args.get(key).copied()))
    }

    /// Inherited levels, the strongest first.
    fn levels(&self) -> impl Iterator<Item = &Level<'a>> {
        self.inherited.iter().rev().flatten().flat_map(|level| level.outwards())
    }

    /// The strongest value of an argument.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.values(key).next()
    }

    /// The names of all arguments in force.
    pub fn keys(&self) -> BTreeSet<&str> {
        let own = self.own.iter().map(|a| a.key.as_str());
        own.chain(self.levels().flat_map(|level| level.args.keys().map(String::as_str))).collect()
    }

    /// What the page shows: the strongest of `code`, `results`, `both` and
    /// `none`, of which one excludes the others.
    pub fn exports(&self) -> Option<&'static str> {
        self.values("exports").find_map(exports_of)
    }

    /// The block may run.
    pub fn eval(&self) -> bool {
        let word = self.get("eval").and_then(|v| v.split([' ', '\t']).next()).unwrap_or("");
        !["no", "never"].iter().any(|no| word.eq_ignore_ascii_case(no))
    }

    /// Whether references are to be replaced before a run; none where nobody says.
    pub fn noweb(&self) -> Option<bool> {
        let words = self.get("noweb")?.split([' ', '\t']);
        let yes = ["yes", "no-export", "strip-export", "strip-tangle", "eval"];
        Some(words.into_iter().any(|w| yes.iter().any(|y| w.eq_ignore_ascii_case(y))))
    }

    /// How many inherited `:var`s there are, and how many bytes they take.
    pub fn inherited_vars(&self) -> usize {
        self.levels().map(|level| level.size).sum()
    }

    /// Every `:var` in the order of the document, inherited ones first; of those
    /// with one name the strongest stands at the place of the weakest.
    pub fn vars(&self, inherited: bool) -> Vec<Var<'a>> {
        let mut vars = Vars::default();
        let levels: Vec<&Level> = self.levels().filter(|_| inherited).collect();
        for var in levels.into_iter().rev().flat_map(|level| &level.vars) {
            vars.put(*var);
        }
        let mut own: Vec<Var> = self.own.iter().flat_map(vars_of).collect();
        let strength = own.clone();
        own.sort_by_key(|v| v.offset);
        own.into_iter().for_each(|v| vars.put(v));
        strength.into_iter().for_each(|v| vars.put(v));
        vars.list
    }

    /// It has a `:var`, its own or an inherited one.
    pub fn has_vars(&self) -> bool {
        self.levels().any(|level| !level.vars.is_empty()) || self.own.iter().any(|a| !vars_of(a).is_empty())
    }
}

/// The block's own arguments as they stand, for checking.
pub fn own<'a>(doc: &Document<'a>, element: &Element, source: &Source) -> Vec<Arg<'a>> {
    let mut all = Vec::new();
    for span in element.meta.iter().flat_map(|m| &m.headers) {
        all.append(&mut parse(span.of(doc.text), span.start));
    }
    all.append(&mut parse(source.args.of(doc.text), source.args.start));
    all
}

/// The last word of an `:exports` that excludes the others.
fn exports_of(value: &str) -> Option<&'static str> {
    let known = |word: &str| ["code", "results", "both", "none"].into_iter().find(|e| word.eq_ignore_ascii_case(e));
    value.rsplit([' ', '\t']).find_map(known)
}

fn vars_of<'a>(arg: &Arg<'a>) -> Vec<Var<'a>> {
    if arg.key != "var" {
        return Vec::new();
    }
    let all = assignments(arg.value, arg.value_at).into_iter();
    all.filter_map(|a| match a {
        Assignment::Var(var) => Some(var),
        Assignment::Bad(..) => None,
    })
    .collect()
}

/// `:var`s by name.
#[derive(Default)]
struct Vars<'a> {
    list: Vec<Var<'a>>,
    at: HashMap<&'a str, usize>,
}

impl<'a> Vars<'a> {
    fn put(&mut self, var: Var<'a>) {
        let place = *self.at.entry(var.name).or_insert(self.list.len());
        match self.list.get_mut(place) {
            Some(old) => *old = var,
            None => self.list.push(var),
        }
    }
}

/// Names in a property with where they stand, separated by blanks or commas; each once.
pub fn names(value: &str, base: usize) -> Vec<(&str, usize)> {
    let mut seen = HashSet::default();
    let mut out = Vec::new();
    let mut at = 0;
    for word in value.split([' ', '\t', ',']) {
        if !word.is_empty() && seen.insert(word) {
            out.push((word, base + at));
        }
        at += word.len() + 1;
    }
    out
}
