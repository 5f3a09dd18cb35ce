//! Smart quotes, by the document's language.

use super::Html;
use super::escape::push_plain;
use crate::syntax::objects::{Object, ObjectKind};

/// Outer quotes, inner ones, the apostrophe.
struct Quotes {
    outer: [&'static str; 2],
    inner: [&'static str; 2],
    apostrophe: &'static str,
}

const fn quotes(outer: [&'static str; 2], inner: [&'static str; 2]) -> Quotes {
    Quotes { outer, inner, apostrophe: "’" }
}

/// How a language quotes, if that is known.
fn quotes_of(language: &str) -> Option<Quotes> {
    Some(match language {
        "ar" => quotes(["«", "»"], ["‹", "›"]),
        "da" => quotes(["»", "«"], ["›", "‹"]),
        "de" | "is" => quotes(["„", "“"], ["‚", "‘"]),
        "el" | "es" => quotes(["«", "»"], ["“", "”"]),
        "en" | "it" => quotes(["“", "”"], ["‘", "’"]),
        "fr" => quotes(["«\u{a0}", "\u{a0}»"], ["«\u{a0}", "\u{a0}»"]),
        "no" | "nb" | "nn" => quotes(["«", "»"], ["‘", "’"]),
        "ro" => quotes(["„", "”"], ["«", "»"]),
        "ru" => Quotes { apostrophe: "'", ..quotes(["«", "»"], ["„", "“"]) },
        "sl" => quotes(["«", "»"], ["„", "“"]),
        "sv" => quotes(["”", "”"], ["’", "’"]),
        _ => return None,
    })
}

/// What stands beside a quote.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    /// The end of the text or a blank.
    Blank,
    /// A parenthesis that opens.
    Opening,
    /// A parenthesis that closes.
    Closing,
    /// A double quote.
    Quote,
    /// `.`, `,` and their like.
    Punctuation,
    /// Anything else, objects too.
    Word,
}

impl Beside {
    fn of(c: Option<char>) -> Self {
        match c {
            None => Beside::Blank,
            Some(c) if c.is_whitespace() => Beside::Blank,
            Some('(' | '[' | '{' | '<') => Beside::Opening,
            Some(')' | ']' | '}' | '>') => Beside::Closing,
            Some('"') => Beside::Quote,
            Some('_' | '-' | '+' | '*' | '/' | '&' | '|' | '=' | '\\' | '~' | '$' | '%' | '\'') => Beside::Word,
            Some(c) if c.is_alphanumeric() => Beside::Word,
            Some(_) => Beside::Punctuation,
        }
    }

    fn is_word(self) -> bool {
        matches!(self, Beside::Word | Beside::Punctuation)
    }
}

impl Html<'_, '_> {
    /// Objects in a row, the quotes among them as the language has them.
    pub fn quoted(&mut self, objects: &[Object], ends_line: bool, out: &mut String) {
        let Some(quotes) = quotes_of(&self.settings.language) else {
            return self.plainly(objects, ends_line, out);
        };
        let end = |o: Option<&Object>, last: bool| match o.map(|o| &o.kind) {
            None => Beside::Blank,
            Some(ObjectKind::Text(text)) if last => Beside::of(text.chars().next_back()),
            Some(ObjectKind::Text(text)) => Beside::of(text.chars().next()),
            Some(_) => Beside::Word,
        };
        let mut open = false;
        for (i, object) in objects.iter().enumerate() {
            let ObjectKind::Text(text) = &object.kind else {
                self.in_row(object, objects.get(i + 1), false, out);
                continue;
            };
            let before = end(i.checked_sub(1).and_then(|i| objects.get(i)), true);
            let behind = end(objects.get(i + 1), false);
            let ends_line = ends_line && i + 1 == objects.len();
            self.quote(text, (before, behind), &quotes, (&mut open, ends_line), out);
        }
    }

    fn quote(&self, text: &str, around: (Beside, Beside), quotes: &Quotes, state: (&mut bool, bool), out: &mut String) {
        let (mut before, end) = around;
        let (open, ends_line) = state;
        let mut done = 0;
        for (at, mark) in text.match_indices(['\'', '"']) {
            let part = text.get(done..at).unwrap_or("");
            if !part.is_empty() {
                // A quote behind it is something else than a dash.
                push_plain(out, part, self.plain(true));
                before = Beside::of(part.chars().next_back());
            }
            done = at + 1;
            let next = text.get(done..).and_then(|t| t.chars().next());
            let behind = next.map_or(end, |c| Beside::of(Some(c)));
            let [opening, closing] = quotes.inner;
            out.push_str(if mark == "\"" {
                *open = !*open;
                let [opening, closing] = quotes.outer;
                if *open { opening } else { closing }
            } else if !*open {
                quotes.apostrophe
            } else if matches!(before, Beside::Blank | Beside::Opening | Beside::Quote) && behind.is_word() {
                opening
            } else if before.is_word() && !matches!(behind, Beside::Word | Beside::Opening) {
                closing
            } else {
                quotes.apostrophe
            });
            before = Beside::of(mark.chars().next());
        }
        let rest = text.get(done..).unwrap_or("");
        if !rest.is_empty() {
            push_plain(out, rest, self.plain(ends_line));
        }
    }
}
