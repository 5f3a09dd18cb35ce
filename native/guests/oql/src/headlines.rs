//! `parse_headlines`: the outline as data.

use std::cell::RefCell;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::hash::HashSet;
use crate::ids::Ids;
use crate::position::Position;
use crate::syntax::document::headings;
use crate::syntax::headings::Heading;
use crate::tags::Tags;

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
    /// The file's tags, those of the headings above it and its own, each once.
    pub all_tags: Vec<String>,
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
    let mut tags = Tags::of(org);
    let headings = headings(org);
    let ids = Ids::of(headings.iter().map(|h| h.title));
    let ided = headings.iter().zip(ids.iter());
    ided.map(|(heading, id)| Headline::of(heading, id, tags.of_heading(heading))).collect()
}

/// The same as JSON. One heading at a time becomes a [`Headline`]: of ten
/// megabytes of headings a guest's memory would not hold all of them twice.
pub fn headlines_json(org: &str) -> String {
    let headings = headings(org);
    let ids = Ids::of(headings.iter().map(|h| h.title));
    let outline = Outline { headings, ids, tags: RefCell::new(Tags::of(org)) };
    // The keys and punctuation of a heading are 160 bytes, its numbers and its id come to that.
    let size = outline.headings.len().saturating_mul(212).saturating_add(org.len());
    let mut out = Vec::with_capacity(size.min(1 << 30));
    match serde_json::to_writer(&mut out, &outline) {
        Ok(()) => String::from_utf8(out).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

struct Outline<'a> {
    headings: Vec<Heading<'a>>,
    ids: Ids,
    tags: RefCell<Tags<'a>>,
}

impl Serialize for Outline<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let headlines = self.headings.iter().zip(self.ids.iter());
        let headlines = headlines.map(|(h, id)| Headline::of(h, id, self.tags.borrow_mut().of_heading(h)));
        serializer.collect_seq(headlines)
    }
}

impl Headline {
    fn of(heading: &Heading, id: &str, all_tags: Vec<String>) -> Self {
        let owned = |s: Option<&str>| s.map(str::to_string);
        let mut seen = HashSet::default();
        let properties = heading.properties.iter().filter(|(key, _)| seen.insert(*key));
        Headline {
            id: id.to_string(),
            level: heading.level,
            title: heading.title.to_string(),
            todo: owned(heading.todo),
            priority: owned(heading.priority),
            tags: heading.tags.iter().map(|t| t.to_string()).collect(),
            all_tags,
            properties: Properties(properties.map(|(key, value)| (key.to_string(), value.clone())).collect()),
            scheduled: owned(heading.scheduled),
            deadline: owned(heading.deadline),
            closed: owned(heading.closed),
            position: Position { line: heading.line + 1, start: heading.start, end: heading.end },
        }
    }
}
