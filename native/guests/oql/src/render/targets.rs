//! What internal links may point at, and which element has which id.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::options::Depth;
use super::outline::Outline;
use super::settings::Settings;
use super::texts::{Texts, inside};
use crate::hash::{HashMap, HashSet};
use crate::syntax::document::Document;
use crate::syntax::objects::{Object, ObjectKind};
use crate::syntax::tree::walk;

/// Prefixes of the ids of a heading's parts.
const PREFIXES: [&str; 2] = ["outline-container-", "text-"];

/// Anchors by what a link may write; no id twice on a page.
#[derive(Default)]
pub struct Targets<'r> {
    /// `<<target>>`s and `#+NAME:`s: the id by what a link writes.
    named: HashMap<String, String>,
    /// Radio targets by their text in small letters.
    radios: HashMap<String, String>,
    /// Headings by title.
    titles: HashMap<String, usize>,
    /// Headings by `:ID:`.
    uuids: HashMap<&'r str, usize>,
    /// Each heading's id on the page.
    headings: Vec<Cow<'r, str>>,
    /// Ids that authors chose for headings, and those of the page's own parts.
    chosen: HashSet<Cow<'r, str>>,
    /// Those and the ids that titles give, once somebody asks.
    kept: OnceCell<HashSet<Cow<'r, str>>>,
    /// Some heading has an id that a part of another one might have.
    prefixed: bool,
    /// Ids of targets and names that are not the ones they ask for.
    moved: HashMap<String, String>,
    /// Ids set aside for targets and names.
    given: HashSet<String>,
    /// Ids of targets and names that the page has by now.
    used: HashSet<String>,
    /// The page's own parts that it has by now, each with its next number.
    parts: HashMap<String, usize>,
    /// The page may have footnotes.
    notes: bool,
    /// Headings by their ids, once somebody asks.
    by_id: Option<HashMap<String, usize>>,
}

/// The id a target or name asks for.
pub fn anchor(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("-")
}

/// A text as links write it: blanks do not matter.
fn key(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A title without its statistics cookies, which change.
fn uncounted(title: &str) -> Cow<'_, str> {
    if !title.contains('[') {
        return Cow::Borrowed(title);
    }
    let mut out = String::with_capacity(title.len());
    let mut rest = title;
    while let Some((before, behind)) = rest.split_once('[') {
        out.push_str(before);
        let len = behind.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'/' | b'%')).count();
        let inner = behind.get(..len).unwrap_or("");
        let counts = inner.strip_suffix('%').unwrap_or(inner);
        let parts = counts.split('/').count();
        let cookie = behind.get(len..).is_some_and(|r| r.starts_with(']'))
            && !counts.contains('%')
            && parts == if counts.len() < inner.len() { 1 } else { 2 };
        out.push(if cookie { ' ' } else { '[' });
        rest = if cookie { behind.get(len + 1..).unwrap_or("") } else { behind };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The first of `base-2`, `base-3`, … that is not taken.
fn free(base: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut number = 2usize;
    loop {
        let id = format!("{base}-{number}");
        if !taken(&id) {
            return id;
        }
        number += 1;
    }
}

/// The plain words among these objects.
pub fn words(objects: &[Object]) -> String {
    let mut out = String::new();
    for object in objects {
        match &object.kind {
            ObjectKind::Text(text) => out.push_str(text),
            _ => out.push_str(&words(inside(object))),
        }
    }
    out
}

/// The names of targets among these objects, however deep.
pub fn names(objects: &[Object], out: &mut Vec<String>) {
    for object in objects {
        match &object.kind {
            ObjectKind::Target(name) => out.push(name.to_string()),
            ObjectKind::Radio(inner) => out.push(words(inner)),
            _ => {}
        }
        names(inside(object), out);
    }
}

impl<'r> Targets<'r> {
    /// Those of what a document shows.
    pub fn of<'a>(doc: &'r Document<'a>, settings: &'r Settings, outline: &Outline) -> Self {
        let mut targets = Targets { notes: doc.holds.note, ..Targets::default() };
        if targets.notes {
            targets.chosen.extend(["footnotes", "text-footnotes"].map(Cow::from));
        }
        if settings.toc != Depth::Off || doc.keyword("TOC").next().is_some() {
            for list in ["table-of-contents", "list-of-tables", "list-of-listings"] {
                targets.chosen.insert(list.into());
                targets.chosen.insert(format!("text-{list}").into());
            }
        }
        targets.assign_headings(doc, &outline.hidden);
        let shown = || outline.shown.iter().filter_map(|s| Some((s.index, doc.headings.get(s.index)?)));
        for (i, heading) in shown() {
            if let Some(uuid) = heading.property("ID") {
                targets.uuids.entry(uuid).or_insert(i);
            }
        }
        if doc.holds.link {
            for (i, heading) in shown() {
                targets.titles.entry(key(&uncounted(heading.title))).or_insert(i);
            }
        }
        let sections = || doc.all_sections().filter(|(h, _)| h.is_none_or(|h| outline.hidden.get(h) == Some(&false)));
        if doc.holds.target {
            let texts = Texts { doc, shown: Some(settings), needle: "<<", captions: true, notes: true };
            let mut found = Vec::new();
            for (heading, section) in sections() {
                if let Some(heading) = heading.and_then(|h| doc.headings.get(h)) {
                    texts.text(&heading.text, &mut |objects| names(objects, &mut found));
                }
                texts.each(section, &mut |objects| names(objects, &mut found));
            }
            for name in found {
                targets.assign_name(&name);
                if let Some(id) = targets.named.get(&key(&name)) {
                    targets.radios.entry(key(&name).to_lowercase()).or_insert_with(|| id.clone());
                }
            }
        }
        for (_, section) in sections() {
            walk(section, &mut |element| {
                if let Some(name) = element.name() {
                    targets.assign_name(name);
                }
            });
        }
        targets
    }

    /// An id that an author chose comes before one that a title gives, a shown
    /// heading before a hidden one; of two the first keeps it.
    fn assign_headings(&mut self, doc: &'r Document, hidden: &[bool]) {
        let is_hidden = |i: usize| hidden.get(i) == Some(&true);
        let all = || doc.headings.iter().enumerate();
        let order = || all().filter(|(i, _)| !is_hidden(*i)).chain(all().filter(|(i, _)| is_hidden(*i)));
        let mut ids: Vec<Option<Cow<'r, str>>> = vec![None; doc.headings.len()];
        for (i, heading) in order() {
            let Some(custom) = heading.property("CUSTOM_ID").map(anchor) else { continue };
            if let Some(slot) = ids.get_mut(i)
                && !custom.is_empty()
                && !self.is_note(&custom)
                && self.chosen.insert(custom.clone().into())
            {
                *slot = Some(custom.into());
            }
        }
        // Ids that titles give are unique among themselves.
        let mut moved: Vec<(usize, &str)> = Vec::new();
        for (i, heading) in order() {
            let own = heading.id.as_str();
            let Some(slot) = ids.get_mut(i).filter(|slot| slot.is_none()) else { continue };
            if self.chosen.contains(own) {
                moved.push((i, own));
            }
            *slot = Some(Cow::from(own));
        }
        let mut headings: Vec<Cow<'r, str>> = ids.into_iter().map(Option::unwrap_or_default).collect();
        if !moved.is_empty() {
            let mut taken: HashSet<Cow<'r, str>> = self.chosen.iter().chain(&headings).cloned().collect();
            for (i, own) in moved {
                let id = Cow::from(free(own, |id| taken.contains(id)));
                taken.insert(id.clone());
                if let Some(slot) = headings.get_mut(i) {
                    *slot = id;
                }
            }
        }
        self.headings = headings;
        self.prefixed = self.headings.iter().any(|id| PREFIXES.iter().any(|p| id.starts_with(p)));
    }

    fn keeps(&self, id: &str) -> bool {
        let all = || self.chosen.iter().chain(&self.headings).cloned().collect::<HashSet<_>>();
        self.kept.get_or_init(all).contains(id)
    }

    fn assign_name(&mut self, name: &str) {
        let exact = key(name);
        if self.named.contains_key(&exact) {
            return;
        }
        let wanted = anchor(name);
        let taken = |id: &str| self.is_kept(id) || self.given.contains(id);
        let id = match self.moved.get(&wanted) {
            Some(id) => id.clone(),
            None if taken(&wanted) => free(&wanted, taken),
            None => wanted.clone(),
        };
        self.given.insert(id.clone());
        self.named.insert(exact, id.clone());
        if id != wanted {
            self.moved.insert(wanted, id);
        }
    }

    /// Whether a heading or one of the page's own parts has this id.
    fn is_kept(&self, id: &str) -> bool {
        let part = |prefix: &&str| id.strip_prefix(*prefix).is_some_and(|rest| self.keeps(rest));
        self.keeps(id) || PREFIXES.iter().any(part) || self.is_note(id)
    }

    fn is_note(&self, id: &str) -> bool {
        let number = id.strip_prefix("fn.").or_else(|| id.strip_prefix("fnr."));
        self.notes && number.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
    }

    /// The id for the element of this name; the second of a name gets a number.
    pub fn claim(&mut self, name: &str) -> Option<String> {
        let wanted = anchor(name);
        if wanted.is_empty() {
            return None;
        }
        let id = self.moved.get(&wanted).cloned().unwrap_or(wanted);
        let free = !self.is_kept(&id) && self.used.insert(id.clone());
        Some(if free { id } else { self.numbered(&id) })
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
        loop {
            let id = format!("{base}-{number}");
            number += 1;
            if !self.is_kept(&id) && !self.given.contains(&id) && self.used.insert(id.clone()) {
                self.parts.insert(base.to_string(), number);
                return id;
            }
        }
    }

    /// Whether the id of a heading's part is no other heading's.
    pub fn is_free(&self, prefix: &str, heading: usize) -> bool {
        !self.prefixed || !self.keeps(&format!("{prefix}{}", self.heading_id(heading)))
    }

    /// A heading's id: its `:CUSTOM_ID:`, else its own.
    pub fn heading_id(&self, heading: usize) -> &str {
        self.headings.get(heading).map_or("", Cow::as_ref)
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
        self.named.get(&key(name)).map(String::as_str)
    }

    /// The id of the radio target that made this text a link.
    pub fn radio(&self, objects: &[Object]) -> Option<&str> {
        self.radios.get(&key(&words(objects)).to_lowercase()).map(String::as_str)
    }

    /// The heading with this title.
    pub fn titled(&self, title: &str) -> Option<usize> {
        self.titles.get(&key(title)).copied()
    }

    /// The heading with this id on the page.
    pub fn by_id(&mut self, id: &str) -> Option<usize> {
        let headings = &self.headings;
        let by_id = self.by_id.get_or_insert_with(|| {
            let ids = headings.iter().enumerate().map(|(i, id)| (id.to_string(), i));
            ids.collect()
        });
        by_id.get(&anchor(id)).copied()
    }

    /// The heading with this `:ID:`.
    pub fn by_uuid(&self, uuid: &str) -> Option<usize> {
        self.uuids.get(uuid).copied()
    }
}
