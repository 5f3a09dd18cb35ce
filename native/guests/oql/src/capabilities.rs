//! What a component needs beyond computing: what its heading asks for, a
//! compiler that is not part of every installation, what its code imports.

use crate::components::Draft;
use crate::hash::HashSet;
use crate::header_args::names;
use crate::syntax::document::Document;
use crate::syntax::drawer::property_line;

/// One need, and where it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// What is needed, for a reader.
    pub name: String,
    /// Byte of the document.
    pub offset: usize,
}

/// The needs of a component.
pub fn capabilities(doc: &Document, draft: &Draft) -> Vec<Capability> {
    let named = |(name, offset)| Capability { name: format!("`{name}`"), offset };
    let mut all: Vec<Capability> = asked(doc, draft).into_iter().map(named).collect();
    let block = draft.blocks.first().map_or(0, |(start, _)| *start);
    if matches!(draft.lang.as_ref(), "c" | "rust" | "zig") {
        all.push(Capability { name: format!("a compiler for `{}`", draft.lang), offset: block });
    }
    let modules: fn(&str) -> Vec<&str> = match draft.lang.as_ref() {
        "javascript" => javascript,
        "wat" => wat,
        _ => return all,
    };
    for line in &draft.code {
        for module in modules(&line.text) {
            let offset = doc.lines.get(line.line.saturating_sub(1)).start;
            all.push(Capability { name: format!("the import `{module}`"), offset });
        }
    }
    all
}

/// The names in `:CAPS:` of the heading, a line's each once, with its byte of the document.
pub fn asked<'a>(doc: &Document<'a>, draft: &Draft) -> Vec<(&'a str, usize)> {
    let Some(heading) = doc.headings.get(draft.heading) else { return Vec::new() };
    if heading.property("CAPS").is_none() {
        return Vec::new();
    }
    let mut all = Vec::new();
    for span in doc.lines.range(heading.line + 1..heading.body.start) {
        let (start, key, value) = property_line(doc.text, *span);
        if key.trim_end_matches('+').eq_ignore_ascii_case("CAPS") {
            let mut seen = HashSet::default();
            all.extend(names(value, start + key.len() + 2).filter(|(name, _)| seen.insert(*name)));
        }
    }
    all
}

/// `(import "module" …`, as far as a line shows it.
fn wat(line: &str) -> Vec<&str> {
    let code = line.split(";;").next().unwrap_or("");
    behind(code, "import", |before| before.trim_end().ends_with('('), |rest| rest)
}

/// `import … from "module"`, `import "module"`, `import("module")`, as far as a line shows it.
fn javascript(line: &str) -> Vec<&str> {
    if line.trim_start().starts_with(['/', '*']) {
        return Vec::new();
    }
    let alone = |before: &str| !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.'));
    let mut all = behind(line, "import", alone, |rest| rest.strip_prefix('(').unwrap_or(rest));
    all.append(&mut behind(line, "from", alone, |rest| rest));
    all
}

/// The quoted texts that follow a word.
fn behind<'t>(
    line: &'t str,
    word: &str,
    fits: impl Fn(&str) -> bool,
    open: impl Fn(&'t str) -> &'t str,
) -> Vec<&'t str> {
    let found = line.match_indices(word).filter(|(at, _)| line.get(..*at).is_some_and(&fits));
    let rests = found.filter_map(|(at, _)| line.get(at + word.len()..));
    let quoted = rests.map(|rest| open(rest.trim_start()).trim_start());
    let text = |rest: &'t str| {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.get(1..)?.split_once(quote).map(|(text, _)| text)
    };
    quoted.filter_map(text).collect()
}
