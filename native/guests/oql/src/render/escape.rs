//! Text → HTML text.

/// Escapes for element content and for attribute values alike.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => out.push('\u{fffd}'),
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
