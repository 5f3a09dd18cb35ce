//! What kind of link a link is, read from how it is written.

use std::borrow::Cow;
use std::cell::Cell;

use super::url::has_scheme;
use crate::hash::HashMap;
use crate::syntax::document::Document;
use crate::syntax::lines::slice;
use crate::syntax::objects::{Link, LinkForm, Object, ObjectKind};

/// How many `#+LINK:` lines are read.
const MOST: usize = 256;

/// `#+LINK: gh https://github.com/%s`
pub struct Abbreviations<'a> {
    urls: HashMap<&'a str, &'a str>,
    /// How much text abbreviations may still make: short links to long
    /// addresses must not cost their product.
    left: Cell<usize>,
}

impl<'a> Abbreviations<'a> {
    /// Those of a document; the last of a name counts.
    pub fn of(doc: &Document<'a>) -> Self {
        let pairs = doc.keyword("LINK").take(MOST).filter_map(|line| {
            let (name, url) = line.trim().split_once([' ', '\t'])?;
            Some((name.trim_matches('"'), url.trim()))
        });
        Abbreviations { urls: pairs.collect(), left: Cell::new(doc.text.len().saturating_mul(4) + (1 << 16)) }
    }

    /// The address that an abbreviation stands for.
    fn expand(&self, link: &str) -> Option<String> {
        if self.urls.is_empty() {
            return None;
        }
        let (name, tag) = link.split_once(':').unwrap_or((link, ""));
        let url = self.urls.get(name)?;
        self.left.set(self.left.get().checked_sub(url.len())?);
        let tag = tag.strip_prefix(':').unwrap_or(tag);
        Some(match (url.contains("%s"), url.contains("%h")) {
            (true, _) => url.replacen("%s", tag, 1),
            (false, true) => url.replacen("%h", &hexified(tag), 1),
            (false, false) => format!("{url}{tag}"),
        })
    }
}

/// Every byte that is not a plain letter or digit as a percent escape.
fn hexified(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing into a `String` does not fail.
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

/// The kinds of link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// A file, with or without `file:`.
    File,
    /// `http`, `https`: may be a picture.
    Web,
    /// `ftp`, `mailto`, `news`: an address with its scheme.
    Address,
    /// `doi:`
    Doi,
    /// `info:`
    Info,
    /// `irc:`
    Irc,
    /// `bbdb:`
    Person,
    /// `elisp:`, `shell:`: never followed.
    Active,
    /// Another type that Org has: its path alone is shown.
    Other,
    /// `id:`
    Id,
    /// `#custom-id`
    CustomId,
    /// `(label)`
    Coderef,
    /// A target, a name, a heading; or a scheme that Org does not know.
    Fuzzy,
    /// What a radio target made a link.
    Radio,
}

/// A link as Org understands it.
#[derive(Debug, Clone)]
pub struct Destination<'t> {
    /// Its kind.
    pub kind: LinkKind,
    /// The whole of it: `https://x.org`.
    pub raw: Cow<'t, str>,
    /// Where in `raw` the path begins.
    path: usize,
    /// Where in `raw` it ends.
    end: usize,
    /// What is looked for in a file.
    search: Option<usize>,
}

impl<'t> Destination<'t> {
    /// What a link leads to.
    pub fn of(link: &Link<'t>, abbreviations: &Abbreviations) -> Self {
        if link.form == LinkForm::Radio {
            return Destination::at(LinkKind::Radio, Cow::Borrowed(link.path), 0);
        }
        let mut raw = link.raw();
        if link.form == LinkForm::Bracket
            && let Some(url) = abbreviations.expand(&raw)
        {
            raw = Cow::Owned(url);
        }
        if link.form == LinkForm::Bracket {
            let home = *raw == *"~" || raw.starts_with("~/");
            if raw.starts_with('/') || home || raw.starts_with("./") || raw.starts_with("../") {
                return Destination::file(raw, 0);
            }
            if raw.starts_with('(') && raw.ends_with(')') && raw.len() >= 2 {
                let end = raw.len() - 1;
                return Destination { kind: LinkKind::Coderef, raw, path: 1, end, search: None };
            }
            if raw.starts_with('#') {
                return Destination::at(LinkKind::CustomId, raw, 1);
            }
        }
        let scheme = raw.find(':').and_then(|i| raw.get(..i)).unwrap_or("");
        let path = scheme.len() + 1;
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "file" | "file+sys" | "file+emacs" => return Destination::file(raw, path),
            "http" | "https" => LinkKind::Web,
            "ftp" | "mailto" | "news" => LinkKind::Address,
            "doi" => LinkKind::Doi,
            "info" => LinkKind::Info,
            "irc" => LinkKind::Irc,
            "bbdb" => LinkKind::Person,
            "elisp" | "shell" => LinkKind::Active,
            "bibtex" | "docview" | "eww" | "gnus" | "help" | "mhe" | "rmail" | "w3m" => LinkKind::Other,
            "id" => LinkKind::Id,
            _ => return Destination::at(LinkKind::Fuzzy, raw, 0),
        };
        Destination::at(kind, raw, path)
    }

    fn at(kind: LinkKind, raw: Cow<'t, str>, path: usize) -> Self {
        let end = raw.len();
        Destination { kind, raw, path: path.min(end), end, search: None }
    }

    fn file(raw: Cow<'t, str>, path: usize) -> Self {
        let mut of = Destination::at(LinkKind::File, raw, path);
        if let Some(at) = of.raw.get(of.path..).and_then(|p| p.find("::")) {
            of.end = of.path + at;
            of.search = Some(of.end + 2);
        }
        of
    }

    /// The path, without scheme and search.
    pub fn path(&self) -> &str {
        slice(&self.raw, self.path, self.end)
    }

    /// What is looked for in a file.
    pub fn search(&self) -> Option<&str> {
        self.search.map(|at| slice(&self.raw, at, self.raw.len()))
    }

    /// Whether it names a picture.
    pub fn is_image(&self) -> bool {
        match self.kind {
            LinkKind::File | LinkKind::Web => names_picture(self.path()),
            LinkKind::Fuzzy => self.raw.get(..11).is_some_and(|p| p.eq_ignore_ascii_case("data:image/")),
            _ => false,
        }
    }

    /// Whether it has a scheme, be it one that Org does not know.
    pub fn has_scheme(&self) -> bool {
        has_scheme(&self.raw)
    }
}

/// Whether one of the endings of pictures stands in the path.
fn names_picture(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.iter().enumerate().filter(|(_, b)| **b == b'.').any(|(i, _)| {
        let is = |ending: &str| {
            bytes.get(i + 1..i + 1 + ending.len()).is_some_and(|e| e.eq_ignore_ascii_case(ending.as_bytes()))
        };
        ["jpeg", "jpg", "png", "gif", "svg", "webp"].into_iter().any(is)
    })
}

/// The picture that is all of a link's description: its address, written bare.
pub fn described_image<'t>(link: &Link<'t>, abbreviations: &Abbreviations) -> Option<Destination<'t>> {
    let description = link.description.as_deref()?;
    let image = match description {
        [Object { kind: ObjectKind::Link(inner), .. }] if inner.description.is_none() => {
            Destination::of(inner, abbreviations)
        }
        [Object { kind: ObjectKind::Text(text), .. }] => bare(Cow::Borrowed(text))?,
        [Object { kind: ObjectKind::Text(text), .. }, ..] if has_scheme(text) => {
            let mut source = String::new();
            written(description, &mut source).then_some(())?;
            bare(Cow::Owned(source))?
        }
        _ => return None,
    };
    (image.kind != LinkKind::Fuzzy && image.is_image()).then_some(image)
}

/// What an address without brackets leads to.
fn bare(text: Cow<'_, str>) -> Option<Destination<'_>> {
    if !has_scheme(&text) || text.contains([' ', '\t', '\n', '<', '>']) {
        return None;
    }
    let path = text.find(':')? + 1;
    match text.get(..path)? {
        "file:" => Some(Destination::file(text, path)),
        "http:" | "https:" => Some(Destination::at(LinkKind::Web, text, path)),
        _ => None,
    }
}

/// Writes text as it was typed, low and high parts included; tells whether it
/// holds nothing else.
fn written(objects: &[Object], out: &mut String) -> bool {
    objects.iter().all(|object| {
        let (mark, inner, braced) = match &object.kind {
            ObjectKind::Text(text) => {
                out.push_str(text);
                return true;
            }
            ObjectKind::Subscript(inner, braced) => ('_', inner, *braced),
            ObjectKind::Superscript(inner, braced) => ('^', inner, *braced),
            _ => return false,
        };
        out.push(mark);
        if braced {
            out.push('{');
        }
        let plain = written(inner, out);
        if braced {
            out.push('}');
        }
        plain
    })
}

/// Whether a link is shown as a picture, or as a picture that leads elsewhere.
pub fn is_picture(link: &Link, abbreviations: &Abbreviations) -> bool {
    match &link.description {
        None => Destination::of(link, abbreviations).is_image(),
        Some(_) => described_image(link, abbreviations).is_some(),
    }
}
