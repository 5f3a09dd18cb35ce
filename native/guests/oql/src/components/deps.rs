//! `:deps:`: names become components.

use std::collections::HashMap;

use super::{Model, names, property_offset};
use crate::ids::slug;
use crate::lint::Level;

impl<'d, 'a> Model<'d, 'a> {
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

    /// Fills each draft's `deps`.
    pub fn deps(&mut self) {
        let by_id = self.by_id();
        for at in 0..self.drafts.len() {
            let Some(heading) = self.drafts.get(at).map(|d| d.heading) else { continue };
            let Some(h) = self.heading(heading) else { continue };
            let mut deps = Vec::new();
            for name in names(h.property("deps").unwrap_or("")) {
                match by_id.get(&name).or_else(|| by_id.get(&slug(&name))) {
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
