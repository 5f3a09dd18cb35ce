//! What a link leads to.

use std::borrow::Cow;

use super::link::link_type;
use super::{Link, LinkForm};
use crate::syntax::lines::slice;

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

/// What a link leads to, as Org understands it.
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

impl<'t> Link<'t> {
    /// What it leads to without line ends and escapes, as link abbreviations
    /// are to be looked for.
    pub fn raw(&self) -> Cow<'t, str> {
        match self.form {
            LinkForm::Bracket => unescape(one_line(self.path, " ")),
            LinkForm::Angle => one_line(self.path, ""),
            LinkForm::Plain | LinkForm::Radio => Cow::Borrowed(self.path),
        }
    }
}

impl<'t> Destination<'t> {
    /// Where a link of this form leads, given what [`Link::raw`] gives or the
    /// abbreviation in it stands for.
    pub fn of(form: LinkForm, raw: Cow<'t, str>) -> Self {
        match form {
            LinkForm::Radio => return Destination::at(LinkKind::Radio, raw, 0),
            LinkForm::Angle | LinkForm::Plain => {}
            LinkForm::Bracket => {
                let home = *raw == *"~" || raw.starts_with("~/");
                if raw.starts_with('/') || home || raw.starts_with("./") || raw.starts_with("../") {
                    return Destination::file(raw, 0);
                }
                if raw.starts_with('(') && raw.ends_with(')') {
                    let end = raw.len() - 1;
                    return Destination { kind: LinkKind::Coderef, raw, path: 1, end, search: None };
                }
                if raw.starts_with('#') {
                    return Destination::at(LinkKind::CustomId, raw, 1);
                }
            }
        }
        let scheme = link_type(&raw).unwrap_or("");
        let path = scheme.len() + 1;
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "" => return Destination::at(LinkKind::Fuzzy, raw, 0),
            "file" | "file+sys" | "file+emacs" => return Destination::file(raw, path),
            "http" | "https" => LinkKind::Web,
            "ftp" | "mailto" | "news" => LinkKind::Address,
            "doi" => LinkKind::Doi,
            "info" => LinkKind::Info,
            "irc" => LinkKind::Irc,
            "bbdb" => LinkKind::Person,
            "elisp" | "shell" => LinkKind::Active,
            "id" => LinkKind::Id,
            _ => LinkKind::Other,
        };
        Destination::at(kind, raw, path)
    }

    fn at(kind: LinkKind, raw: Cow<'t, str>, path: usize) -> Self {
        let end = raw.len();
        Destination { kind, raw, path, end, search: None }
    }

    fn file(raw: Cow<'t, str>, path: usize) -> Self {
        let mut of = Destination::at(LinkKind::File, raw, path);
        let rest = slice(&of.raw, path, of.end);
        // Of three slashes and more the last counts.
        let slashes = rest.len() - rest.trim_start_matches('/').len();
        let search = rest.find("::").map(|at| path + at);
        if slashes > 2 {
            of.path += slashes - 1;
        }
        if let Some(at) = search {
            of.end = at;
            of.search = Some(at + 2);
        }
        of
    }

    /// The path, without scheme and search.
    pub fn path(&self) -> &str {
        slice(&self.raw, self.path, self.end)
    }

    /// What is looked for in a file: `file:x.org::*Heading`.
    pub fn search(&self) -> Option<&str> {
        self.search.map(|at| slice(&self.raw, at, self.raw.len()))
    }
}

/// Line ends and the blanks around them replaced.
fn one_line<'t>(text: &'t str, by: &str) -> Cow<'t, str> {
    if !text.contains('\n') {
        return Cow::Borrowed(text);
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let blank = [' ', '\t'];
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        // The blanks at the link's own ends stay.
        let line = if i > 0 { line.trim_start_matches(blank) } else { line };
        out.push_str(if i + 1 < lines.len() { line.trim_end_matches(blank) } else { line });
        out.push_str(if i + 1 < lines.len() { by } else { "" });
    }
    Cow::Owned(out)
}

/// Backslashes before a bracket or the end halved.
fn unescape(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut slashes = 0;
    for c in text.chars().map(Some).chain([None]) {
        if c == Some('\\') {
            slashes += 1;
            continue;
        }
        let kept = if matches!(c, None | Some('[' | ']')) { slashes / 2 } else { slashes };
        out.extend(std::iter::repeat_n('\\', kept));
        out.extend(c);
        slashes = 0;
    }
    Cow::Owned(out)
}
