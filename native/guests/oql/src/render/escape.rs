//! Text → HTML text. Everything is written straight into the page, in runs.

use crate::syntax::lines::first;

/// Whether XML 1.0 has no such character, not even as a reference.
fn forbidden(c: char) -> bool {
    (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A text that is HTML already, without what XML forbids.
pub fn legal(html: &str) -> String {
    html.replace(forbidden, "\u{fffd}")
}

/// What a byte becomes. `None` where it stays, or only the bytes behind it can tell.
fn replacement(bytes: &[u8], at: usize, apostrophes: bool) -> Option<(&'static str, usize)> {
    Some(match bytes.get(at)? {
        b'&' => ("&amp;", 1),
        b'<' => ("&lt;", 1),
        b'>' => ("&gt;", 1),
        b'"' => ("&quot;", 1),
        b'\'' if apostrophes => ("&#39;", 1),
        b'\t' | b'\n' | b'\r' => return None,
        // White space to HTML, forbidden in XML.
        b'\x0c' => (" ", 1),
        b if *b < b' ' => ("\u{fffd}", 1),
        0xef if matches!(bytes.get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf])) => ("\u{fffd}", 3),
        _ => return None,
    })
}

/// A byte that may become something else wherever it stands: a control, the
/// first byte of what XML forbids beyond those, or one of markup.
const SPECIAL: u8 = 1;
/// `'`
const APOSTROPHE: u8 = 2;
/// What begins one of Org's special strings.
const DASHES: u8 = 4;
/// A line's end.
const LINE: u8 = 8;

/// Which of these each byte is.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut b = 0;
    while b < classes.len() {
        #[allow(clippy::indexing_slicing)]
        {
            classes[b] = match b as u8 {
                b'\n' => LINE,
                b'\'' => APOSTROPHE,
                b'-' | b'.' | b'\\' => DASHES,
                0..=8 | 11 | 12 | 14..=31 | 0xef | b'&' | b'<' | b'>' | b'"' => SPECIAL,
                _ => 0,
            };
        }
        b += 1;
    }
    classes
};

/// The next byte of these classes. (By itself, that the loop be as small as it can.)
#[inline(never)]
fn next(bytes: &[u8], from: usize, classes: u8) -> Option<usize> {
    // Few questions, each of several bytes, some of which are none of them (`#`, `$`, `%`).
    let may = |b: u8| {
        let low = (b < b' ') | (b.wrapping_sub(b'"') < 6) | (b.wrapping_sub(b'-') < 2);
        low | (b & !2 == b'<') | (b == b'\\') | (b == 0xef)
    };
    let is = |b: u8| CLASSES.get(usize::from(b)).is_some_and(|class| class & classes != 0);
    let rest = bytes.get(from..)?;
    // What is replaced often stands side by side.
    if is(*rest.first()?) {
        return Some(from);
    }
    Some(from + first(rest, may, is)?)
}

fn push(out: &mut String, text: &str, apostrophes: bool) {
    let classes = if apostrophes { SPECIAL | APOSTROPHE } else { SPECIAL };
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut from = 0;
    while let Some(at) = next(bytes, from, classes) {
        match replacement(bytes, at, apostrophes) {
            Some((html, len)) => {
                out.push_str(text.get(start..at).unwrap_or(""));
                out.push_str(html);
                from = at + len;
                start = from;
            }
            None => from = at + 1,
        }
    }
    out.push_str(text.get(start..).unwrap_or(""));
}

/// Writes a text as element content.
pub fn push_text(out: &mut String, text: &str) {
    push(out, text, false);
}

/// Writes a text as an attribute's value or as element content.
pub fn push_attribute(out: &mut String, text: &str) {
    push(out, text, true);
}

/// Escapes for element content and for attribute values alike; what XML
/// forbids becomes U+FFFD.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    push_attribute(&mut out, text);
    out
}

/// What plain text becomes besides being escaped.
#[derive(Debug, Clone, Copy)]
pub struct Plain {
    /// `--`, `---`, `...` and `\-` become what they stand for.
    pub special: bool,
    /// A line's end is a line's end on the page.
    pub breaks: bool,
    /// A line's end follows this text, which it does not hold itself.
    pub ends_line: bool,
}

/// Writes plain text.
pub fn push_plain(out: &mut String, text: &str, plain: Plain) {
    let special = if plain.special { DASHES } else { 0 };
    let breaks = if plain.breaks { LINE } else { 0 };
    let classes = SPECIAL | special | breaks;
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut from = 0;
    while let Some(at) = next(bytes, from, classes) {
        let (html, len): (&str, usize) = match bytes.get(at) {
            Some(b'-') => {
                let run = bytes.iter().skip(at).take_while(|b| **b == b'-').count();
                let followed = at + run < bytes.len() || plain.ends_line;
                if run > 1 && followed {
                    out.push_str(text.get(start..at).unwrap_or(""));
                    dashes(out, run);
                    start = at + run;
                }
                from = at + run;
                continue;
            }
            Some(b'.') if bytes.get(at..at + 3) == Some(b"...") => ("&#x2026;", 3),
            Some(b'\\') if bytes.get(at + 1) == Some(&b'-') => ("&#x00ad;", 2),
            Some(b'\n') => {
                let line = text.get(start..at).unwrap_or("");
                out.push_str(ended(line));
                out.push_str("<br />\n");
                from = at + 1;
                start = from;
                continue;
            }
            _ => match replacement(bytes, at, false) {
                Some(found) => found,
                None => {
                    from = at + 1;
                    continue;
                }
            },
        };
        out.push_str(text.get(start..at).unwrap_or(""));
        out.push_str(html);
        from = at + len;
        start = from;
    }
    out.push_str(text.get(start..).unwrap_or(""));
}

/// A line without what a line break takes the place of.
fn ended(line: &str) -> &str {
    let line = line.trim_end_matches([' ', '\t']);
    line.strip_suffix("\\\\").unwrap_or(line)
}

/// Several dashes before something else: the last three are one long dash, two
/// before those a shorter one, as Org's replacements leave them.
fn dashes(out: &mut String, run: usize) {
    let (single, short, long) = match run {
        0..=1 => (run, false, false),
        2 => (0, true, false),
        3 | 4 => (run - 3, false, true),
        _ => (run - 5, true, true),
    };
    out.extend(std::iter::repeat_n('-', single));
    if short {
        out.push_str("&#x2013;");
    }
    if long {
        out.push_str("&#x2014;");
    }
}

/// Escapes and turns `--`, `---`, `...` and `\-` into what they stand for.
pub fn typography(text: &str, special: bool) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    push_plain(&mut out, text, Plain { special, breaks: false, ends_line: false });
    out
}
