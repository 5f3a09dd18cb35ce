//! Heading ids: the title as a slug, unique in the file.

use crate::hash::HashMap;

/// A slug has no more characters: a plan repeats it wherever its component is named.
const LONGEST: usize = 64;

/// The title lower-cased, each run of other characters than letters and digits
/// turned into one hyphen, trimmed. A title without any is `heading`. One that
/// is too long ends with the last word that fits, or within the first.
pub fn slug(title: &str) -> String {
    let mut out = String::with_capacity(title.len().min(LONGEST));
    let mut left = LONGEST;
    let mut gap = false;
    for c in title.chars() {
        if !c.is_alphanumeric() {
            gap = !out.is_empty();
            continue;
        }
        let lower = c.to_lowercase();
        let Some(rest) = left.checked_sub(lower.len() + usize::from(gap)) else {
            if !gap && let Some(word) = out.rfind('-') {
                out.truncate(word);
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
    if out.is_empty() {
        out.push_str("heading");
    }
    out
}

/// Gives each slug once; duplicates get `-2`, `-3`, …
#[derive(Default)]
pub struct Ids {
    /// Slugs of titles, and the number that the next title with the slug may get.
    next: HashMap<String, usize>,
}

impl Ids {
    /// The id for a heading with this title.
    pub fn assign(&mut self, title: &str) -> String {
        let base = slug(title);
        let known = self.next.get(&base).copied();
        if known.is_none() && !self.is_numbered(&base) {
            self.next.insert(base.clone(), 2);
            return base;
        }
        let mut counter = known.unwrap_or(2);
        let id = loop {
            // None of these has been made of the base before: only a title may have it.
            let id = format!("{base}-{counter}");
            if !self.next.contains_key(&id) {
                break id;
            }
            counter += 1;
        };
        match self.next.get_mut(&base) {
            Some(next) => *next = counter + 1,
            None => drop(self.next.insert(base, counter + 1)),
        }
        id
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
