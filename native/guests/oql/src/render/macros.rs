//! Macros: replaced in the text before it is read, as Org does.

use std::borrow::Cow;

use super::dates;
use super::macro_text::{fill, special};
use super::texts::{Texts, inside};
use crate::hash::HashMap;
use crate::syntax::document::Document;
use crate::syntax::headings::Heading;
use crate::syntax::lines::{Span, holds, slice};
use crate::syntax::objects::{Object, ObjectKind, macro_arguments, objects_of};
use crate::syntax::timestamp::{Moment, Timestamp, timestamp_len};

/// How deep macros may call macros.
const DEEPEST: usize = 32;
/// File keywords whose text is read as Org.
const PARSED: [&str; 4] = ["TITLE", "AUTHOR", "DATE", "SUBTITLE"];

/// What a document is once its macros are replaced.
pub struct Expanded {
    /// The text.
    pub text: String,
    /// Replacements in order: where the call stood, and how far behind it
    /// everything is by now.
    moves: Vec<(Span, isize)>,
}

impl Expanded {
    /// Where a byte of the document is now; nothing where it stood in a call.
    pub fn place(&self, at: usize) -> Option<usize> {
        let next = self.moves.partition_point(|(span, _)| span.start <= at);
        let Some((span, shift)) = next.checked_sub(1).and_then(|i| self.moves.get(i)) else {
            return Some(at);
        };
        (at >= span.end).then(|| at.checked_add_signed(*shift)).flatten()
    }
}

/// A macro's text.
enum Template<'a> {
    Text {
        text: Cow<'a, str>,
        /// How many places for arguments it may have.
        places: usize,
        /// It calls macros itself.
        calls: bool,
    },
    /// `#+DATE:` where it is a timestamp.
    Date(Moment, &'a str),
    /// A program, which is never run, or something that asks for the time.
    Refused,
}

impl<'a> Template<'a> {
    fn new(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        let (places, calls) = (text.matches('$').count(), holds(&text, "{{{"));
        Template::Text { text, places, calls }
    }
}

/// Macros of a document, and what is left to spend on them.
struct Macros<'r, 'a> {
    doc: &'r Document<'a>,
    templates: HashMap<String, Template<'a>>,
    counters: HashMap<String, u64>,
    /// How much text macros may still make.
    budget: usize,
    /// The calls being replaced, outermost first.
    open: Vec<(String, String)>,
}

/// The document's text with its macros replaced, where it calls any. What is
/// not defined, or not replaced for safety, stays as it is and is shown as such.
pub fn expand(doc: &Document) -> Option<Expanded> {
    if !doc.holds.call {
        return None;
    }
    let calls = calls(doc);
    if calls.is_empty() {
        return None;
    }
    let mut macros = Macros::of(doc);
    let mut text = String::with_capacity(doc.text.len());
    let mut moves: Vec<(Span, isize)> = Vec::new();
    let mut done = 0;
    for call in calls {
        if call.span.start < done {
            continue;
        }
        let Some(value) = macros.value(&call) else { continue };
        text.push_str(slice(doc.text, done, call.span.start));
        text.push_str(&value);
        done = call.span.end;
        moves.push((call.span, text.len().cast_signed() - done.cast_signed()));
    }
    text.push_str(slice(doc.text, done, doc.text.len()));
    (!moves.is_empty()).then_some(Expanded { text, moves })
}

/// `{{{name(arguments)}}}`
struct Call {
    name: String,
    arguments: String,
    span: Span,
}

fn find(objects: &[Object], shift: usize, out: &mut Vec<Call>) {
    for object in objects {
        if let ObjectKind::Macro(call) = &object.kind {
            let span = Span { start: object.span.start + shift, end: object.span.end + shift };
            out.push(Call { name: call.name.to_string(), arguments: call.arguments.to_string(), span });
        }
        find(inside(object), shift, out);
    }
}

/// The calls of a document, in order.
fn calls(doc: &Document) -> Vec<Call> {
    let texts = Texts { doc, shown: None, needle: "{{{", captions: true, notes: true };
    let commented = doc.commented();
    let mut out = Vec::new();
    for (heading, section) in doc.all_sections() {
        if heading.is_some_and(|h| commented.get(h) == Some(&true)) {
            continue;
        }
        if let Some(heading) = heading.and_then(|h| doc.headings.get(h)) {
            texts.text(&heading.text, &mut |objects| find(objects, 0, &mut out));
        }
        texts.each(section, &mut |objects| find(objects, 0, &mut out));
    }
    for (_, keyword) in &doc.keywords {
        let value = keyword.value.of(doc.text);
        if PARSED.contains(&&*keyword.key) && holds(value, "{{{") {
            find(&objects_of(value), keyword.value.start, &mut out);
        }
    }
    out.sort_by_key(|call| call.span.start);
    out
}

impl<'r, 'a> Macros<'r, 'a> {
    fn of(doc: &'r Document<'a>) -> Self {
        let mut templates = HashMap::default();
        for line in doc.keyword("MACRO") {
            let (name, text) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            let text = text.trim_start_matches([' ', '\t']);
            let program = text.strip_prefix("(eval").is_some_and(|t| !t.starts_with(|c: char| c.is_alphanumeric()));
            let template = match program {
                true => Template::Refused,
                false => Template::new(text),
            };
            // Of two of a name the first one counts.
            templates.entry(name.to_lowercase()).or_insert(template);
        }
        for (name, key, all) in
            [("title", "TITLE", true), ("author", "AUTHOR", true), ("date", "DATE", false), ("email", "EMAIL", false)]
        {
            let count = if all { usize::MAX } else { 1 };
            let value: Vec<&str> = doc.keyword(key).take(count).collect();
            match value.is_empty() {
                true => templates.entry(name.to_string()).or_insert(Template::new("")),
                false => templates.entry(name.to_string()).insert_entry(Template::new(value.join(" "))).into_mut(),
            };
        }
        if let Some(date) = doc.keyword("DATE").next()
            && timestamp_len(date) == Some(date.len())
            && let Some(moment) = Timestamp::read(date).and_then(|stamp| stamp.start)
        {
            templates.insert("date".into(), Template::Date(moment, date));
        }
        for name in ["time", "modification-time", "input-file"] {
            templates.entry(name.to_string()).or_insert(Template::Refused);
        }
        let budget = doc.text.len().saturating_mul(2).saturating_add(1 << 16);
        Macros { doc, templates, counters: HashMap::default(), budget, open: Vec::new() }
    }

    /// What a call becomes; nothing where it stays as it is.
    fn value(&mut self, call: &Call) -> Option<String> {
        if self.budget == 0 {
            return None;
        }
        let name = call.name.to_lowercase();
        let arguments = macro_arguments(&call.arguments);
        let argument = |i: usize| arguments.get(i).map_or("", String::as_str);
        let value = match self.templates.get(&name) {
            Some(Template::Refused) => return None,
            Some(Template::Text { text, places, calls }) => {
                let most = text.len() + places.saturating_mul(call.arguments.len());
                // Reading what a value calls costs more than writing it.
                spend(&mut self.budget, if *calls { most.saturating_mul(4) } else { most })?;
                fill(text, &arguments)
            }
            Some(Template::Date(moment, date)) => {
                spend(&mut self.budget, date.len() + call.arguments.len().saturating_mul(10))?;
                let mut value = String::new();
                match argument(0).trim() {
                    "" => value.push_str(date),
                    format => dates::format(moment, format, &mut value),
                }
                value
            }
            None => match name.as_str() {
                "keyword" => {
                    let key = argument(0).to_uppercase();
                    let length: usize = self.doc.keyword(&key).map(str::len).sum();
                    spend(&mut self.budget, length + self.doc.keywords.len())?;
                    self.doc.keyword(&key).collect::<Vec<_>>().join(" ")
                }
                "n" => self.counter(argument(0).trim(), argument(1).trim()).to_string(),
                "property" => self.property(argument(0), argument(1), call.span.start)?,
                "results" => argument(0).to_string(),
                _ => return None,
            },
        };
        if !holds(&value, "{{{") {
            return Some(value);
        }
        let key = (name, call.arguments.clone());
        // The same call inside of itself would never end.
        if self.open.len() >= DEEPEST || self.open.contains(&key) {
            return None;
        }
        self.open.push(key);
        let inner = self.nested(&value, call.span.start);
        self.open.pop();
        Some(inner)
    }

    /// A value with its own calls replaced.
    fn nested(&mut self, value: &str, at: usize) -> String {
        let mut calls = Vec::new();
        find(&objects_of(value), 0, &mut calls);
        let mut out = String::with_capacity(value.len());
        let mut done = 0;
        for mut call in calls {
            let Span { start, end } = call.span;
            if start < done {
                continue;
            }
            call.span = Span { start: at, end: at };
            if let Some(inner) = self.value(&call) {
                out.push_str(slice(value, done, start));
                out.push_str(&inner);
                done = end;
            }
        }
        out.push_str(slice(value, done, value.len()));
        out
    }

    /// `{{{n}}}` counts, `{{{n(name,-)}}}` repeats, `{{{n(name,5)}}}` sets.
    fn counter(&mut self, name: &str, action: &str) -> u64 {
        let old = self.counters.get(name).copied();
        let new = match action {
            "" => old.unwrap_or(0).saturating_add(1),
            "-" => old.unwrap_or(1),
            _ if action.bytes().all(|b| b.is_ascii_digit()) => action.parse().unwrap_or(1),
            _ => 1,
        };
        self.counters.insert(name.to_string(), new);
        new
    }

    /// A property of the heading that a call stands under, or of another one.
    fn property(&mut self, key: &str, place: &str, at: usize) -> Option<String> {
        spend(&mut self.budget, if place.is_empty() { 8 } else { self.doc.headings.len() })?;
        let headings = &self.doc.headings;
        let own = |h: &Heading| special(h, key.trim()).or_else(|| h.property(key.trim()).map(str::to_string));
        let place = place.trim();
        if place.is_empty() {
            let heading = self.doc.heading_at(at).and_then(|i| headings.get(i));
            let value = heading.and_then(own).unwrap_or_default();
            spend(&mut self.budget, value.len())?;
            return Some(value);
        }
        let found = match place.split_at_checked(1) {
            Some(("#", id)) => headings.iter().find(|h| h.property("CUSTOM_ID") == Some(id)),
            Some(("*", title)) => headings.iter().find(|h| h.title == title.trim()),
            _ => headings.iter().find(|h| h.title == place),
        };
        let value = own(found?).unwrap_or_default();
        spend(&mut self.budget, value.len())?;
        Some(value)
    }
}

/// Takes the cost from what is left; when that is too little nothing is left.
fn spend(budget: &mut usize, cost: usize) -> Option<()> {
    let left = budget.checked_sub(cost);
    *budget = left.unwrap_or(0);
    left.map(|_| ())
}
