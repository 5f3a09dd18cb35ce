//! Reading Org: lines, then headings, then each section's elements, then the
//! objects inside a text. Each step looks at a byte a bounded number of times,
//! so reading is linear in the document's size and never deeper than
//! [`MAX_DEPTH`], whatever the nesting.

pub mod document;
pub mod elements;
pub mod headings;
pub mod index;
pub mod lines;
pub mod lists;
pub mod objects;
pub mod probe;
mod radio;
pub mod text;
pub mod timestamp;
pub mod tree;

/// What nests deeper than this is text.
pub const MAX_DEPTH: usize = 32;
