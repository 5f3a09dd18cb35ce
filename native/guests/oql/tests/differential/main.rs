//! The page beside the page of Emacs' HTML exporter, over `corpus/`.
//!
//! Equal is what has the same tags, nesting, attributes and text, after ids are
//! numbered in their order. `ORG_DIFF=<part of a path>` prints how they differ.

mod corpus;
mod html;
mod lines;

use oql::{RenderOptions, render};

/// Per cent of the files that are equal at least; the others are named in `corpus/differences.txt`.
const LEAST: f64 = 98.0;

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
    tally.finish(LEAST);
}
