//! A heading with blocks that may make a component.

use super::{Model, property_offset};
use crate::header_args::HeaderArgs;
use crate::lint::Level;
use crate::syntax::tree::{Element, Kind, Source, walk};

/// Languages that become WebAssembly.
const RUNNABLE: [&str; 5] = ["javascript", "c", "rust", "zig", "wat"];

/// `js` is `javascript`; others lower-cased.
fn language(written: &str) -> String {
    let lower = written.to_lowercase();
    if lower == "js" { "javascript".into() } else { lower }
}

/// A heading and those of its blocks that are one source.
pub struct Candidate<'d, 'a> {
    /// Index of the heading.
    pub heading: usize,
    /// Its blocks of one language.
    pub blocks: Vec<(&'d Element<'a>, &'d Source)>,
    /// That language, normalised.
    pub lang: String,
}

impl<'d, 'a> Model<'d, 'a> {
    /// The candidate at a heading; says what keeps it from being one.
    pub fn candidate(&mut self, index: usize) -> Option<Candidate<'d, 'a>> {
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
}
