//! Which addresses a page may point at.

use std::borrow::Cow;

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// `href`
    Link,
    /// `src` of an image.
    Image,
}

const SCHEMES: [&str; 22] = [
    "http", "https", "ftp", "ftps", "sftp", "mailto", "tel", "sms", "news", "nntp", "irc", "ircs", "xmpp", "ssh",
    "git", "gemini", "gopher", "geo", "magnet", "urn", "file", "webcal",
];

/// The address, fit for an attribute (not yet escaped), or nothing where a
/// browser might run it. Only listed schemes pass.
pub fn safe(url: &str, usage: Use) -> Option<String> {
    let url = url.trim_matches(|c: char| c.is_whitespace() || invisible(c));
    match scheme(url) {
        None => {}
        Some(s) if SCHEMES.contains(&s.as_str()) => {}
        Some(s) if s == "data" && usage == Use::Image && image_data(&plain(&decode(&plain(&decode(&plain(url)))))) => {}
        Some(_) => return None,
    }
    Some(encode(url))
}

/// Whether it begins with a scheme rather than being a path.
pub fn has_scheme(url: &str) -> bool {
    let end = url.find([':', '/', '?', '#', '\\']);
    end.is_some_and(|i| i > 1 && url.as_bytes().get(i) == Some(&b':'))
}

/// `file:x` as an address.
pub fn file_url(path: &str) -> String {
    let rest = path.trim_start_matches('/');
    match path.len() - rest.len() {
        0 if path.starts_with('~') => format!("file:{path}"),
        0 => path.to_string(),
        2 => format!("file:{path}"),
        // Several slashes are one.
        _ => format!("file:///{rest}"),
    }
}

/// A relative address that nobody takes for a scheme.
pub fn not_a_scheme(url: &str) -> Cow<'_, str> {
    let kept = |scheme: String| matches!(scheme.as_str(), "file" | "http" | "https");
    match scheme(url).is_none_or(kept) {
        true => Cow::Borrowed(url),
        false => Cow::Owned(format!("./{url}")),
    }
}

/// Whether a browser might run it.
pub fn is_active(url: &str) -> bool {
    scheme(url).is_some_and(|scheme| matches!(scheme.as_str(), "javascript" | "vbscript" | "livescript" | "data"))
}

/// The scheme that a browser sees at its most lenient: blanks and controls
/// gone, character references decoded (twice, for those who decode twice).
fn scheme(url: &str) -> Option<String> {
    let hidden = |b: u8| !b.is_ascii_graphic() || b == b'&' || b == b'%';
    let seen = match url.bytes().any(hidden) {
        true => Cow::Owned(plain(&decode(&plain(&decode(&plain(url)))))),
        false => Cow::Borrowed(url),
    };
    let end = seen.find([':', '/', '?', '#', '\\']).filter(|i| seen.as_bytes().get(*i) == Some(&b':'))?;
    seen.get(..end).map(str::to_lowercase)
}

/// The address with percent escapes for all that an address cannot hold.
pub fn encoded(url: String) -> String {
    const KEPT: &[u8] = b"-_.~!$&'()*+,;=:@/?%#";
    match url.bytes().all(|b| b.is_ascii_alphanumeric() || KEPT.contains(&b)) {
        true => url,
        false => escaped(&url, KEPT),
    }
}

/// The text with percent escapes for all but plain letters, digits and these.
pub fn escaped(text: &str, kept: &[u8]) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || kept.contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing to a `String` never fails.
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

fn image_data(seen: &str) -> bool {
    let lower: String = seen.chars().take(40).collect::<String>().to_lowercase();
    ["png", "jpeg", "jpg", "gif", "webp", "avif"].iter().any(|t| lower.starts_with(&format!("data:image/{t};base64,")))
        || lower.starts_with("data:image/svg+xml;base64,")
}

fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffd}' | '\u{e0000}'..='\u{e007f}')
}

fn plain(url: &str) -> String {
    url.chars().filter(|c| !c.is_whitespace() && !invisible(*c)).collect()
}

/// Numeric character references and the few named ones that spell a scheme;
/// percent escapes as well, though no browser decodes them there.
fn decode(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(at) = rest.find(['&', '%']) {
        out.push_str(rest.get(..at).unwrap_or(""));
        rest = rest.get(at..).unwrap_or("");
        let (c, len) = reference(rest).unwrap_or_else(|| (rest.chars().next().unwrap_or('&'), 1));
        out.push(c);
        rest = rest.get(len..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

fn reference(text: &str) -> Option<(char, usize)> {
    if let Some(hex) = text.strip_prefix('%') {
        let hex = hex.get(..2)?;
        let byte = u8::from_str_radix(hex, 16).ok().filter(u8::is_ascii)?;
        return Some((char::from(byte), 3));
    }
    let body = text.strip_prefix('&')?;
    for (name, c) in [("colon", ':'), ("Tab", '\t'), ("NewLine", '\n'), ("amp", '&'), ("sol", '/')] {
        if let Some(behind) = body.strip_prefix(name) {
            return Some((c, 1 + name.len() + usize::from(behind.starts_with(';'))));
        }
    }
    let digits = body.strip_prefix('#')?;
    let (digits, radix, head) = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16, 3),
        None => (digits, 10, 2),
    };
    let len = digits.bytes().take_while(|b| (*b as char).is_digit(radix)).count();
    let number = digits.get(..len)?.trim_start_matches('0');
    let c = char::from_u32(u32::from_str_radix(number, radix).ok()?)?;
    let semicolon = usize::from(digits.get(len..)?.starts_with(';'));
    Some((c, head + len + semicolon))
}

/// Blanks, controls and quotes as percent escapes; the rest as it stands.
fn encode(url: &str) -> String {
    if url.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'`')) {
        return url.to_string();
    }
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            ' ' => out.push_str("%20"),
            '"' => out.push_str("%22"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '\\' => out.push_str("%5C"),
            '`' => out.push_str("%60"),
            c if invisible(c) || c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}
