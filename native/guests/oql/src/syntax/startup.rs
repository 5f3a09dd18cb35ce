//! What a document says of its headings: `#+TODO:`, `#+STARTUP:`.

use std::collections::BTreeSet;

use super::elements::Reader;
use super::index::strip_prefix_no_case;
use super::lines::{Lines, holds, skip};
use super::outline::outline;
use super::states::States;

impl<'a> States<'a> {
    /// From `#+TODO:`, `#+SEQ_TODO:` and `#+TYP_TODO:`; `TODO` and `DONE` without them.
    pub fn read(text: &'a str, lines: &Lines) -> Self {
        let named = named(text, lines);
        if named.is_empty() {
            return Self::of(&[]);
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
            reader.keywords.iter().filter(move |(_, k)| *k.key == *key).map(|(_, k)| k.value.of(text))
        };
        let all: Vec<&str> = values("TYP_TODO").chain(values("TODO")).chain(values("SEQ_TODO")).collect();
        let mut states = Self::of(&all);
        for word in values("STARTUP").flat_map(str::split_ascii_whitespace) {
            match word.to_ascii_lowercase().as_str() {
                "odd" => states.odd = true,
                "oddeven" => states.odd = false,
                _ => {}
            }
        }
        states
    }
}

/// The lines that look as if they said so.
fn named(text: &str, lines: &Lines) -> Vec<usize> {
    if !holds(text, "#+") {
        return Vec::new();
    }
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
