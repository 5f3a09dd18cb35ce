//! The objects inside a text: emphasis, links, footnotes, timestamps, …
//!
//! One pass notes where every closing mark stands; from then on an opening
//! mark asks that table for its partner, so a mark without one costs a look-up
//! and no search, and no byte is read twice.

use super::MAX_DEPTH;
use super::headings::timestamp_len;
use super::lines::slice;

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object<'t> {
    /// Plain text.
    Text(&'t str),
    /// `*bold*`
    Bold(Vec<Object<'t>>),
    /// `/italic/`
    Italic(Vec<Object<'t>>),
    /// `_underline_`
    Underline(Vec<Object<'t>>),
    /// `+strike+`
    Strike(Vec<Object<'t>>),
    /// `=verbatim=`
    Verbatim(&'t str),
    /// `~code~`
    Code(&'t str),
    /// A link with its path and, where it has one, its description.
    Link(&'t str, Option<Vec<Object<'t>>>),
    /// A bare or angled URL.
    Url(&'t str),
    /// `[fn:label]`, `[fn:label:text]`, `[fn::text]`
    Footnote(&'t str, Option<Vec<Object<'t>>>),
    /// `<2026-01-01 Thu>` or a range.
    Timestamp(&'t str),
    /// `\alpha`
    Entity(&'t str),
    /// `\(x\)`, `\[x\]`, `$x$`, `$$x$$`
    Latex(&'t str),
    /// `@@backend:value@@`
    Snippet(&'t str, &'t str),
    /// `<<target>>`
    Target(&'t str),
    /// `<<<target>>>`
    Radio(Vec<Object<'t>>),
    /// `[1/2]`, `[50%]`
    Cookie(&'t str),
    /// `{{{name(arguments)}}}`
    Macro(&'t str, &'t str),
    /// `src_lang[args]{code}`
    InlineSource(&'t str, &'t str),
    /// `call_name(…)`
    InlineCall,
    /// `_{x}`; whether it had braces.
    Subscript(Vec<Object<'t>>, bool),
    /// `^{x}`; whether it had braces.
    Superscript(Vec<Object<'t>>, bool),
    /// `\\` at a line's end.
    LineBreak,
}

/// The objects of a text.
pub fn objects(text: &str) -> Vec<Object<'_>> {
    let scan = Scan::new(text);
    scan.read(0, text.len(), 0, false)
}

const PROTOCOLS: [&str; 14] =
    ["https", "http", "mailto", "ftp", "file", "tel", "sms", "doi", "news", "irc", "ssh", "git", "gemini", "xmpp"];

/// Sorted places of one mark.
type Places = Vec<usize>;

#[derive(Default)]
struct Scan<'t> {
    text: &'t str,
    newline: Places,
    square_close: Places,
    square_open: Places,
    square_two: Places,
    angle_close: Places,
    angle_two: Places,
    angle_three: Places,
    at_two: Places,
    curly_three: Places,
    dollar: Places,
    dollar_two: Places,
    latex_paren: Places,
    latex_square: Places,
    closers: [Places; 6],
    squares: Vec<(usize, usize)>,
    curlies: Vec<(usize, usize)>,
    parens: Vec<(usize, usize)>,
}

const MARKS: [u8; 6] = *b"*/_+=~";

fn next(places: &[usize], from: usize) -> Option<usize> {
    places.get(places.partition_point(|p| *p < from)).copied()
}

fn partner(pairs: &[(usize, usize)], open: usize) -> Option<usize> {
    let at = pairs.binary_search_by_key(&open, |p| p.0).ok()?;
    pairs.get(at).map(|p| p.1)
}

impl<'t> Scan<'t> {
    fn new(text: &'t str) -> Self {
        let mut s = Scan { text, ..Scan::default() };
        let bytes = text.as_bytes();
        let (mut squares, mut curlies, mut parens) = (Vec::new(), Vec::new(), Vec::new());
        for (i, b) in bytes.iter().copied().enumerate() {
            let after = bytes.get(i + 1).copied().unwrap_or(b'\n');
            match b {
                b'\n' => s.newline.push(i),
                b'[' => {
                    s.square_open.push(i);
                    squares.push(i);
                }
                b'{' => curlies.push(i),
                b'(' => parens.push(i),
                b']' => {
                    s.square_close.push(i);
                    if after == b']' {
                        s.square_two.push(i);
                    }
                    s.squares.extend(squares.pop().map(|o| (o, i)));
                }
                b'}' => {
                    if bytes.get(i..i + 3) == Some(b"}}}") {
                        s.curly_three.push(i);
                    }
                    s.curlies.extend(curlies.pop().map(|o| (o, i)));
                }
                b')' => s.parens.extend(parens.pop().map(|o| (o, i))),
                b'>' => {
                    s.angle_close.push(i);
                    if after == b'>' {
                        s.angle_two.push(i);
                        if bytes.get(i + 2) == Some(&b'>') {
                            s.angle_three.push(i);
                        }
                    }
                }
                b'@' if after == b'@' => s.at_two.push(i),
                b'$' => {
                    s.dollar.push(i);
                    if after == b'$' {
                        s.dollar_two.push(i);
                    }
                }
                b'\\' if after == b')' => s.latex_paren.push(i),
                b'\\' if after == b']' => s.latex_square.push(i),
                _ => {}
            }
            if let Some(mark) = MARKS.iter().position(|m| *m == b) {
                let before = i.checked_sub(1).and_then(|j| bytes.get(j)).copied();
                let spaced = before.is_none_or(|b| b.is_ascii_whitespace());
                let ends = !spaced && s.ends_emphasis(i + 1);
                if let Some(places) = s.closers.get_mut(mark).filter(|_| ends) {
                    places.push(i);
                }
            }
        }
        s.squares.sort_unstable();
        s.curlies.sort_unstable();
        s.parens.sort_unstable();
        s
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// Whether emphasis may end before `at`.
    fn ends_emphasis(&self, at: usize) -> bool {
        match self.text.as_bytes().get(at) {
            None => true,
            Some(b) if b.is_ascii_whitespace() => true,
            Some(b'-' | b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'"' | b')' | b'}' | b'\\' | b'[') => true,
            Some(b) if b.is_ascii() => false,
            _ => slice(self.text, at, self.text.len()).starts_with(['–', '—', '…', '”', '’', '\u{a0}']),
        }
    }

    /// Whether emphasis may begin at `at`.
    fn starts_emphasis(&self, at: usize, low: usize) -> bool {
        if at == low {
            return true;
        }
        match self.byte(at - 1) {
            b if b.is_ascii_whitespace() => true,
            b'-' | b'(' | b'\'' | b'"' | b'{' => true,
            b if b.is_ascii() => false,
            _ => slice(self.text, low, at).ends_with(['–', '—', '“', '‘', '\u{a0}']),
        }
    }

    fn read(&self, low: usize, high: usize, depth: usize, in_link: bool) -> Vec<Object<'t>> {
        let mut out = Vec::new();
        let mut start = low;
        let mut at = low;
        if depth > MAX_DEPTH {
            push_text(&mut out, slice(self.text, low, high));
            return out;
        }
        while at < high {
            let found = match self.byte(at) {
                b'*' | b'/' | b'+' | b'=' | b'~' => self.emphasis(at, low, high, depth, in_link),
                b'_' => self
                    .emphasis(at, low, high, depth, in_link)
                    .or_else(|| self.script(at, low, high, depth, in_link))
                    .or_else(|| self.inline_code(at, start, high)),
                b'^' => self.script(at, low, high, depth, in_link),
                b'[' => self.square(at, high, depth, in_link),
                b'<' => self.angle(at, high, depth, in_link),
                b'\\' => self.backslash(at, high),
                b'$' => self.dollar(at, high),
                b'@' => self.snippet(at, high),
                b'{' => self.call_macro(at, high),
                b':' if !in_link => self.url(at, start, high),
                _ => None,
            };
            match found {
                Some((object, from, next)) if next > at => {
                    push_text(&mut out, slice(self.text, start, from));
                    out.push(object);
                    at = next;
                    start = next;
                }
                _ => at += 1,
            }
        }
        push_text(&mut out, slice(self.text, start, high));
        out
    }

    fn emphasis(&self, at: usize, low: usize, high: usize, depth: usize, in_link: bool) -> Found<'t> {
        let mark = self.byte(at);
        let first = self.byte(at + 1);
        if !self.starts_emphasis(at, low) || first.is_ascii_whitespace() || at + 2 >= high {
            return None;
        }
        let places = self.closers.get(MARKS.iter().position(|m| *m == mark)?)?;
        let inner = next(places, at + 2).filter(|c| *c < high);
        let edge = || {
            let last = high.checked_sub(1)?;
            let before = self.byte(last.checked_sub(1)?);
            (last > at + 1 && self.byte(last) == mark && !before.is_ascii_whitespace()).then_some(last)
        };
        let close = inner.or_else(edge)?;
        // Emacs allows one line end inside.
        let second = next(&self.newline, at).and_then(|n| next(&self.newline, n + 1));
        if second.is_some_and(|n| n < close) {
            return None;
        }
        let text = slice(self.text, at + 1, close);
        let nested = || self.read(at + 1, close, depth + 1, in_link);
        let object = match mark {
            b'*' => Object::Bold(nested()),
            b'/' => Object::Italic(nested()),
            b'_' => Object::Underline(nested()),
            b'+' => Object::Strike(nested()),
            b'=' => Object::Verbatim(text),
            _ => Object::Code(text),
        };
        Some((object, at, close + 1))
    }

    fn script(&self, at: usize, low: usize, high: usize, depth: usize, in_link: bool) -> Found<'t> {
        if at == low || self.byte(at - 1).is_ascii_whitespace() {
            return None;
        }
        let (inner, end, braced) = if self.byte(at + 1) == b'{' {
            let close = partner(&self.curlies, at + 1).filter(|c| *c < high)?;
            (self.read(at + 2, close, depth + 1, in_link), close + 1, true)
        } else if self.byte(at + 1) == b'*' {
            (vec![Object::Text(slice(self.text, at + 1, at + 2))], at + 2, false)
        } else {
            let rest = slice(self.text, at + 1, high);
            let sign = usize::from(rest.starts_with(['+', '-']));
            let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '\\');
            let body = rest.get(sign..)?;
            let len = body.find(|c| !part(c)).unwrap_or(body.len());
            let body = body.get(..len)?.trim_end_matches(['.', ',', '\\']);
            if body.is_empty() {
                return None;
            }
            let end = at + 1 + sign + body.len();
            (self.read(at + 1, end, MAX_DEPTH, in_link), end, false)
        };
        let object = match self.byte(at) {
            b'_' => Object::Subscript(inner, braced),
            _ => Object::Superscript(inner, braced),
        };
        Some((object, at, end))
    }

    fn square(&self, at: usize, high: usize, depth: usize, in_link: bool) -> Found<'t> {
        if self.byte(at + 1) == b'[' {
            return if in_link { None } else { self.link(at, high, depth) };
        }
        let rest = slice(self.text, at, high);
        if rest.starts_with("[fn:") {
            return self.footnote(at, high, depth);
        }
        if let Some(len) = timestamp_len(rest) {
            return Some((Object::Timestamp(slice(rest, 0, len)), at, at + len));
        }
        let close = next(&self.square_close, at).filter(|c| *c < high && c - at < 24)?;
        let inner = slice(self.text, at + 1, close);
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let cookie = inner.strip_suffix('%').is_some_and(digits)
            || inner.split_once('/').is_some_and(|(a, b)| digits(a) && digits(b));
        cookie.then(|| (Object::Cookie(slice(self.text, at, close + 1)), at, close + 1))
    }

    fn link(&self, at: usize, high: usize, depth: usize) -> Found<'t> {
        let close = next(&self.square_close, at + 2).filter(|c| *c + 1 < high)?;
        if close == at + 2 || next(&self.square_open, at + 2).is_some_and(|o| o < close) {
            return None;
        }
        let path = slice(self.text, at + 2, close);
        match self.byte(close + 1) {
            b']' => Some((Object::Link(path, None), at, close + 2)),
            b'[' => {
                let mut end = next(&self.square_two, close + 2).filter(|e| e + 1 < high)?;
                // `[[a][b [c]]]`: the description's own bracket closes first.
                if self.byte(end + 2) == b']' && end + 2 < high && partner(&self.squares, close + 1) == Some(end + 1) {
                    end += 1;
                }
                if end == close + 2 {
                    return None;
                }
                let description = self.read(close + 2, end, depth + 1, true);
                Some((Object::Link(path, Some(description)), at, end + 2))
            }
            _ => None,
        }
    }

    fn footnote(&self, at: usize, high: usize, depth: usize) -> Found<'t> {
        let close = partner(&self.squares, at).filter(|c| *c < high)?;
        let from = at + 4;
        let rest = slice(self.text, from, close);
        let valid = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let len = rest.find(|c| !valid(c)).unwrap_or(rest.len());
        let label = slice(rest, 0, len);
        let definition = if len == rest.len() {
            if label.is_empty() {
                return None;
            }
            None
        } else if self.byte(from + len) == b':' {
            Some(self.read(from + len + 1, close, depth + 1, false))
        } else {
            return None;
        };
        Some((Object::Footnote(label, definition), at, close + 1))
    }

    fn angle(&self, at: usize, high: usize, depth: usize, in_link: bool) -> Found<'t> {
        let line_end = next(&self.newline, at).unwrap_or(high).min(high);
        if self.byte(at + 1) == b'<' {
            let three = self.byte(at + 2) == b'<';
            let (places, width) = match three {
                true => (&self.angle_three, 3),
                false => (&self.angle_two, 2),
            };
            let close = next(places, at + width).filter(|c| c + width <= line_end)?;
            let inner = slice(self.text, at + width, close);
            if inner.contains('<') || inner.trim().len() != inner.len() || inner.is_empty() {
                return None;
            }
            let object = match three {
                true => Object::Radio(self.read(at + width, close, depth + 1, true)),
                false => Object::Target(inner),
            };
            return Some((object, at, close + width));
        }
        let rest = slice(self.text, at, high);
        if let Some(len) = timestamp_len(rest) {
            return Some((Object::Timestamp(slice(rest, 0, len)), at, at + len));
        }
        let close = next(&self.angle_close, at).filter(|c| *c < line_end && c - at < 4096)?;
        let inner = slice(self.text, at + 1, close);
        let (scheme, _) = inner.get(..16.min(inner.len())).unwrap_or(inner).split_once(':')?;
        (!in_link && PROTOCOLS.contains(&scheme) && !inner.contains('<')).then_some((Object::Url(inner), at, close + 1))
    }

    fn backslash(&self, at: usize, high: usize) -> Found<'t> {
        match self.byte(at + 1) {
            b'\\' => {
                let rest = slice(self.text, at + 2, high);
                let line = rest.trim_start_matches([' ', '\t']);
                let blanks = rest.len() - line.len();
                if line.is_empty() || line.starts_with('\n') {
                    let end = at + 2 + blanks;
                    return Some((Object::LineBreak, at, end.min(high)));
                }
                None
            }
            b'(' => self.latex(&self.latex_paren, at, high),
            b'[' => self.latex(&self.latex_square, at, high),
            _ => {
                let rest = slice(self.text, at + 1, high);
                let len = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
                // `\frac12`, `\there4`: names that end in digits.
                let digits = ["frac12", "frac13", "frac14", "frac34", "sup1", "sup2", "sup3", "there4"];
                let name = digits
                    .iter()
                    .find(|n| rest.starts_with(**n))
                    .map_or(slice(rest, 0, len), |n| slice(rest, 0, n.len()));
                if name.is_empty() || name.len() > 24 {
                    return None;
                }
                let mut end = at + 1 + name.len();
                if slice(self.text, end, high).starts_with("{}") {
                    end += 2;
                } else if self.byte(end).is_ascii_alphanumeric() {
                    return None;
                }
                Some((Object::Entity(name), at, end))
            }
        }
    }

    fn latex(&self, places: &[usize], at: usize, high: usize) -> Found<'t> {
        let close = next(places, at + 2).filter(|c| c + 2 <= high)?;
        Some((Object::Latex(slice(self.text, at, close + 2)), at, close + 2))
    }

    fn dollar(&self, at: usize, high: usize) -> Found<'t> {
        if self.byte(at + 1) == b'$' {
            let close = next(&self.dollar_two, at + 2).filter(|c| c + 2 <= high)?;
            return Some((Object::Latex(slice(self.text, at, close + 2)), at, close + 2));
        }
        let first = self.byte(at + 1);
        if (at > 0 && self.byte(at - 1) == b'$')
            || first.is_ascii_whitespace()
            || matches!(first, b'.' | b',' | b';' | b'?' | b'!' | b'"')
        {
            return None;
        }
        let close = next(&self.dollar, at + 1).filter(|c| *c < high)?;
        let before = self.byte(close - 1);
        let after = self.byte(close + 1);
        let ends = close + 1 >= high || after.is_ascii_whitespace() || (after.is_ascii_punctuation() && after != b'$');
        if before.is_ascii_whitespace() || matches!(before, b'.' | b',') || !ends {
            return None;
        }
        let second = next(&self.newline, at).and_then(|n| next(&self.newline, n + 1));
        if second.is_some_and(|n| n < close) {
            return None;
        }
        Some((Object::Latex(slice(self.text, at, close + 1)), at, close + 1))
    }

    fn snippet(&self, at: usize, high: usize) -> Found<'t> {
        if self.byte(at + 1) != b'@' {
            return None;
        }
        let close = next(&self.at_two, at + 2).filter(|c| c + 2 <= high)?;
        let inner = slice(self.text, at + 2, close);
        let head = inner.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
        if head == 0 || inner.as_bytes().get(head) != Some(&b':') {
            return None;
        }
        let value = slice(inner, head + 1, inner.len());
        Some((Object::Snippet(slice(inner, 0, head), value), at, close + 2))
    }

    fn call_macro(&self, at: usize, high: usize) -> Found<'t> {
        let rest = slice(self.text, at, high).strip_prefix("{{{")?;
        let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let name = slice(rest, 0, len);
        let behind = at + 3 + len;
        if slice(self.text, behind, high).starts_with("}}}") {
            return Some((Object::Macro(name, ""), at, behind + 3));
        }
        if self.byte(behind) != b'(' {
            return None;
        }
        let close = next(&self.curly_three, behind + 1).filter(|c| c + 3 <= high)?;
        let args = slice(self.text, behind + 1, close).strip_suffix(')')?;
        Some((Object::Macro(name, args), at, close + 3))
    }

    /// `src_lang{…}` and `call_name(…)`, seen at their underscore.
    fn inline_code(&self, at: usize, start: usize, high: usize) -> Found<'t> {
        let before = slice(self.text, start, at);
        let (word, source) = match () {
            _ if before.ends_with("src") => (3, true),
            _ if before.ends_with("call") => (4, false),
            _ => return None,
        };
        let from = at - word;
        let head = slice(self.text, start, from);
        if head.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let rest = slice(self.text, at + 1, high);
        let stop = rest
            .bytes()
            .take(64)
            .position(|b| b.is_ascii_whitespace() || matches!(b, b'[' | b'{' | b'(' | b'}' | b']' | b')'))?;
        if stop == 0 {
            return None;
        }
        let mut end = at + 1 + stop;
        if self.byte(end) == b'[' {
            end = partner(&self.squares, end)? + 1;
        }
        if source {
            let close = partner(&self.curlies, end).filter(|c| *c < high)?;
            let lang = slice(rest, 0, stop);
            let code = slice(self.text, end + 1, close);
            return Some((Object::InlineSource(lang, code), from, close + 1));
        }
        let close = partner(&self.parens, end).filter(|c| *c < high)?;
        end = close + 1;
        if self.byte(end) == b'[' {
            end = partner(&self.squares, end).filter(|c| *c < high)? + 1;
        }
        Some((Object::InlineCall, from, end))
    }

    /// A bare URL, seen at its colon.
    fn url(&self, at: usize, start: usize, high: usize) -> Found<'t> {
        let before = slice(self.text, start, at);
        let scheme = PROTOCOLS.iter().find(|p| before.ends_with(**p))?;
        let from = at - scheme.len();
        if slice(self.text, start, from).ends_with(|c: char| c.is_alphanumeric()) {
            return None;
        }
        let rest = slice(self.text, at + 1, high);
        let mut depth = 0usize;
        let stop = |c: char| {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => return true,
                ')' => depth -= 1,
                _ => {}
            }
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '[' | ']' | '{' | '}' | '|')
        };
        let len = rest.find(stop).unwrap_or(rest.len());
        let body = slice(rest, 0, len).trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~', '=', '(']);
        if body.is_empty() || body.chars().all(|c| c == '/') {
            return None;
        }
        let end = at + 1 + body.len();
        Some((Object::Url(slice(self.text, from, end)), from, end))
    }
}

/// The object, where it begins, where the text behind it begins.
type Found<'t> = Option<(Object<'t>, usize, usize)>;

fn push_text<'t>(out: &mut Vec<Object<'t>>, text: &'t str) {
    if !text.is_empty() {
        out.push(Object::Text(text));
    }
}
