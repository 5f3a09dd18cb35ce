//! Every text of a document that holds something, in document order.

use super::outline::left_out;
use super::settings::Settings;
use crate::syntax::document::Document;
use crate::syntax::lines::{Span, holds};
use crate::syntax::objects::{Object, Place, objects};
use crate::syntax::text::Text;
use crate::syntax::tree::{Element, Kind};

/// What to look at.
#[derive(Clone, Copy)]
pub struct Texts<'r, 'a> {
    /// The document.
    pub doc: &'r Document<'a>,
    /// Only what these show, if any.
    pub shown: Option<&'r Settings>,
    /// What a text must hold.
    pub needle: &'static str,
    /// Captions too.
    pub captions: bool,
    /// Footnote definitions too.
    pub notes: bool,
}

impl<'r, 'a> Texts<'r, 'a> {
    /// Calls `f` with the objects of each text among the elements.
    pub fn each(&self, elements: &'r [Element<'a>], f: &mut impl FnMut(&[Object<'a>])) {
        for element in elements {
            if let Some(meta) = element.meta.as_ref().filter(|_| self.captions) {
                for caption in &meta.caption {
                    if let Some(short) = &caption.short {
                        self.text(short, f);
                    }
                    self.text(&caption.long, f);
                }
            }
            match &element.kind {
                Kind::Paragraph(text) | Kind::Verse(text) => self.text(text, f),
                Kind::List(list) => {
                    for item in &list.items {
                        if let Some(tag) = &item.tag {
                            self.text(tag, f);
                        }
                        self.each(list.contents(item), f);
                    }
                }
                Kind::Table(lines) if self.shown.is_none_or(|s| s.tables) => {
                    for line in lines {
                        self.row(*line, f);
                    }
                }
                Kind::Quote(children)
                | Kind::Center(children)
                | Kind::Special(_, children)
                | Kind::Dynamic(children) => {
                    self.each(children, f);
                }
                Kind::Drawer(name, children) if self.shown.is_none_or(|s| s.drawers.show(name.of(self.doc.text))) => {
                    self.each(children, f);
                }
                Kind::Inlinetask(heading, children)
                    if self.shown.is_none_or(|s| s.inlinetasks && !left_out(heading, s)) =>
                {
                    self.text(&heading.text, f);
                    self.each(children, f);
                }
                Kind::Footnote(_, children) if self.notes => self.each(children, f),
                _ => {}
            }
        }
    }

    /// Calls `f` with the objects of this text.
    pub fn text(&self, text: &'r Text<'a>, f: &mut impl FnMut(&[Object<'a>])) {
        if holds(text.span.of(self.doc.text), self.needle) {
            f(self.doc.objects(text));
        }
    }

    fn row(&self, line: Span, f: &mut impl FnMut(&[Object<'a>])) {
        let text = line.of(self.doc.text);
        if !holds(text, self.needle) {
            return;
        }
        let mut start = line.start;
        for cell in text.split('|') {
            let trimmed = cell.trim();
            if holds(trimmed, self.needle) {
                let from = start + (cell.len() - cell.trim_start().len());
                let span = Span { start: from, end: from + trimmed.len() };
                f(&objects(&self.doc.inline, span, Place::Cell));
            }
            start += cell.len() + 1;
        }
    }
}

/// The objects right inside this one.
pub fn inside<'o, 't>(object: &'o Object<'t>) -> &'o [Object<'t>] {
    use crate::syntax::objects::ObjectKind as O;
    match &object.kind {
        O::Bold(inner)
        | O::Italic(inner)
        | O::Underline(inner)
        | O::Strike(inner)
        | O::Radio(inner)
        | O::Subscript(inner, _)
        | O::Superscript(inner, _) => inner,
        O::Footnote(note) => note.definition.as_deref().unwrap_or(&[]),
        O::Link(link) => link.description.as_deref().unwrap_or(&[]),
        _ => &[],
    }
}
