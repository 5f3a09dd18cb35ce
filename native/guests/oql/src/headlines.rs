//! `parse_headlines`: the outline as data.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::plan::Position;
use crate::syntax::headings::headings;
use crate::syntax::lines::Lines;

/// One heading.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Headline {
    /// Its id: the title as a slug, unique in the file.
    pub id: String,
    /// How many stars it has.
    pub level: usize,
    /// The title without state, priority and tags.
    pub title: String,
    /// `TODO`, `DONE` or what `#+TODO:` names.
    pub todo: Option<String>,
    /// `A` of `[#A]`.
    pub priority: Option<String>,
    /// Its own tags.
    pub tags: Vec<String>,
    /// Its property drawer.
    pub properties: Properties,
    /// The raw timestamp behind `SCHEDULED:`.
    pub scheduled: Option<String>,
    /// The raw timestamp behind `DEADLINE:`.
    pub deadline: Option<String>,
    /// The raw timestamp behind `CLOSED:`.
    pub closed: Option<String>,
    /// Where it and its subtree stand.
    pub position: Position,
}

/// A property drawer: an object whose keys stand in the document's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties(pub Vec<(String, String)>);

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Every heading of the document, in order.
pub fn parse_headlines(org: &str) -> Vec<Headline> {
    let lines = Lines::new(org);
    headings(org, &lines)
        .into_iter()
        .map(|h| {
            let owned = |s: Option<&str>| s.map(str::to_string);
            let mut seen = std::collections::HashSet::new();
            let mut properties = Vec::new();
            for (key, value) in &h.properties {
                if seen.insert(*key) {
                    properties.push((key.to_string(), value.clone()));
                }
            }
            Headline {
                level: h.level,
                title: h.title.to_string(),
                todo: owned(h.todo),
                priority: owned(h.priority),
                tags: h.tags.iter().map(|t| t.to_string()).collect(),
                properties: Properties(properties),
                scheduled: owned(h.scheduled),
                deadline: owned(h.deadline),
                closed: owned(h.closed),
                position: Position { line: h.line + 1, start: h.start, end: h.end },
                id: h.id,
            }
        })
        .collect()
}
