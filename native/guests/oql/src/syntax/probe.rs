//! What one line looks like, judged from that line alone.

use super::chars::{is_name, word};
use super::index::strip_prefix_no_case;
use super::lines::trim;

/// What was left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener<'a> {
    /// A block with its name, as written.
    Block(&'a str),
    /// A drawer with its name.
    Drawer(&'a str),
}

/// How many stars begin the line, if a space follows them.
pub fn stars(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    if bytes.first() != Some(&b'*') {
        return None;
    }
    let level = bytes.iter().take_while(|b| **b == b'*').count();
    (bytes.get(level) == Some(&b' ')).then_some(level)
}

/// How long the bullet at the start of `body` is, blanks behind it apart.
pub fn bullet(body: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    let len = match bytes.first()? {
        b'-' | b'+' | b'*' => 1,
        b'0'..=b'9' => {
            let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
            matches!(bytes.get(digits), Some(b'.' | b')')).then_some(digits + 1)?
        }
        _ => return None,
    };
    matches!(bytes.get(len), None | Some(b' ' | b'\t')).then_some(len)
}

/// A list item: a bullet, which is no star where nothing stands before it.
pub fn item(line: &str, body: &str) -> Option<usize> {
    bullet(body).filter(|_| line.len() > body.len() || !body.starts_with('*'))
}

/// The name in `#+begin_name …`.
pub fn block_name(body: &str) -> Option<&str> {
    let name = word(strip_prefix_no_case(body, "#+begin_")?);
    (!name.is_empty()).then_some(name)
}

/// The name in a line `:name:`; that of `:end:`, too.
pub fn drawer_name(body: &str) -> Option<&str> {
    let name = trim(body).strip_prefix(':')?.strip_suffix(':')?;
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// `# …`
pub fn is_comment(body: &str) -> bool {
    matches!(body.as_bytes(), [b'#'] | [b'#', b' ', ..])
}

/// `: …`
pub fn is_fixed(body: &str) -> bool {
    matches!(body.as_bytes(), [b':'] | [b':', b' ', ..])
}

/// `CLOCK: …`
pub fn is_clock(body: &str) -> bool {
    strip_prefix_no_case(body, "CLOCK:").is_some()
}

/// `-----`
pub fn is_rule(body: &str) -> bool {
    let dashes = trim(body).as_bytes();
    dashes.len() >= 5 && dashes.iter().all(|b| *b == b'-')
}

/// `+--+--+`
pub fn is_drawn_rule(body: &str) -> bool {
    let bytes = trim(body).as_bytes();
    let ends = bytes.len() >= 3 && bytes.first() == Some(&b'+') && bytes.last() == Some(&b'+');
    ends && bytes.iter().all(|b| matches!(b, b'-' | b'+')) && !bytes.windows(2).any(|w| w == b"++")
}

/// The name in `\begin{name}`.
pub fn latex_name(body: &str) -> Option<&str> {
    let rest = strip_prefix_no_case(body, "\\begin{")?;
    let name = rest.get(..rest.find('}')?)?;
    (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*')).then_some(name)
}

/// The label in `[fn:label]`.
pub fn footnote_label(line: &str) -> Option<&str> {
    let rest = strip_prefix_no_case(line, "[fn:")?;
    let len = rest.find(|c| !is_name(c))?;
    (len > 0 && rest.as_bytes().get(len) == Some(&b']')).then(|| rest.get(..len)).flatten()
}

/// `#+TBLFM: …`
pub fn is_formula(body: &str) -> bool {
    strip_prefix_no_case(body, "#+TBLFM:").is_some_and(|rest| rest.starts_with(' '))
}

/// The key in `#+key: value`: up to the last colon before a space.
pub fn key(body: &str) -> Option<&str> {
    let word = word(body.strip_prefix("#+")?);
    let colon = word.rfind(':')?;
    (colon > 0).then(|| word.get(..colon)).flatten()
}

/// A `#+` line that is no block and ends a paragraph: a keyword, or
/// `#+key[…]:` with one of the two keys that may have a bracket.
pub fn is_hash_break(body: &str) -> bool {
    let Some(rest) = body.strip_prefix("#+") else { return false };
    let word = word(rest);
    let open = rest.rfind("]:").and_then(|close| word.get(..close.min(word.len()))?.rfind('['));
    match open.filter(|at| *at > 0) {
        Some(at) => {
            let key = word.get(..at).unwrap_or("");
            key.eq_ignore_ascii_case("CAPTION") || key.eq_ignore_ascii_case("RESULTS")
        }
        None => word.rfind(':').is_some_and(|colon| colon > 0),
    }
}

/// `#+key: value` (also `#+key[short]: value`) split, untrimmed.
pub fn keyword(body: &str) -> Option<(&str, &str)> {
    let rest = body.strip_prefix("#+")?;
    let stop = rest.find([' ', '\t', ':', '['])?;
    let (key, mut after) = rest.split_at_checked(stop)?;
    if after.starts_with('[') {
        after = after.get(after.find(']')? + 1..)?;
    }
    (!key.is_empty()).then_some(())?;
    Some((key, after.strip_prefix(':')?))
}
