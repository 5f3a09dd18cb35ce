//! A JavaScript value as JSON: what `JSON.stringify` gives, and where it gives
//! nothing useful, the data: BigInts as integers, Maps as objects, Sets and typed
//! arrays as arrays, buffers as their bytes. Written without recursion, so that depth costs heap, not stack.

use std::fmt::Write as _;

use rquickjs::function::{Constructor, This};
use rquickjs::{
    Coerced, Ctx, Error, Exception, FromJs, Function, JsLifetime, Object, Persistent, String as JsString, Value,
};

use crate::inspect::text;

/// `JSON.parse`, but with integers that a Number cannot hold as BigInts. What it uses it
/// has from before any module could change it.
const PARSE: &str = r"(() => {
    const { parse } = JSON, { isSafeInteger } = Number, big = BigInt, integer = /^-?\d{16,}$/;
    const test = integer.test.bind(integer);
    const revive = (key, value, context) =>
        typeof value === 'number' && !isSafeInteger(value) && test(context.source) ? big(context.source) : value;
    return (text) => parse(text, revive);
})()";

/// As the context keeps the function that [`PARSE`] makes.
struct Parse(Persistent<Function<'static>>);

// SAFETY: what it holds is detached from any lifetime.
unsafe impl<'js> JsLifetime<'js> for Parse {
    type Changed<'to> = Parse;
}

/// Makes ready what [`parse`] uses.
pub(crate) fn install(ctx: &Ctx<'_>) -> Result<(), Error> {
    let parse: Function = ctx.eval(PARSE)?;
    let parse = Parse(Persistent::save(ctx, parse));
    ctx.store_userdata(parse).map(drop).map_err(|_| Error::Unknown)
}

/// The value of a JSON text; integers that a Number would change are BigInts.
pub(crate) fn parse<'js>(ctx: &Ctx<'js>, text: String) -> Result<Value<'js>, Error> {
    if !has_long_number(text.as_bytes()) {
        return ctx.json_parse(text);
    }
    let parse = ctx.userdata::<Parse>().map(|parse| parse.0.clone()).ok_or(Error::Unknown)?;
    parse.restore(ctx)?.call((text,))
}

/// Whether sixteen digits stand in a row: fewer are a Number's without loss.
fn has_long_number(json: &[u8]) -> bool {
    let mut digits = 0;
    json.iter().any(|byte| {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        digits == 16
    })
}

/// Deeper than this is an accident, and no reader of JSON would take it.
const DEPTH: usize = 1000;

/// The value as JSON; what JSON has no words for (`undefined`, a function) is `null`.
pub(crate) fn stringify<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> Result<String, Error> {
    let mut writer = Writer { ctx, classes: Classes::of(ctx)?, out: String::new(), open: Vec::new() };
    match writer.plain(value, "")? {
        Some(value) => writer.write(value)?,
        None => writer.out.push_str("null"),
    }
    writer.finish()
}

/// The constructors whose instances are more than their properties.
pub(crate) struct Classes<'js> {
    array: Option<Object<'js>>,
    map: Option<Object<'js>>,
    set: Option<Object<'js>>,
    typed_array: Option<Object<'js>>,
    buffer: Option<Object<'js>>,
    view: Option<Object<'js>>,
    boxes: Vec<Object<'js>>,
    plain: Option<Object<'js>>,
}

impl<'js> Classes<'js> {
    /// As the globals have them now: a module may have removed or replaced any.
    pub(crate) fn of(ctx: &Ctx<'js>) -> Result<Self, Error> {
        let globals = ctx.globals();
        let global =
            |name: &str| -> Result<Option<Object<'js>>, Error> { Ok(globals.get::<_, Value>(name)?.into_object()) };
        let mut boxes = Vec::new();
        for name in ["Number", "String", "Boolean", "BigInt"] {
            boxes.extend(global(name)?);
        }
        let plain = match global("Object")? {
            Some(object) => object.get::<_, Value>("prototype")?.into_object(),
            None => None,
        };
        Ok(Self {
            array: global("Array")?,
            map: global("Map")?,
            set: global("Set")?,
            typed_array: global("Uint8Array")?.and_then(|class| class.get_prototype()),
            buffer: global("ArrayBuffer")?,
            view: global("DataView")?,
            boxes,
            plain,
        })
    }

    /// What the object is, apart from its properties. Proxies are not looked into:
    /// they are what they show.
    pub(crate) fn kind(&self, object: &Object<'js>) -> Kind {
        if object.is_array() {
            return Kind::Array;
        }
        if object.is_proxy() || object.get_prototype().is_none_or(|proto| self.is_plain(&proto)) {
            return Kind::Plain;
        }
        let is = |class: &Option<Object<'js>>| class.as_ref().is_some_and(|class| object.is_instance_of(class));
        if is(&self.map) {
            Kind::Map
        } else if is(&self.set) {
            Kind::Set
        } else if is(&self.typed_array) {
            Kind::TypedArray
        } else if is(&self.buffer) || is(&self.view) {
            Kind::Buffer
        } else if self.boxes.iter().any(|class| object.is_instance_of(class)) {
            Kind::Boxed
        } else {
            Kind::Plain
        }
    }

    fn is_plain(&self, prototype: &Object<'js>) -> bool {
        self.plain.as_ref().is_some_and(|plain| plain == prototype)
    }

    /// A view of the bytes of an ArrayBuffer or a DataView.
    pub(crate) fn bytes(&self, object: &Object<'js>) -> Result<Object<'js>, Error> {
        let class: Constructor = object.ctx().globals().get("Uint8Array")?;
        match object.get::<_, Value>("buffer")?.into_object() {
            Some(buffer) => {
                let (offset, length): (Value, Value) = (object.get("byteOffset")?, object.get("byteLength")?);
                class.construct((buffer, offset, length))
            }
            None => class.construct((object.clone(),)),
        }
    }

    /// `Array.from(iterable)`.
    pub(crate) fn array_from(&self, iterable: &Object<'js>) -> Result<Object<'js>, Error> {
        let Some(array) = &self.array else { return Ok(iterable.clone()) };
        let from: Function = array.get("from")?;
        from.call((This(array.clone()), iterable.clone()))
    }
}

/// See [`Classes::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Array,
    Map,
    Set,
    TypedArray,
    Buffer,
    Boxed,
}

struct Writer<'a, 'js> {
    ctx: &'a Ctx<'js>,
    classes: Classes<'js>,
    out: String,
    open: Vec<Open<'js>>,
}

/// An array or object that is being written.
struct Open<'js> {
    /// What it came from: to meet it again further in is a cycle.
    source: Object<'js>,
    rest: Rest<'js>,
    empty: bool,
}

enum Rest<'js> {
    Items { array: Object<'js>, next: usize, length: usize },
    Fields { object: Object<'js>, keys: std::vec::IntoIter<JsString<'js>> },
    Pairs(std::vec::IntoIter<(JsString<'js>, Value<'js>)>),
}

impl<'js> Writer<'_, 'js> {
    fn finish(mut self) -> Result<String, Error> {
        while let Some(open) = self.open.last_mut() {
            match &mut open.rest {
                Rest::Items { next, length, .. } if next == length => {
                    self.out.push(']');
                    self.open.pop();
                }
                Rest::Items { array, next, .. } => {
                    let index = *next;
                    *next += 1;
                    let value = array.get::<_, Value>(index_key(index))?;
                    if index > 0 {
                        self.out.push(',');
                    }
                    match self.plain(value, &index.to_string())? {
                        Some(value) => self.write(value)?,
                        None => self.out.push_str("null"),
                    }
                }
                Rest::Fields { object, keys } => match keys.next() {
                    Some(key) => {
                        let value = object.get::<_, Value>(key.clone())?;
                        self.field(&key, value)?;
                    }
                    None => self.close(),
                },
                Rest::Pairs(pairs) => match pairs.next() {
                    Some((key, value)) => self.field(&key, value)?,
                    None => self.close(),
                },
            }
        }
        Ok(self.out)
    }

    fn close(&mut self) {
        self.out.push('}');
        self.open.pop();
    }

    fn field(&mut self, key: &JsString<'js>, value: Value<'js>) -> Result<(), Error> {
        let name = if value.is_object() || value.is_big_int() { text(key) } else { String::new() };
        let Some(value) = self.plain(value, &name)? else { return Ok(()) };
        if let Some(open) = self.open.last_mut() {
            if !open.empty {
                self.out.push(',');
            }
            open.empty = false;
        }
        self.string(key)?;
        self.out.push(':');
        self.write(value)
    }

    /// After `toJSON`, and out of its box; None for what JSON leaves out.
    fn plain(&self, value: Value<'js>, key: &str) -> Result<Option<Value<'js>>, Error> {
        let mut value = value;
        if let Some(object) = value.as_object() {
            let to_json: Value = object.get("toJSON")?;
            if let Some(to_json) = to_json.as_function() {
                value = to_json.call((This(value.clone()), key))?;
            }
        }
        if let Some(object) = value.as_object()
            && self.classes.kind(object) == Kind::Boxed
        {
            let value_of: Function = object.get("valueOf")?;
            value = value_of.call((This(object.clone()),))?;
        }
        let nothing = value.is_undefined() || value.is_symbol() || value.is_function();
        Ok((!nothing).then_some(value))
    }

    fn write(&mut self, value: Value<'js>) -> Result<(), Error> {
        if let Some(string) = value.as_string() {
            return self.string(string);
        }
        if let Some(int) = value.as_int() {
            // Writing to a String cannot fail.
            let _ = write!(self.out, "{int}");
            return Ok(());
        }
        match value.try_into_object() {
            Ok(object) => self.enter(object),
            Err(scalar) => self.scalar(scalar),
        }
    }

    fn scalar(&mut self, value: Value<'js>) -> Result<(), Error> {
        let no_number = value.as_float().is_some_and(|float| !float.is_finite());
        if value.is_null() || no_number {
            self.out.push_str("null");
        } else {
            // Booleans, floats and BigInts: JavaScript's own text of them is JSON.
            let shown = Coerced::<JsString>::from_js(self.ctx, value)?;
            self.out.push_str(&text(&shown.0));
        }
        Ok(())
    }

    fn enter(&mut self, object: Object<'js>) -> Result<(), Error> {
        if self.open.iter().any(|open| open.source == object) {
            return Err(Exception::throw_type(self.ctx, "the result is circular: JSON cannot hold it"));
        }
        if self.open.len() == DEPTH {
            let message = format!("the result is nested deeper than {DEPTH}");
            return Err(Exception::throw_range(self.ctx, &message));
        }
        let rest = match self.classes.kind(&object) {
            Kind::Array => items(object.clone())?,
            Kind::Set | Kind::TypedArray => items(self.classes.array_from(&object)?)?,
            Kind::Buffer => items(self.classes.bytes(&object)?)?,
            Kind::Map => Rest::Pairs(self.pairs(&object)?.into_iter()),
            Kind::Plain | Kind::Boxed => {
                let keys = object.keys::<JsString>().collect::<Result<Vec<_>, _>>()?;
                Rest::Fields { object: object.clone(), keys: keys.into_iter() }
            }
        };
        self.out.push(if matches!(rest, Rest::Items { .. }) { '[' } else { '{' });
        self.open.push(Open { source: object, rest, empty: true });
        Ok(())
    }

    /// A Map's keys may be anything; an object's are strings.
    fn pairs(&self, map: &Object<'js>) -> Result<Vec<(JsString<'js>, Value<'js>)>, Error> {
        let entries = self.classes.array_from(map)?;
        let length: usize = entries.get("length")?;
        let mut pairs = Vec::new();
        for index in 0..length {
            let entry: Object = entries.get(index_key(index))?;
            let key: Coerced<JsString> = entry.get(0u32)?;
            pairs.push((key.0, entry.get(1u32)?));
        }
        Ok(pairs)
    }

    fn string(&mut self, string: &JsString<'js>) -> Result<(), Error> {
        match string.to_string() {
            Ok(string) => quote(&mut self.out, &string),
            // Half a surrogate pair: not UTF-8, but JSON has an escape for it.
            Err(_) => {
                drop(self.ctx.catch());
                if let Some(quoted) = self.ctx.json_stringify(string.clone())? {
                    self.out.push_str(&text(&quoted));
                }
            }
        }
        Ok(())
    }
}

fn items<'js>(array: Object<'js>) -> Result<Rest<'js>, Error> {
    let length = array.get("length")?;
    Ok(Rest::Items { array, next: 0, length })
}

/// Arrays end at 2³² − 1, so the index always fits.
pub(crate) fn index_key(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The string as JSON, quotes and all.
pub(crate) fn quote(out: &mut String, string: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in string.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(string.get(plain..at).unwrap_or_default());
        plain = at + 1;
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(string.get(plain..).unwrap_or_default());
    out.push('"');
}
