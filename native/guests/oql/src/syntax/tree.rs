//! The tree that reading gives: elements with positions. Texts inside are
//! spans; [`super::objects`] reads them when somebody wants their markup.

use super::lines::Span;

/// One element and what stands before it in affiliated keywords.
#[derive(Debug)]
pub struct Element {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, without its affiliated keywords.
    pub span: Span,
    /// `#+NAME:`, `#+CAPTION:` and their like.
    pub meta: Option<Box<Meta>>,
}

impl Element {
    /// Its `#+NAME:`.
    pub fn name(&self) -> Option<&str> {
        self.meta.as_ref().and_then(|m| m.name.as_deref())
    }
}

/// Affiliated keywords.
#[derive(Debug, Default)]
pub struct Meta {
    /// `#+NAME:`
    pub name: Option<String>,
    /// `#+CAPTION:`, several joined.
    pub caption: Option<String>,
    /// `#+HEADER:` values with where they stand.
    pub headers: Vec<Span>,
    /// `#+ATTR_HTML:` values.
    pub attr_html: Vec<Span>,
    /// It is what `#+RESULTS:` announces.
    pub results: bool,
}

/// The kinds of element.
#[derive(Debug)]
pub enum Kind {
    /// Lines of text.
    Paragraph(Vec<Span>),
    /// A list.
    List(List),
    /// Rows, each a line.
    Table(Vec<Span>),
    /// `#+begin_src`
    Source(Source),
    /// `#+begin_example`
    Example(Vec<Span>),
    /// `#+begin_export`
    Export(Span, Vec<Span>),
    /// `#+begin_verse`
    Verse(Vec<Span>),
    /// `#+begin_quote`
    Quote(Vec<Element>),
    /// `#+begin_center`
    Center(Vec<Element>),
    /// Any other block, with its name.
    Special(Span, Vec<Element>),
    /// A drawer with its name.
    Drawer(Span, Vec<Element>),
    /// `#+begin: name`
    Dynamic(Vec<Element>),
    /// `[fn:label] …` with its label.
    Footnote(Span, Vec<Element>),
    /// `: …`
    Fixed(Vec<Span>),
    /// `-----`
    Rule,
    /// `#+KEY: value`
    Keyword(Keyword),
    /// `\begin{x} … \end{x}`
    Latex(Span),
    /// A comment, a comment block, a clock: nothing to show.
    Silent,
}

/// `#+KEY: value`
#[derive(Debug, Clone)]
pub struct Keyword {
    /// Upper-cased.
    pub key: String,
    /// Trimmed.
    pub value: Span,
}

/// A source block.
#[derive(Debug)]
pub struct Source {
    /// The language, as written.
    pub lang: Span,
    /// Header arguments on the `#+begin_src` line.
    pub args: Span,
    /// The lines between.
    pub body: Vec<Span>,
}

/// A list.
#[derive(Debug)]
pub struct List {
    /// Its kind, which the first item decides.
    pub kind: ListKind,
    /// Its items.
    pub items: Vec<Item>,
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
pub struct Item {
    /// `[@3]`
    pub counter: Option<u32>,
    /// `[X]`, `[ ]`, `[-]`
    pub checkbox: Option<Check>,
    /// The term of a descriptive item.
    pub tag: Option<Span>,
    /// Its contents.
    pub children: Vec<Element>,
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
pub fn walk<'t>(elements: &'t [Element], f: &mut impl FnMut(&'t Element)) {
    for element in elements {
        f(element);
        match &element.kind {
            Kind::Quote(c)
            | Kind::Center(c)
            | Kind::Special(_, c)
            | Kind::Drawer(_, c)
            | Kind::Dynamic(c)
            | Kind::Footnote(_, c) => walk(c, f),
            Kind::List(list) => list.items.iter().for_each(|item| walk(&item.children, f)),
            _ => {}
        }
    }
}
