//! Heading ids: the title as a slug, unique in the file.

use crate::digits::number_into;
use crate::hash::HashMap;

/// A slug has no more characters: a plan repeats it wherever its component is named.
const LONGEST: usize = 64;

/// The title lower-cased, each run of other characters than letters and digits
/// turned into one hyphen, trimmed. A title without any is `heading`. One that
/// is too long ends with the last word that fits, or within the first.
pub fn slug(title: &str) -> String {
    let mut out = String::with_capacity(title.len().min(LONGEST));
    slug_into(&mut out, title);
    out
}

fn slug_into(out: &mut String, title: &str) {
    let start = out.len();
    let mut left = LONGEST;
    let mut gap = false;
    for c in title.chars() {
        if !c.is_alphanumeric() {
            gap = out.len() > start;
            continue;
        }
        let lower = c.to_lowercase();
        let Some(rest) = left.checked_sub(lower.len() + usize::from(gap)) else {
            if !gap && let Some(word) = out.get(start..).and_then(|slug| slug.rfind('-')) {
                out.truncate(start + word);
            }
            break;
        };
        left = rest;
        if gap {
            out.push('-');
            gap = false;
        }
        match c.is_ascii() {
            true => out.push(c.to_ascii_lowercase()),
            false => out.extend(lower),
        }
    }
    if out.len() == start {
        out.push_str("heading");
    }
}

/// Texts one behind the other. (Of a document that is all headings, a `String`
/// for each would be most of the memory and much of the time.)
#[derive(Debug, Clone, Default)]
struct Row {
    text: String,
    ends: Vec<usize>,
}

impl Row {
    fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..end)
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map_while(|index| self.get(index))
    }

    /// What was appended to the text is the next one.
    fn end(&mut self) {
        self.ends.push(self.text.len());
    }
}

/// The ids of a file's headings.
#[derive(Debug, Clone, Default)]
pub struct Ids(Row);

impl Ids {
    /// Those of headings with these titles: each slug once, duplicates with `-2`, `-3`, …
    pub fn of<'t>(titles: impl ExactSizeIterator<Item = &'t str>) -> Self {
        let mut slugs = Row { text: String::new(), ends: Vec::with_capacity(titles.len()) };
        for title in titles {
            slug_into(&mut slugs.text, title);
            slugs.end();
        }
        let mut given = Given::default();
        let mut ids = Row { text: String::with_capacity(slugs.text.len()), ends: Vec::with_capacity(slugs.ends.len()) };
        // Only where a title ends with a digit can a slug be what a number makes.
        let digits = slugs.iter().any(|slug| slug.ends_with(|c: char| c.is_ascii_digit()));
        for slug in slugs.iter() {
            given.assign(slug, digits, &mut ids.text);
            ids.end();
        }
        Ids(ids)
    }

    /// These ids as they are.
    pub fn given<'t>(ids: impl Iterator<Item = &'t str>) -> Self {
        let mut row = Row::default();
        for id in ids {
            row.text.push_str(id);
            row.end();
        }
        Ids(row)
    }

    /// The id of the heading with this index.
    pub fn get(&self, heading: usize) -> &str {
        self.0.get(heading).unwrap_or("")
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter()
    }
}

/// Which slugs there have been.
#[derive(Default)]
struct Given<'s> {
    /// Slugs of titles, and the number that the next title with the slug may get.
    next: HashMap<&'s str, usize>,
}

impl<'s> Given<'s> {
    /// Appends the id for a title with this slug.
    fn assign(&mut self, slug: &'s str, digits: bool, out: &mut String) {
        let start = out.len();
        out.push_str(slug);
        let known = self.next.get(slug).copied();
        if known.is_none() && !(digits && self.is_numbered(slug)) {
            self.next.insert(slug, 2);
            return;
        }
        out.push('-');
        let digit = out.len();
        let mut number = known.unwrap_or(2);
        loop {
            number_into(out, number);
            // None of these has been made of the slug before: only a title may have it.
            if !digits || !out.get(start..).is_some_and(|id| self.next.contains_key(id)) {
                break;
            }
            out.truncate(digit);
            number += 1;
        }
        self.next.insert(slug, number + 1);
    }

    /// A number made this id. (Ids with numbers are not kept: of ten megabytes of
    /// one title they would be most of the memory.)
    fn is_numbered(&self, id: &str) -> bool {
        let numbered = || {
            let (base, number) = id.rsplit_once('-')?;
            let canonical = !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit());
            let number: usize = number.parse().ok().filter(|_| canonical)?;
            Some(number >= 2 && number < *self.next.get(base)?)
        };
        numbered().unwrap_or(false)
    }
}
