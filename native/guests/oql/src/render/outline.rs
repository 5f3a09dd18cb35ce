//! Which headings a page shows, how deep and with which numbers.

use super::settings::{Archived, Settings, Tasks};
use crate::syntax::document::Document;
use crate::syntax::headings::Heading;

/// Numbers have no more parts than this.
const PARTS: usize = 19;

/// Headings that are shown.
#[derive(Default)]
pub struct Outline {
    /// In document order.
    pub shown: Vec<Shown>,
    /// For each heading of the document whether it is left out.
    pub hidden: Vec<bool>,
    /// For each heading whether it is left out for nothing but that it stands
    /// in a section of footnotes, whose references count.
    pub notes: Vec<bool>,
    /// What stands before the first heading is left out.
    pub headless: bool,
    parts: Vec<usize>,
}

/// A heading as it will be shown.
#[derive(Clone, Copy)]
pub struct Shown {
    /// Its index in the document.
    pub index: usize,
    /// Level counted from the shallowest one.
    pub level: usize,
    /// It has a number (or, deeper than those that have, is an ordered item).
    pub numbered: bool,
    /// Tables of contents name it.
    pub listed: bool,
    /// Shown without anything below it.
    pub bare: bool,
    /// Its number among the parts: first, one past the last.
    number: (usize, usize),
}

impl Outline {
    /// That of a document under these settings.
    pub fn of(doc: &Document, settings: &Settings) -> Self {
        let selected = selected(doc, settings);
        let (hidden, notes) = hidden(doc, settings, selected.as_deref());
        let mut outline = Outline { hidden, notes, headless: selected.is_some(), ..Outline::default() };
        let visible = || doc.headings.iter().enumerate().filter(|(i, _)| outline.hidden.get(*i) == Some(&false));
        let base = visible().filter(|(_, h)| h.parent.is_none()).map(|(_, h)| h.level).min().unwrap_or(1);
        let mut unnumbered: Vec<Option<&str>> = Vec::with_capacity(doc.headings.len());
        for heading in &doc.headings {
            let above = || heading.parent.and_then(|p| unnumbered.get(p).copied().flatten());
            unnumbered.push(heading.property("UNNUMBERED").or_else(above));
        }
        let mut counters: Vec<usize> = Vec::new();
        let mut parts = Vec::new();
        let mut shown = Vec::new();
        for (index, heading) in visible() {
            let level = (heading.level + 1).saturating_sub(base).max(1);
            let said = unnumbered.get(index).copied().flatten().filter(|v| !v.is_empty() && *v != "nil");
            let numbered = said.is_none() && settings.num.covers(level);
            let mut number = (parts.len(), parts.len());
            if numbered {
                counters.resize(level.min(PARTS), 0);
                if level <= PARTS
                    && let Some(last) = counters.last_mut()
                {
                    *last += 1;
                }
                parts.extend_from_slice(&counters);
                number.1 = parts.len();
            }
            let bare = is_archived(heading) && settings.archived == Archived::Headline;
            shown.push(Shown { index, level, numbered, listed: said != Some("notoc"), bare, number });
        }
        outline.parts = parts;
        outline.shown = shown;
        outline
    }

    /// The parts of a heading's number.
    pub fn number(&self, shown: &Shown) -> &[usize] {
        self.parts.get(shown.number.0..shown.number.1).unwrap_or(&[])
    }

    /// The parts of the number of the heading with this index in the document.
    pub fn number_of(&self, index: usize) -> &[usize] {
        let at = self.shown.binary_search_by_key(&index, |s| s.index).ok();
        at.and_then(|i| self.shown.get(i)).map_or(&[], |shown| self.number(shown))
    }

    /// The level of a heading of the document.
    pub fn level(&self, index: usize) -> usize {
        let at = self.shown.binary_search_by_key(&index, |s| s.index).ok();
        at.and_then(|at| self.shown.get(at)).map_or(0, |s| s.level)
    }

    /// Where the headings below this one of the document stand among those shown.
    pub fn below(&self, doc: &Document, index: usize) -> std::ops::Range<usize> {
        let end = doc.headings.get(index).map_or(0, |h| h.end);
        let from = self.shown.partition_point(|s| s.index <= index);
        let to = self.shown.partition_point(|s| doc.headings.get(s.index).is_some_and(|h| h.start < end));
        from..to.max(from)
    }

    /// Whether the one behind this one of those shown stands below it.
    pub fn has_below(&self, doc: &Document, at: usize) -> bool {
        let heading = |at: usize| doc.headings.get(self.shown.get(at)?.index);
        heading(at).zip(heading(at + 1)).is_some_and(|(this, next)| next.start < this.end)
    }
}

fn is_archived(heading: &Heading) -> bool {
    heading.tags.contains(&"ARCHIVE")
}

/// Whether this heading or inline task is left out, whatever stands above it.
pub fn left_out(heading: &Heading, settings: &Settings) -> bool {
    heading.commented
        || heading.tags.iter().any(|t| settings.exclude.contains(*t))
        || (!settings.filetags.is_empty() && !settings.filetags.is_disjoint(&settings.exclude))
        || (settings.archived == Archived::None && is_archived(heading))
        || heading.todo.is_some_and(|todo| match &settings.tasks {
            Tasks::None => true,
            Tasks::All => false,
            Tasks::Todo => heading.done,
            Tasks::Done => !heading.done,
            Tasks::Only(states) => !states.contains(todo),
        })
}

/// For each heading whether it is left out, and whether it is only for a
/// section of footnotes: definitions stand at the page's end.
fn hidden(doc: &Document, settings: &Settings, selected: Option<&[bool]>) -> (Vec<bool>, Vec<bool>) {
    let mut hidden: Vec<bool> = Vec::with_capacity(doc.headings.len());
    let mut notes: Vec<bool> = Vec::with_capacity(doc.headings.len());
    for (i, heading) in doc.headings.iter().enumerate() {
        let closed = heading.parent.is_some_and(|p| {
            let archived = settings.archived == Archived::Headline && doc.headings.get(p).is_some_and(is_archived);
            archived || (hidden.get(p) == Some(&true) && notes.get(p) != Some(&true))
        });
        let unselected = selected.is_some_and(|s| s.get(i) != Some(&true));
        let out = closed || unselected || left_out(heading, settings);
        let note = heading.title == "Footnotes" || heading.parent.is_some_and(|p| notes.get(p) == Some(&true));
        hidden.push(out || note);
        notes.push(note && !out);
    }
    (hidden, notes)
}

/// Where a heading has a select tag: for each heading whether it has one, or
/// one above or below it.
fn selected(doc: &Document, settings: &Settings) -> Option<Vec<bool>> {
    let is_selected = |tag: &str| settings.select.contains(tag);
    if !settings.filetags.is_disjoint(&settings.select) {
        return None;
    }
    if !doc.headings.iter().any(|h| h.tags.iter().any(|t| is_selected(t))) {
        return None;
    }
    let commented = doc.commented();
    let own = doc.headings.iter().zip(&commented).map(|(h, c)| !c && h.tags.iter().any(|t| is_selected(t)));
    let mut tree: Vec<bool> = own.collect();
    tree.iter().any(|s| *s).then_some(())?;
    let mut out = tree.clone();
    for (i, heading) in doc.headings.iter().enumerate().rev() {
        if out.get(i) == Some(&true)
            && let Some(above) = heading.parent.and_then(|p| out.get_mut(p))
        {
            *above = true;
        }
    }
    for (i, heading) in doc.headings.iter().enumerate() {
        if heading.parent.is_some_and(|p| tree.get(p) == Some(&true)) {
            for list in [&mut tree, &mut out] {
                if let Some(slot) = list.get_mut(i) {
                    *slot = true;
                }
            }
        }
    }
    Some(out)
}
