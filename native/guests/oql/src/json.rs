//! JSON written straight into an answer, as `serde_json` writes it.

/// A text.
pub fn text(text: &str, out: &mut String) {
    let escaped = text.bytes().any(|b| b < b' ' || b == b'"' || b == b'\\');
    match escaped.then(|| serde_json::to_string(text)) {
        Some(Ok(escaped)) => out.push_str(&escaped),
        _ => {
            out.push('"');
            out.push_str(text);
            out.push('"');
        }
    }
}

/// A text or `null`.
pub fn maybe(value: Option<&str>, out: &mut String) {
    match value {
        Some(value) => text(value, out),
        None => out.push_str("null"),
    }
}

/// An array of texts.
pub fn texts(texts: &[&str], out: &mut String) {
    out.push('[');
    for (i, value) in texts.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        text(value, out);
    }
    out.push(']');
}
