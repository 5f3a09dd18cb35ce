//! The tree that reading gives: elements with positions. A [`Text`] inside
//! keeps its objects from the first time that somebody asks for them.

use std::ops::{Deref, Range};
use std::rc::Rc;

use super::headings::Heading;
use super::lines::{Body, Span, slice};
use super::probe::bullet;
use super::text::Text;

/// One element and what stands before it in affiliated keywords.
#[derive(Debug)]
pub struct Element<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// Where it stands, without its affiliated keywords.
    pub span: Span,
    /// How many bytes of line ends and blank lines are behind it.
    pub tail: u32,
    /// How many blank lines are behind it, as Emacs counts them.
    pub blank: u32,
    /// `#+NAME:`, `#+CAPTION:` and their like.
    pub meta: Option<Box<Meta<'a>>>,
}

impl Element<'_> {
    /// Its `#+NAME:`.
    pub fn name(&self) -> Option<&str> {
        self.meta.as_ref().and_then(|m| m.name.as_deref())
    }

    /// Where what follows it begins.
    pub fn end(&self) -> usize {
        self.span.end + self.tail as usize
    }

    /// Where it begins, its affiliated keywords included.
    pub fn begin(&self) -> usize {
        self.meta.as_ref().map_or(self.span.start, |m| m.start)
    }
}

/// Affiliated keywords.
#[derive(Debug, Default)]
pub struct Meta<'a> {
    /// Where the first of them begins.
    pub start: usize,
    /// `#+NAME:`
    pub name: Option<String>,
    /// Where that name stands.
    pub named: Span,
    /// `#+CAPTION:`, each line a text.
    pub caption: Vec<Caption<'a>>,
    /// `#+HEADER:` values with where they stand.
    pub headers: Vec<Span>,
    /// `#+ATTR_HTML:` values.
    pub attr_html: Vec<Span>,
    /// Every `#+ATTR_…:`, that of HTML included.
    pub attributes: Vec<Attribute>,
    /// `#+PLOT:`
    pub plot: Option<Span>,
    /// It is what `#+RESULTS:` announces.
    pub results: bool,
    /// What stands behind `#+RESULTS:`.
    pub result: Option<Span>,
    /// What stands in brackets: `#+RESULTS[hash]:`.
    pub hash: Option<Span>,
}

/// An `#+ATTR_backend:` line.
#[derive(Debug)]
pub struct Attribute {
    /// The backend, as written.
    pub backend: Span,
    /// Its value.
    pub value: Span,
}

/// A `#+CAPTION:` line.
#[derive(Debug)]
pub struct Caption<'a> {
    /// What stands in brackets: `#+CAPTION[short]: long`.
    pub short: Option<Text<'a>>,
    /// The caption itself.
    pub long: Text<'a>,
}

/// The kinds of element.
#[derive(Debug)]
pub enum Kind<'a> {
    /// A text.
    Paragraph(Text<'a>),
    /// A list.
    List(List<'a>),
    /// Rows, each a line.
    Table(Body),
    /// A table drawn with `+---+`, as table.el does.
    Drawn(Body),
    /// `#+begin_src`
    Source(Source),
    /// `#+begin_example`
    Example(Body),
    /// `#+begin_export`
    Export(Span, Body),
    /// `#+begin_verse`
    Verse(Text<'a>),
    /// `#+begin_quote`
    Quote(Vec<Element<'a>>),
    /// `#+begin_center`
    Center(Vec<Element<'a>>),
    /// Any other block, with its name.
    Special(Span, Vec<Element<'a>>),
    /// A drawer with its name.
    Drawer(Span, Vec<Element<'a>>),
    /// `#+begin: name`
    Dynamic(Vec<Element<'a>>),
    /// `[fn:label] …` with its label.
    Footnote(Span, Vec<Element<'a>>),
    /// A heading of fifteen stars or more, and what stands before its `END`.
    Inlinetask(Box<Heading<'a>>, Vec<Element<'a>>),
    /// `: …`
    Fixed(Body),
    /// `-----`
    Rule,
    /// `#+KEY: value`
    Keyword(Keyword),
    /// `\begin{x} … \end{x}`
    Latex(Span),
    /// `CLOCK: …`
    Clock(Span),
    /// `%%(…)`
    Diary(Span),
    /// `#+CALL: …`
    Call(Span),
    /// `# …` lines: nothing to show.
    Comment,
    /// `#+begin_comment`: nothing to show either.
    CommentBlock,
}

impl<'a> Kind<'a> {
    /// The elements right inside it; a list's stand in its items.
    pub fn children(&self) -> &[Element<'a>] {
        match self {
            Kind::Quote(c)
            | Kind::Center(c)
            | Kind::Special(_, c)
            | Kind::Drawer(_, c)
            | Kind::Dynamic(c)
            | Kind::Footnote(_, c)
            | Kind::Inlinetask(_, c) => c,
            _ => &[],
        }
    }
}

/// `#+KEY: value`
#[derive(Debug, Clone)]
pub struct Keyword {
    /// Upper-cased; those that are written alike share it.
    pub key: Rc<str>,
    /// Trimmed.
    pub value: Span,
}

/// A source block. (Boxed, for it is larger than all that is more common.)
#[derive(Debug)]
pub struct Source(pub Box<SourceParts>);

/// What a source block is made of.
#[derive(Debug)]
pub struct SourceParts {
    /// The language, as written.
    pub lang: Span,
    /// `-n`, `-r`, `-l "…"` and their like.
    pub switches: Span,
    /// Header arguments on the `#+begin_src` line.
    pub args: Span,
    /// The lines between.
    pub body: Body,
}

impl Deref for Source {
    type Target = SourceParts;

    fn deref(&self) -> &SourceParts {
        &self.0
    }
}

/// A list.
#[derive(Debug)]
pub struct List<'a> {
    /// Its kind, which the first item decides.
    pub kind: ListKind,
    /// Its items.
    pub items: Vec<Item<'a>>,
    /// What all of them hold, in one row: most hold one paragraph, which is not worth a row of its own.
    pub elements: Vec<Element<'a>>,
}

impl<'a> List<'a> {
    /// What one of its items holds.
    pub fn contents(&self, item: &Item) -> &[Element<'a>] {
        let Range { start, end } = item.contents;
        self.elements.get(start as usize..end as usize).unwrap_or(&[])
    }
}

/// The kinds of list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// Bullets.
    Unordered,
    /// Numbers.
    Ordered,
    /// `term :: description`
    Descriptive,
}

/// A list item.
#[derive(Debug)]
pub struct Item<'a> {
    /// From its line's beginning to the end of its contents.
    pub span: Span,
    /// How many bytes of line ends and blank lines are behind it.
    pub tail: u32,
    /// How many bytes of indentation are before its bullet.
    pub indent: u32,
    /// `[@3]`
    pub counter: Option<u32>,
    /// `[X]`, `[ ]`, `[-]`
    pub checkbox: Option<Check>,
    /// The term of a descriptive item.
    pub tag: Option<Box<Text<'a>>>,
    /// Which of its list's elements are its contents.
    pub contents: Range<u32>,
}

impl Item<'_> {
    /// Where what follows it begins.
    pub fn end(&self) -> usize {
        self.span.end + self.tail as usize
    }

    /// The bullet, without what follows it.
    pub fn bullet(&self, text: &str) -> Span {
        let start = self.span.start + self.indent as usize;
        let rest = slice(text, start, self.span.end.max(start));
        let line = rest.split(['\r', '\n']).next().unwrap_or("");
        let len = bullet(line).unwrap_or(0);
        Span { start, end: start + len }
    }
}

/// A checkbox's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// `[X]`
    On,
    /// `[ ]`
    Off,
    /// `[-]`
    Trans,
}

/// Calls `f` for every element, outer ones first, in document order.
pub fn walk<'t, 'a>(elements: &'t [Element<'a>], f: &mut impl FnMut(&'t Element<'a>)) {
    for element in elements {
        f(element);
        match &element.kind {
            Kind::List(list) => walk(&list.elements, f),
            kind => walk(kind.children(), f),
        }
    }
}
