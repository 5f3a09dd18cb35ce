//! What stands behind `#+begin_src` and `#+begin_example`.

use super::chars::{is_word, word};
use super::index::strip_prefix_no_case;
use super::lines::trim;

/// How a block's lines are to be numbered and its references shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switches<'a> {
    /// `-n 10`, `+n 10`: numbers go on from the block before, and how many lines are before the first.
    pub numbered: Option<(bool, usize)>,
    /// Not `-r`: `(ref:…)` is shown.
    pub retain_labels: bool,
    /// Not `-k`: references show the label and not the line's number.
    pub use_labels: bool,
    /// `-l "…"`
    pub label_format: Option<&'a str>,
    /// `-i`
    pub preserve_indent: bool,
}

impl<'a> Switches<'a> {
    /// Reads them; a block without any is like one with the empty text.
    pub fn read(text: &'a str) -> Self {
        let numbered = numbered(text);
        let keep = flag(text, "-k");
        let retain_labels = !flag(text, "-r") || numbered.is_some() && keep;
        Switches {
            numbered,
            retain_labels,
            use_labels: retain_labels && !keep,
            label_format: label_format(text),
            preserve_indent: flag(text, "-i"),
        }
    }
}

/// The switches of `#+begin_example`, from what stands behind that word.
pub fn example_line(rest: &str) -> &str {
    if rest.starts_with(' ') { rest.trim_start_matches(' ') } else { "" }
}

/// Language, switches and arguments of `#+begin_src`, from what stands behind that word.
pub fn source_line(rest: &str) -> (&str, &str, &str) {
    let empty = rest.get(..0).unwrap_or("");
    let mut lang = empty;
    let mut at = rest;
    if rest.starts_with(' ') {
        lang = word(rest.trim_start_matches(' '));
        at = rest.trim_start_matches(' ').get(lang.len()..).unwrap_or(empty);
    }
    let first = at.len();
    let mut behind = at;
    while let Some(next) = switch(behind) {
        behind = next;
    }
    let switches = at.get(..first - behind.len()).unwrap_or(empty);
    at = behind;
    (lang, trim(switches), trim(at))
}

/// What stands behind one switch.
fn switch(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(' ');
    if rest.len() == text.len() {
        return None;
    }
    if let Some(label) = strip_prefix_no_case(rest, "-l \"") {
        let close = label.rfind('"').filter(|close| *close > 0)?;
        return label.get(close + 1..);
    }
    let number = strip_prefix_no_case(rest, "-n").or(strip_prefix_no_case(rest, "+n"));
    if let Some(behind) = number {
        let digits = behind.trim_start_matches(' ');
        let after = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        return Some(if after.len() < digits.len() { after } else { behind });
    }
    ["-i", "-k", "-r"].iter().find_map(|known| strip_prefix_no_case(rest, known))
}

/// The texts behind each place where `mark` stands.
fn behind<'a>(text: &'a str, mark: &'static str) -> impl Iterator<Item = &'a str> {
    text.char_indices().filter_map(move |(i, _)| strip_prefix_no_case(text.get(i..)?, mark))
}

fn word_ends(text: &str) -> bool {
    !text.starts_with(is_word)
}

fn flag(text: &str, mark: &'static str) -> bool {
    behind(text, mark).any(word_ends)
}

fn numbered(text: &str) -> Option<(bool, usize)> {
    text.char_indices().find_map(|(i, c)| {
        let rest = text.get(i + 1..).filter(|_| matches!(c, '-' | '+'))?;
        let rest = strip_prefix_no_case(rest, "n")?;
        let digits = rest.trim_start_matches(' ');
        let after = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        let count = digits.get(..digits.len() - after.len()).filter(|digits| !digits.is_empty());
        match count.filter(|_| word_ends(after)) {
            Some(count) => Some((c == '+', count.parse().unwrap_or(0usize).saturating_sub(1))),
            None => word_ends(rest).then_some((c == '+', 0)),
        }
    })
}

fn label_format(text: &str) -> Option<&str> {
    behind(text, "-l").find_map(|rest| {
        let inner = rest.trim_start_matches(' ');
        let inner = inner.strip_prefix('"').filter(|_| rest.starts_with(' '))?;
        inner.get(..inner.find('"')?).filter(|label| !label.is_empty())
    })
}
