//! What a link leads to and what a macro is given.

use std::borrow::Cow;

use super::link::link_type;
use super::{Link, LinkForm};
use crate::syntax::lines::slice;

/// Where a link leads, by its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination<'t> {
    /// `https`, `file`, `id`, …, as written; `custom-id` for `#…`, `coderef`
    /// for `(…)`, `radio`, and `fuzzy` for what names a target or a heading.
    pub kind: Cow<'t, str>,
    /// What stands behind the type.
    pub path: Cow<'t, str>,
    /// What to look for in a file: `file:x.org::*Heading`.
    pub search: Option<Cow<'t, str>>,
    /// What opens a file: `file+emacs:`.
    pub application: Option<Cow<'t, str>>,
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

    /// Where it leads.
    pub fn destination(&self) -> Destination<'t> {
        match self.form {
            LinkForm::Bracket => Destination::of(self.raw()),
            LinkForm::Radio => Destination::new(Cow::Borrowed("radio"), Cow::Borrowed(self.path)),
            LinkForm::Angle | LinkForm::Plain => match typed(&self.raw()) {
                Some((kind, path)) => Destination::new(kind.to_string().into(), path.to_string().into()),
                None => Destination::new(Cow::Borrowed("fuzzy"), self.raw()),
            },
        }
    }
}

impl<'t> Destination<'t> {
    /// Where a link in brackets leads, given what [`Link::raw`] gives or the
    /// abbreviation in it stands for.
    pub fn of(raw: Cow<'t, str>) -> Self {
        let absolute = raw.starts_with('/') || *raw == *"~" || raw.starts_with("~/");
        let own = |kind: &str, path: &str| Destination::new(kind.to_string().into(), path.to_string().into());
        if absolute || raw.starts_with("./") || raw.starts_with("../") {
            return Destination::new(Cow::Borrowed("file"), raw);
        }
        if let Some((kind, path)) = typed(&raw) {
            return own(kind, path);
        }
        if let Some(name) = raw.strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
            return own("coderef", name);
        }
        match raw.strip_prefix('#') {
            Some(id) => own("custom-id", id),
            None => Destination::new(Cow::Borrowed("fuzzy"), raw),
        }
    }

    fn new(kind: Cow<'t, str>, path: Cow<'t, str>) -> Self {
        let mut out = Destination { kind, path, search: None, application: None };
        let lower = out.kind.to_ascii_lowercase();
        if lower != "file" && !lower.starts_with("file+") {
            return out;
        }
        out.application = out.kind.get(5..).filter(|a| !a.is_empty()).map(|a| a.to_string().into());
        out.kind = Cow::Borrowed("file");
        if let Some((path, search)) = out.path.split_once("::").map(|(p, s)| (p.to_string(), s.to_string())) {
            (out.path, out.search) = (path.into(), Some(search.into()));
        }
        if let Some(path) = single_slash(&out.path) {
            out.path = path.into();
        }
        out
    }
}

/// A type and what stands behind its colon.
fn typed(raw: &str) -> Option<(&str, &str)> {
    let kind = link_type(raw)?;
    Some((kind, slice(raw, kind.len() + 1, raw.len())))
}

/// `///x` as `/x`, `//c:/x` as `c:/x`.
fn single_slash(path: &str) -> Option<String> {
    let rest = path.strip_prefix("//")?;
    let bare = rest.trim_start_matches('/');
    let mut chars = bare.chars();
    let drive = chars.next().is_some() && chars.as_str().starts_with(":/");
    match drive {
        true => Some(bare.to_string()),
        false => (bare.len() < rest.len()).then(|| format!("/{bare}")),
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

/// A macro's arguments: split at commas, of which a backslash keeps one;
/// blanks and line ends in a row as one blank.
pub fn macro_arguments(args: &str) -> Vec<String> {
    let blank = [' ', '\t', '\r', '\n'];
    let words: Vec<&str> = args.trim_matches(blank).split(blank).filter(|w| !w.is_empty()).collect();
    let mut out = vec![String::new()];
    let mut slashes = 0;
    for c in words.join(" ").chars().map(Some).chain([None]) {
        if c == Some('\\') {
            slashes += 1;
            continue;
        }
        let comma = c == Some(',');
        let kept = if comma { slashes / 2 } else { slashes };
        if let Some(last) = out.last_mut() {
            last.extend(std::iter::repeat_n('\\', kept));
            if !comma || slashes % 2 == 1 {
                last.extend(c);
            }
        }
        if comma && slashes % 2 == 0 {
            out.push(String::new());
        }
        slashes = 0;
    }
    out
}
