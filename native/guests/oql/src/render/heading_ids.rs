//! Which heading has which id on the page.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::names::{anchor, free};
use crate::hash::{HashMap, HashSet};
use crate::ids::Ids;
use crate::syntax::document::Document;

/// Prefixes of the ids of a heading's parts.
pub const PREFIXES: [&str; 2] = ["outline-container-", "text-"];

/// Each heading's id; none twice.
pub struct HeadingIds<'r> {
    /// Those that titles give.
    titles: &'r Ids,
    /// Of some headings another one: what the author chose, or what was free.
    own: HashMap<usize, Cow<'r, str>>,
    /// Ids that authors chose for headings, and those of the page's own parts.
    chosen: HashSet<Cow<'r, str>>,
    /// Headings by their ids, once somebody asks.
    by_id: OnceCell<HashMap<Cow<'r, str>, usize>>,
    count: usize,
    /// Some heading has an id that a part of another one might have.
    prefixed: bool,
}

impl<'r> HeadingIds<'r> {
    /// An id that an author chose comes before one that a title gives, a shown
    /// heading before a hidden one; of two the first keeps it. The page's own
    /// parts have theirs before.
    pub fn of(
        doc: &'r Document,
        hidden: &[bool],
        parts: HashSet<Cow<'r, str>>,
        reserved: impl Fn(&str) -> bool,
    ) -> Self {
        let mut ids = HeadingIds {
            titles: doc.ids(),
            own: HashMap::default(),
            chosen: parts,
            by_id: OnceCell::new(),
            count: doc.headings.len(),
            prefixed: false,
        };
        let is_hidden = |i: usize| hidden.get(i) == Some(&true);
        let all = || doc.headings.iter().enumerate();
        let order = || all().filter(|(i, _)| !is_hidden(*i)).chain(all().filter(|(i, _)| is_hidden(*i)));
        for (i, heading) in order() {
            let Some(custom) = heading.property("CUSTOM_ID").map(anchor) else { continue };
            if !custom.is_empty() && !reserved(&custom) && ids.chosen.insert(custom.clone()) {
                ids.own.insert(i, custom);
            }
        }
        // Ids that titles give are unique among themselves.
        let is_taken = |i: &usize| !ids.own.contains_key(i) && ids.chosen.contains(ids.titles.get(*i));
        let taken: Vec<usize> = order().map(|(i, _)| i).filter(is_taken).collect();
        if !taken.is_empty() {
            let mut all: HashSet<Cow<str>> = ids.chosen.iter().cloned().chain(ids.all().map(|(_, id)| id)).collect();
            for i in taken {
                let id = Cow::from(free(ids.titles.get(i), |id| all.contains(id)));
                all.insert(id.clone());
                ids.own.insert(i, id);
            }
        }
        let prefixed = |id: &str| PREFIXES.iter().any(|prefix| id.starts_with(prefix));
        ids.prefixed = (0..ids.count).any(|i| prefixed(ids.get(i)));
        ids
    }

    /// A heading's id: its `:CUSTOM_ID:`, else its own.
    pub fn get(&self, heading: usize) -> &str {
        match self.own.get(&heading) {
            Some(own) => own,
            None => self.titles.get(heading),
        }
    }

    fn all(&self) -> impl Iterator<Item = (usize, Cow<'r, str>)> {
        let id = |i| self.own.get(&i).cloned().unwrap_or(Cow::Borrowed(self.titles.get(i)));
        (0..self.count).map(move |i| (i, id(i)))
    }

    /// The heading with this id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get_or_init(|| self.all().map(|(i, id)| (id, i)).collect()).get(id).copied()
    }

    /// Whether a heading or one of the page's own parts has this id.
    pub fn keeps(&self, id: &str) -> bool {
        self.chosen.contains(id) || self.find(id).is_some()
    }

    /// Whether the id of a heading's part is no other heading's.
    pub fn is_free(&self, prefix: &str, heading: usize) -> bool {
        !self.prefixed || !self.keeps(&format!("{prefix}{}", self.get(heading)))
    }
}
