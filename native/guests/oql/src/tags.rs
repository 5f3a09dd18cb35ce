//! The tags that a heading has from above it.

use crate::hash::HashSet;
use crate::syntax::document::Document;
use crate::syntax::headings::Heading;
use crate::syntax::index::strip_prefix_no_case;
use crate::syntax::lines::holds;

/// Tags of the file and of the headings around the one at hand, asked for in
/// the document's order.
pub struct Tags<'a> {
    file: Vec<&'a str>,
    /// Where each of them ends, and its tags.
    open: Vec<(usize, Vec<&'a str>)>,
    /// What all of these take.
    above: usize,
    /// How much of what stands once may still be repeated.
    budget: usize,
}

impl<'a> Tags<'a> {
    /// Those of a document.
    pub fn of(org: &'a str) -> Self {
        // Only a keyword counts, not a line of a block that looks like one; few
        // documents need that look.
        let named = |l: &str| strip_prefix_no_case(l.trim_start(), "#+filetags:").is_some();
        let any = holds(org, "#+") && org.lines().any(named);
        let file = if any { file_tags(&Document::read(org)) } else { Vec::new() };
        Tags { above: cost(&file), file, open: Vec::new(), budget: org.len().saturating_mul(4) + (1 << 20) }
    }

    /// All tags of the next heading, each once: the file's, then those from the
    /// outermost heading inwards. A document that repeats megabytes of tags
    /// again and again gets the heading's own from some heading on.
    pub fn of_heading(&mut self, heading: &Heading<'a>) -> Vec<&'a str> {
        while let Some((_, tags)) = self.open.pop_if(|(end, _)| *end <= heading.start) {
            self.above -= cost(&tags);
        }
        let left = self.budget.checked_sub(self.above);
        self.budget = left.unwrap_or(self.budget);
        let open = if left.is_some() { self.open.as_slice() } else { &[] };
        let file = if left.is_some() { self.file.as_slice() } else { &[] };
        if heading.tags.is_empty() && open.is_empty() && file.is_empty() {
            return Vec::new();
        }
        let mut seen = HashSet::default();
        let all = file.iter().chain(open.iter().flat_map(|(_, tags)| tags)).chain(&heading.tags);
        let all = all.copied().filter(|tag| seen.insert(*tag)).collect();
        if !heading.tags.is_empty() {
            self.above += cost(&heading.tags);
            self.open.push((heading.end, heading.tags.clone()));
        }
        all
    }
}

/// What tags take in an answer.
fn cost(tags: &[&str]) -> usize {
    tags.iter().map(|tag| tag.len() + 8).sum()
}

/// `#+FILETAGS: :a:b:`
fn file_tags<'a>(doc: &Document<'a>) -> Vec<&'a str> {
    doc.keyword("FILETAGS").flat_map(|value| value.split([':', ' ', '\t'])).filter(|tag| !tag.is_empty()).collect()
}
