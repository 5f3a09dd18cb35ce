//! Export settings in force: Org's defaults, then the document's, then the call's.

pub use super::choices::{Archived, Broken, Latex, Names, Scripts, Stamps, Tags, Tasks};
use super::options::{Depth, RenderOptions};
use crate::hash::HashSet;
use crate::syntax::document::Document;

/// Export settings in force.
#[derive(Debug, Clone)]
pub struct Settings {
    pub toc: Depth,
    pub num: Depth,
    /// Headings deeper than this are list items.
    pub levels: usize,
    pub todo: bool,
    pub tags: Tags,
    pub tasks: Tasks,
    pub archived: Archived,
    pub inlinetasks: bool,
    pub priority: bool,
    pub planning: bool,
    pub clocks: bool,
    pub properties: Names,
    pub drawers: Names,
    pub timestamps: Stamps,
    pub scripts: Scripts,
    pub special: bool,
    pub quotes: bool,
    pub emphasis: bool,
    pub tables: bool,
    pub footnotes: bool,
    pub entities: bool,
    pub fixed: bool,
    pub breaks: bool,
    pub cookies: bool,
    pub latex: Latex,
    pub broken: Broken,
    /// `#+HTML_DOCTYPE: html5`, or how else that is written.
    pub html5: bool,
    /// And `html5-fancy:t`: with the elements that HTML 5 brought.
    pub fancy: bool,
    /// `#+HTML_CONTAINER:`: what holds the sections of the first level.
    pub container: String,
    /// `#+LANGUAGE:`
    pub language: String,
    /// Trees with one of these tags alone are shown, if there is one.
    pub select: HashSet<String>,
    /// Trees with one of these tags are not shown.
    pub exclude: HashSet<String>,
    /// `#+FILETAGS:`
    pub filetags: HashSet<String>,
}

impl Settings {
    /// Those of this document under these options.
    pub fn of(doc: &Document, options: &RenderOptions) -> Self {
        let mut s = Settings {
            toc: Depth::Off,
            num: Depth::All,
            levels: 3,
            todo: true,
            tags: Tags::All,
            tasks: Tasks::All,
            archived: Archived::Headline,
            inlinetasks: true,
            priority: false,
            planning: false,
            clocks: false,
            properties: Names::None,
            drawers: Names::Not(HashSet::from_iter(["logbook".into()])),
            timestamps: Stamps::All,
            scripts: Scripts::All,
            special: true,
            quotes: false,
            emphasis: true,
            tables: true,
            footnotes: true,
            entities: true,
            fixed: true,
            breaks: false,
            cookies: true,
            latex: Latex::All,
            broken: Broken::Mark,
            html5: doc.keyword("HTML_DOCTYPE").last().is_some_and(is_html5),
            fancy: false,
            container: doc.keyword("HTML_CONTAINER").next().unwrap_or("div").to_string(),
            language: "en".into(),
            select: HashSet::from_iter(["export".into()]),
            exclude: HashSet::from_iter(["noexport".into()]),
            filetags: HashSet::default(),
        };
        for line in doc.keyword("OPTIONS") {
            pairs(line, &mut |key, value| s.set(key, value));
        }
        if let Some(language) = doc.keyword("LANGUAGE").last() {
            s.language = language.to_string();
        }
        let words = |key| {
            let mut lines = doc.keyword(key).peekable();
            let given = lines.peek().is_some();
            given.then(|| lines.flat_map(str::split_whitespace).map(str::to_string).collect::<HashSet<_>>())
        };
        s.select = words("SELECT_TAGS").unwrap_or(s.select);
        s.exclude = words("EXCLUDE_TAGS").unwrap_or(s.exclude);
        s.filetags = doc
            .keyword("FILETAGS")
            .flat_map(|line| line.split(':'))
            .map(|tag| tag.trim().to_string())
            .filter(|tag| !tag.is_empty())
            .collect();
        s.toc = options.toc.unwrap_or(s.toc);
        s.num = options.num.unwrap_or(s.num);
        s.levels = options.headline_levels.unwrap_or(s.levels);
        if options.plain_math && s.latex == Latex::All {
            s.latex = Latex::Verbatim;
        }
        s
    }

    fn set(&mut self, key: &str, value: &str) {
        let on = value != "nil";
        match key.to_ascii_lowercase().as_str() {
            "toc" => self.toc = depth(value),
            "num" => self.num = depth(value),
            // Without a number there is no such limit.
            "h" => self.levels = value.parse().unwrap_or(usize::MAX),
            "todo" => self.todo = on,
            "tags" => {
                self.tags = match value {
                    "nil" => Tags::None,
                    "t" => Tags::All,
                    _ => Tags::NotInToc,
                }
            }
            "tasks" => {
                self.tasks = match value {
                    "nil" => Tasks::None,
                    "todo" => Tasks::Todo,
                    "done" => Tasks::Done,
                    _ if value.starts_with('(') => Tasks::Only(list(value).map(str::to_string).collect()),
                    _ => Tasks::All,
                }
            }
            "arch" => {
                self.archived = match value {
                    "nil" => Archived::None,
                    "headline" => Archived::Headline,
                    _ => Archived::All,
                }
            }
            "inline" => self.inlinetasks = on,
            "pri" => self.priority = on,
            "p" => self.planning = on,
            "c" => self.clocks = on,
            "prop" => self.properties = names(value),
            "d" => self.drawers = names(value),
            "<" => {
                self.timestamps = match value {
                    "nil" => Stamps::None,
                    "active" => Stamps::Active,
                    "inactive" => Stamps::Inactive,
                    _ => Stamps::All,
                }
            }
            "-" => self.special = on,
            "'" => self.quotes = on,
            "*" => self.emphasis = on,
            "|" => self.tables = on,
            "f" => self.footnotes = on,
            "e" => self.entities = on,
            ":" => self.fixed = on,
            "\\n" => self.breaks = on,
            "stat" => self.cookies = on,
            "tex" => {
                self.latex = match value {
                    "nil" => Latex::None,
                    "verbatim" => Latex::Verbatim,
                    _ => Latex::All,
                }
            }
            "html5-fancy" => self.fancy = on && self.html5,
            "broken-links" => {
                self.broken = match value {
                    "nil" => Broken::Text,
                    "mark" => Broken::Mark,
                    _ => Broken::Drop,
                }
            }
            "^" => {
                self.scripts = match value {
                    "nil" => Scripts::None,
                    "{}" => Scripts::Braced,
                    _ => Scripts::All,
                }
            }
            _ => {}
        }
    }
}

fn is_html5(doctype: &str) -> bool {
    ["html5", "xhtml5", "<!doctype html>"].iter().any(|known| doctype.trim().eq_ignore_ascii_case(known))
}

fn depth(value: &str) -> Depth {
    match value {
        "nil" => Depth::Off,
        _ => value.parse().map_or(Depth::All, Depth::Levels),
    }
}

fn names(value: &str) -> Names {
    match value {
        "nil" => Names::None,
        _ if value.starts_with('(') => {
            let mut names = list(value).map(str::to_ascii_lowercase).peekable();
            match names.next_if(|n| n == "not") {
                Some(_) => Names::Not(names.collect()),
                None => Names::Only(names.collect()),
            }
        }
        _ => Names::All,
    }
}

/// The words of `("A" B)`.
fn list(value: &str) -> impl Iterator<Item = &str> {
    let inner = value.trim_start_matches('(').trim_end_matches(')');
    inner.split_whitespace().map(|w| w.trim_matches('"'))
}

/// Each `key:value` of an `#+OPTIONS:` line. A key has at least one character,
/// which may be a colon; a value is a word or something in parentheses.
fn pairs(line: &str, f: &mut impl FnMut(&str, &str)) {
    let last = line.rfind(')').unwrap_or(0);
    let mut rest = line;
    loop {
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let Some(colon) = rest.get(first..).and_then(|r| r.find(':')).map(|i| i + first) else {
            return;
        };
        let (key, behind) = (rest.get(..colon).unwrap_or(""), rest.get(colon + 1..).unwrap_or(""));
        let at = line.len() - behind.len();
        let parenthesis = (behind.starts_with('(') && at < last).then(|| behind.find(')').map(|i| i + 1)).flatten();
        let end = parenthesis.or_else(|| behind.find([' ', '\t'])).unwrap_or(behind.len());
        if end > 0 {
            f(key, behind.get(..end).unwrap_or(""));
        }
        rest = behind.get(end..).unwrap_or("").trim_start_matches([' ', '\t']);
    }
}
