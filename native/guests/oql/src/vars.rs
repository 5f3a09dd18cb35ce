//! What stands behind the `=` of a `:var`.

use serde_json::Value;

use crate::syntax::MAX_DEPTH;
use crate::table::number;

/// A `:var`'s right-hand side.
#[derive(Debug, Clone, PartialEq)]
pub enum Written<'a> {
    /// A value as it stands.
    Literal(Value),
    /// A name and, in brackets behind it, which part is meant.
    Reference(&'a str, Option<&'a str>),
    /// Something this kernel does not evaluate; says what.
    Unsupported(&'static str),
}

/// Reads it.
pub fn read(text: &str) -> Written<'_> {
    let text = text.trim();
    if let Some(number) = number(text) {
        return Written::Literal(Value::Number(number));
    }
    match text {
        "true" => return Written::Literal(Value::Bool(true)),
        "false" => return Written::Literal(Value::Bool(false)),
        "nil" | "null" => return Written::Literal(Value::Null),
        "*this*" => return Written::Unsupported("`*this*` is Emacs Lisp, which is not evaluated here"),
        _ => {}
    }
    if text.starts_with('"') {
        return match string(text) {
            Some((s, "")) => Written::Literal(Value::String(s)),
            _ => Written::Unsupported("the string does not end where the value ends"),
        };
    }
    if text.starts_with(['\'', '`', '(']) {
        let list = text.strip_prefix(['\'', '`']).filter(|list| list.starts_with('('));
        return match list.and_then(lisp) {
            Some(value) => Written::Literal(value),
            None => {
                Written::Unsupported("Emacs Lisp is not evaluated here; a quoted list of numbers and strings is read")
            }
        };
    }
    if text.starts_with(['[', '{']) {
        return match serde_json::from_str(text).ok().or_else(|| lisp(text)) {
            Some(value) => Written::Literal(value),
            None => Written::Unsupported("that is neither JSON nor a vector of numbers and strings"),
        };
    }
    let (name, index) = indexed(text);
    if name.contains(['(', ')']) {
        return Written::Unsupported("calls are not evaluated here: name the component alone and take its output");
    }
    if name.contains(['[', ']', ' ', '\t', '\'', '"']) {
        return Written::Unsupported("that is neither a value nor a name");
    }
    Written::Reference(name, index)
}

/// `name[index]` as name and index.
fn indexed(text: &str) -> (&str, Option<&str>) {
    let parts = text.strip_suffix(']').and_then(|t| t.rsplit_once('['));
    match parts {
        Some((name, index)) if !name.is_empty() && !index.is_empty() => (name, Some(index)),
        _ => (text, None),
    }
}

/// `other.port` and `other:port` as name and port.
pub fn with_port(name: &str) -> Option<(&str, &str)> {
    let (name, port) = name.rsplit_once(['.', ':'])?;
    (!name.is_empty() && !port.is_empty()).then_some((name, port))
}

/// A list or vector of numbers, strings, `t`, `nil` and lists of these, and nothing behind it.
fn lisp(text: &str) -> Option<Value> {
    let mut rest = text;
    let mut open: Vec<(char, Vec<Value>)> = Vec::new();
    loop {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let value = match first {
            '(' | '[' if open.len() < MAX_DEPTH => {
                open.push((first, Vec::new()));
                rest = rest.get(1..)?;
                continue;
            }
            ')' | ']' => {
                let (opener, items) = open.pop()?;
                if (opener == '(') != (first == ')') {
                    return None;
                }
                rest = rest.get(1..)?;
                Value::Array(items)
            }
            '"' => {
                let (item, behind) = string(rest)?;
                rest = behind;
                Value::String(item)
            }
            _ => {
                let len = rest.find([' ', '\t', '(', ')', '[', ']', '"'])?;
                let (word, behind) = rest.split_at_checked(len)?;
                rest = behind;
                match word {
                    "t" => Value::Bool(true),
                    "nil" => Value::Null,
                    _ => Value::Number(number(word)?),
                }
            }
        };
        match open.last_mut() {
            Some((_, items)) => items.push(value),
            None => return (value.is_array() && rest.trim().is_empty()).then_some(value),
        }
    }
}

/// A double-quoted string at the start of `text`, and what follows it.
pub fn string(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = inner.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Some((out, inner.get(i + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                other => out.push(other),
            },
            _ => out.push(c),
        }
    }
    None
}
