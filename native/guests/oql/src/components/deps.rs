//! `:deps:`: names become components.

use super::{Model, Name};
use crate::hash::{HashMap, HashSet};
use crate::header_args::short;
use crate::ids::slug;
use crate::issue::Code;

impl<'d, 'a> Model<'d, 'a> {
    /// Component index by full id and by heading id.
    pub fn by_id(&self) -> HashMap<String, usize> {
        let mut map = HashMap::default();
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

    /// Fills each draft's `deps` from what it names.
    pub fn deps(&mut self, by_id: &HashMap<String, usize>, named: Vec<Vec<Name>>) {
        let mut headings: Option<HashSet<&str>> = None;
        for (at, names) in named.into_iter().enumerate() {
            if names.is_empty() {
                continue;
            }
            let Some(heading) = self.drafts.get(at).map(|d| d.heading) else { continue };
            let mut seen = HashSet::default();
            let mut deps = Vec::new();
            for name in names {
                match by_id.get(&name.text).or_else(|| by_id.get(&slug(&name.text))) {
                    Some(dep) => {
                        if seen.insert(*dep) {
                            deps.push((*dep, name.offset));
                        }
                    }
                    None => {
                        let doc = self.doc;
                        let headings = headings.get_or_insert_with(|| doc.ids().iter().collect());
                        let shown = short(&name.text);
                        let message = match headings.contains(name.text.as_str()) {
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
