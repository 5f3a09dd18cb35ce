//! `:deps:`: names become components.

use super::{Model, Name};
use crate::hash::{HashMap, HashSet};
use crate::header_args::short;
use crate::ids::slug;
use crate::issue::Code;

/// Components by heading id, and by full id.
#[derive(Default)]
pub struct ById<'d> {
    workbook: &'d str,
    components: HashMap<&'d str, usize>,
}

impl<'d> ById<'d> {
    /// Those of a document with this workbook id.
    pub fn of(model: &Model<'d, '_>, workbook: &'d str) -> Self {
        let drafts = model.drafts.iter().enumerate();
        let ids = drafts.map(|(i, draft)| (model.doc.ids().get(draft.heading), i));
        ById { workbook, components: ids.collect() }
    }

    /// The component of an id; heading ids are without a stroke.
    pub fn get(&self, name: &str) -> Option<usize> {
        let id = match name.split_once('/') {
            Some((workbook, id)) if workbook == self.workbook => id,
            Some(_) => return None,
            None => name,
        };
        self.components.get(id).copied()
    }
}

impl<'d, 'a> Model<'d, 'a> {
    /// Fills each draft's `deps` from what it names.
    pub fn deps(&mut self, by_id: &ById, named: Vec<Vec<Name>>) {
        // For each component the last one that named it.
        let mut seen = vec![None; self.drafts.len()];
        let mut headings: Option<HashSet<&str>> = None;
        for (at, names) in named.into_iter().enumerate() {
            if names.is_empty() {
                continue;
            }
            let Some(heading) = self.drafts.get(at).map(|d| d.heading) else { continue };
            let mut deps = Vec::new();
            for name in names {
                match by_id.get(&name.text).or_else(|| by_id.get(&slug(&name.text))) {
                    Some(dep) => {
                        if seen.get_mut(dep).is_some_and(|by| by.replace(at) != Some(at)) {
                            deps.push((dep, name.offset));
                        }
                    }
                    None => {
                        let doc = self.doc;
                        let headings = headings.get_or_insert_with(|| doc.ids().iter().collect());
                        let shown = short(&name.text);
                        let message = match headings.contains(name.text.as_ref()) {
                            true => format!("`:deps:` names `{shown}`, but that heading is no component"),
                            false => format!("`:deps:` names `{shown}`, but no component of this file has that id"),
                        };
                        self.note(Code::UnknownDep, heading, name.offset, message);
                    }
                }
            }
            if let Some(draft) = self.drafts.get_mut(at) {
                draft.deps = deps;
            }
        }
    }
}
