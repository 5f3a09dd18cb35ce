//! A text with markup: where it stands, and its objects once they are asked for.

use std::cell::OnceCell;

use super::lines::Span;
use super::objects::radio::Targets;
use super::objects::{Object, objects};

/// Where a text stands, which decides what objects it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A paragraph, a verse: everything.
    Paragraph,
    /// A heading's title.
    Title,
    /// A list item's term.
    Tag,
    /// A table's cell.
    Cell,
    /// A caption or a keyword such as `#+TITLE:`.
    Keyword,
}

/// A text with markup.
#[derive(Debug)]
pub struct Text<'a> {
    /// Where it stands in the document.
    pub span: Span,
    /// What it may hold.
    pub place: Place,
    objects: OnceCell<Box<[Object<'a>]>>,
}

impl<'a> Text<'a> {
    /// A text that nobody has read yet.
    pub fn new(span: Span, place: Place) -> Self {
        Text { span, place, objects: OnceCell::new() }
    }

    /// Its objects, read the first time.
    pub fn objects(&self, inline: &Inline<'a>) -> &[Object<'a>] {
        self.objects.get_or_init(|| objects(inline, self.span, self.place).into_boxed_slice())
    }
}

/// What reading objects needs to know of the document.
#[derive(Debug)]
pub struct Inline<'a> {
    /// The whole document.
    pub text: &'a str,
    /// Its radio targets.
    pub radio: Option<Box<Targets>>,
}

impl<'a> Inline<'a> {
    /// A text without radio targets.
    pub fn new(text: &'a str) -> Self {
        Inline { text, radio: None }
    }
}
