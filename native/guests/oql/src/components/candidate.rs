//! A heading with blocks that may make a component.

use std::borrow::Cow;

use super::Model;
use super::wiring::Wiring;
use crate::header_args::{HeaderArgs, short};
use crate::issue::Code;
use crate::syntax::tree::{Element, Kind, Source, walk};

/// Languages that become WebAssembly.
const RUNNABLE: [&str; 6] = ["javascript", "c", "rust", "zig", "wat", "wasm"];

/// `js` is `javascript`; others lower-cased.
fn language(written: &str) -> Cow<'_, str> {
    if written.eq_ignore_ascii_case("js") {
        return Cow::Borrowed("javascript");
    }
    match written.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        true => Cow::Borrowed(written),
        false => Cow::Owned(written.to_lowercase()),
    }
}

/// A source block with its header arguments.
pub struct Block<'d, 'a> {
    /// The element.
    pub element: &'d Element<'a>,
    /// What it holds.
    pub source: &'d Source,
    /// Those in force for it.
    pub args: HeaderArgs<'a>,
}

/// A heading and those of its blocks that are one source.
pub struct Candidate<'d, 'a> {
    /// Index of the heading.
    pub heading: usize,
    /// Its wiring.
    pub wiring: Wiring<'a>,
    /// Its blocks of one language; where some of them may run, only those.
    pub blocks: Vec<Block<'d, 'a>>,
    /// That language, normalised.
    pub lang: Cow<'a, str>,
    /// It may run.
    pub eval: bool,
}

impl<'d, 'a> Model<'d, 'a> {
    /// The candidate at a heading; says what keeps it from being one.
    pub fn candidate(&mut self, index: usize) -> Option<Candidate<'d, 'a>> {
        let doc = self.doc;
        let heading = self.heading(index)?;
        // Of most headings neither is anything.
        if heading.properties.is_empty() && (!doc.met.source || doc.section_of(index).is_empty()) {
            return None;
        }
        let wiring = Wiring::read(doc, heading);
        let mut blocks: Vec<(&Element, &Source)> = Vec::new();
        walk(doc.section_of(index), &mut |element: &'d Element<'a>| {
            let result = element.meta.as_ref().is_some_and(|m| m.results);
            if let Kind::Source(source) = &element.kind
                && !result
            {
                blocks.push((element, source));
            }
        });
        let Some((first, source)) = blocks.first() else {
            if let Some(property) = wiring.first() {
                let message = format!("`{}` is wired but has no source block of its own", short(heading.title));
                self.note(Code::MissingBlock, index, property.offset, message);
            }
            return None;
        };
        let lang_of = |s: &Source| language(s.lang.of(doc.text));
        let known = blocks.iter().map(|(_, s)| lang_of(s)).find(|l| RUNNABLE.contains(&l.as_ref()));
        let lang = match known {
            Some(lang) => lang,
            None => {
                wiring.outs.as_ref()?;
                let lang = lang_of(source);
                let (message, at) = match lang.is_empty() {
                    true => (format!("the block of `{}` names no language", short(heading.title)), first.span.start),
                    false => (format!("`{}` is no language that becomes WebAssembly", short(&lang)), source.lang.start),
                };
                self.note(Code::UnknownLanguage, index, at, message);
                lang
            }
        };
        blocks.retain(|(_, s)| lang_of(s) == lang);
        let with_args = |(element, source)| {
            let args = HeaderArgs::of(doc, &self.scopes, Some(index), element, source);
            Block { element, source, args }
        };
        let mut blocks: Vec<Block> = blocks.into_iter().map(with_args).collect();
        if wiring.first().is_none() && !blocks.iter().any(|b| b.args.has_vars()) {
            return None;
        }
        let eval = blocks.iter().any(|b| b.args.eval());
        blocks.retain(|b| b.args.eval() == eval);
        Some(Candidate { heading: index, wiring, blocks, lang, eval })
    }
}
