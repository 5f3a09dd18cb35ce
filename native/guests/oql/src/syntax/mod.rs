//! Reading Org. Knows nothing of pages, plans or header arguments.
//!
//! A [`document`] is read once, from the outside in: its [`lines`], the words
//! that its headings may use (`startup` → [`states`]), its `outline` of [`headings`]
//! with [`title`] and [`drawer`], then each section's [`elements`]. Those are told
//! apart by [`probe`], found by what lies ahead ([`index`]), and become a
//! [`tree`]: [`blocks`], [`lists`], [`tables`], [`structure`] for the rest.
//! A [`text`] in the tree gets its [`objects`] when first asked.
//!
//! Each step looks at a byte a bounded number of times, so reading is linear in
//! the document's size and never deeper than [`MAX_DEPTH`], whatever the nesting.

pub mod affiliated;
pub mod blocks;
pub mod chars;
pub mod code;
pub mod document;
pub mod drawer;
pub mod elements;
pub mod entities;
mod entity_table;
mod estimate;
pub mod headings;
pub mod index;
pub mod inlinetask;
mod keys;
pub mod lines;
pub mod lists;
pub mod met;
pub mod objects;
mod outline;
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
