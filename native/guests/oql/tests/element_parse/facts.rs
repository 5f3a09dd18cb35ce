//! What is compared: facts about a document, each with where it stands.

use std::collections::BTreeMap;

/// What the facts are about.
pub const TOPICS: [&str; 17] = [
    "headings",
    "planning",
    "properties",
    "drawers",
    "blocks",
    "arguments",
    "keywords",
    "calls",
    "tables",
    "lists",
    "footnotes",
    "clocks",
    "links",
    "timestamps",
    "markup",
    "objects",
    "outline",
];

/// Header arguments that are compared, besides `:var`. Not `:results`, of which Emacs sorts the words.
pub const ARGUMENTS: [&str; 27] = [
    "cache",
    "cmdline",
    "colnames",
    "comments",
    "dir",
    "epilogue",
    "eval",
    "exports",
    "file",
    "file-desc",
    "file-ext",
    "hlines",
    "mkdirp",
    "no-expand",
    "noweb",
    "noweb-ref",
    "noweb-sep",
    "padline",
    "post",
    "prologue",
    "rownames",
    "sep",
    "session",
    "shebang",
    "tangle",
    "tangle-mode",
    "wrap",
];

/// Facts by topic.
#[derive(Default)]
pub struct Facts(BTreeMap<&'static str, Vec<(usize, String)>>);

impl Facts {
    /// A fact about what stands at this byte.
    pub fn add(&mut self, topic: &'static str, at: usize, fact: impl Into<String>) {
        self.0.entry(topic).or_default().push((at, fact.into()));
    }

    /// Those of a topic, in the document's order.
    pub fn lines(&self, topic: &str) -> Vec<String> {
        let mut facts: Vec<&(usize, String)> = self.0.get(topic).into_iter().flatten().collect();
        facts.sort();
        facts.iter().map(|(at, fact)| format!("{at} {fact}")).collect()
    }
}

/// A list item.
pub struct Item<'a> {
    pub bullet: &'a str,
    pub counter: Option<u64>,
    pub checkbox: Option<&'a str>,
    pub tag: Option<&'a str>,
}

impl Item<'_> {
    pub fn fact(&self) -> String {
        let Item { bullet, counter, checkbox, tag } = self;
        format!("  item {:?} counter {counter:?} checkbox {checkbox:?} tag {tag:?}", bullet.trim())
    }
}

/// A heading.
pub struct Heading<'a> {
    pub level: usize,
    pub end: usize,
    pub line: usize,
    pub todo: Option<&'a str>,
    pub done: bool,
    pub priority: Option<&'a str>,
    pub tags: Vec<&'a str>,
    pub commented: bool,
    pub title: &'a str,
    pub inline: bool,
}

impl Heading<'_> {
    pub fn fact(&self) -> String {
        let Heading { level, end, line, todo, done, priority, tags, commented, title, inline } = self;
        let kind = if *inline { "inline task" } else { "heading" };
        format!(
            "{kind} {level} to {end}, line {line}: todo {todo:?} done {done} priority {priority:?} tags {tags:?} commented {commented} {title:?}"
        )
    }
}

/// `call_name[inside](arguments)[outside]`
pub fn call(name: &str, inside: &str, arguments: &str, outside: &str, end: usize) -> String {
    format!("inline call {name:?} {inside:?} {arguments:?} {outside:?} to {end}")
}

/// `src_language[arguments]{code}`
pub fn source(language: &str, arguments: &str, code: &str) -> String {
    format!("source {language:?} {arguments:?} {code:?}")
}

/// `[cite/style:@key]`
pub fn citation<'k>(style: &str, keys: impl Iterator<Item = &'k str>) -> String {
    format!("citation {style:?} {:?}", keys.collect::<Vec<_>>())
}

/// Blanks and line ends as one blank.
pub fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An end in this document without the white space before it.
pub fn trimmed(org: &str, end: usize) -> usize {
    org[..end].trim_end().len()
}
