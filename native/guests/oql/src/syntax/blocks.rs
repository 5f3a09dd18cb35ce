//! Blocks, drawers, keywords, LaTeX environments, footnotes: what has a first line that says so.

use super::MAX_DEPTH;
use super::affiliated::affiliated;
use super::elements::{Found, Here, Reader, Region};
use super::index::{is_drawer_end, strip_prefix_no_case};
use super::lines::{BLANKS, Span, is_blank, place, skip, slice, trim};
use super::objects::Place;
use super::probe::{self, Opener};
use super::switches::source_line;
use super::text::Text;
use super::tree::{Keyword, Kind, Source, SourceParts};

impl<'d, 'a> Reader<'d, 'a> {
    /// What a line that begins with `#+` opens.
    #[inline(never)]
    pub fn hash(&mut self, here: Here, body: &'a str) -> Found<'a> {
        if let Some(name) = probe::block_name(body) {
            return self.block(here, body, name);
        }
        if let Some(value) = strip_prefix_no_case(body, "#+CALL:") {
            // Emacs looks for brackets, and where a call has none it takes the next line, too.
            let own = if value.contains(['[', ']', '(', ')']) { 1 } else { 2 };
            return Some((Kind::Call(place(self.text, value.trim_matches(BLANKS))), (here.at + own).min(here.to)));
        }
        if let Some(rest) = strip_prefix_no_case(body, "#+BEGIN")
            && rest.strip_prefix(':').unwrap_or(rest).starts_with(' ')
        {
            let Some(end) = self.ends.dynamic(self.text, self.lines, here.at, here.to) else {
                self.unclosed.push((self.lines.start(here.at), Opener::Block(":")));
                return None;
            };
            return Some((Kind::Dynamic(self.children(here, end)?), end + 1));
        }
        self.keyword(here)
    }

    /// `#+KEY: value`
    pub fn keyword(&mut self, here: Here) -> Found<'a> {
        let body = skip(self.line(here.at));
        let key = probe::key(body)?;
        let value = body.get("#+".len() + key.len() + 1..).unwrap_or("");
        Some(self.keyword_of(here, key, value))
    }

    /// `#+CAPTION[some text]: value` that announces nothing.
    pub fn bracketed(&mut self, here: Here) -> Found<'a> {
        let rest = skip(self.line(here.at)).strip_prefix("#+")?;
        let (key, rest) = rest.split_once('[')?;
        let value = rest.get(rest.rfind("]:")? + 2..)?;
        Some(self.keyword_of(here, key, value))
    }

    fn keyword_of(&mut self, here: Here, key: &'a str, value: &str) -> (Kind<'a>, usize) {
        let keyword = Keyword { key: self.keys.upper(key), value: place(self.text, value.trim_matches(BLANKS)) };
        self.keywords.push((self.lines.start(here.at), keyword.clone()));
        (Kind::Keyword(keyword), here.at + 1)
    }

    fn block(&mut self, here: Here, body: &'a str, name: &'a str) -> Found<'a> {
        let Some(end) = self.ends.block(self.text, self.lines, name, here.at, here.to) else {
            self.unclosed.push((self.lines.start(here.at), Opener::Block(name)));
            return None;
        };
        let lines = self.lines.body(here.at + 1..end);
        let rest = body.get("#+begin_".len() + name.len()..).unwrap_or("");
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let kind = if is("src") {
            let (lang, switches, args) = source_line(rest);
            let at = |part: &str| place(self.text, part);
            let parts = SourceParts { lang: at(lang), switches: at(switches), args: at(args), body: lines };
            Kind::Source(Source(Box::new(parts)))
        } else if is("example") {
            Kind::Example(lines)
        } else if is("export") {
            let word = trim(rest);
            let backend = if is_word(word) { word } else { rest.get(..0).unwrap_or("") };
            Kind::Export(place(self.text, backend), lines)
        } else if is("verse") {
            let start = self.lines.start(here.at + 1);
            let last = lines.last().map_or(start, |l| l.end);
            Kind::Verse(Text::new(Span { start, end: last }, Place::Paragraph))
        } else if is("comment") {
            Kind::CommentBlock
        } else if is("quote") {
            Kind::Quote(self.children(here, end)?)
        } else if is("center") {
            Kind::Center(self.children(here, end)?)
        } else {
            Kind::Special(place(self.text, name), self.children(here, end)?)
        };
        Some((kind, end + 1))
    }

    /// `:name:` and what stands before `:end:`.
    #[inline(never)]
    pub fn drawer(&mut self, here: Here, body: &'a str) -> Found<'a> {
        let name = probe::drawer_name(body)?;
        let Some(end) = self.ends.drawer(self.text, self.lines, here.at + 1, here.to) else {
            if !is_drawer_end(body) {
                self.unclosed.push((self.lines.start(here.at), Opener::Drawer(name)));
            }
            return None;
        };
        Some((Kind::Drawer(place(self.text, name), self.children(here, end)?), end + 1))
    }

    /// `\begin{x}` and what stands before `\end{x}`, which may be the same line.
    #[inline(never)]
    pub fn latex(&mut self, here: Here, body: &'a str) -> Found<'a> {
        let end = self.ends.latex(self.text, self.lines, probe::latex_name(body)?, here.at, here.to)?;
        let span = Span { start: self.lines.start(here.at), end: self.lines.get(end).end };
        Some((Kind::Latex(span), end + 1))
    }

    /// `[fn:label]` and what belongs to it: all before two blank lines, the next one or an inline task.
    #[inline(never)]
    pub fn footnote(&mut self, here: Here, label: &'a str) -> Found<'a> {
        if here.depth >= MAX_DEPTH {
            return None;
        }
        let mut to = here.at + 1;
        while to < here.to {
            let line = self.line(to);
            if probe::stars(line).is_some() {
                break;
            }
            if probe::footnote_label(line).is_some() {
                // Its affiliated keywords are its own.
                while to > here.at + 1 && affiliated(skip(self.line(to - 1))).is_some() {
                    to -= 1;
                }
                break;
            }
            if is_blank(line) && to + 1 < here.to && is_blank(self.line(to + 1)) {
                break;
            }
            to += 1;
        }
        while to > here.at + 1 && is_blank(self.line(to - 1)) {
            to -= 1;
        }
        let label = place(self.text, label);
        let region = self.behind(here.at, label.end + 1, to);
        let children = region.map(|region| self.elements(region, None, here.depth + 1)).unwrap_or_default();
        Some((Kind::Footnote(label, children), to))
    }

    /// What begins at byte `first` of a line or on the lines behind it.
    pub fn behind(&self, line: usize, first: usize, to: usize) -> Option<Region> {
        let end = self.lines.get(line).end;
        let rest = skip(slice(self.text, first, end));
        if !rest.is_empty() {
            return Some(Region { from: line, to, first: end - rest.len() });
        }
        let from = (line + 1..to).find(|i| !is_blank(self.line(*i)))?;
        Some(self.whole(from, to))
    }
}

fn is_word(text: &str) -> bool {
    super::chars::word(text).len() == text.len()
}
