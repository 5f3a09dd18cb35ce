//! What was thrown, as a person needs it: name, message, stack and the place.

use std::fmt;

use rquickjs::{Coerced, Ctx, Error, FromJs, Object, Value};

use crate::inspect;

/// What a module threw, or what was wrong with a call of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsError {
    /// The error's `name`; `Error` where what was thrown was no error.
    pub name: String,
    /// The error's `message`, or the thrown value as the console would show it.
    pub message: String,
    /// QuickJS's frames, innermost first, a line each; may be empty.
    pub stack: String,
    /// The innermost frame within the module, both from 1.
    pub line: Option<u32>,
    /// Counted in characters.
    pub column: Option<u32>,
    /// The frames that lie in the module, innermost first.
    pub frames: Vec<Place>,
}

/// A frame in the module's own source, counted as in [`JsError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The function's name; may be empty.
    pub function: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// Of more frames than this, as runaway recursion has, only the innermost are told.
const FRAMES: usize = 32;

impl fmt::Display for JsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl std::error::Error for JsError {}

impl JsError {
    /// An error of the engine's own, with no place in the source.
    pub(crate) fn new(name: &str, message: impl Into<String>) -> Self {
        Self { name: name.to_owned(), message: message.into(), stack: String::new(), line: None, column: None, frames: Vec::new() }
    }

    /// Whether the heap was full.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        self.name == "InternalError" && self.message == "out of memory"
    }

    /// Takes the pending exception, if `error` says that there is one.
    pub(crate) fn caught(ctx: &Ctx<'_>, error: Error) -> Self {
        match error {
            Error::Exception => Self::thrown(ctx, &ctx.catch()),
            Error::Allocation => Self::new("InternalError", "out of memory"),
            other => {
                // The reason may lie pending behind rquickjs's own words for it.
                let pending = ctx.catch();
                if pending.is_error() {
                    Self::thrown(ctx, &pending)
                } else {
                    Self::new("InternalError", other.to_string())
                }
            }
        }
    }

    fn thrown<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Self {
        // Where there is no room even for the error, QuickJS throws null.
        if value.is_null() && heap_is_full() {
            return Self::new("InternalError", "out of memory");
        }
        let Some(object) = value.as_object().filter(|object| is_error_like(object)) else {
            let message = match value.as_string() {
                Some(string) => inspect::text(string),
                None => inspect::value(ctx, value),
            };
            return Self::new("Error", message);
        };
        let mut error = Self::new(
            &property(ctx, object, "name").unwrap_or_else(|| "Error".to_owned()),
            property(ctx, object, "message").unwrap_or_default(),
        );
        if let Some(stack) = property(ctx, object, "stack") {
            stack.trim_end().clone_into(&mut error.stack);
        }
        error
    }

    /// Finds the frames that lie in `module`, and line and column: the innermost's.
    pub(crate) fn located(mut self, module: &str, source: &str) -> Self {
        let frames = self.stack.lines().filter_map(|frame| place_in(frame, module)).take(FRAMES);
        self.frames = frames
            .map(|mut frame| {
                frame.column = characters(source, frame.line, frame.column);
                frame
            })
            .collect();
        if let Some(innermost) = self.frames.first() {
            self.line = Some(innermost.line);
            self.column = Some(innermost.column);
        }
        self
    }

    /// Line and column of the first string in `source` that says `name`: of what was
    /// refused, QuickJS knows no place.
    pub(crate) fn at_import(mut self, name: &str, source: &str) -> Self {
        let quoted = ['"', '\''].map(|quote| format!("{quote}{name}{quote}"));
        let found = source.lines().zip(1u32..).find_map(|(text, line)| {
            let at = quoted.iter().filter_map(|name| text.find(name.as_str())).min()?;
            Some((line, text.get(..at)?.chars().count() + 1))
        });
        if let Some((line, column)) = found {
            self.line = Some(line);
            self.column = u32::try_from(column).ok();
        }
        self
    }
}

/// Whether the host refuses one more page. Memory never shrinks, so it still does
/// after what filled it was freed.
fn heap_is_full() -> bool {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_grow::<0>(1) == usize::MAX;
    #[cfg(not(target_arch = "wasm32"))]
    false
}

/// An Error, or what is built like one (a DOMException).
fn is_error_like(object: &Object<'_>) -> bool {
    object.is_error()
        || (object.get::<_, Value>("message").is_ok_and(|value| value.is_string())
            && object.get::<_, Value>("name").is_ok_and(|value| value.is_string()))
}

/// A property as text. Getters and `toString` are the thrower's and may throw in
/// their turn: then there is none.
pub(crate) fn property<'js>(ctx: &Ctx<'js>, object: &Object<'js>, key: &str) -> Option<String> {
    let text = object.get::<_, Value>(key).and_then(|value| {
        if value.is_undefined() {
            return Ok(None);
        }
        Coerced::<rquickjs::String>::from_js(ctx, value).map(|string| Some(inspect::text(&string.0)))
    });
    text.unwrap_or_else(|_| {
        drop(ctx.catch());
        None
    })
}

/// `    at f (module:3:9)`, or `    at module:3:9` as SyntaxErrors have it. A
/// function may be named anything, so the place is looked for from the right.
fn place_in(frame: &str, module: &str) -> Option<Place> {
    let frame = frame.strip_prefix("    at ")?;
    let (function, place) = match frame.strip_suffix(')') {
        Some(frame) => {
            let start = frame.rfind(&format!("({module}:"))?;
            (frame.get(..start)?.trim_end(), frame.get(start + 1..)?)
        }
        None => ("", frame),
    };
    let (line, column) = place.strip_prefix(module)?.strip_prefix(':')?.split_once(':')?;
    let function = if function == "<anonymous>" { "" } else { function };
    Some(Place { function: function.to_owned(), line: line.parse().ok()?, column: column.parse().ok()? })
}

/// QuickJS counts columns in bytes, people in characters.
pub(crate) fn characters(source: &str, line: u32, column: u32) -> u32 {
    let text = usize::try_from(line).ok().and_then(|line| source.lines().nth(line.checked_sub(1)?));
    let before = usize::try_from(column.saturating_sub(1)).ok();
    match (text, before) {
        (Some(text), Some(before)) if before <= text.len() => {
            let count = text.char_indices().take_while(|(at, _)| *at < before).count();
            u32::try_from(count).map_or(column, |count| count + 1)
        }
        _ => column,
    }
}
