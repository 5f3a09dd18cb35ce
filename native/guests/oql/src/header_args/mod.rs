//! Org Babel's header arguments: `:exports both :var x=5`, those that a block
//! inherits included.

mod check;
mod scopes;
mod split;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

pub use check::{complaint, short};
pub use scopes::Scopes;
pub use split::{Assignment, assignments, parse};

use crate::syntax::document::Document;
use crate::syntax::tree::{Element, Source};
use scopes::Level;

/// One `:key value`, with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arg<'a> {
    /// Without its colon, lower-cased.
    pub key: Cow<'a, str>,
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
        let mut own = Vec::new();
        parse(source.args.of(doc.text), source.args.start, &mut own);
        for span in element.meta.iter().flat_map(|m| m.headers.iter().rev()) {
            parse(span.of(doc.text), span.start, &mut own);
        }
        HeaderArgs { inherited, own }
    }

    /// Those in force for code inside a text, with what stands in its brackets.
    pub fn inline<'d: 'a>(scopes: &Scopes<'d>, heading: Option<usize>, lang: &str, written: &'a str) -> Self {
        let inherited = [scopes.general(heading), scopes.language(heading, lang)];
        let mut own = Vec::new();
        parse(written, 0, &mut own);
        HeaderArgs { inherited, own }
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
        let own = self.own.iter().map(|a| &a.key);
        own.chain(self.levels().flat_map(|level| level.args.keys())).map(AsRef::as_ref).collect()
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

    /// Calls `put` with every `:var` in the order of the document, inherited ones
    /// first: of those with one name the first has the place, and the last counts.
    pub fn each_var(&self, inherited: bool, mut put: impl FnMut(Var<'a>)) {
        let levels: Vec<&Level> = self.levels().filter(|_| inherited).collect();
        levels.into_iter().rev().flat_map(|level| &level.vars).for_each(|var| put(*var));
        let mut own = Vec::new();
        self.own.iter().for_each(|arg| vars_of(arg, |var| own.push(var)));
        // `#+HEADER:` lines stand before what is weaker.
        if !own.is_sorted_by_key(|var| var.offset) {
            let mut places = own.clone();
            places.sort_by_key(|var| var.offset);
            places.into_iter().for_each(&mut put);
        }
        own.into_iter().for_each(put);
    }

    /// It has a `:var`, its own or an inherited one.
    pub fn has_vars(&self) -> bool {
        let mut any = self.levels().any(|level| !level.vars.is_empty());
        for arg in &self.own {
            if any {
                break;
            }
            vars_of(arg, |_| any = true);
        }
        any
    }
}

/// The block's own arguments as they stand, for checking.
pub fn own<'a>(doc: &Document<'a>, element: &Element, source: &Source) -> Vec<Arg<'a>> {
    let mut all = Vec::new();
    for span in element.meta.iter().flat_map(|m| &m.headers) {
        parse(span.of(doc.text), span.start, &mut all);
    }
    parse(source.args.of(doc.text), source.args.start, &mut all);
    all
}

/// The last word of an `:exports` that excludes the others.
fn exports_of(value: &str) -> Option<&'static str> {
    let known = |word: &str| ["code", "results", "both", "none"].into_iter().find(|e| word.eq_ignore_ascii_case(e));
    value.rsplit([' ', '\t']).find_map(known)
}

fn vars_of<'a>(arg: &Arg<'a>, mut each: impl FnMut(Var<'a>)) {
    if arg.key != "var" {
        return;
    }
    assignments(arg.value, arg.value_at, |assignment| {
        if let Assignment::Var(var) = assignment {
            each(var);
        }
    });
}

/// Names in a property with where they stand, separated by blanks or commas.
pub fn names(value: &str, base: usize) -> impl Iterator<Item = (&str, usize)> {
    let mut next = base;
    let words = value.split([' ', '\t', ',']).map(move |word| {
        let at = next;
        next += word.len() + 1;
        (word, at)
    });
    words.filter(|(word, _)| !word.is_empty())
}
