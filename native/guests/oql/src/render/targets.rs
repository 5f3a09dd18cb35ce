//! What internal links may point at, and which element has which id.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::syntax::document::Document;
use crate::syntax::tree::walk;

/// Anchors by what a link may write; no id twice on a page.
#[derive(Default)]
pub struct Targets<'r> {
    /// `<<target>>`s and `#+NAME:`s: the id by what a link writes.
    named: HashMap<String, String>,
    /// Headings by title.
    titles: HashMap<String, usize>,
    /// Headings by `:ID:`.
    uuids: HashMap<String, usize>,
    /// Each heading's id on the page.
    headings: Vec<Cow<'r, str>>,
    /// Ids of headings and of the page's own parts.
    kept: HashSet<Cow<'r, str>>,
    /// Ids of targets and names that are not the ones they ask for.
    moved: HashMap<String, String>,
    /// Ids set aside for targets and names.
    given: HashSet<String>,
    /// Ids of targets and names that the page has by now.
    used: HashSet<String>,
    /// The page may have footnotes.
    notes: bool,
}

/// The id a target or name asks for.
pub fn anchor(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("-")
}

fn key(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
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

impl<'r> Targets<'r> {
    /// Those of a document, some of whose headings may be hidden; `contents`
    /// where the page has a table of them.
    pub fn of(doc: &'r Document, hidden: &[bool], contents: bool) -> Self {
        let mut targets = Targets { notes: doc.text.contains("[fn:"), ..Targets::default() };
        if targets.notes {
            targets.kept.extend(["footnotes", "text-footnotes"].map(Cow::from));
        }
        if contents {
            targets.kept.extend(["table-of-contents", "text-table-of-contents"].map(Cow::from));
        }
        targets.assign_headings(doc, hidden);
        for (i, heading) in doc.headings.iter().enumerate() {
            targets.titles.entry(key(heading.title)).or_insert(i);
            if let Some(uuid) = heading.property("ID") {
                targets.uuids.entry(uuid.to_string()).or_insert(i);
            }
        }
        for line in (0..doc.lines.count()).map(|i| doc.lines.get(i).of(doc.text)) {
            let mut rest = line;
            while let Some((_, behind)) = rest.split_once("<<") {
                let name = behind.trim_start_matches('<');
                let end = name.find(['<', '>']).unwrap_or(name.len());
                let name = name.get(..end).unwrap_or("");
                if behind.get(end..).is_some() && !name.is_empty() {
                    targets.assign_name(name);
                }
                rest = behind.get(end.max(1)..).unwrap_or("");
            }
        }
        for (_, section) in doc.all_sections() {
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
            let custom = heading.property("CUSTOM_ID").map(anchor).unwrap_or_default();
            if let Some(slot) = ids.get_mut(i)
                && !custom.is_empty()
                && !self.is_note(&custom)
                && self.kept.insert(custom.clone().into())
            {
                *slot = Some(custom.into());
            }
        }
        for (i, heading) in order() {
            if let Some(slot) = ids.get_mut(i)
                && slot.is_none()
            {
                let own = heading.id.as_str();
                let id = match self.kept.contains(own) {
                    true => Cow::from(free(own, |id| self.kept.contains(id))),
                    false => Cow::from(own),
                };
                self.kept.insert(id.clone());
                *slot = Some(id);
            }
        }
        self.headings = ids.into_iter().map(Option::unwrap_or_default).collect();
    }

    fn assign_name(&mut self, name: &str) {
        let key = key(name);
        if self.named.contains_key(&key) {
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
        self.named.insert(key, id.clone());
        if id != wanted {
            self.moved.insert(wanted, id);
        }
    }

    /// Whether a heading or one of the page's own parts has this id.
    fn is_kept(&self, id: &str) -> bool {
        let part = |prefix: &str| id.strip_prefix(prefix).is_some_and(|rest| self.kept.contains(rest));
        self.kept.contains(id) || part("text-") || part("outline-container-") || self.is_note(id)
    }

    fn is_note(&self, id: &str) -> bool {
        let number = id.strip_prefix("fn.").or_else(|| id.strip_prefix("fnr."));
        self.notes && number.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
    }

    /// The id for the element of this name; nothing where another one has it.
    pub fn claim(&mut self, name: &str) -> Option<String> {
        let wanted = anchor(name);
        let id = self.moved.get(&wanted).cloned().unwrap_or(wanted);
        (!id.is_empty() && !self.is_kept(&id) && self.used.insert(id.clone())).then_some(id)
    }

    /// The id of a heading's part; nothing where another heading has it.
    pub fn part(&self, prefix: &str, heading: usize) -> Option<String> {
        let id = format!("{prefix}{}", self.heading_id(heading));
        (!self.kept.contains(id.as_str())).then_some(id)
    }

    /// A heading's id: its `:CUSTOM_ID:`, else its own.
    pub fn heading_id(&self, heading: usize) -> &str {
        self.headings.get(heading).map_or("", Cow::as_ref)
    }

    /// The id that a fuzzy link leads to.
    pub fn find(&self, path: &str) -> Option<&str> {
        let heading = |title: &str| self.titles.get(&key(title)).map(|i| self.heading_id(*i));
        match path.strip_prefix('*') {
            Some(title) => heading(title),
            None => self.named.get(&key(path)).map(String::as_str).or_else(|| heading(path)),
        }
    }

    /// The heading with this `:ID:`.
    pub fn by_uuid(&self, uuid: &str) -> Option<usize> {
        self.uuids.get(uuid).copied()
    }
}
