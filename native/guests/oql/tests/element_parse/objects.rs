//! Our objects → facts.

use oql::syntax::document::Document;
use oql::syntax::objects::{LinkForm, Object, ObjectKind};

use oql::syntax::timestamp::{StampKind, Timestamp};

use crate::facts::{self, Facts, words};

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
            ObjectKind::Footnote(note) => {
                let (label, inside) = (note.label, &note.definition);
                let kind = if inside.is_some() { "inline" } else { "standard" };
                facts.add("footnotes", at, format!("{kind} reference {label:?} to {end}"));
                inside.as_deref().unwrap_or(&[])
            }
            ObjectKind::Timestamp(raw) => {
                let kind = Timestamp::read(raw).map_or("none", |timestamp| match timestamp.kind {
                    StampKind::Active => "active",
                    StampKind::Inactive => "inactive",
                    StampKind::ActiveRange => "active-range",
                    StampKind::InactiveRange => "inactive-range",
                    StampKind::Diary => "diary",
                });
                facts.add("timestamps", at, format!("{kind} {raw:?}"));
                &[]
            }
            ObjectKind::Entity(name) => small(facts, object, format!("entity {name:?}")),
            ObjectKind::Latex(value) => small(facts, object, format!("latex {value:?}")),
            ObjectKind::Snippet(s) => small(facts, object, format!("snippet {:?} {:?}", s.backend, s.value)),
            ObjectKind::Target(name) => small(facts, object, format!("target {name:?}")),
            ObjectKind::Radio(inside) => {
                small(facts, object, "radio target".into());
                inside
            }
            ObjectKind::Cookie(value) => small(facts, object, format!("cookie {value:?}")),
            ObjectKind::Macro(call) => small(facts, object, format!("macro {:?}", call.name.to_lowercase())),
            ObjectKind::InlineSource(source) => {
                small(facts, object, facts::source(source.lang, source.args, source.code))
            }
            ObjectKind::Citation(citation) => {
                small(facts, object, facts::citation(citation.style, citation.references.iter().map(|r| r.key)));
                let references = citation.references.iter().flat_map(|r| [&r.prefix, &r.suffix]);
                for inside in [&citation.prefix, &citation.suffix].into_iter().chain(references) {
                    self::objects(doc, inside, facts);
                }
                &[]
            }
            ObjectKind::InlineCall(call) => {
                facts.add("calls", at, facts::call(call.name, call.inside, call.args, call.outside, end));
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
    facts.add("objects", object.span.start, format!("{fact} to {}", object.span.end));
    &[]
}

/// The text that these objects are.
fn within<'a>(doc: &Document<'a>, objects: &[Object]) -> &'a str {
    match (objects.first(), objects.last()) {
        (Some(first), Some(last)) => &doc.text[first.span.start..last.span.end],
        _ => "",
    }
}
