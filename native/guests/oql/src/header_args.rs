//! Org Babel's header arguments: `:exports both :var x=5`.

use crate::syntax::document::Document;
use crate::syntax::lines::slice;
use crate::syntax::tree::{Element, Source};

/// One `:key value`, with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arg<'a> {
    /// Without its colon, lower-cased.
    pub key: String,
    /// Trimmed.
    pub value: &'a str,
    /// Byte offset of the colon in the document.
    pub offset: usize,
}

/// One `name=value` of a `:var`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Var {
    /// The input's name.
    pub name: String,
    /// What was written behind the sign.
    pub value: String,
    /// Where the `:var` stands.
    pub offset: usize,
}

/// A block's header arguments, those it inherits included.
#[derive(Debug, Default)]
pub struct HeaderArgs<'a> {
    /// Every argument, the weaker ones first.
    pub all: Vec<Arg<'a>>,
}

impl<'a> HeaderArgs<'a> {
    /// Those in force for this block: the file's or the nearest heading's
    /// `header-args`, then the block's own.
    pub fn of(doc: &Document<'a>, heading: Option<usize>, el: &Element, src: &Source) -> Self {
        let lang = src.lang.of(doc.text);
        let mut all = inherited(doc, heading, "header-args");
        if !lang.is_empty() {
            all.append(&mut inherited(doc, heading, &format!("header-args:{lang}")));
        }
        all.append(&mut own(doc, el, src));
        HeaderArgs { all }
    }

    /// The strongest value of an argument.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.all.iter().rev().find(|a| a.key == key).map(|a| a.value)
    }

    /// Every `:var`, the last of a name winning.
    pub fn vars(&self) -> Vec<Var> {
        let mut out: Vec<Var> = Vec::new();
        let mut at = std::collections::HashMap::new();
        for arg in self.all.iter().filter(|a| a.key == "var") {
            for (name, value) in assignments(arg.value).unwrap_or_default() {
                let var = Var { name: name.clone(), value, offset: arg.offset };
                let place = *at.entry(name).or_insert(out.len());
                match out.get_mut(place) {
                    Some(old) => *old = var,
                    None => out.push(var),
                }
            }
        }
        out
    }
}

/// The block's own arguments: `#+HEADER:` lines, then its first line.
pub fn own<'a>(doc: &Document<'a>, element: &Element, source: &Source) -> Vec<Arg<'a>> {
    let mut all = Vec::new();
    for span in element.meta.iter().flat_map(|m| &m.headers) {
        all.append(&mut parse(span.of(doc.text), span.start));
    }
    all.append(&mut parse(source.args.of(doc.text), source.args.start));
    all
}

/// The arguments that the nearest `key` property above, or else the file, gives.
pub fn inherited<'a>(doc: &Document<'a>, heading: Option<usize>, key: &str) -> Vec<Arg<'a>> {
    let mut at = heading;
    while let Some(h) = at.and_then(|i| doc.headings.get(i)) {
        if h.property(key).is_some() {
            // The value's text as it stands in the document (`key+` lines joined
            // have no single place; the heading's then serves).
            return property_args(doc, h.start, h.body.clone(), h.line, key);
        }
        at = h.parent;
    }
    let mut out = Vec::new();
    for (offset, keyword) in &doc.file_properties {
        let value = keyword.value.of(doc.text);
        let word = value.split([' ', '\t']).next().unwrap_or("");
        if word.trim_end_matches('+').eq_ignore_ascii_case(key) {
            let rest = slice(value, word.len(), value.len());
            out.append(&mut parse(rest, (*offset).max(keyword.value.start + word.len())));
        }
    }
    out
}

fn property_args<'a>(
    doc: &Document<'a>,
    start: usize,
    body: std::ops::Range<usize>,
    line: usize,
    key: &str,
) -> Vec<Arg<'a>> {
    let mut out = Vec::new();
    for i in (line + 1..body.start).take(INHERITED) {
        let span = doc.lines.get(i);
        let text = span.of(doc.text);
        let trimmed = text.trim();
        let word = trimmed.split([' ', '\t']).next().unwrap_or("");
        let name = word.trim_start_matches(':').trim_end_matches(':');
        if name.trim_end_matches('+').eq_ignore_ascii_case(key) {
            let rest = slice(trimmed, word.len(), trimmed.len());
            let lead = text.len() - text.trim_start().len();
            let offset = (span.start + lead + word.len()).max(start);
            out.append(&mut parse(rest, offset));
        }
    }
    out
}

/// Splits `:key value :key value`; quotes and brackets keep colons inside.
pub fn parse(text: &str, base: usize) -> Vec<Arg<'_>> {
    let mut starts = Vec::new();
    let mut quoted = false;
    let mut depth = 0usize;
    let mut before = b' ';
    for (i, b) in text.bytes().enumerate() {
        match b {
            b'"' if before != b'\\' => quoted = !quoted,
            b'(' | b'[' | b'{' if !quoted => depth += 1,
            b')' | b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            b':' if !quoted && depth == 0 && matches!(before, b' ' | b'\t') => starts.push(i),
            _ => {}
        }
        before = b;
    }
    let mut out = Vec::new();
    for (n, start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(text.len());
        let arg = slice(text, start + 1, end).trim();
        let len = arg.find([' ', '\t']).unwrap_or(arg.len());
        out.push(Arg {
            key: slice(arg, 0, len).to_ascii_lowercase(),
            value: slice(arg, len, arg.len()).trim(),
            offset: base + start,
        });
    }
    out
}

/// `x=5 y="a b"` → names and values; none where it is not of that form.
pub fn assignments(text: &str) -> Option<Vec<(String, String)>> {
    let mut out: Vec<(String, String)> = Vec::new();
    for token in tokens(text) {
        match token.split_once('=') {
            Some((name, value)) if is_name(name) => out.push((name.into(), value.into())),
            _ => {
                let (_, value) = out.last_mut()?;
                if !value.is_empty() {
                    value.push(' ');
                }
                value.push_str(token);
            }
        }
    }
    let complete = !out.is_empty() && out.iter().all(|(_, v)| !v.is_empty());
    complete.then_some(out)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn tokens(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = None;
    let mut quoted = false;
    let mut depth = 0usize;
    let mut before = b' ';
    for (i, b) in text.bytes().enumerate() {
        let open = quoted || depth > 0;
        match b {
            b'"' if before != b'\\' => quoted = !quoted,
            b'(' | b'[' | b'{' if !quoted => depth += 1,
            b')' | b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = b;
        match (b, start) {
            (b' ' | b'\t', Some(s)) if !open => {
                out.push(slice(text, s, i));
                start = None;
            }
            (b' ' | b'\t', None) => {}
            (_, None) => start = Some(i),
            _ => {}
        }
    }
    if let Some(s) = start {
        out.push(slice(text, s, text.len()));
    }
    out
}

/// What is wrong with one argument, if anything.
pub fn complaint(arg: &Arg) -> Option<String> {
    let one_of = |allowed: &[&str]| {
        let first = arg.value.split([' ', '\t']).next().unwrap_or("");
        (!allowed.contains(&first.to_ascii_lowercase().as_str()))
            .then(|| format!("`:{} {}` is not understood; it takes {}", arg.key, arg.value, allowed.join(", ")))
    };
    match arg.key.as_str() {
        "exports" => one_of(&["code", "results", "both", "none"]),
        "eval" => one_of(&["yes", "no", "never", "query", "never-export", "no-export", "query-export"]),
        "noweb" => one_of(&["yes", "no", "tangle", "no-export", "strip-export", "strip-tangle", "eval"]),
        "var" => {
            assignments(arg.value).is_none().then(|| format!("`:var {}` is not of the form `name=value`", arg.value))
        }
        key if KNOWN.contains(&key) => None,
        key => Some(format!("`:{key}` is no header argument that Org knows")),
    }
}

/// How many inherited lines are looked at, so that many blocks below many lines
/// do not cost their product.
pub const INHERITED: usize = 256;

const KNOWN: [&str; 46] = [
    "cache",
    "classname",
    "cmdline",
    "colnames",
    "comments",
    "compiler",
    "defines",
    "dir",
    "engine",
    "epilogue",
    "file",
    "file-desc",
    "file-ext",
    "file-mode",
    "flags",
    "hlines",
    "includes",
    "libs",
    "main",
    "mkdirp",
    "namespaces",
    "no-expand",
    "noweb-prefix",
    "noweb-ref",
    "noweb-sep",
    "output-dir",
    "padline",
    "post",
    "preamble",
    "prefix",
    "prologue",
    "python",
    "result-params",
    "result-type",
    "results",
    "rownames",
    "sep",
    "session",
    "shebang",
    "stdin",
    "tangle",
    "tangle-mode",
    "url",
    "version",
    "width",
    "wrap",
];
