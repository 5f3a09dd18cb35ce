//! The outline: which lines are headings, and what stands in what.

use super::drawer::attached;
use super::headings::Heading;
use super::lines::{Lines, slice};
use super::probe::stars;
use super::states::States;
use super::title::title_line;

/// The indices of the lines that are headings.
pub fn outline(text: &str, lines: &Lines, states: &States) -> Vec<usize> {
    let bytes = text.as_bytes();
    let heading = |line: &str| stars(line).is_some_and(|stars| stars < states.limit());
    let all = lines.range(0..lines.count()).iter().enumerate();
    let starred = all.filter(|(_, span)| bytes.get(span.start) == Some(&b'*'));
    starred.filter(|(_, span)| heading(span.of(text))).map(|(i, _)| i).collect()
}

/// The outline of a document whose states are known.
pub fn outlined<'a>(text: &'a str, lines: &Lines, states: &States) -> Vec<Heading<'a>> {
    let places = outline(text, lines, states);
    let mut out: Vec<Heading<'a>> = Vec::with_capacity(places.len());
    // The headings around, each with its stars.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (n, at) in places.iter().copied().enumerate() {
        let span = lines.get(at);
        let stars = stars(span.of(text)).unwrap_or(1);
        while let Some((_, above)) = open.pop_if(|(above, _)| *above >= stars) {
            if let Some(above) = out.get_mut(above) {
                above.end = span.start;
            }
        }
        let mut heading = title_line(text, slice(text, span.start + stars, span.end), states, false);
        heading.level = states.level(stars);
        heading.line = at;
        heading.start = span.start;
        heading.end = text.len();
        heading.parent = open.last().map(|(_, above)| *above);
        let next = places.get(n + 1).copied().unwrap_or(lines.count());
        heading.body = attached(&mut heading, text, lines, at).min(next)..next;
        open.push((stars, out.len()));
        out.push(heading);
    }
    out
}
