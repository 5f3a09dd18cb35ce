//! A section's lines → elements.

use std::collections::BTreeMap;

use super::MAX_DEPTH;
use super::index::Ends;
use super::lines::{Span, slice};
use super::lists::list;
use super::probe::{Opener, Probe, probe};
use super::text::{Place, Text};
use super::tree::{Caption, Element, Keyword, Kind, Meta, Source};

/// Reads one section.
pub struct Reader<'a> {
    /// The whole document.
    pub text: &'a str,
    /// Where this section's blocks end.
    pub ends: Ends,
    /// Keywords met, with where they stand.
    pub keywords: Vec<(usize, Keyword)>,
    /// Openers without an end, by where they stand.
    pub unclosed: BTreeMap<usize, Opener>,
}

impl<'a> Reader<'a> {
    /// A reader for these lines.
    pub fn new(text: &'a str, lines: &[Span]) -> Self {
        Reader { text, ends: Ends::new(text, lines), keywords: Vec::new(), unclosed: BTreeMap::new() }
    }

    /// The elements in `lines`; `text_first` where the first line continues an
    /// item or footnote and so is text whatever it looks like.
    pub fn elements(&mut self, lines: &[Span], depth: usize, text_first: bool) -> Vec<Element<'a>> {
        let mut out = Vec::new();
        let mut meta: Option<Box<Meta<'a>>> = None;
        let mut at = 0;
        while let Some(span) = lines.get(at).copied() {
            if is_blank(span.of(self.text)) {
                meta = None;
                at += 1;
                continue;
            }
            let found = if text_first && at == 0 { None } else { self.probe(lines, at, depth) };
            if let Some(Probe::Keyword(key, value)) = &found
                && affiliated(key)
                && lines.get(at + 1).is_some_and(|next| !is_blank(next.of(self.text)))
            {
                note(meta.get_or_insert_default(), key, *value, value.of(self.text));
                at += 1;
                continue;
            }
            let (kind, next) = match found {
                Some(found) => self.element(found, lines, at, depth),
                None => self.paragraph(lines, at, depth),
            };
            let next = next.max(at + 1);
            let end = lines.get(next - 1).map_or(span.end, |last| last.end);
            out.push(Element { kind, span: Span { start: span.start, end }, meta: meta.take() });
            at = next;
        }
        out
    }

    fn probe(&mut self, lines: &[Span], at: usize, depth: usize) -> Option<Probe> {
        match probe(self.text, lines, at, &self.ends, depth < MAX_DEPTH) {
            Some(Probe::Unclosed(opener)) => {
                let start = lines.get(at).map_or(0, |l| l.start);
                self.unclosed.insert(start, opener);
                None
            }
            other => other,
        }
    }

    fn paragraph(&mut self, lines: &[Span], at: usize, depth: usize) -> (Kind<'a>, usize) {
        let mut next = at + 1;
        while let Some(span) = lines.get(next) {
            if is_blank(span.of(self.text)) || self.probe(lines, next, depth).is_some() {
                break;
            }
            next += 1;
        }
        let mut span = whole(lines, at, next);
        let indent = span.of(self.text).len() - span.of(self.text).trim_start().len();
        span.start += indent;
        (Kind::Paragraph(Text::new(span, Place::Paragraph)), next)
    }

    fn element(&mut self, found: Probe, lines: &[Span], at: usize, depth: usize) -> (Kind<'a>, usize) {
        match found {
            Probe::Block(name, end) => (self.block(&name, lines, at, end, depth), end + 1),
            Probe::Dynamic(end) => (Kind::Dynamic(self.children(lines, at, end, depth)), end + 1),
            Probe::Drawer(name, end) => (Kind::Drawer(name, self.children(lines, at, end, depth)), end + 1),
            Probe::Latex(end) => {
                let start = lines.get(at).map_or(0, |l| l.start);
                let stop = lines.get(end).map_or(start, |l| l.end);
                (Kind::Latex(Span { start, end: stop }), end + 1)
            }
            Probe::Keyword(key, value) => {
                let keyword = Keyword { key, value };
                let start = lines.get(at).map_or(0, |l| l.start);
                self.keywords.push((start, keyword.clone()));
                (Kind::Keyword(keyword), at + 1)
            }
            Probe::Item(bullet) => {
                let (list, next) = list(self, lines, at, bullet, depth);
                (Kind::List(list), next)
            }
            Probe::Table => {
                let next = self.run(lines, at, |p| matches!(p, Probe::Table));
                (Kind::Table(within(lines, at, next)), next)
            }
            Probe::Fixed => {
                let next = self.run(lines, at, |p| matches!(p, Probe::Fixed));
                (Kind::Fixed(within(lines, at, next)), next)
            }
            Probe::Footnote(label, text_at) => self.footnote(label, text_at, lines, at, depth),
            Probe::Rule => (Kind::Rule, at + 1),
            Probe::Clock => (Kind::Clock(whole(lines, at, at + 1)), at + 1),
            Probe::Diary => (Kind::Diary(whole(lines, at, at + 1)), at + 1),
            Probe::Comment | Probe::Unclosed(_) => (Kind::Comment, at + 1),
        }
    }

    fn run(&mut self, lines: &[Span], at: usize, same: impl Fn(&Probe) -> bool) -> usize {
        let mut next = at + 1;
        while next < lines.len() {
            match probe(self.text, lines, next, &self.ends, false) {
                Some(p) if same(&p) => next += 1,
                _ => break,
            }
        }
        next
    }

    fn footnote(&mut self, label: Span, text_at: usize, lines: &[Span], at: usize, depth: usize) -> (Kind<'a>, usize) {
        let mut next = at + 1;
        let mut blanks = 0;
        while let Some(span) = lines.get(next) {
            let line = span.of(self.text);
            blanks = if is_blank(line) { blanks + 1 } else { 0 };
            if blanks == 2 || line.starts_with("[fn:") {
                break;
            }
            next += 1;
        }
        let mut contents = within(lines, at, next);
        let mut text_first = false;
        if let Some(first) = contents.first_mut() {
            let rest = slice(self.text, text_at, first.end);
            first.start = first.end - rest.trim_start().len();
            text_first = first.start < first.end;
        }
        let children = self.elements(&contents, depth + 1, text_first);
        (Kind::Footnote(label, children), next)
    }

    fn children(&mut self, lines: &[Span], at: usize, end: usize, depth: usize) -> Vec<Element<'a>> {
        let inner = lines.get(at + 1..end).unwrap_or(&[]);
        self.elements(inner, depth + 1, false)
    }

    fn block(&mut self, name: &str, lines: &[Span], at: usize, end: usize, depth: usize) -> Kind<'a> {
        let begin = lines.get(at).copied().unwrap_or_default();
        let (first, rest) = self.begin_words(begin, name.len());
        let body = || within(lines, at + 1, end);
        match name {
            "src" => Kind::Source(Source { lang: first, args: rest, body: body() }),
            "example" => Kind::Example(body()),
            "export" => Kind::Export(first, body()),
            "verse" => Kind::Verse(Text::new(whole(lines, at + 1, end), Place::Paragraph)),
            "comment" => Kind::Comment,
            "quote" => Kind::Quote(self.children(lines, at, end, depth)),
            "center" => Kind::Center(self.children(lines, at, end, depth)),
            _ => {
                let line = begin.of(self.text);
                let lead = line.len() - line.trim_start_matches([' ', '\t']).len();
                let start = begin.start + lead + "#+begin_".len();
                let span = Span { start, end: start + name.len() };
                Kind::Special(span, self.children(lines, at, end, depth))
            }
        }
    }

    /// The first word behind `#+begin_name`, and what follows it.
    fn begin_words(&self, begin: Span, name: usize) -> (Span, Span) {
        let line = begin.of(self.text);
        let lead = line.len() - line.trim_start_matches([' ', '\t']).len();
        let from = begin.start + lead + "#+begin_".len() + name;
        let rest = slice(self.text, from, begin.end);
        let start = begin.end - rest.trim_start().len();
        let word = slice(self.text, start, begin.end);
        let mut stop = start + word.find([' ', '\t']).unwrap_or(word.len());
        // `#+begin_src :var x=1`: no language.
        if word.starts_with([':', '-', '+']) {
            stop = start;
        }
        let rest = slice(self.text, stop, begin.end);
        let args = begin.end - rest.trim_start().len();
        (Span { start, end: stop }, Span { start: args, end: begin.end.max(args) })
    }
}

/// From the first of these lines to the last.
fn whole(lines: &[Span], from: usize, to: usize) -> Span {
    let lines = lines.get(from..to).unwrap_or(&[]);
    let start = lines.first().map_or(0, |l| l.start);
    Span { start, end: lines.last().map_or(start, |l| l.end) }
}

fn within(lines: &[Span], from: usize, to: usize) -> Vec<Span> {
    lines.get(from..to).unwrap_or(&[]).to_vec()
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

fn affiliated(key: &str) -> bool {
    matches!(
        key,
        "NAME"
            | "TBLNAME"
            | "SRCNAME"
            | "RESNAME"
            | "CAPTION"
            | "HEADER"
            | "HEADERS"
            | "RESULTS"
            | "RESULT"
            | "PLOT"
            | "DATA"
            | "LABEL"
            | "SOURCE"
    ) || key.starts_with("ATTR_")
}

fn note(meta: &mut Meta, key: &str, span: Span, value: &str) {
    match key {
        "NAME" | "TBLNAME" | "SRCNAME" | "LABEL" if !value.is_empty() => {
            meta.name = Some(value.to_string());
        }
        "CAPTION" => meta.caption.push(Caption { short: None, long: Text::new(span, Place::Keyword) }),
        "HEADER" | "HEADERS" => meta.headers.push(span),
        "ATTR_HTML" => meta.attr_html.push(span),
        "RESULTS" | "RESULT" => meta.results = true,
        _ => {}
    }
}
