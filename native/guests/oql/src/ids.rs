//! Heading ids: the title as a slug, unique in the file.

use std::collections::HashMap;

/// The title lower-cased, each run of other characters than letters and digits
/// turned into one hyphen, trimmed. A title without any is `heading`.
pub fn slug(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    let mut gap = false;
    for c in title.chars() {
        if c.is_alphanumeric() {
            if gap && !out.is_empty() {
                out.push('-');
            }
            gap = false;
            out.extend(c.to_lowercase());
        } else {
            gap = true;
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
        if !self.is_taken(&base) {
            self.next.insert(base.clone(), 2);
            return base;
        }
        let mut counter = self.next.get(&base).copied().unwrap_or(2);
        let id = loop {
            let id = format!("{base}-{counter}");
            if !self.is_taken(&id) {
                break id;
            }
            counter += 1;
        };
        self.next.insert(base, counter + 1);
        id
    }

    /// A title has this slug, or a number made it. (Ids with numbers are not kept:
    /// of ten megabytes of one title they would be most of the memory.)
    fn is_taken(&self, id: &str) -> bool {
        let numbered = || {
            let (base, number) = id.rsplit_once('-')?;
            let canonical = !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit());
            let number: usize = number.parse().ok().filter(|_| canonical)?;
            Some(number >= 2 && number < *self.next.get(base)?)
        };
        self.next.contains_key(id) || numbered().unwrap_or(false)
    }
}
