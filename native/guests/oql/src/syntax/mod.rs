//! Reading Org: lines, then headings, then each section's elements, then the
//! objects inside a text. Each step looks at a byte a bounded number of times,
//! so reading is linear in the document's size and never deeper than
//! [`MAX_DEPTH`], whatever the nesting.

pub mod affiliated;
pub mod blocks;
pub mod chars;
pub mod document;
pub mod drawer;
pub mod elements;
pub mod entities;
mod entity_table;
mod estimate;
pub mod headings;
pub mod index;
pub mod inlinetask;
pub mod lines;
pub mod lists;
pub mod objects;
pub mod probe;
mod radio;
mod startup;
pub mod states;
pub mod structure;
pub mod switches;
pub mod tables;
pub mod text;
pub mod timestamp;
pub mod title;
pub mod tree;

/// What nests deeper than this is text.
pub const MAX_DEPTH: usize = 32;
