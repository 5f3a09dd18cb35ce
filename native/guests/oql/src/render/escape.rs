//! Text → HTML text.

/// Whether XML 1.0 has no such character, not even as a reference.
fn forbidden(c: char) -> bool {
    (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A text that is HTML already, without what XML forbids.
pub fn legal(html: &str) -> String {
    html.replace(forbidden, "\u{fffd}")
}

/// Escapes for element content and for attribute values alike; what XML
/// forbids becomes U+FFFD.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if forbidden(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Escapes and turns `--`, `---`, `...` and `\-` into what they stand for.
pub fn typography(text: &str, special: bool) -> String {
    let escaped = escape(text);
    if !special || !escaped.contains(['-', '.', '\\']) {
        return escaped;
    }
    escaped.replace("\\-", "&#x00ad;").replace("---", "&#x2014;").replace("--", "&#x2013;").replace("...", "&#x2026;")
}

/// A name fit for a class: letters, digits, `-` and `_`.
pub fn class(name: &str) -> String {
    let keep = |c: char| {
        if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '-' }
    };
    name.chars().map(keep).collect()
}
