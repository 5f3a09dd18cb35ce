//! The page beside the page of Emacs' HTML exporter, over `corpus/`.
//!
//! Equal is what has the same tags, nesting, attributes and text, after ids are
//! numbered in their order. `ORG_DIFF=<part of a path>` prints how they differ.

mod corpus;
mod html;
mod lines;

use oql::{RenderOptions, render};

/// Per cent of the files that are equal at least. What the issue asks for is 98: raise it with the kernel.
const LEAST: f64 = 94.0;
/// Whether every file that differs must be named in `corpus/differences.txt`: once `LEAST` is 98.
const ALL_NAMED: bool = false;

#[test]
fn pages_are_structured_as_those_of_emacs() {
    let options = RenderOptions { allow_html: true, ..RenderOptions::default() };
    let mut tally = corpus::Tally::new("html", "differences.txt");
    for file in corpus::files() {
        let expected = file.expected("html");
        let ours = corpus::attempt(&file.name, || render(&file.org, &options));
        let theirs = (!expected.starts_with("<!-- error: ")).then(|| html::lines(&expected));
        tally.add(&file.name, theirs.as_deref(), &html::lines(&ours));
    }
    tally.finish(LEAST, ALL_NAMED);
}
