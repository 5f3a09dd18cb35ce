//! Values for people to read, on one line: what `console.log` shows.

use rquickjs::function::This;
use rquickjs::{Coerced, Ctx, Error, FromJs, Function, Object, Promise, Value};

use crate::engine::is_class;
use crate::error::property;
use crate::json::{Classes, Kind, index_key};

/// Objects within objects are shown this deep.
const DEPTH: usize = 4;
/// Of each array, object, Map and Set this many elements.
const ELEMENTS: usize = 100;
/// And in all about this many bytes.
const BYTES: usize = 64 * 1024;

/// A string's text; halves of surrogate pairs, which Rust cannot hold, become U+FFFD.
pub(crate) fn text(string: &rquickjs::String<'_>) -> String {
    if let Ok(text) = string.to_string() {
        return text;
    }
    let ctx = string.ctx().clone();
    drop(ctx.catch());
    let whole = || -> Result<String, Error> {
        let class: Object = ctx.globals().get("String")?;
        let prototype: Object = class.get("prototype")?;
        let whole: Function = prototype.get("toWellFormed")?;
        whole.call::<_, rquickjs::String>((This(string.clone()),))?.to_string()
    };
    whole().unwrap_or_else(|_| {
        drop(ctx.catch());
        String::new()
    })
}

/// The value as a person would write it: `{ a: 1, b: [ 'x', 2n ] }`. User code may
/// run on the way (a `name` or `stack` getter of an error) and may throw: then what
/// could not be read is left out.
pub(crate) fn value<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> String {
    let written = Classes::of(ctx).and_then(|classes| {
        let mut writer = Writer { ctx, classes, out: String::new(), within: Vec::new() };
        writer.value(value)?;
        Ok(writer.out)
    });
    written.unwrap_or_else(|_| {
        drop(ctx.catch());
        format!("[{}]", value.type_name())
    })
}

struct Writer<'a, 'js> {
    ctx: &'a Ctx<'js>,
    classes: Classes<'js>,
    out: String,
    /// The objects that this one is in, for cycles.
    within: Vec<Object<'js>>,
}

impl<'js> Writer<'_, 'js> {
    fn value(&mut self, value: &Value<'js>) -> Result<(), Error> {
        if let Some(string) = value.as_string() {
            self.quoted(&text(string));
        } else if let Some(symbol) = value.as_symbol() {
            let description = symbol.description()?;
            let description = description.as_string().map(text).unwrap_or_default();
            self.push(&format!("Symbol({description})"));
        } else if let Some(object) = value.as_object() {
            self.object(object)?;
        } else if value.as_float().is_some_and(|float| float == 0.0 && float.is_sign_negative()) {
            self.push("-0");
        } else {
            let scalar = Coerced::<rquickjs::String>::from_js(self.ctx, value.clone())?;
            self.push(&text(&scalar.0));
            if value.is_big_int() {
                self.push("n");
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn full(&self) -> bool {
        self.out.len() >= BYTES
    }

    fn quoted(&mut self, string: &str) {
        let quote = if string.contains('\'') && !string.contains('"') { '"' } else { '\'' };
        self.out.push(quote);
        for (index, character) in string.chars().enumerate() {
            if index == BYTES {
                self.push("…");
                break;
            }
            match character {
                '\n' => self.push("\\n"),
                '\r' => self.push("\\r"),
                '\t' => self.push("\\t"),
                '\\' => self.push("\\\\"),
                _ if character == quote => {
                    self.out.push('\\');
                    self.out.push(character);
                }
                _ if character.is_control() => {
                    self.push(&format!("\\x{:02x}", u32::from(character)));
                }
                _ => self.out.push(character),
            }
        }
        self.out.push(quote);
    }

    fn object(&mut self, object: &Object<'js>) -> Result<(), Error> {
        if let Some(function) = object.as_function() {
            return self.function(function);
        }
        if self.within.contains(object) {
            self.push("[Circular]");
            return Ok(());
        }
        if object.is_error() {
            return self.error(object);
        }
        if object.is_promise() {
            self.push("Promise { ");
            match Promise::from_value(object.clone().into_value())?.state() {
                rquickjs::promise::PromiseState::Pending => self.push("<pending>"),
                rquickjs::promise::PromiseState::Resolved => self.push("<fulfilled>"),
                rquickjs::promise::PromiseState::Rejected => self.push("<rejected>"),
            }
            self.push(" }");
            return Ok(());
        }
        let kind = self.classes.kind(object);
        let name = self.class_name(object);
        if kind == Kind::Boxed || matches!(name.as_deref(), Some("Date" | "RegExp")) {
            return self.in_own_words(object, name.as_deref().unwrap_or("Object"));
        }
        if self.within.len() == DEPTH {
            let name = name.as_deref().unwrap_or("Object");
            self.push(&format!("[{name}]"));
            return Ok(());
        }
        self.within.push(object.clone());
        let written = self.elements(object, kind, name.as_deref());
        self.within.pop();
        written
    }

    fn elements(&mut self, object: &Object<'js>, kind: Kind, name: Option<&str>) -> Result<(), Error> {
        match kind {
            Kind::Array => {
                if let Some(name) = name.filter(|name| *name != "Array") {
                    self.push(&format!("{name} "));
                }
                self.items(object, "[", "]")
            }
            Kind::TypedArray => {
                let length: usize = object.get("length")?;
                self.push(&format!("{}({length}) ", name.unwrap_or("TypedArray")));
                self.items(object, "[", "]")
            }
            Kind::Buffer => {
                let bytes = self.classes.bytes(object)?;
                let length: usize = bytes.get("length")?;
                self.push(&format!("{}({length}) ", name.unwrap_or("ArrayBuffer")));
                self.items(&bytes, "[", "]")
            }
            Kind::Set => {
                let items = self.classes.array_from(object)?;
                let length: usize = items.get("length")?;
                self.push(&format!("{}({length}) ", name.unwrap_or("Set")));
                self.items(&items, "{", "}")
            }
            Kind::Map => {
                let entries = self.classes.array_from(object)?;
                let length: usize = entries.get("length")?;
                self.push(&format!("{}({length}) ", name.unwrap_or("Map")));
                self.list("{", "}", length, |writer, index| {
                    let entry: Object = entries.get(index_key(index))?;
                    writer.value(&entry.get(0u32)?)?;
                    writer.push(" => ");
                    writer.value(&entry.get(1u32)?)
                })
            }
            Kind::Plain | Kind::Boxed => {
                match name {
                    Some("Object") => {}
                    Some(name) => self.push(&format!("{name} ")),
                    None => self.push("[Object: null prototype] "),
                }
                self.properties(object)
            }
        }
    }

    fn items(&mut self, array: &Object<'js>, start: &str, end: &str) -> Result<(), Error> {
        let length: usize = array.get("length")?;
        self.list(start, end, length, |writer, index| {
            let value: Value = array.get(index_key(index))?;
            writer.value(&value)
        })
    }

    fn properties(&mut self, object: &Object<'js>) -> Result<(), Error> {
        let keys = object.keys::<rquickjs::String>().collect::<Result<Vec<_>, _>>()?;
        let describe: Option<Function> =
            self.ctx.globals().get::<_, Object>("Object").and_then(|class| class.get("getOwnPropertyDescriptor"))?;
        self.list("{", "}", keys.len(), |writer, index| {
            let Some(key) = keys.get(index) else { return Ok(()) };
            let name = text(key);
            if is_identifier(&name) {
                writer.push(&name);
            } else {
                writer.quoted(&name);
            }
            writer.push(": ");
            // A getter is shown, not called: looking must not change anything.
            let described: Option<Object> = match &describe {
                Some(describe) => describe.call((object.clone(), key.clone()))?,
                None => None,
            };
            match described {
                Some(described) if described.contains_key("value")? => writer.value(&described.get("value")?),
                _ => {
                    writer.push("[Getter]");
                    Ok(())
                }
            }
        })
    }

    fn list(
        &mut self,
        start: &str,
        end: &str,
        length: usize,
        mut element: impl FnMut(&mut Self, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.push(start);
        for index in 0..length {
            self.push(if index == 0 { " " } else { ", " });
            if index == ELEMENTS || self.full() {
                let left = length - index;
                self.push(&format!("… {left} more"));
                break;
            }
            element(self, index)?;
        }
        if length > 0 {
            self.push(" ");
        }
        self.push(end);
        Ok(())
    }

    fn function(&mut self, function: &Function<'js>) -> Result<(), Error> {
        let is_class = is_class(function)?;
        let name = property(self.ctx, function, "name").filter(|name| !name.is_empty());
        match (is_class, name) {
            (true, Some(name)) => self.push(&format!("[class {name}]")),
            (false, Some(name)) => self.push(&format!("[Function: {name}]")),
            (true, None) => self.push("[class (anonymous)]"),
            (false, None) => self.push("[Function (anonymous)]"),
        }
        Ok(())
    }

    fn error(&mut self, error: &Object<'js>) -> Result<(), Error> {
        let name = property(self.ctx, error, "name").unwrap_or_else(|| "Error".to_owned());
        self.push(&name);
        if let Some(message) = property(self.ctx, error, "message").filter(|text| !text.is_empty()) {
            self.push(&format!(": {message}"));
        }
        if let Some(stack) = property(self.ctx, error, "stack") {
            let stack = stack.trim_end();
            if !stack.is_empty() {
                self.push(&format!("\n{stack}"));
            }
        }
        let cause: Value = error.get("cause")?;
        if !cause.is_undefined() && self.within.len() < DEPTH {
            self.push("\n[cause]: ");
            self.within.push(error.clone());
            let written = self.value(&cause);
            self.within.pop();
            written?;
        }
        Ok(())
    }

    /// Dates, regular expressions and boxed values say themselves what they are.
    fn in_own_words(&mut self, object: &Object<'js>, name: &str) -> Result<(), Error> {
        let method = if name == "Date" { "toJSON" } else { "toString" };
        let words = object
            .get::<_, Function>(method)
            .and_then(|method| method.call::<_, Option<rquickjs::String>>((This(object.clone()),)));
        match words {
            Ok(Some(words)) if matches!(name, "Date" | "RegExp") => self.push(&text(&words)),
            Ok(Some(words)) => self.push(&format!("[{name}: {}]", text(&words))),
            Ok(None) => self.push("Invalid Date"),
            Err(_) => {
                drop(self.ctx.catch());
                self.push(&format!("[{name}]"));
            }
        }
        Ok(())
    }

    /// The name of the object's class; None where it has no prototype.
    fn class_name(&self, object: &Object<'js>) -> Option<String> {
        if object.is_proxy() {
            return Some("Object".to_owned());
        }
        object.get_prototype()?;
        let class = object.get::<_, Value>("constructor").ok().and_then(Value::into_object);
        let name = class.and_then(|class| property(self.ctx, &class, "name"));
        Some(name.filter(|name| !name.is_empty()).unwrap_or_else(|| "Object".to_owned()))
    }
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || matches!(first, '_' | '$'))
        && characters.all(|character| character.is_alphanumeric() || matches!(character, '_' | '$'))
}
