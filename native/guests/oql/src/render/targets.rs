//! What internal links may point at, and which element has which id.

use std::borrow::Cow;

use super::heading_ids::{HeadingIds, PREFIXES};
use super::names::{anchor, free, key, names, uncounted, words};
use super::options::Depth;
use super::outline::Outline;
use super::settings::Settings;
use super::texts::Texts;
use crate::digits::number_into;
use crate::hash::{HashMap, HashSet};
use crate::syntax::document::Document;
use crate::syntax::objects::Object;
use crate::syntax::tree::walk;

/// Anchors by what a link may write; no id twice on a page.
pub struct Targets<'r> {
    /// `<<target>>`s and `#+NAME:`s: the id by what a link writes.
    named: HashMap<Cow<'r, str>, Cow<'r, str>>,
    /// Radio targets by their text in small letters.
    radios: HashMap<String, Cow<'r, str>>,
    /// Headings by title.
    titles: HashMap<Cow<'r, str>, usize>,
    /// Headings by `:ID:`.
    uuids: HashMap<&'r str, usize>,
    headings: HeadingIds<'r>,
    /// Ids of targets and names that are not the ones they ask for.
    moved: HashMap<Cow<'r, str>, Cow<'r, str>>,
    /// Ids set aside for targets and names.
    given: HashSet<Cow<'r, str>>,
    /// Ids of targets and names that the page has by now.
    used: HashSet<String>,
    /// The page's own parts that it has by now, each with its next number.
    parts: HashMap<String, usize>,
    /// The page may have footnotes.
    notes: bool,
}

/// A footnote or a reference to one has this id.
fn is_note(id: &str) -> bool {
    let number = id.strip_prefix("fn.").or_else(|| id.strip_prefix("fnr."));
    number.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// A key as radio targets are looked up by.
fn folded(key: &str) -> String {
    match key.is_ascii() {
        true => key.to_ascii_lowercase(),
        false => key.to_lowercase(),
    }
}

impl<'r> Targets<'r> {
    /// Those of what a document shows.
    pub fn of<'a: 'r>(doc: &'r Document<'a>, settings: &'r Settings, outline: &Outline) -> Self {
        let notes = doc.holds.note;
        let mut chosen: HashSet<Cow<str>> = HashSet::default();
        if notes {
            chosen.extend(["footnotes", "text-footnotes"].map(Cow::from));
        }
        if settings.toc != Depth::Off || doc.keyword("TOC").next().is_some() {
            for list in ["table-of-contents", "list-of-tables", "list-of-listings"] {
                chosen.insert(list.into());
                chosen.insert(format!("text-{list}").into());
            }
        }
        let mut targets = Targets {
            named: HashMap::default(),
            radios: HashMap::default(),
            titles: HashMap::default(),
            uuids: HashMap::default(),
            headings: HeadingIds::of(doc, &outline.hidden, chosen, |id| notes && is_note(id)),
            moved: HashMap::default(),
            given: HashSet::default(),
            used: HashSet::default(),
            parts: HashMap::default(),
            notes,
        };
        let shown = || outline.shown.iter().filter_map(|s| Some((s.index, doc.headings.get(s.index)?)));
        for (i, heading) in shown() {
            if let Some(uuid) = heading.property("ID") {
                targets.uuids.entry(uuid).or_insert(i);
            }
        }
        if doc.holds.link {
            for (i, heading) in shown() {
                let title = match uncounted(heading.title) {
                    Cow::Borrowed(title) => key(title),
                    Cow::Owned(title) => Cow::Owned(key(&title).into_owned()),
                };
                targets.titles.entry(title).or_insert(i);
            }
        }
        let sections = || doc.all_sections().filter(|(h, _)| h.is_none_or(|h| outline.hidden.get(h) == Some(&false)));
        if doc.holds.target {
            let texts = Texts { doc, shown: Some(settings), needle: "<<", captions: true, notes: true };
            let mut found: Vec<Cow<'a, str>> = Vec::new();
            for (heading, section) in sections() {
                if let Some(heading) = heading.and_then(|h| doc.headings.get(h)) {
                    texts.text(&heading.text, &mut |objects| names(objects, &mut found));
                }
                texts.each(section, &mut |objects| names(objects, &mut found));
            }
            for name in found {
                let folded = folded(&key(&name));
                if let Some(id) = targets.assign_name(name) {
                    targets.radios.entry(folded).or_insert(id);
                }
            }
        }
        for (_, section) in sections().filter(|_| doc.met.meta) {
            walk(section, &mut |element| {
                if let Some(name) = element.name() {
                    targets.assign_name(Cow::Borrowed(name));
                }
            });
        }
        targets
    }

    /// Sets an id aside for the target or the element of this name, unless there is one.
    fn assign_name(&mut self, name: Cow<'r, str>) -> Option<Cow<'r, str>> {
        let (exact, wanted) = match name {
            Cow::Borrowed(name) => (key(name), anchor(name)),
            Cow::Owned(name) => (Cow::Owned(key(&name).into_owned()), Cow::Owned(anchor(&name).into_owned())),
        };
        if let Some(id) = self.named.get(&exact) {
            return Some(id.clone());
        }
        let taken = |id: &str| self.is_kept(id) || self.given.contains(id);
        let id = match self.moved.get(&wanted) {
            Some(id) => id.clone(),
            None if taken(&wanted) => Cow::Owned(free(&wanted, taken)),
            None => wanted.clone(),
        };
        self.given.insert(id.clone());
        self.named.insert(exact, id.clone());
        if id != wanted {
            self.moved.insert(wanted, id.clone());
        }
        Some(id)
    }

    /// Whether a heading, a footnote or one of the page's own parts has this id.
    fn is_kept(&self, id: &str) -> bool {
        let part = |prefix: &&str| id.strip_prefix(*prefix).is_some_and(|rest| self.headings.keeps(rest));
        self.headings.keeps(id) || PREFIXES.iter().any(part) || (self.notes && is_note(id))
    }

    /// The id for the element of this name; the second of a name gets a number.
    pub fn claim(&mut self, name: &str) -> Option<String> {
        let wanted = anchor(name);
        if wanted.is_empty() {
            return None;
        }
        let id = self.moved.get(&wanted).map_or_else(|| wanted.clone(), |id| Cow::Owned(id.to_string()));
        if self.used.contains(id.as_ref()) || self.is_kept(&id) {
            return Some(self.numbered(&id));
        }
        let id = id.into_owned();
        self.used.insert(id.clone());
        Some(id)
    }

    /// The id of one of the page's own parts; the second of its kind gets a number.
    pub fn part(&mut self, kind: &str) -> String {
        if self.parts.contains_key(kind) {
            return self.numbered(kind);
        }
        self.parts.insert(kind.to_string(), 2);
        kind.to_string()
    }

    fn numbered(&mut self, base: &str) -> String {
        let mut number = self.parts.get(base).copied().unwrap_or(2);
        let mut id = String::with_capacity(base.len() + 8);
        id.push_str(base);
        id.push('-');
        let digits = id.len();
        loop {
            number_into(&mut id, number);
            number += 1;
            if !self.is_kept(&id) && !self.given.contains(id.as_str()) && self.used.insert(id.clone()) {
                match self.parts.get_mut(base) {
                    Some(next) => *next = number,
                    None => drop(self.parts.insert(base.to_string(), number)),
                }
                return id;
            }
            id.truncate(digits);
        }
    }

    /// Whether the id of a heading's part is no other heading's.
    pub fn is_free(&self, prefix: &str, heading: usize) -> bool {
        self.headings.is_free(prefix, heading)
    }

    /// A heading's id on the page.
    pub fn heading_id(&self, heading: usize) -> &str {
        self.headings.get(heading)
    }

    /// The id that a fuzzy link leads to.
    pub fn find(&self, path: &str) -> Option<&str> {
        let heading = |title: &str| self.titled(title).map(|i| self.heading_id(i));
        match path.strip_prefix('*') {
            Some(title) => heading(title),
            None => self.named(path).or_else(|| heading(path)),
        }
    }

    /// The id of the target or the element of this name.
    pub fn named(&self, name: &str) -> Option<&str> {
        self.named.get(key(name).as_ref()).map(Cow::as_ref)
    }

    /// The id of the radio target that made this text a link.
    pub fn radio(&self, objects: &[Object]) -> Option<&str> {
        self.radios.get(&folded(&key(&words(objects)))).map(Cow::as_ref)
    }

    /// The heading with this title.
    pub fn titled(&self, title: &str) -> Option<usize> {
        self.titles.get(key(title).as_ref()).copied()
    }

    /// The heading with this id on the page.
    pub fn by_id(&self, id: &str) -> Option<usize> {
        self.headings.find(&anchor(id))
    }

    /// The heading with this `:ID:`.
    pub fn by_uuid(&self, uuid: &str) -> Option<usize> {
        self.uuids.get(uuid).copied()
    }
}
