//! What is wrong with a header argument.

use std::borrow::Cow;

use super::{Arg, Assignment, assignments};

/// What is wrong with one argument, if anything, and where in the document.
pub fn complaint(arg: &Arg) -> Vec<(usize, String)> {
    let words = || arg.value.split([' ', '\t']).filter(|w| !w.is_empty());
    let one_of = |allowed: &[&str]| {
        let known = |w: &str| allowed.iter().any(|a| a.eq_ignore_ascii_case(w));
        let fine = words().next().is_some() && words().all(known);
        let message =
            || format!("`:{} {}` is not understood; it takes {}", arg.key, short(arg.value), allowed.join(", "));
        if fine { Vec::new() } else { vec![(arg.offset, message())] }
    };
    match arg.key.as_ref() {
        "exports" => one_of(&["code", "results", "both", "none"]),
        "eval" => one_of(&[
            "yes",
            "no",
            "never",
            "query",
            "never-export",
            "no-export",
            "query-export",
            "strip-export",
            "eval",
        ]),
        "noweb" => one_of(&["yes", "no", "tangle", "no-export", "strip-export", "strip-tangle", "eval"]),
        "hlines" | "rownames" => one_of(&["yes", "no"]),
        "colnames" => one_of(&["yes", "no", "nil"]),
        "var" => variables(arg),
        key if KNOWN.contains(&key) => Vec::new(),
        key => vec![(arg.offset, format!("`:{}` is no header argument that Org knows", short(key)))],
    }
}

fn variables(arg: &Arg) -> Vec<(usize, String)> {
    let form = |text: &str| format!("`:var {}` is not of the form `name=value`", short(text));
    let (mut count, mut bad) = (0, Vec::new());
    assignments(arg.value, arg.value_at, |assignment| {
        count += 1;
        if let Assignment::Bad(text, at) = assignment {
            bad.push((at, form(text)));
        }
    });
    match (count, bad.first_mut()) {
        (0, _) => bad.push((arg.offset, form(""))),
        // A lone one is the argument's fault, one among others its own.
        (1, Some((at, _))) => *at = arg.offset,
        _ => {}
    }
    bad
}

/// A text of the author's, short enough for a message.
pub fn short(text: &str) -> Cow<'_, str> {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or(""))),
        None => Cow::Borrowed(text),
    }
}

const KNOWN: [&str; 44] = [
    "cache",
    "classname",
    "cmdline",
    "comments",
    "compiler",
    "defines",
    "dir",
    "engine",
    "epilogue",
    "file",
    "file-desc",
    "file-ext",
    "file-mode",
    "flags",
    "includes",
    "libs",
    "main",
    "mkdirp",
    "namespaces",
    "no-expand",
    "noweb-prefix",
    "noweb-ref",
    "noweb-sep",
    "output-dir",
    "padline",
    "post",
    "preamble",
    "prefix",
    "prologue",
    "python",
    "result-params",
    "result-type",
    "results",
    "sep",
    "session",
    "shebang",
    "stdin",
    "tangle",
    "tangle-mode",
    "url",
    "version",
    "width",
    "wrap",
    "async",
];
