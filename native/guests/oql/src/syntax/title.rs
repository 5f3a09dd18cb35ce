//! The line of a heading: state, priority, title, tags.

use super::chars::is_tag;
use super::headings::Heading;
use super::lines::{BLANKS, Span, place, skip, slice, trim};
use super::objects::Place;
use super::states::States;
use super::text::Text;

/// Reads what stands behind the stars. Of an inline task a state needs no space
/// behind it, and `COMMENT` means nothing.
pub fn title_line<'a>(text: &'a str, rest: &'a str, states: &States, task: bool) -> Heading<'a> {
    let mut heading = Heading::empty();
    let mut at = skip(rest);
    let state = if task {
        states.prefix(at)
    } else {
        at.split_once(' ').and_then(|(word, _)| Some((word, states.find(word)?)))
    };
    if let Some((word, done)) = state {
        heading.todo = Some(word);
        heading.done = done;
        at = skip(at.get(word.len()..).unwrap_or(""));
    }
    if let Some((priority, behind)) = priority(at) {
        heading.priority = Some(priority);
        at = skip(behind);
    }
    if !task && let Some(behind) = at.strip_prefix("COMMENT") {
        heading.commented = true;
        at = behind;
    }
    // The blank that tags need before them may be the one behind the stars.
    let bare = !task && heading.todo.is_none() && heading.priority.is_none() && !heading.commented;
    let (title, tags) = tags(if bare { rest } else { at });
    if !tags.is_empty() {
        heading.archived = tags.contains(&"ARCHIVE");
        heading.tags = tags;
    }
    heading.title = title.trim_matches(BLANKS);
    let own = match trim(title) {
        "" => Span { start: place(text, at).start, end: place(text, at).start },
        title => place(text, title),
    };
    heading.text = Text::new(own, Place::Title);
    heading
}

/// `[#A]` and what stands behind it; any character will do.
fn priority(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("[#")?;
    let len = inner.chars().next()?.len_utf8();
    Some((inner.get(..len)?, inner.get(len..)?.strip_prefix(']')?))
}

/// The title, and the tags behind it.
fn tags(rest: &str) -> (&str, Vec<&str>) {
    let line = rest.trim_end_matches([' ', '\t']);
    let Some(split) = line.rfind([' ', '\t']) else { return (rest, Vec::new()) };
    let word = slice(line, split + 1, line.len());
    let inner = word.strip_prefix(':').and_then(|w| w.strip_suffix(':'));
    match inner {
        Some(inner) if !inner.is_empty() && inner.chars().all(|c| is_tag(c) || c == ':') => {
            // Emacs keeps what is between two colons, be it nothing.
            let tags = inner.split(':').collect();
            (slice(line, 0, split).trim_end_matches([' ', '\t']), tags)
        }
        _ => (rest, Vec::new()),
    }
}
