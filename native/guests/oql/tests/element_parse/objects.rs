//! Our objects → facts.

use oql::syntax::document::Document;
use oql::syntax::objects::{LinkForm, Object, ObjectKind};

use crate::facts::{Facts, words};

/// Adds these objects and those inside them.
pub fn objects(doc: &Document, objects: &[Object], facts: &mut Facts) {
    for object in objects {
        let (at, end) = (object.span.start, object.span.end);
        let inside: &[Object] = match &object.kind {
            ObjectKind::Text(_) | ObjectKind::LineBreak => &[],
            ObjectKind::Bold(inside) => markup(facts, object, "bold", inside),
            ObjectKind::Italic(inside) => markup(facts, object, "italic", inside),
            ObjectKind::Underline(inside) => markup(facts, object, "underline", inside),
            ObjectKind::Strike(inside) => markup(facts, object, "strike-through", inside),
            ObjectKind::Verbatim(_) => markup(facts, object, "verbatim", &[]),
            ObjectKind::Code(_) => markup(facts, object, "code", &[]),
            ObjectKind::Subscript(inside, _) => markup(facts, object, "subscript", inside),
            ObjectKind::Superscript(inside, _) => markup(facts, object, "superscript", inside),
            ObjectKind::Link(link) => {
                let form = match link.form {
                    LinkForm::Bracket => "bracket",
                    LinkForm::Angle => "angle",
                    LinkForm::Plain => "plain",
                    LinkForm::Radio => "radio",
                };
                let inside = link.description.as_deref();
                let shown = inside.map(|inside| within(doc, inside));
                facts.add("links", at, format!("{form} {:?} to {end} shows {shown:?}", words(link.path)));
                inside.unwrap_or(&[])
            }
            ObjectKind::Footnote(label, inside) => {
                let kind = if inside.is_some() { "inline" } else { "standard" };
                facts.add("footnotes", at, format!("{kind} reference {label:?} to {end}"));
                inside.as_deref().unwrap_or(&[])
            }
            ObjectKind::Timestamp(raw) => {
                facts.add("timestamps", at, format!("{raw:?}"));
                &[]
            }
            ObjectKind::Entity(name) => small(facts, object, format!("entity {name:?}")),
            ObjectKind::Latex(value) => small(facts, object, format!("latex {value:?}")),
            ObjectKind::Snippet(backend, value) => small(facts, object, format!("snippet {backend:?} {value:?}")),
            ObjectKind::Target(name) => small(facts, object, format!("target {name:?}")),
            ObjectKind::Radio(inside) => {
                small(facts, object, "radio target".into());
                inside
            }
            ObjectKind::Cookie(value) => small(facts, object, format!("cookie {value:?}")),
            ObjectKind::Macro(name, _) => small(facts, object, format!("macro {:?}", name.to_lowercase())),
            ObjectKind::InlineSource(source) => small(facts, object, format!("source {:?}", source.lang)),
            ObjectKind::Citation(citation) => {
                small(facts, object, "citation".into());
                let references = citation.references.iter().flat_map(|r| [&r.prefix, &r.suffix]);
                for inside in [&citation.prefix, &citation.suffix].into_iter().chain(references) {
                    self::objects(doc, inside, facts);
                }
                &[]
            }
            ObjectKind::InlineCall(_) => {
                facts.add("calls", at, "inline call");
                &[]
            }
        };
        self::objects(doc, inside, facts);
    }
}

fn markup<'t, 'a>(facts: &mut Facts, object: &Object, kind: &str, inside: &'t [Object<'a>]) -> &'t [Object<'a>] {
    facts.add("markup", object.span.start, format!("{kind} to {}", object.span.end));
    inside
}

fn small<'t, 'a>(facts: &mut Facts, object: &Object, fact: String) -> &'t [Object<'a>] {
    facts.add("objects", object.span.start, fact);
    &[]
}

/// The text that these objects are.
fn within<'a>(doc: &Document<'a>, objects: &[Object]) -> &'a str {
    match (objects.first(), objects.last()) {
        (Some(first), Some(last)) => &doc.text[first.span.start..last.span.end],
        _ => "",
    }
}
