//! What in the file has a `#+NAME:`.

use std::collections::hash_map::Entry;

use super::Model;
use crate::hash::HashMap;
use crate::header_args::short;
use crate::issue::{Code, Found};
use crate::syntax::tree::{Element, walk};

/// The first element of each name that is not commented out; says which names
/// stand there twice.
pub fn names<'d, 'a>(model: &mut Model<'d, 'a>) -> HashMap<&'d str, &'d Element<'a>> {
    let doc = model.doc;
    let mut names: HashMap<&str, &Element> = HashMap::default();
    if !doc.met.meta {
        return names;
    }
    let commented = doc.commented();
    for (heading, section) in doc.all_sections() {
        if heading.is_some_and(|h| commented.get(h) == Some(&true)) {
            continue;
        }
        walk(section, &mut |element: &'d Element<'a>| {
            let Some(name) = element.name() else { return };
            match names.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(element);
                }
                Entry::Occupied(first) if model.found.wants(Code::DuplicateName) => {
                    let line = doc.lines.number_at(first.get().span.start);
                    let message = format!("`{}` is already the name of what stands at line {line}", short(name));
                    let offset = element.meta.as_ref().map_or(element.span.start, |meta| meta.named.start);
                    model.found.push(Found::new(Code::DuplicateName, heading, offset, message));
                }
                Entry::Occupied(_) => {}
            }
        });
    }
    names
}
