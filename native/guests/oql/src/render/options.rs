//! What a caller may ask of `render`, and what the document itself asks.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

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
    /// LaTeX as its author wrote it, for pages that load no script to typeset it.
    pub plain_math: bool,
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

const KEYS: [&str; 8] = ["allow_html", "errors", "headline_levels", "math", "num", "results", "title", "toc"];

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
                "math" => {
                    options.plain_math = match value.as_str() {
                        Some("plain") => true,
                        Some("mathjax") => false,
                        _ if value.is_null() => false,
                        _ => return Err(wrong("\"mathjax\" or \"plain\"")),
                    }
                }
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
