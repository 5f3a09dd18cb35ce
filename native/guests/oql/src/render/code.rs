//! Code as it is shown: line numbers, labels of lines.

use std::borrow::Cow;

use super::Html;
use super::escape::{push_attribute, push_text};
use super::exports::Weave;
use super::indentation::{dedented, rewritten, unescaped};
use super::targets::Targets;
use crate::digits::number_into;
use crate::hash::HashMap;
use crate::syntax::document::Document;
use crate::syntax::index::strip_prefix_no_case;
use crate::syntax::lines::{Span, slice};
use crate::syntax::switches::{Switches, example_line};
use crate::syntax::tree::{Element, Kind, walk};

/// What labels a line where the block does not say.
const LABEL: &str = "(ref:%s)";

/// The switches of a source or example block.
pub fn switches<'a>(doc: &Document<'a>, element: &Element) -> Option<Switches<'a>> {
    match &element.kind {
        Kind::Source(source) => Some(Switches::read(source.switches.of(doc.text))),
        Kind::Example(_) => {
            let behind = strip_prefix_no_case(first_line(doc, element.span), "#+begin_example");
            Some(Switches::read(example_line(behind.unwrap_or(""))))
        }
        _ => None,
    }
}

/// The first line of an element, without its indentation.
fn first_line<'a>(doc: &Document<'a>, span: Span) -> &'a str {
    span.of(doc.text).lines().next().unwrap_or("").trim_start_matches([' ', '\t'])
}

/// Where the label of a line begins, blanks before it included, and its name.
fn label<'l>(switches: &Switches, line: &'l str) -> Option<(usize, &'l str)> {
    let (before, after) = switches.label_format.unwrap_or(LABEL).split_once("%s")?;
    let body = line.trim_end_matches([' ', '\t']).strip_suffix(after)?;
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ');
    let run = body.trim_end_matches(valid).len();
    let from = run.saturating_sub(before.len());
    let at = slice(body, from, body.len()).find(before).map(|i| i + from)?;
    let name = slice(body, at + before.len(), body.len());
    let named = !name.is_empty() && !name.starts_with(' ') && name.chars().all(valid);
    named.then(|| (slice(line, 0, at).trim_end_matches([' ', '\t']).len(), name))
}

/// A block's lines without the indentation that they share, unless it is to stay.
pub fn code_of<'a>(doc: &Document<'a>, element: &Element, switches: &Switches) -> Vec<Cow<'a, str>> {
    match (&element.kind, switches.preserve_indent) {
        (Kind::Source(source), true) => unescaped(doc.text, &source.body),
        (Kind::Source(source), false) => rewritten(unescaped(doc.text, &source.body)),
        (Kind::Example(lines), true) => unescaped(doc.text, lines),
        (Kind::Example(lines), false) => dedented(unescaped(doc.text, lines)),
        _ => Vec::new(),
    }
}

/// Writes code; `before` says how many lines come before the first where they
/// are numbered. Of labels that are the same the first has the id.
pub fn write_code(
    lines: &[Cow<str>],
    switches: &Switches,
    before: Option<usize>,
    targets: &mut Targets,
    out: &mut String,
) {
    if lines.is_empty() {
        out.push('\n');
    }
    let width = decimals(lines.len() + before.unwrap_or(0));
    for (i, line) in lines.iter().enumerate() {
        let label = label(switches, line);
        if let Some((_, name)) = label {
            out.push_str("<span");
            if let Some(id) = targets.claim(&format!("coderef-{name}")) {
                out.push_str(" id=\"");
                push_attribute(out, &id);
                out.push('"');
            }
            out.push_str(" class=\"coderef-off\">");
        }
        if let Some(before) = before {
            let number = before + i + 1;
            out.push_str("<span class=\"linenr\">");
            out.extend(std::iter::repeat_n(' ', width.saturating_sub(decimals(number))));
            number_into(out, number);
            out.push_str(": </span>");
        }
        match label {
            Some((end, name)) => {
                push_text(out, slice(line, 0, end));
                if switches.retain_labels {
                    out.push_str(" (");
                    push_text(out, name);
                    out.push(')');
                }
                out.push_str("</span>");
            }
            None => push_text(out, line),
        }
        out.push('\n');
    }
}

fn decimals(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| usize::try_from(log).unwrap_or(0) + 1)
}

/// How many lines of code come before each block whose lines are numbered, by where it begins.
#[derive(Default)]
pub struct Numbering {
    before: HashMap<usize, usize>,
    count: usize,
}

impl Numbering {
    /// Takes the next element into account.
    pub fn add(&mut self, doc: &Document, element: &Element) {
        let Some(switches) = switches(doc, element) else { return };
        let Some((goes_on, before)) = switches.numbered else { return };
        let before = if goes_on { self.count + before } else { before };
        self.before.insert(element.span.start, before);
        self.count = before + body(element).len();
    }

    /// How many lines come before an element's own, where they are numbered.
    pub fn before(&self, element: &Element) -> Option<usize> {
        self.before.get(&element.span.start).copied()
    }
}

fn body<'e>(element: &'e Element) -> &'e [Span] {
    match &element.kind {
        Kind::Source(source) => &source.body,
        Kind::Example(lines) => lines,
        _ => &[],
    }
}

impl<'r, 'a> Html<'r, 'a> {
    /// What a link to the line of code with this label says.
    pub fn code_label(&mut self, name: &str) -> Option<String> {
        if self.code_labels.is_none() {
            self.code_labels = Some(self.all_code_labels());
        }
        self.code_labels.as_ref()?.get(name).cloned()
    }

    fn all_code_labels(&mut self) -> HashMap<String, String> {
        let doc = self.doc;
        let mut out: HashMap<String, String> = HashMap::default();
        let mut blocks: Vec<&Element> = Vec::new();
        for (heading, section) in doc.all_sections() {
            if heading.is_none_or(|i| self.outline.hidden.get(i) != Some(&true)) {
                walk(section, &mut |element| {
                    if matches!(element.kind, Kind::Source(_) | Kind::Example(_)) {
                        blocks.push(element);
                    }
                });
            }
        }
        for element in blocks {
            let Some(switches) = switches(doc, element) else { continue };
            let shown = self.exports.block_at(element.span.start);
            let lines = match &element.kind {
                Kind::Source(_) if !shown.code => continue,
                Kind::Source(source) if shown.noweb == Weave::Expand => self.woven(source, Weave::Expand),
                _ => unescaped(doc.text, body(element)),
            };
            let blank = lines.iter().take_while(|line| line.trim().is_empty()).count();
            let before = self.references.lines.before(element).unwrap_or(0);
            // Of two lines with one label in a block the last counts, of two blocks the first.
            let mut own: HashMap<&str, usize> = HashMap::default();
            for (i, line) in lines.iter().enumerate() {
                if let Some((_, name)) = label(&switches, line) {
                    own.insert(name, before + i + 1 - blank);
                }
            }
            for (name, line) in own {
                let shown = if switches.use_labels { name.to_string() } else { line.to_string() };
                out.entry(name.to_string()).or_insert(shown);
            }
        }
        out
    }
}
