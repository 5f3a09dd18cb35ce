//! The radio targets of a document.

use super::headings::Heading;
use super::lines::{holds, slice};
use super::objects::radio::Targets;
use super::objects::{Inline, Object, ObjectKind, Place, objects};
use super::text::Text;
use super::tree::{Element, Kind, walk};

/// What the document's radio targets say, if it has any.
pub fn targets<'a>(text: &'a str, headings: &[Heading<'a>], sections: &[&[Element<'a>]]) -> Option<Box<Targets>> {
    let mut found = Found { inline: Inline::new(text), names: Vec::new() };
    headings.iter().for_each(|heading| found.text(&heading.text));
    for section in sections {
        walk(section, &mut |element| found.element(element));
    }
    // Where several targets begin a text alike, the last one counts.
    found.names.sort_unstable();
    (!found.names.is_empty()).then(|| Box::new(Targets::new(found.names.iter().map(|(_, name)| *name))))
}

struct Found<'a> {
    inline: Inline<'a>,
    names: Vec<(usize, &'a str)>,
}

impl<'a> Found<'a> {
    fn element(&mut self, element: &Element<'a>) {
        for caption in element.meta.iter().flat_map(|m| &m.caption) {
            self.text(&caption.long);
            caption.short.iter().for_each(|short| self.text(short));
        }
        match &element.kind {
            Kind::Paragraph(text) | Kind::Verse(text) => self.text(text),
            Kind::List(list) => list.items.iter().filter_map(|item| item.tag.as_ref()).for_each(|tag| self.text(tag)),
            Kind::Inlinetask(heading, _) => self.text(&heading.text),
            // No target holds a `|`, so rows need not be split into cells.
            Kind::Table(rows) => rows.iter().for_each(|row| self.text(&Text::new(*row, Place::Cell))),
            _ => {}
        }
    }

    fn text(&mut self, text: &Text<'a>) {
        // Not the objects that the text keeps: those know the targets.
        if holds(text.span.of(self.inline.text), "<<<") {
            let objects = objects(&self.inline, text.span, text.place);
            self.objects(&objects);
        }
    }

    fn objects(&mut self, objects: &[Object<'a>]) {
        for object in objects {
            match &object.kind {
                ObjectKind::Radio(_) => {
                    let name = slice(self.inline.text, object.span.start + 3, object.span.end - 3);
                    self.names.push((object.span.start, name));
                }
                ObjectKind::Bold(inner)
                | ObjectKind::Italic(inner)
                | ObjectKind::Underline(inner)
                | ObjectKind::Strike(inner)
                | ObjectKind::Subscript(inner, _)
                | ObjectKind::Superscript(inner, _) => self.objects(inner),
                ObjectKind::Footnote(note) => self.objects(note.definition.as_deref().unwrap_or(&[])),
                ObjectKind::Link(link) => self.objects(link.description.as_deref().unwrap_or(&[])),
                _ => {}
            }
        }
    }
}
