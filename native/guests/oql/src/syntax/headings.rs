//! Headings: the outline, with states, tags, planning and properties.

use std::collections::HashMap;
use std::ops::Range;

use super::lines::{Lines, Span, slice};
use super::probe::keyword;
use super::text::{Place, Text};
use super::timestamp::timestamp_len;
use crate::ids::Ids;

/// One heading.
#[derive(Debug)]
pub struct Heading<'a> {
    /// Its id, unique in the file.
    pub id: String,
    /// Its stars.
    pub level: usize,
    /// Its state keyword.
    pub todo: Option<&'a str>,
    /// The state is one of the done ones.
    pub done: bool,
    /// `[#A]`
    pub priority: Option<&'a str>,
    /// The title alone.
    pub title: &'a str,
    /// The title with its markup.
    pub text: Text<'a>,
    /// Its own tags.
    pub tags: Vec<&'a str>,
    /// It is a `COMMENT` heading.
    pub commented: bool,
    /// Its property drawer, in order; keys as written.
    pub properties: Vec<(&'a str, String)>,
    /// `SCHEDULED:`
    pub scheduled: Option<&'a str>,
    /// `DEADLINE:`
    pub deadline: Option<&'a str>,
    /// `CLOSED:`
    pub closed: Option<&'a str>,
    /// Line index of the heading itself.
    pub line: usize,
    /// First byte.
    pub start: usize,
    /// One past its subtree's last byte.
    pub end: usize,
    /// Line indices of its own section.
    pub body: Range<usize>,
    /// Index of the heading above it.
    pub parent: Option<usize>,
}

impl Heading<'_> {
    /// A property, whatever the case of its key.
    pub fn property(&self, key: &str) -> Option<&str> {
        self.properties.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v.as_str())
    }
}

/// State keywords: those to do, those done.
pub struct States<'a> {
    open: Vec<&'a str>,
    done: Vec<&'a str>,
}

impl<'a> States<'a> {
    /// From `#+TODO:`, `#+SEQ_TODO:` and `#+TYP_TODO:`; `TODO` and `DONE` without them.
    pub fn read(text: &'a str, lines: &Lines) -> Self {
        let mut states = States { open: Vec::new(), done: Vec::new() };
        for i in 0..lines.count() {
            let line = lines.get(i).of(text);
            if !line.starts_with("#+") {
                continue;
            }
            let Some((key, value)) = keyword(line) else {
                continue;
            };
            if ["TODO", "SEQ_TODO", "TYP_TODO"].iter().any(|k| key.eq_ignore_ascii_case(k)) {
                states.add(value);
            }
        }
        if states.open.is_empty() && states.done.is_empty() {
            states.add("TODO | DONE");
        }
        states
    }

    fn add(&mut self, value: &'a str) {
        let name = |w: &'a str| w.split('(').next().unwrap_or(w);
        let words = |s: &'a str| s.split_whitespace().map(name).filter(|w| !w.is_empty());
        match value.split_once('|') {
            Some((open, done)) => {
                self.open.extend(words(open));
                self.done.extend(words(done));
            }
            None => {
                let mut all: Vec<&str> = words(value).collect();
                self.done.extend(all.pop());
                self.open.extend(all);
            }
        }
    }
}

/// The outline of a document.
pub fn headings<'a>(text: &'a str, lines: &Lines) -> Vec<Heading<'a>> {
    let states = States::read(text, lines);
    let mut ids = Ids::default();
    let mut out: Vec<Heading<'a>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for i in 0..lines.count() {
        let span = lines.get(i);
        let line = span.of(text);
        let Some(level) = stars(line) else { continue };
        if let Some(last) = out.last_mut() {
            last.body.end = i;
        }
        while let Some(top) = open.last().copied() {
            match out.get_mut(top) {
                Some(h) if h.level >= level => {
                    h.end = span.start;
                    open.pop();
                }
                _ => break,
            }
        }
        let mut heading = title_line(slice(text, span.start + level, span.end), &states);
        let start = heading.title.as_ptr() as usize - text.as_ptr() as usize;
        heading.text = Text::new(Span { start, end: start + heading.title.len() }, Place::Title);
        heading.id = ids.assign(heading.title);
        heading.level = level;
        heading.line = i;
        heading.start = span.start;
        heading.end = text.len();
        heading.parent = open.last().copied();
        let mut body = i + 1;
        if planning(&mut heading, lines.get(body).of(text)) {
            body += 1;
        }
        body = drawer(&mut heading, text, lines, body);
        heading.body = body..lines.count();
        open.push(out.len());
        out.push(heading);
    }
    out
}

fn stars(line: &str) -> Option<usize> {
    let level = line.bytes().take_while(|b| *b == b'*').count();
    (level > 0 && line.as_bytes().get(level) == Some(&b' ')).then_some(level)
}

fn title_line<'a>(rest: &'a str, states: &States) -> Heading<'a> {
    let mut rest = rest.trim();
    let mut todo = None;
    let mut done = false;
    let word = rest.split([' ', '\t']).next().unwrap_or("");
    if states.open.contains(&word) || states.done.contains(&word) {
        todo = Some(word);
        done = !states.open.contains(&word);
        rest = slice(rest, word.len(), rest.len()).trim_start();
    }
    let mut priority = None;
    if let Some(inner) = rest.strip_prefix("[#")
        && let Some((value, behind)) = inner.split_once(']')
        && !value.is_empty()
        && value.len() <= 2
        && value.bytes().all(|b| b.is_ascii_alphanumeric())
    {
        priority = Some(value);
        rest = behind.trim_start();
    }
    let (rest, tags) = tags(rest);
    let (commented, title) = match rest.strip_prefix("COMMENT") {
        Some(t) if t.is_empty() || t.starts_with([' ', '\t']) => (true, t.trim_start()),
        _ => (false, rest),
    };
    Heading {
        id: String::new(),
        level: 0,
        todo,
        done,
        priority,
        title,
        text: Text::new(Span::default(), Place::Title),
        tags,
        commented,
        properties: Vec::new(),
        scheduled: None,
        deadline: None,
        closed: None,
        line: 0,
        start: 0,
        end: 0,
        body: 0..0,
        parent: None,
    }
}

fn tags(rest: &str) -> (&str, Vec<&str>) {
    let split = rest.rfind([' ', '\t']).map_or(0, |i| i + 1);
    let word = slice(rest, split, rest.len());
    let valid = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '%' | ':');
    let inner = word.strip_prefix(':').and_then(|w| w.strip_suffix(':'));
    match inner {
        Some(inner) if !inner.is_empty() && inner.chars().all(valid) => {
            (slice(rest, 0, split).trim_end(), inner.split(':').filter(|t| !t.is_empty()).collect())
        }
        _ => (rest, Vec::new()),
    }
}

fn planning<'a>(heading: &mut Heading<'a>, line: &'a str) -> bool {
    let mut rest = line.trim();
    let mut any = false;
    loop {
        let Some((key, behind)) = rest.split_once(':') else {
            return any;
        };
        let slot = match key {
            "SCHEDULED" => &mut heading.scheduled,
            "DEADLINE" => &mut heading.deadline,
            "CLOSED" => &mut heading.closed,
            _ => return any,
        };
        let behind = behind.trim_start();
        let Some(len) = timestamp_len(behind) else {
            return any;
        };
        *slot = Some(slice(behind, 0, len));
        any = true;
        rest = slice(behind, len, behind.len()).trim_start();
    }
}

fn drawer<'a>(heading: &mut Heading<'a>, text: &'a str, lines: &Lines, at: usize) -> usize {
    if !lines.get(at).of(text).trim().eq_ignore_ascii_case(":PROPERTIES:") {
        return at;
    }
    let mut pairs: Vec<(&'a str, String)> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for i in at + 1..lines.count() {
        let line = lines.get(i).of(text).trim();
        if line.eq_ignore_ascii_case(":END:") {
            heading.properties = pairs;
            return i + 1;
        }
        let Some((key, value)) = property(line) else {
            return at;
        };
        let base = key.strip_suffix('+').unwrap_or(key);
        let known = seen.entry(base.to_ascii_lowercase());
        if let std::collections::hash_map::Entry::Occupied(at) = &known
            && base.len() < key.len()
        {
            if let Some((_, old)) = pairs.get_mut(*at.get()) {
                old.push(' ');
                old.push_str(value);
            }
            continue;
        }
        known.or_insert(pairs.len());
        pairs.push((base, value.to_string()));
    }
    at
}

/// `:key: value`; the key ends at the last colon of the first word.
fn property(line: &str) -> Option<(&str, &str)> {
    let word = line.split([' ', '\t']).next()?;
    let key = word.strip_prefix(':')?.strip_suffix(':')?;
    let value = slice(line, word.len(), line.len()).trim();
    (!key.is_empty()).then_some((key, value))
}
