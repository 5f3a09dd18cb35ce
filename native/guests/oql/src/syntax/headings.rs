//! A heading: its title, state, tags, planning and properties.

use std::ops::{Deref, DerefMut, Range};

use super::lines::Span;
use super::objects::Place;
use super::text::Text;

/// A property drawer: keys as written with their values, in order.
pub type Properties<'a> = Vec<(&'a str, String)>;

/// One heading. What few have is in its [`Details`], which can be read and written as if they were its own.
#[derive(Debug)]
pub struct Heading<'a> {
    /// Its stars; half of them after `#+STARTUP: odd`.
    pub level: usize,
    /// The title alone.
    pub title: &'a str,
    /// The title with its markup.
    pub text: Text<'a>,
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
    details: Option<Box<Details<'a>>>,
}

/// What a heading may have beside its title.
#[derive(Debug, Default)]
pub struct Details<'a> {
    /// Its state keyword.
    pub todo: Option<&'a str>,
    /// The state is one of the done ones.
    pub done: bool,
    /// `[#A]`
    pub priority: Option<&'a str>,
    /// Its own tags.
    pub tags: Vec<&'a str>,
    /// It is a `COMMENT` heading.
    pub commented: bool,
    /// It has the tag `ARCHIVE`.
    pub archived: bool,
    /// Its property drawer, in order; keys as written.
    pub properties: Properties<'a>,
    /// The line with `SCHEDULED:`, `DEADLINE:` or `CLOSED:`.
    pub planning: Option<Span>,
    /// `SCHEDULED:`
    pub scheduled: Option<&'a str>,
    /// `DEADLINE:`
    pub deadline: Option<&'a str>,
    /// `CLOSED:`
    pub closed: Option<&'a str>,
}

static NONE: Details<'static> = Details {
    todo: None,
    done: false,
    priority: None,
    tags: Vec::new(),
    commented: false,
    archived: false,
    properties: Vec::new(),
    planning: None,
    scheduled: None,
    deadline: None,
    closed: None,
};

impl<'a> Deref for Heading<'a> {
    type Target = Details<'a>;

    fn deref(&self) -> &Details<'a> {
        self.details.as_deref().unwrap_or(&NONE)
    }
}

impl<'a> DerefMut for Heading<'a> {
    fn deref_mut(&mut self) -> &mut Details<'a> {
        self.details.get_or_insert_default()
    }
}

impl<'a> Heading<'a> {
    /// A heading of which nothing is known yet.
    pub fn empty() -> Self {
        Heading {
            level: 0,
            title: "",
            text: Text::new(Span::default(), Place::Title),
            line: 0,
            start: 0,
            end: 0,
            body: 0..0,
            parent: None,
            details: None,
        }
    }

    /// It is the section that footnotes are kept in.
    pub fn footnotes(&self) -> bool {
        self.title == "Footnotes"
    }

    /// A property, whatever the case of its key.
    pub fn property(&self, key: &str) -> Option<&str> {
        self.properties.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v.as_str())
    }
}
