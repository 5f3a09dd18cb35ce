//! A whole document, read.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::drawer;
use super::elements::Reader;
use super::headings::{Heading, Properties};
use super::lines::Lines;
use super::met::Met;
use super::objects::{Inline, Object};
use super::outline::outlined;
use super::probe::Opener;
use super::radio::targets;
use super::states::States;
use super::text::Text;
use super::tree::{Element, Keyword};
use crate::ids::Ids;

/// A document: its outline and each section's elements.
pub struct Document<'a> {
    /// The document's text.
    pub text: &'a str,
    /// Its lines.
    pub lines: Lines,
    /// Its headings, in order.
    pub headings: Vec<Heading<'a>>,
    /// Their ids, made when somebody asks for the first of them.
    ids: OnceCell<Ids>,
    /// The property drawer at its top.
    pub properties: Properties<'a>,
    /// The lines of that drawer.
    pub drawer: Option<Range<usize>>,
    /// What stands before the first heading.
    pub preamble: Vec<Element<'a>>,
    /// Each heading's own section.
    pub sections: Vec<Vec<Element<'a>>>,
    /// What reading objects needs.
    pub inline: Inline<'a>,
    /// Every keyword, with where it stands.
    pub keywords: Vec<(usize, Keyword)>,
    /// Openers without an end.
    pub unclosed: Vec<(usize, Opener<'a>)>,
    /// What its text holds somewhere.
    pub holds: Holds,
    /// Which kinds of element it has.
    pub met: Met,
}

/// Which of the marks that few documents have stand in a text, found in one pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct Holds {
    /// `<<`
    pub target: bool,
    /// `<<<`
    pub radio: bool,
    /// `[[`
    pub link: bool,
    /// `[fn:`
    pub note: bool,
    /// `{{{`
    pub call: bool,
}

impl Holds {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut holds = Holds::default();
        for at in memchr::memchr3_iter(b'<', b'[', b'{', bytes) {
            match bytes.get(at..) {
                Some([b'<', b'<', behind @ ..]) => {
                    holds.target = true;
                    holds.radio |= behind.first() == Some(&b'<');
                }
                Some([b'[', b'[', ..]) => holds.link = true,
                Some([b'[', b'f', b'n', b':', ..]) => holds.note = true,
                Some([b'{', b'{', b'{', ..]) => holds.call = true,
                _ => {}
            }
        }
        holds
    }
}

/// The headings of a text, without what stands below them.
pub fn headings(text: &str) -> Vec<Heading<'_>> {
    let lines = Lines::new(text);
    outlined(text, &lines, &States::read(text, &lines))
}

impl<'a> Document<'a> {
    /// Reads `text`.
    pub fn read(text: &'a str) -> Self {
        let lines = Lines::new(text);
        let states = States::read(text, &lines);
        let headings = outlined(text, &lines, &states);
        let mut reader = Reader::new(text, &lines, &states);
        let first = headings.first().map_or(lines.count(), |h| h.line);
        let (properties, drawer, preamble) = match drawer::top(text, &lines) {
            Some((properties, from, to)) => {
                let mut preamble = reader.section(0, from);
                preamble.append(&mut reader.section(to, first));
                (properties, Some(from..to), preamble)
            }
            None => (Vec::new(), None, reader.section(0, first)),
        };
        let sections = headings.iter().map(|h| reader.section(h.body.start, h.body.end)).collect();
        let (keywords, unclosed, met) = (reader.keywords, reader.unclosed, reader.met);
        let mut document = Document {
            text,
            lines,
            headings,
            ids: OnceCell::new(),
            properties,
            drawer,
            preamble,
            sections,
            inline: Inline::new(text),
            keywords,
            unclosed,
            holds: Holds::of(text),
            met,
        };
        if document.holds.radio {
            let sections: Vec<&[Element]> = document.all_sections().map(|(_, section)| section).collect();
            document.inline.radio = targets(text, &document.headings, &sections);
        }
        document
    }

    /// The objects of a text.
    pub fn objects<'t>(&self, text: &'t Text<'a>) -> &'t [Object<'a>] {
        text.objects(&self.inline)
    }

    /// The headings' ids, each unique in the file.
    pub fn ids(&self) -> &Ids {
        self.ids.get_or_init(|| Ids::of(self.headings.iter().map(|h| h.title)))
    }

    /// The ids of the headings up to this one, at least: those behind it need not be known.
    pub fn ids_to(&self, last: usize) -> Cow<'_, Ids> {
        match self.ids.get() {
            Some(ids) => Cow::Borrowed(ids),
            None if last < self.headings.len() / 2 => {
                Cow::Owned(Ids::of(self.headings.iter().take(last + 1).map(|h| h.title)))
            }
            None => Cow::Borrowed(self.ids()),
        }
    }

    /// The same document with these ids in place of its own.
    pub fn with_ids(mut self, ids: Ids) -> Self {
        self.ids = OnceCell::from(ids);
        self
    }

    /// The elements of a heading's own section.
    pub fn section_of(&self, heading: usize) -> &[Element<'a>] {
        self.sections.get(heading).map_or(&[], Vec::as_slice)
    }

    /// Every section with the heading it belongs to, in order.
    pub fn all_sections(&self) -> impl Iterator<Item = (Option<usize>, &[Element<'a>])> {
        std::iter::once((None, self.preamble.as_slice()))
            .chain(self.sections.iter().enumerate().map(|(i, s)| (Some(i), s.as_slice())))
    }

    /// The heading whose own section or line holds this byte.
    pub fn heading_at(&self, offset: usize) -> Option<usize> {
        self.headings.partition_point(|h| h.start <= offset).checked_sub(1)
    }

    /// The values of a file keyword, in order.
    pub fn keyword<'d>(&'d self, key: &'d str) -> impl Iterator<Item = &'a str> + 'd {
        let text = self.text;
        self.keywords.iter().filter(move |(_, k)| *k.key == *key).map(move |(_, k)| k.value.of(text))
    }

    /// For each heading: it or one above it is a `COMMENT` heading.
    pub fn commented(&self) -> Vec<bool> {
        let mut out: Vec<bool> = Vec::with_capacity(self.headings.len());
        for heading in &self.headings {
            let above = heading.parent.and_then(|p| out.get(p).copied()).unwrap_or(false);
            out.push(above || heading.commented);
        }
        out
    }
}
