//! The objects inside a text: emphasis, links, footnotes, timestamps, …
//!
//! One pass notes where every closing mark stands; from then on an opening
//! mark asks that table for its partner, so a mark without one costs a look-up
//! and no search, and no byte is read twice.

mod angle;
mod code;
mod emphasis;
mod escapes;
mod read;
mod scan;
mod square;
mod url;

use scan::Scan;

use super::lines::Span;
use super::text::{Inline, Place};

/// An object and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object<'t> {
    /// What it is.
    pub kind: ObjectKind<'t>,
    /// Where it stands in the document.
    pub span: Span,
}

/// The kinds of object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectKind<'t> {
    /// Plain text.
    Text(&'t str),
    /// `*bold*`
    Bold(Vec<Object<'t>>),
    /// `/italic/`
    Italic(Vec<Object<'t>>),
    /// `_underline_`
    Underline(Vec<Object<'t>>),
    /// `+strike+`
    Strike(Vec<Object<'t>>),
    /// `=verbatim=`
    Verbatim(&'t str),
    /// `~code~`
    Code(&'t str),
    /// A link.
    Link(Link<'t>),
    /// `[fn:label]`, `[fn:label:text]`, `[fn::text]`
    Footnote(&'t str, Option<Vec<Object<'t>>>),
    /// `<2026-01-01 Thu>` or a range.
    Timestamp(&'t str),
    /// `\alpha`
    Entity(&'t str),
    /// `\(x\)`, `\[x\]`, `$x$`, `$$x$$`
    Latex(&'t str),
    /// `@@backend:value@@`
    Snippet(&'t str, &'t str),
    /// `<<target>>`
    Target(&'t str),
    /// `<<<target>>>`
    Radio(Vec<Object<'t>>),
    /// `[1/2]`, `[50%]`
    Cookie(&'t str),
    /// `{{{name(arguments)}}}`
    Macro(&'t str, &'t str),
    /// `src_lang[args]{code}`
    InlineSource(&'t str, &'t str),
    /// `call_name(…)`
    InlineCall,
    /// `_{x}`; whether it had braces.
    Subscript(Vec<Object<'t>>, bool),
    /// `^{x}`; whether it had braces.
    Superscript(Vec<Object<'t>>, bool),
    /// `\\` at a line's end.
    LineBreak,
}

/// A link, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'t> {
    /// Its form.
    pub form: LinkForm,
    /// What it leads to.
    pub path: &'t str,
    /// What it shows.
    pub description: Option<Vec<Object<'t>>>,
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

/// The objects of a text that stands at `span`.
pub fn objects<'t>(inline: &Inline<'t>, span: Span, _place: Place) -> Vec<Object<'t>> {
    let text = span.of(inline.text);
    let scan = Scan::new(text, span.start);
    scan.read(0, text.len(), 0, false)
}

/// The objects of a text that stands nowhere.
pub fn objects_of(text: &str) -> Vec<Object<'_>> {
    objects(&Inline { text }, Span { start: 0, end: text.len() }, Place::Paragraph)
}

/// An object, where it begins, where the text behind it begins.
type Found<'t> = Option<(ObjectKind<'t>, usize, usize)>;
