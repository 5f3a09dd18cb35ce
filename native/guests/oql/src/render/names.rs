//! What targets, elements and headings are called, and how links write it.

use std::borrow::Cow;

use super::texts::inside;
use crate::syntax::objects::{Object, ObjectKind};

/// A text's words with one character between them.
fn joined(text: &str, between: char) -> Cow<'_, str> {
    if !text.contains(char::is_whitespace) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(between);
        }
        out.push_str(word);
    }
    Cow::Owned(out)
}

/// The id a target or name asks for.
pub fn anchor(name: &str) -> Cow<'_, str> {
    joined(name, '-')
}

/// A text as links write it: blanks do not matter.
pub fn key(text: &str) -> Cow<'_, str> {
    joined(text, ' ')
}

/// A title without its statistics cookies, which change.
pub fn uncounted(title: &str) -> Cow<'_, str> {
    if !title.contains('[') {
        return Cow::Borrowed(title);
    }
    let mut out = String::with_capacity(title.len());
    let mut rest = title;
    while let Some((before, behind)) = rest.split_once('[') {
        out.push_str(before);
        let len = behind.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'/' | b'%')).count();
        let inner = behind.get(..len).unwrap_or("");
        let counts = inner.strip_suffix('%').unwrap_or(inner);
        let parts = counts.split('/').count();
        let cookie = behind.get(len..).is_some_and(|r| r.starts_with(']'))
            && !counts.contains('%')
            && parts == if counts.len() < inner.len() { 1 } else { 2 };
        out.push(if cookie { ' ' } else { '[' });
        rest = if cookie { behind.get(len + 1..).unwrap_or("") } else { behind };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The first of `base-2`, `base-3`, … that is not taken.
pub fn free(base: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut number = 2usize;
    loop {
        let id = format!("{base}-{number}");
        if !taken(&id) {
            return id;
        }
        number += 1;
    }
}

/// The plain words among these objects.
pub fn words<'t>(objects: &[Object<'t>]) -> Cow<'t, str> {
    if let [Object { kind: ObjectKind::Text(text), .. }] = objects {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    for object in objects {
        match &object.kind {
            ObjectKind::Text(text) => out.push_str(text),
            _ => out.push_str(&words(inside(object))),
        }
    }
    Cow::Owned(out)
}

/// The names of targets among these objects, however deep.
pub fn names<'t>(objects: &[Object<'t>], out: &mut Vec<Cow<'t, str>>) {
    for object in objects {
        match &object.kind {
            ObjectKind::Target(name) => out.push(Cow::Borrowed(name)),
            ObjectKind::Radio(inner) => out.push(words(inner)),
            _ => {}
        }
        names(inside(object), out);
    }
}
