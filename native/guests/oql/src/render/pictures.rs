//! Which links are pictures.

use std::borrow::Cow;

use super::abbreviations::Abbreviations;
use super::url::has_scheme;
use crate::syntax::objects::{Destination, Link, LinkForm, LinkKind, Object, ObjectKind};

/// Whether it names a picture.
pub fn is_image(to: &Destination) -> bool {
    match to.kind {
        LinkKind::File | LinkKind::Web => names_picture(to.path()),
        LinkKind::Fuzzy => to.raw.get(..11).is_some_and(|p| p.eq_ignore_ascii_case("data:image/")),
        _ => false,
    }
}

/// Whether one of the endings of pictures stands in the path.
fn names_picture(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.iter().enumerate().filter(|(_, b)| **b == b'.').any(|(i, _)| {
        let is = |ending: &str| {
            bytes.get(i + 1..i + 1 + ending.len()).is_some_and(|e| e.eq_ignore_ascii_case(ending.as_bytes()))
        };
        ["jpeg", "jpg", "png", "gif", "svg", "webp"].into_iter().any(is)
    })
}

/// The picture that is all of a link's description: its address, written bare.
pub fn described_image<'t>(link: &Link<'t>, abbreviations: &Abbreviations) -> Option<Destination<'t>> {
    let description = link.description.as_deref()?;
    let image = match description {
        [Object { kind: ObjectKind::Link(inner), .. }] if inner.description.is_none() => {
            abbreviations.destination(inner)
        }
        [Object { kind: ObjectKind::Text(text), .. }] => bare(Cow::Borrowed(text))?,
        [Object { kind: ObjectKind::Text(text), .. }, ..] if has_scheme(text) => {
            let mut source = String::new();
            written(description, &mut source).then_some(())?;
            bare(Cow::Owned(source))?
        }
        _ => return None,
    };
    (image.kind != LinkKind::Fuzzy && is_image(&image)).then_some(image)
}

/// What an address without brackets leads to.
fn bare(text: Cow<'_, str>) -> Option<Destination<'_>> {
    if !has_scheme(&text) || text.contains([' ', '\t', '\n', '<', '>']) {
        return None;
    }
    let scheme = text.split(':').next()?;
    matches!(scheme, "file" | "http" | "https").then(|| Destination::of(LinkForm::Plain, text))
}

/// Writes text as it was typed, low and high parts included; tells whether it
/// holds nothing else.
fn written(objects: &[Object], out: &mut String) -> bool {
    objects.iter().all(|object| {
        let (mark, inner, braced) = match &object.kind {
            ObjectKind::Text(text) => {
                out.push_str(text);
                return true;
            }
            ObjectKind::Subscript(inner, braced) => ('_', inner, *braced),
            ObjectKind::Superscript(inner, braced) => ('^', inner, *braced),
            _ => return false,
        };
        out.push(mark);
        if braced {
            out.push('{');
        }
        let plain = written(inner, out);
        if braced {
            out.push('}');
        }
        plain
    })
}

/// Whether a link is shown as a picture, or as a picture that leads elsewhere.
pub fn is_picture(link: &Link, abbreviations: &Abbreviations) -> bool {
    match &link.description {
        None => is_image(&abbreviations.destination(link)),
        Some(_) => described_image(link, abbreviations).is_some(),
    }
}
