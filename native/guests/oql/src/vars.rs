//! What stands behind the `=` of a `:var`.

use serde_json::Value;

use crate::table::number;

/// A `:var`'s right-hand side.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// A value as it stands.
    Literal(Value),
    /// A name, and the port behind `.` or `:`.
    Reference(String, Option<String>),
    /// Something this kernel does not evaluate; says what.
    Unsupported(String),
}

/// Reads it.
pub fn read(text: &str) -> Written {
    let text = text.trim();
    if let Some(number) = number(text) {
        return Written::Literal(Value::Number(number));
    }
    match text {
        "true" => return Written::Literal(Value::Bool(true)),
        "false" => return Written::Literal(Value::Bool(false)),
        "nil" | "null" => return Written::Literal(Value::Null),
        _ => {}
    }
    if text.starts_with('"') {
        return match string(text) {
            Some((s, "")) => Written::Literal(Value::String(s)),
            _ => Written::Unsupported("the string does not end where the value ends".into()),
        };
    }
    if text.starts_with(['[', '{']) {
        return match serde_json::from_str(text) {
            Ok(value) => Written::Literal(value),
            Err(_) => Written::Unsupported("that is no JSON".into()),
        };
    }
    if let Some(inner) = text.strip_prefix("'(").or(text.strip_prefix('(')) {
        return match elisp_list(inner) {
            Some(items) => Written::Literal(Value::Array(items)),
            None => Written::Unsupported("Emacs Lisp is not evaluated here".into()),
        };
    }
    if text.contains(['(', '[', ' ', '\'', '"']) {
        return Written::Unsupported("calls, indices and Emacs Lisp are not evaluated here".into());
    }
    Written::Reference(text.to_string(), None)
}

/// `other.port` and `other:port` as name and port.
pub fn with_port(name: &str) -> Option<(&str, &str)> {
    let (name, port) = name.rsplit_once(['.', ':'])?;
    (!name.is_empty() && !port.is_empty()).then_some((name, port))
}

/// A flat list of numbers and strings, up to its closing parenthesis.
fn elisp_list(mut rest: &str) -> Option<Vec<Value>> {
    let mut items = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(behind) = rest.strip_prefix(')') {
            return behind.trim().is_empty().then_some(items);
        }
        if rest.starts_with('"') {
            let (item, behind) = string(rest)?;
            items.push(Value::String(item));
            rest = behind;
            continue;
        }
        let len = rest.find([' ', '\t', ')', '('])?;
        let (word, behind) = rest.split_at_checked(len)?;
        items.push(match word {
            "t" => Value::Bool(true),
            "nil" => Value::Null,
            _ => Value::Number(number(word)?),
        });
        rest = behind;
    }
}

/// A double-quoted string at the start of `text`, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
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
