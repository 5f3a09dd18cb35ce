//! Which words are states of headings, and how stars count.

use crate::hash::HashMap;

/// State keywords, and whether each is one of the done ones.
#[derive(Debug, Default)]
pub struct States<'a> {
    known: HashMap<&'a str, bool>,
    /// `#+STARTUP: odd`: two stars more make one level.
    pub odd: bool,
}

/// Headings of this level are inline tasks.
const INLINE: usize = 15;

/// No state is longer, where one may be followed by anything.
const LONGEST: usize = 64;

impl<'a> States<'a> {
    /// So many stars make an inline task and no heading.
    pub fn limit(&self) -> usize {
        if self.odd { 2 * INLINE - 2 } else { INLINE }
    }

    /// The level that so many stars stand for.
    pub fn level(&self, stars: usize) -> usize {
        if self.odd { 1 + stars / 2 } else { stars }
    }

    /// Those of `#+TODO:` lines, given in the order that counts; `TODO` and `DONE` without them.
    pub fn of(sequences: &[&'a str]) -> Self {
        if sequences.is_empty() {
            return Self::of(&["TODO | DONE"]);
        }
        let mut states = States::default();
        let mut last = None;
        for sequence in sequences {
            let words: Vec<&str> = sequence.split_ascii_whitespace().collect();
            let bar = words.iter().position(|w| *w == "|").unwrap_or(words.len().saturating_sub(1));
            for (i, word) in words.iter().enumerate().filter(|(_, word)| **word != "|") {
                let name = name(word);
                *states.known.entry(name).or_default() |= i >= bar;
                last = Some(name);
            }
        }
        if !states.known.values().any(|done| *done)
            && let Some(done) = last.and_then(|name| states.known.get_mut(name))
        {
            *done = true;
        }
        states
    }

    /// Whether a word is one of them, and one of the done ones.
    pub fn find(&self, word: &str) -> Option<bool> {
        self.known.get(word).copied()
    }

    /// The longest of them that a text begins with.
    pub fn prefix<'t>(&self, text: &'t str) -> Option<(&'t str, bool)> {
        let lengths = (1..=LONGEST.min(text.len())).rev();
        lengths.filter_map(|len| text.get(..len)).find_map(|word| Some((word, self.find(word)?)))
    }
}

/// `WAIT` of `WAIT(w@/!)`
fn name(word: &str) -> &str {
    match word.find('(').filter(|_| word.ends_with(')')) {
        Some(open) => word.get(..open).unwrap_or(word),
        None => word,
    }
}
