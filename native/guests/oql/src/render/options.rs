//! What a caller may ask of `render`, and what the document itself asks.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::syntax::document::Document;

/// Values by component id and port.
pub type Results = BTreeMap<String, Map<String, Value>>;

/// Options of a render call. What is `None` the document decides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RenderOptions {
    /// Raw HTML of export blocks and `@@html:…@@` passes.
    pub allow_html: bool,
    /// Values by component id and port.
    pub results: Option<Results>,
    /// Failed and skipped steps by component id.
    pub errors: Option<BTreeMap<String, StepError>>,
    /// A table of contents.
    pub toc: Option<Depth>,
    /// Section numbers.
    pub num: Option<Depth>,
    /// An `<h1 class="title">` from `#+TITLE:`.
    pub title: bool,
    /// Headings deeper than this are list items.
    pub headline_levels: Option<usize>,
}

/// Not at all, everywhere, or down to a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// `false`
    Off,
    /// `true`
    All,
    /// A number.
    Levels(usize),
}

impl Depth {
    /// Whether it reaches this level.
    pub fn covers(self, level: usize) -> bool {
        match self {
            Depth::Off => false,
            Depth::All => true,
            Depth::Levels(n) => level <= n,
        }
    }
}

/// Why a step has no result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepError {
    /// Its kind; `skipped` where it never ran.
    pub kind: String,
    /// What happened.
    pub message: String,
    /// The Org line.
    pub line: Option<u64>,
}

const KEYS: [&str; 7] = ["allow_html", "errors", "headline_levels", "num", "results", "title", "toc"];

impl RenderOptions {
    /// Reads the options' JSON; the error names the key and what it takes.
    pub fn from_json(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let value: Value = serde_json::from_str(text).map_err(|e| format!("the options are no JSON: {e}"))?;
        let Value::Object(map) = value else {
            return Err("the options must be a JSON object".into());
        };
        let mut options = Self::default();
        for (key, value) in map {
            let wrong = |takes: &str| format!("option `{key}` takes {takes}");
            match key.as_str() {
                "allow_html" => {
                    options.allow_html = value.as_bool().ok_or(wrong("true or false"))?;
                }
                "title" => options.title = value.as_bool().ok_or(wrong("true or false"))?,
                "toc" => options.toc = depth(&value).ok_or(wrong("true, false or a number"))?,
                "num" => options.num = depth(&value).ok_or(wrong("true, false or a number"))?,
                "headline_levels" if value.is_null() => {}
                "headline_levels" => {
                    let n = value.as_u64().and_then(|n| usize::try_from(n).ok());
                    options.headline_levels = Some(n.ok_or(wrong("a number"))?);
                }
                "results" => {
                    options.results = results(value)
                        .map_err(|()| wrong("an object of component ids with objects of ports and values"))?
                }
                "errors" => {
                    options.errors =
                        errors(value).map_err(|()| wrong("an object of component ids with {kind, message, line}"))?
                }
                _ => {
                    return Err(format!("unknown option `{key}`; the options are {}", KEYS.join(", ")));
                }
            }
        }
        Ok(options)
    }
}

fn depth(value: &Value) -> Option<Option<Depth>> {
    Some(match value {
        Value::Null => None,
        Value::Bool(true) => Some(Depth::All),
        Value::Bool(false) => Some(Depth::Off),
        Value::Number(n) => Some(Depth::Levels(usize::try_from(n.as_u64()?).ok()?)),
        _ => return None,
    })
}

fn results(value: Value) -> Result<Option<Results>, ()> {
    let Value::Object(map) = value else {
        return if value.is_null() { Ok(None) } else { Err(()) };
    };
    let entry = |(id, ports)| match ports {
        Value::Object(ports) => Ok((id, ports)),
        _ => Err(()),
    };
    Ok(Some(map.into_iter().map(entry).collect::<Result<_, _>>()?))
}

fn errors(value: Value) -> Result<Option<BTreeMap<String, StepError>>, ()> {
    let Value::Object(map) = value else {
        return if value.is_null() { Ok(None) } else { Err(()) };
    };
    let entry = |(id, error): (String, Value)| {
        let Value::Object(error) = error else { return Err(()) };
        let text = |key: &str| match error.get(key) {
            Some(Value::String(s)) => s.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let step =
            StepError { kind: text("kind"), message: text("message"), line: error.get("line").and_then(Value::as_u64) };
        Ok((id, step))
    };
    Ok(Some(map.into_iter().map(entry).collect::<Result<_, _>>()?))
}

/// Sub- and superscripts: all, none, only with braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// `^:t`
    All,
    /// `^:nil`
    None,
    /// `^:{}`
    Braced,
}

/// Export settings in force: Org's defaults, then `#+OPTIONS:`, then the call.
#[derive(Debug, Clone)]
pub struct Settings {
    pub toc: Depth,
    pub num: Depth,
    pub levels: usize,
    pub todo: bool,
    pub tags: bool,
    pub priority: bool,
    pub planning: bool,
    pub timestamps: bool,
    pub scripts: Scripts,
    pub special: bool,
    pub emphasis: bool,
    pub tables: bool,
    pub footnotes: bool,
    pub drawers: bool,
    pub entities: bool,
    pub fixed: bool,
    pub breaks: bool,
    pub cookies: bool,
    pub exclude: Vec<String>,
}

impl Settings {
    /// Those of this document under these options.
    pub fn of(doc: &Document, options: &RenderOptions) -> Self {
        let mut s = Settings {
            toc: Depth::Off,
            num: Depth::All,
            levels: 3,
            todo: true,
            tags: true,
            priority: false,
            planning: false,
            timestamps: true,
            scripts: Scripts::All,
            special: true,
            emphasis: true,
            tables: true,
            footnotes: true,
            drawers: true,
            entities: true,
            fixed: true,
            breaks: false,
            cookies: true,
            exclude: vec!["noexport".into()],
        };
        for line in doc.keyword("OPTIONS") {
            for word in line.split_whitespace() {
                // The key ends at the last colon but for `::t`, fixed-width.
                if let Some((key, value)) = word.rsplit_once(':') {
                    s.set(key, value);
                }
            }
        }
        let tags: Vec<String> =
            doc.keyword("EXCLUDE_TAGS").flat_map(str::split_whitespace).map(str::to_string).collect();
        if !tags.is_empty() {
            s.exclude = tags;
        }
        s.toc = options.toc.unwrap_or(s.toc);
        s.num = options.num.unwrap_or(s.num);
        s.levels = options.headline_levels.unwrap_or(s.levels);
        s
    }

    fn set(&mut self, key: &str, value: &str) {
        let on = value != "nil";
        let depth = match value {
            "nil" => Depth::Off,
            _ => value.parse().map_or(Depth::All, Depth::Levels),
        };
        match key {
            "toc" => self.toc = depth,
            "num" => self.num = depth,
            "H" => self.levels = value.parse().unwrap_or(self.levels),
            "todo" => self.todo = on,
            "tags" => self.tags = on,
            "pri" => self.priority = on,
            "p" => self.planning = on,
            "<" => self.timestamps = on,
            "-" => self.special = on,
            "*" => self.emphasis = on,
            "|" => self.tables = on,
            "f" => self.footnotes = on,
            "d" => self.drawers = on,
            "e" => self.entities = on,
            ":" => self.fixed = on,
            "\\n" => self.breaks = on,
            "stat" => self.cookies = on,
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
