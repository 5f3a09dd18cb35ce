//! The objects inside a text: emphasis, links, footnotes, timestamps, …
//!
//! One pass from mark to mark. What an opening mark needs to know of the text
//! ahead is asked of cursors that never look at a place twice, so a mark
//! without a partner costs a look-up and no search.

mod allowed;
mod angle;
mod arguments;
mod chars;
mod cite;
mod code;
mod cursor;
mod destination;
mod emphasis;
mod escapes;
mod link;
mod pairs;
pub mod radio;
mod ranges;
mod read;
mod scan;
mod square;

use allowed::Allowed;
use scan::Scan;

use super::lines::Span;
use super::text::{Inline, Place};

pub use arguments::macro_arguments;
pub use destination::{Destination, LinkKind};

/// An object and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object<'t> {
    /// What it is.
    pub kind: ObjectKind<'t>,
    /// Where it stands in the document.
    pub span: Span,
}

/// Objects in a row.
pub type Row<'t> = Box<[Object<'t>]>;

/// The kinds of object. What is larger than two words is kept apart, for a
/// text may have an object every other byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectKind<'t> {
    /// Plain text.
    Text(&'t str),
    /// `*bold*`
    Bold(Row<'t>),
    /// `/italic/`
    Italic(Row<'t>),
    /// `_underline_`
    Underline(Row<'t>),
    /// `+strike+`
    Strike(Row<'t>),
    /// `=verbatim=`
    Verbatim(&'t str),
    /// `~code~`
    Code(&'t str),
    /// A link.
    Link(Box<Link<'t>>),
    /// `[fn:label]`, `[fn:label:text]`, `[fn::text]`
    Footnote(Box<Footnote<'t>>),
    /// `[cite:@key]`
    Citation(Box<Citation<'t>>),
    /// `<2026-01-01 Thu>` or a range; `Timestamp::read` reads it.
    Timestamp(&'t str),
    /// `\alpha`: its name; `\_ ` and its blanks.
    Entity(&'t str),
    /// `\(x\)`, `\[x\]`, `$x$`, `$$x$$`, `\command[x]{y}`
    Latex(&'t str),
    /// `@@backend:value@@`
    Snippet(Box<Snippet<'t>>),
    /// `<<target>>`
    Target(&'t str),
    /// `<<<target>>>`
    Radio(Row<'t>),
    /// `[1/2]`, `[50%]`
    Cookie(&'t str),
    /// `{{{name(arguments)}}}`
    Macro(Box<Macro<'t>>),
    /// `src_lang[args]{code}`
    InlineSource(Box<InlineCode<'t>>),
    /// `call_name[inside](args)[outside]`
    InlineCall(Box<Call<'t>>),
    /// `_{x}`; whether it had braces.
    Subscript(Row<'t>, bool),
    /// `^{x}`; whether it had braces.
    Superscript(Row<'t>, bool),
    /// `\\` at a line's end, with the line's end.
    LineBreak,
}

/// `[fn:label:text]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footnote<'t> {
    /// Its label; nothing where it has none.
    pub label: &'t str,
    /// What it says, where it does so itself.
    pub definition: Option<Row<'t>>,
}

/// `@@backend:value@@`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snippet<'t> {
    /// Whom it is for.
    pub backend: &'t str,
    /// What it says.
    pub value: &'t str,
}

/// `{{{name(arguments)}}}`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Macro<'t> {
    /// Its name, as written.
    pub name: &'t str,
    /// What stands in its parentheses; [`macro_arguments`] splits it.
    pub arguments: &'t str,
}

/// A link, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'t> {
    /// Its form.
    pub form: LinkForm,
    /// What it leads to, as written; [`Destination`] reads it.
    pub path: &'t str,
    /// What it shows.
    pub description: Option<Row<'t>>,
}

/// How a link is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkForm {
    /// `[[path][description]]`
    Bracket,
    /// `<scheme:path>`
    Angle,
    /// `scheme:path`
    Plain,
    /// A text that a radio target made a link.
    Radio,
}

/// `[cite/style:prefix;references;suffix]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation<'t> {
    /// `style` or `style/variant`; nothing where none is given.
    pub style: &'t str,
    /// What stands before all references.
    pub prefix: Row<'t>,
    /// What it cites.
    pub references: Vec<Reference<'t>>,
    /// What stands behind them all.
    pub suffix: Row<'t>,
}

/// `prefix @key suffix`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference<'t> {
    /// The key, without its `@`.
    pub key: &'t str,
    /// What stands before the key.
    pub prefix: Row<'t>,
    /// What stands behind it.
    pub suffix: Row<'t>,
    /// Where it stands in the document, with its semicolon.
    pub span: Span,
}

/// `src_lang[args]{code}`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InlineCode<'t> {
    /// The language.
    pub lang: &'t str,
    /// Header arguments.
    pub args: &'t str,
    /// The code.
    pub code: &'t str,
}

/// `call_name[inside](args)[outside]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'t> {
    /// What is called.
    pub name: &'t str,
    /// Header arguments for the code called.
    pub inside: &'t str,
    /// The call's arguments.
    pub args: &'t str,
    /// Header arguments for the result.
    pub outside: &'t str,
}

/// The objects of a text that stands at `span`.
pub fn objects<'t>(inline: &Inline<'t>, span: Span, place: Place) -> Vec<Object<'t>> {
    let text = span.of(inline.text);
    let matches = inline.radio.as_ref().map(|targets| targets.matches(text)).filter(|m| !m.is_empty());
    if matches.is_none() && read::mark(text, 0, text.len()).is_none() {
        return match text.is_empty() {
            true => Vec::new(),
            false => vec![Object { kind: ObjectKind::Text(text), span }],
        };
    }
    let scan = Scan::new(text, span.start, matches.as_ref());
    scan.read(0, text.len(), Allowed::at(place), 0).into_vec()
}

/// The objects of a text that stands nowhere.
pub fn objects_of(text: &str) -> Vec<Object<'_>> {
    objects(&Inline::new(text), Span { start: 0, end: text.len() }, Place::Paragraph)
}

/// An object, where it begins, where the text behind it begins.
type Found<'t> = Option<(ObjectKind<'t>, usize, usize)>;
