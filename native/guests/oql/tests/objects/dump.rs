//! Objects as one line: what Emacs' `org-element` says of them, in parentheses.

use oql::syntax::objects::{Destination, Link, LinkForm, LinkKind, Object, ObjectKind, macro_arguments};
use oql::syntax::timestamp::{Moment, Timestamp};

/// All objects of a row.
pub fn dump(objects: &[Object]) -> String {
    objects.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn one(object: &Object) -> String {
    let (name, facts) = match &object.kind {
        ObjectKind::Text(text) => return quoted(text),
        ObjectKind::Bold(inner) => ("bold", dump(inner)),
        ObjectKind::Italic(inner) => ("italic", dump(inner)),
        ObjectKind::Underline(inner) => ("underline", dump(inner)),
        ObjectKind::Strike(inner) => ("strike-through", dump(inner)),
        ObjectKind::Verbatim(text) => ("verbatim", quoted(text)),
        ObjectKind::Code(text) => ("code", quoted(text)),
        ObjectKind::Link(one) => ("link", link(one)),
        ObjectKind::Footnote(note) => {
            let (label, inner) = (note.label, &note.definition);
            let kind = if inner.is_some() { "inline" } else { "standard" };
            ("footnote-reference", words(&[quoted(label), kind.into(), dump(inner.as_deref().unwrap_or(&[]))]))
        }
        ObjectKind::Citation(one) => {
            let reference = |r: &oql::syntax::objects::Reference| {
                format!("[{}]", words(&[part(&r.prefix), format!("@{}", r.key), part(&r.suffix)]))
            };
            let all: Vec<String> = one.references.iter().map(reference).collect();
            ("citation", words(&[quoted(one.style), part(&one.prefix), all.join(" "), part(&one.suffix)]))
        }
        ObjectKind::Timestamp(raw) => ("timestamp", timestamp(raw)),
        ObjectKind::Entity(name) => ("entity", quoted(name)),
        ObjectKind::Latex(text) => ("latex-fragment", quoted(text)),
        ObjectKind::Snippet(s) => ("export-snippet", words(&[quoted(s.backend), quoted(s.value)])),
        ObjectKind::Target(text) => ("target", quoted(text)),
        ObjectKind::Radio(inner) => ("radio-target", dump(inner)),
        ObjectKind::Cookie(text) => ("statistics-cookie", quoted(text)),
        ObjectKind::Macro(call) => {
            let (name, args) = (call.name, call.arguments);
            let args = if args.trim().is_empty() { Vec::new() } else { macro_arguments(args) };
            let args: Vec<String> = args.iter().map(|a| quoted(a)).collect();
            ("macro", words(&[quoted(&name.to_lowercase()), args.join(" ")]))
        }
        ObjectKind::InlineSource(s) => ("inline-src-block", words(&[quoted(s.lang), header(s.args), quoted(s.code)])),
        ObjectKind::InlineCall(c) => {
            let args = if c.args.trim().is_empty() { "" } else { c.args };
            ("inline-babel-call", words(&[quoted(c.name), header(c.inside), quoted(args), header(c.outside)]))
        }
        ObjectKind::Subscript(inner, braced) => ("subscript", words(&[braces(*braced), dump(inner)])),
        ObjectKind::Superscript(inner, braced) => ("superscript", words(&[braces(*braced), dump(inner)])),
        ObjectKind::LineBreak => ("line-break", String::new()),
    };
    format!("({})", words(&[name.into(), facts]))
}

fn link(link: &Link) -> String {
    let to = Destination::of(link.form, link.raw());
    let scheme = to.raw.split_once(':').map_or("", |(scheme, _)| scheme);
    let kind = match to.kind {
        LinkKind::File => "file",
        LinkKind::CustomId => "custom-id",
        LinkKind::Coderef => "coderef",
        LinkKind::Fuzzy => "fuzzy",
        LinkKind::Radio => "radio",
        _ => scheme,
    };
    let application = scheme.strip_prefix("file+").filter(|_| to.kind == LinkKind::File);
    let form = match link.form {
        LinkForm::Bracket => "bracket",
        LinkForm::Angle => "angle",
        LinkForm::Plain | LinkForm::Radio => "plain",
    };
    let more = |name: &str, value: Option<&str>| value.map_or(String::new(), |v| format!("{name}={}", quoted(v)));
    let description = link.description.as_ref().map_or(String::new(), |d| part(d));
    let (application, search) = (more("app", application), more("search", to.search()));
    words(&[form.into(), kind.to_string(), quoted(to.path()), application, search, description])
}

fn timestamp(raw: &str) -> String {
    let Some(stamp) = Timestamp::read(raw) else { return format!("unread {}", quoted(raw)) };
    let moment = |m: Option<Moment>| match m {
        None => String::new(),
        Some(m) => {
            let time = m.time.map_or(String::new(), |(hour, minute)| format!("T{hour}:{minute}"));
            format!("{}-{}-{}{time}", m.year, m.month, m.day)
        }
    };
    let repeater = stamp.repeater.map_or(String::new(), |r| format!("{:?} {} {:?}", r.kind, r.value, r.unit));
    let warning = stamp
        .warning
        .map_or(String::new(), |w| format!("{} {} {:?}", if w.first { "first" } else { "all" }, w.value, w.unit));
    words(&[format!("{:?}", stamp.kind), quoted(raw), moment(stamp.start), moment(stamp.end), repeater, warning])
}

fn header(text: &str) -> String {
    if text.trim().is_empty() {
        return quoted("");
    }
    let blank = [' ', '\t', '\n', '\r'];
    let lines: Vec<&str> = text.trim_matches(blank).split('\n').collect();
    let lines: Vec<&str> =
        lines.iter().enumerate().map(|(i, l)| if i > 0 { l.trim_start_matches([' ', '\t']) } else { l }).collect();
    quoted(&lines.join(" "))
}

fn part(objects: &[Object]) -> String {
    format!("<{}>", dump(objects))
}

fn braces(braced: bool) -> String {
    if braced { "{}".into() } else { String::new() }
}

fn words(parts: &[String]) -> String {
    parts.iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\n', "⏎").replace('\t', "⇥"))
}
