//! What a document says of its headings: which words are states, how stars count.

use std::collections::BTreeSet;

use super::elements::Reader;
use super::headings::outline;
use super::index::strip_prefix_no_case;
use super::lines::{Lines, skip};
use crate::hash::HashMap;

/// State keywords, and whether each is one of the done ones.
#[derive(Debug, Default)]
pub struct States<'a> {
    known: HashMap<&'a str, bool>,
    /// `#+STARTUP: odd`: two stars more make one level.
    odd: bool,
}

/// Headings of this level are inline tasks.
const INLINE: usize = 15;

/// No state is longer, where one may be followed by anything.
const LONGEST: usize = 64;

impl<'a> States<'a> {
    /// From `#+TODO:`, `#+SEQ_TODO:` and `#+TYP_TODO:`; `TODO` and `DONE` without them.
    pub fn read(text: &'a str, lines: &Lines) -> Self {
        let named = named(text, lines);
        if named.is_empty() {
            return Self::of(&["TODO | DONE"]);
        }
        // Whether such a line is a keyword or part of a block, its section tells.
        let none = States::default();
        let headings = outline(text, lines, &none);
        let mut reader = Reader::new(text, lines, &none);
        let sections: BTreeSet<usize> = named.iter().map(|line| headings.partition_point(|h| h <= line)).collect();
        for section in sections {
            let from = section.checked_sub(1).and_then(|h| headings.get(h)).map_or(0, |h| h + 1);
            let to = headings.get(section).copied().unwrap_or(lines.count());
            reader.section(from, to);
        }
        let values = |key: &'static str| {
            reader.keywords.iter().filter(move |(_, k)| k.key == key).map(|(_, k)| k.value.of(text))
        };
        let all: Vec<&str> = values("TYP_TODO").chain(values("TODO")).chain(values("SEQ_TODO")).collect();
        let mut states = if all.is_empty() { Self::of(&["TODO | DONE"]) } else { Self::of(&all) };
        for word in values("STARTUP").flat_map(str::split_ascii_whitespace) {
            match word.to_ascii_lowercase().as_str() {
                "odd" => states.odd = true,
                "oddeven" => states.odd = false,
                _ => {}
            }
        }
        states
    }

    /// So many stars make an inline task and no heading.
    pub fn limit(&self) -> usize {
        if self.odd { 2 * INLINE - 2 } else { INLINE }
    }

    /// The level that so many stars stand for.
    pub fn level(&self, stars: usize) -> usize {
        if self.odd { 1 + stars / 2 } else { stars }
    }

    fn of(sequences: &[&'a str]) -> Self {
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

/// The lines that look as if they said so.
fn named(text: &str, lines: &Lines) -> Vec<usize> {
    let spans = lines.range(0..lines.count()).iter().enumerate();
    let keys = ["TODO:", "SEQ_TODO:", "TYP_TODO:", "STARTUP:"];
    spans
        .filter(|(_, span)| {
            let key = skip(span.of(text)).strip_prefix("#+");
            key.is_some_and(|key| keys.iter().any(|known| strip_prefix_no_case(key, known).is_some()))
        })
        .map(|(i, _)| i)
        .collect()
}
