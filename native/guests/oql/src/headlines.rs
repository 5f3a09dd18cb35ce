//! `parse_headlines`: the outline as data.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::digits::number_into;
use crate::hash::HashSet;
use crate::ids::Ids;
use crate::json;
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
    ided.map(|(heading, id)| Headline::of(heading, id, &tags.of_heading(heading))).collect()
}

/// The same as JSON, written without a [`Headline`] for each: of ten megabytes
/// of headings a guest's memory would not hold all of them twice, and most of the
/// time would go into texts that are there already.
pub fn headlines_json(org: &str) -> String {
    let headings = headings(org);
    let ids = Ids::of(headings.iter().map(|h| h.title));
    let mut tags = Tags::of(org);
    // The keys and punctuation of a heading are 160 bytes, its numbers and its id come to that.
    let size = headings.len().saturating_mul(212).saturating_add(org.len());
    let mut out = String::with_capacity(size.min(1 << 30));
    out.push('[');
    for (heading, id) in headings.iter().zip(ids.iter()) {
        if out.len() > 1 {
            out.push(',');
        }
        headline(heading, id, &tags.of_heading(heading), &mut out);
    }
    out.push(']');
    out
}

/// Writes one, its fields in the order that [`Headline`] has them.
fn headline(heading: &Heading, id: &str, all_tags: &[&str], out: &mut String) {
    out.push_str("{\"id\":");
    json::text(id, out);
    out.push_str(",\"level\":");
    number_into(out, heading.level);
    out.push_str(",\"title\":");
    json::text(heading.title, out);
    out.push_str(",\"todo\":");
    json::maybe(heading.todo, out);
    out.push_str(",\"priority\":");
    json::maybe(heading.priority, out);
    out.push_str(",\"tags\":");
    json::texts(&heading.tags, out);
    out.push_str(",\"all_tags\":");
    json::texts(all_tags, out);
    out.push_str(",\"properties\":{");
    for (i, (key, value)) in properties(heading).enumerate() {
        if i > 0 {
            out.push(',');
        }
        json::text(key, out);
        out.push(':');
        json::text(value, out);
    }
    out.push_str("},\"scheduled\":");
    json::maybe(heading.scheduled, out);
    out.push_str(",\"deadline\":");
    json::maybe(heading.deadline, out);
    out.push_str(",\"closed\":");
    json::maybe(heading.closed, out);
    out.push_str(",\"position\":{\"line\":");
    number_into(out, heading.line + 1);
    out.push_str(",\"start\":");
    number_into(out, heading.start);
    out.push_str(",\"end\":");
    number_into(out, heading.end);
    out.push_str("}}");
}

/// A heading's properties, the first of each key.
fn properties<'h>(heading: &'h Heading) -> impl Iterator<Item = (&'h str, &'h str)> {
    let mut seen = HashSet::default();
    let all = heading.properties.iter().map(|(key, value)| (*key, value.as_str()));
    all.filter(move |(key, _)| seen.insert(*key))
}

impl Headline {
    fn of(heading: &Heading, id: &str, all_tags: &[&str]) -> Self {
        let owned = |s: Option<&str>| s.map(str::to_string);
        let all = |tags: &[&str]| tags.iter().map(|t| t.to_string()).collect();
        let properties = properties(heading).map(|(key, value)| (key.to_string(), value.to_string()));
        Headline {
            id: id.to_string(),
            level: heading.level,
            title: heading.title.to_string(),
            todo: owned(heading.todo),
            priority: owned(heading.priority),
            tags: all(&heading.tags),
            all_tags: all(all_tags),
            properties: Properties(properties.collect()),
            scheduled: owned(heading.scheduled),
            deadline: owned(heading.deadline),
            closed: owned(heading.closed),
            position: Position { line: heading.line + 1, start: heading.start, end: heading.end },
        }
    }
}
