//! Heading ids: the title as a slug, unique in the file.

use std::collections::{HashMap, HashSet};

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
    used: HashSet<String>,
    next: HashMap<String, usize>,
}

impl Ids {
    /// The id for a heading with this title.
    pub fn assign(&mut self, title: &str) -> String {
        let base = slug(title);
        if !self.used.contains(&base) {
            self.used.insert(base.clone());
            return base;
        }
        let counter = match self.next.get_mut(&base) {
            Some(counter) => counter,
            None => self.next.entry(base.clone()).or_insert(2),
        };
        loop {
            let id = format!("{base}-{counter}");
            *counter += 1;
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}
