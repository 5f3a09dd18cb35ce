//! A text with markup: where it stands, and its objects once they are asked for.

use std::cell::OnceCell;

use super::lines::Span;
use super::objects::{Inline, Object, Place, objects};

/// A text with markup.
#[derive(Debug)]
pub struct Text<'a> {
    /// Where it stands in the document.
    pub span: Span,
    /// What it may hold.
    pub place: Place,
    objects: OnceCell<Box<[Object<'a>]>>,
}

impl<'a> Text<'a> {
    /// A text that nobody has read yet.
    pub fn new(span: Span, place: Place) -> Self {
        Text { span, place, objects: OnceCell::new() }
    }

    /// Its objects, read the first time.
    pub fn objects(&self, inline: &Inline<'a>) -> &[Object<'a>] {
        self.objects.get_or_init(|| objects(inline, self.span, self.place).into_boxed_slice())
    }
}
