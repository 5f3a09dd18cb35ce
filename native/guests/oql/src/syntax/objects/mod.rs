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

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object<'t> {
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
    /// A link with its path and, where it has one, its description.
    Link(&'t str, Option<Vec<Object<'t>>>),
    /// A bare or angled URL.
    Url(&'t str),
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

/// The objects of a text.
pub fn objects(text: &str) -> Vec<Object<'_>> {
    let scan = Scan::new(text);
    scan.read(0, text.len(), 0, false)
}

/// An object, where it begins, where the text behind it begins.
type Found<'t> = Option<(Object<'t>, usize, usize)>;
