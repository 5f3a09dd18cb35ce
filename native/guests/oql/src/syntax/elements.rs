//! Lines → elements.

use super::MAX_DEPTH;
use super::affiliated::affiliated;
use super::index::{Ends, is_drawer_end};
use super::keys::Keys;
use super::lines::{BLANKS, Lines, Span, is_blank, place, skip, slice};
use super::met::Met;
use super::objects::Place;
use super::probe::{self, Opener};
use super::states::States;
use super::structure::Structure;
use super::text::Text;
use super::tree::{Element, Keyword, Kind, Meta};

/// Sections of more lines are long.
const LONG: usize = 64;

/// Reads a document's elements.
pub struct Reader<'d, 'a> {
    /// The whole document.
    pub text: &'a str,
    /// Its lines.
    pub lines: &'d Lines,
    /// State keywords, for inline tasks.
    pub states: &'d States<'a>,
    /// Where blocks end.
    pub ends: Ends,
    /// Keywords met, with where they stand.
    pub keywords: Vec<(usize, Keyword)>,
    /// Their keys.
    pub keys: Keys<'a>,
    /// What has been met so far.
    pub met: Met,
    /// Openers without an end, with where they stand.
    pub unclosed: Vec<(usize, Opener<'a>)>,
    /// Lines that may be a drawn table, and the lines they were looked for in.
    pub drawn: (std::ops::Range<usize>, usize),
}

/// Lines to read: whole ones, but that the first may begin behind a bullet or a label.
#[derive(Debug, Clone, Copy)]
pub struct Region {
    /// Index of the first line.
    pub from: usize,
    /// Index behind the last line.
    pub to: usize,
    /// First byte.
    pub first: usize,
}

/// A line that an element may begin at.
#[derive(Debug, Clone, Copy)]
pub struct Here {
    /// Its index.
    pub at: usize,
    /// Index behind the last line that may belong to the element.
    pub to: usize,
    /// How many elements are around it.
    pub depth: usize,
}

/// An element and the index of the line behind its own.
pub type Found<'a> = Option<(Kind<'a>, usize)>;

impl<'d, 'a> Reader<'d, 'a> {
    /// A reader of this document.
    pub fn new(text: &'a str, lines: &'d Lines, states: &'d States<'a>) -> Self {
        Reader {
            text,
            lines,
            states,
            ends: Ends::default(),
            keywords: Vec::new(),
            keys: Keys::default(),
            met: Met::default(),
            unclosed: Vec::new(),
            drawn: (0..0, 0),
        }
    }

    /// The elements of a section: what blank lines are around them is left out.
    pub fn section(&mut self, mut from: usize, mut to: usize) -> Vec<Element<'a>> {
        while from < to && is_blank(self.line(from)) {
            from += 1;
        }
        while from < to && is_blank(self.line(to - 1)) {
            to -= 1;
        }
        self.elements(self.whole(from, to), None, 0)
    }

    /// The elements of a region; `lists` is the list it is part of an item of.
    pub fn elements(&mut self, region: Region, mut lists: Option<Structure>, depth: usize) -> Vec<Element<'a>> {
        // Most hold one element, and of those there are many. A long section is measured first.
        let lines = region.to - region.from;
        let room = if depth == 0 && lines > LONG { self.estimate(region) } else { lines.min(1) };
        let mut out = Vec::with_capacity(room);
        let mut at = region.from;
        while at < region.to {
            let start = if at == region.from { region.first } else { self.lines.start(at) };
            let here = Here { at, to: region.to, depth };
            at = if start > self.lines.start(at) || is_blank(self.line(at)) {
                let (kind, after) = self.paragraph(here, start);
                self.push(&mut out, kind, start, here, after, None)
            } else {
                self.element(here, &mut lists, &mut out)
            };
        }
        if out.capacity() > out.len() + out.len() / 4 {
            out.shrink_to_fit();
        }
        out
    }

    /// Whole lines as a region.
    pub fn whole(&self, from: usize, to: usize) -> Region {
        Region { from, to, first: self.lines.start(from) }
    }

    /// A line's text.
    pub fn line(&self, at: usize) -> &'a str {
        self.lines.get(at).of(self.text)
    }

    /// Adds an element; gives the index of the first line behind it and its blank lines.
    fn push(
        &mut self,
        out: &mut Vec<Element<'a>>,
        kind: Kind<'a>,
        start: usize,
        here: Here,
        after: usize,
        meta: Option<Box<Meta<'a>>>,
    ) -> usize {
        let (element, next) = self.finished(kind, start, here, after, meta);
        out.push(element);
        next
    }

    /// An element, and the index of the first line behind it and its blank lines.
    pub fn finished(
        &mut self,
        kind: Kind<'a>,
        start: usize,
        here: Here,
        after: usize,
        meta: Option<Box<Meta<'a>>>,
    ) -> (Element<'a>, usize) {
        let mut next = after;
        while next < here.to && is_blank(self.line(next)) {
            next += 1;
        }
        let last = after.checked_sub(1).map_or(start, |l| self.lines.get(l).end);
        // Emacs counts the end of the last line of fixed width among the blank ones, and
        // of a call all lines but the first.
        let own = match kind {
            Kind::Fixed(_) => usize::from(self.lines.start(after) > last),
            Kind::Call(_) => after - here.at - 1,
            _ => 0,
        };
        let blank = u32::try_from(next - after + own).unwrap_or(0);
        let span = Span { start, end: last.max(start) };
        let tail = u32::try_from(self.lines.start(next).saturating_sub(span.end)).unwrap_or(u32::MAX);
        let element = Element { kind, span, tail, blank, meta };
        self.met.note(&element);
        (element, next.max(here.at + 1))
    }

    fn element(&mut self, here: Here, lists: &mut Option<Structure>, out: &mut Vec<Element<'a>>) -> usize {
        let line = self.line(here.at);
        let body = skip(line);
        let found = match body.as_bytes().first() {
            Some(b'#') if probe::is_comment(body) => {
                Some((Kind::Comment, self.run(here, |line| probe::is_comment(skip(line)))))
            }
            Some(b'C' | b'c') if probe::is_clock(body) => Some((Kind::Clock(place(self.text, line)), here.at + 1)),
            Some(b'*') => probe::stars(line).and_then(|level| self.inlinetask(here, level)),
            Some(b'#') if affiliated(body).is_some() => return self.announced(here, lists, out),
            _ => None,
        };
        let (kind, after) = found.unwrap_or_else(|| self.plain(here, lists));
        self.push(out, kind, self.lines.start(here.at), here, after, None)
    }

    /// Affiliated keywords and what they announce; keywords of their own where that is nothing.
    #[inline(never)]
    fn announced(&mut self, here: Here, lists: &mut Option<Structure>, out: &mut Vec<Element<'a>>) -> usize {
        let mut meta = Box::new(Meta { start: self.lines.start(here.at), ..Meta::default() });
        let mut at = here.at;
        while at < here.to
            && let Some(keyword) = affiliated(skip(self.line(at)))
        {
            keyword.note(&mut meta, self.text);
            at += 1;
        }
        if at < here.to && !is_blank(self.line(at)) {
            let own = Here { at, ..here };
            let (kind, after) = self.plain(own, lists);
            return self.push(out, kind, self.lines.start(at), own, after, Some(meta));
        }
        // A key with a space in its brackets is one only where a container's end follows.
        let bounded = at < self.lines.count() && !is_blank(self.line(at));
        let mut next = here.at;
        for i in here.at..at {
            let own = Here { at: i, ..here };
            let found = self.keyword(own).or_else(|| self.bracketed(own).filter(|_| bounded));
            let (kind, after) = found.unwrap_or_else(|| self.paragraph(own, self.lines.start(i)));
            next = self.push(out, kind, self.lines.start(i), own, after, None);
            if next > i + 1 {
                break;
            }
        }
        next
    }

    /// What may have affiliated keywords: all but comments, clocks and inline tasks.
    fn plain(&mut self, here: Here, lists: &mut Option<Structure>) -> (Kind<'a>, usize) {
        let line = self.line(here.at);
        let body = skip(line);
        let flush = line.len() == body.len();
        let found = match body.as_bytes().first() {
            Some(b'\\') => self.latex(here, body),
            Some(b':') if probe::is_fixed(body) => {
                let after = self.run(here, |line| probe::is_fixed(skip(line)));
                Some((Kind::Fixed(self.lines.body(here.at..after)), after))
            }
            Some(b':') => self.drawer(here, body),
            Some(b'#') => self.hash(here, body),
            Some(b'[') if flush => probe::footnote_label(line).and_then(|label| self.footnote(here, label)),
            Some(b'%') if flush && body.starts_with("%%(") => {
                let end = place(self.text, body.trim_end_matches([' ', '\t']));
                Some((Kind::Diary(end), here.at + 1))
            }
            Some(b'|') => Some(self.table(here)),
            Some(b'-') if probe::is_rule(body) => Some((Kind::Rule, here.at + 1)),
            Some(b'+') if probe::is_drawn_rule(body) => self.drawn(here),
            Some(b'-' | b'+' | b'*' | b'0'..=b'9') if probe::item(line, body).is_some() => self.list(here, lists),
            _ => None,
        };
        found.unwrap_or_else(|| self.paragraph(here, self.lines.start(here.at)))
    }

    /// The index behind the lines from `here` on that are alike.
    pub fn run(&self, here: Here, same: impl Fn(&str) -> bool) -> usize {
        let mut at = here.at + 1;
        while at < here.to && same(self.line(at)) {
            at += 1;
        }
        at
    }

    /// A paragraph that begins at `start`, whatever stands there.
    pub fn paragraph(&mut self, here: Here, start: usize) -> (Kind<'a>, usize) {
        let mut after = here.at;
        // An empty line at the beginning of a block is a paragraph of its own.
        if self.lines.get(here.at).end > start {
            after += 1;
            while after < here.to && !self.breaks(after, here.to) {
                after += 1;
            }
        }
        let end = after.checked_sub(1).map_or(start, |last| self.lines.get(last).end).max(start);
        let text = slice(self.text, start, end);
        let indent = text.len() - text.trim_start_matches(BLANKS).len();
        (Kind::Paragraph(Text::new(Span { start: start + indent, end }, Place::Paragraph)), after)
    }

    /// Whether a paragraph ends before this line.
    fn breaks(&mut self, at: usize, to: usize) -> bool {
        let line = self.line(at);
        let body = skip(line);
        let flush = line.len() == body.len();
        match body.as_bytes().first() {
            None | Some(b'|') => true,
            Some(b'*') => probe::bullet(body).is_some() || flush && probe::stars(line).is_some(),
            Some(b'-') => probe::bullet(body).is_some() || probe::is_rule(body),
            Some(b'+') => probe::bullet(body).is_some() || probe::is_drawn_rule(body),
            Some(b'0'..=b'9') => probe::bullet(body).is_some(),
            Some(b'[') => flush && probe::footnote_label(line).is_some(),
            Some(b'%') => flush && body.starts_with("%%("),
            Some(b'C' | b'c') => probe::is_clock(body),
            Some(b':') => probe::is_fixed(body) || self.drawer_breaks(at, to, body),
            Some(b'#') => probe::is_comment(body) || self.hash_breaks(at, to, body),
            Some(b'\\') => probe::latex_name(body)
                .is_some_and(|name| self.ends.latex(self.text, self.lines, name, at, to).is_some()),
            _ => false,
        }
    }

    fn drawer_breaks(&mut self, at: usize, to: usize, body: &'a str) -> bool {
        let Some(name) = probe::drawer_name(body) else { return false };
        if is_drawer_end(body) || self.ends.drawer(self.text, self.lines, at, to).is_some() {
            return true;
        }
        self.unclosed.push((self.lines.start(at), Opener::Drawer(name)));
        false
    }

    fn hash_breaks(&mut self, at: usize, to: usize, body: &'a str) -> bool {
        let Some(name) = probe::block_name(body) else { return probe::is_hash_break(body) };
        if self.ends.block(self.text, self.lines, name, at, to).is_some() {
            return true;
        }
        self.unclosed.push((self.lines.start(at), Opener::Block(name)));
        false
    }

    /// The elements inside a container, unless it stands too deep.
    pub fn children(&mut self, here: Here, end: usize) -> Option<Vec<Element<'a>>> {
        let inner = self.whole(here.at + 1, end);
        (here.depth < MAX_DEPTH).then(|| self.elements(inner, None, here.depth + 1))
    }
}
