//! `console.log` and its kin: each call is one line for the host.

use std::cell::Cell;
use std::rc::Rc;

use rquickjs::function::Rest;
use rquickjs::{Coerced, Ctx, Error, FromJs, Function, Object, Value};

use crate::Host;
use crate::inspect::{self, text};
use crate::script::{self, Script};

/// What kind of line it is: which `console` function was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `console.debug`
    Debug,
    /// `console.log`
    Log,
    /// `console.info`
    Info,
    /// `console.warn`
    Warn,
    /// `console.error`
    Error,
}

const FUNCTIONS: [(&str, Level); 5] = [
    ("debug", Level::Debug),
    ("log", Level::Log),
    ("info", Level::Info),
    ("warn", Level::Warn),
    ("error", Level::Error),
];

/// Those that `console.js` makes of these.
const FURTHER: [&str; 13] = [
    "assert",
    "count",
    "countReset",
    "dir",
    "dirxml",
    "group",
    "groupCollapsed",
    "groupEnd",
    "table",
    "time",
    "timeEnd",
    "timeLog",
    "trace",
];

/// Gives the context a `console` whose calls end at the host.
pub(crate) fn install<'js>(ctx: &Ctx<'js>, host: &Rc<dyn Host>) -> Result<Script, Error> {
    let console = Object::new(ctx.clone())?;
    let groups = Rc::new(Cell::new(0));
    for (name, level) in FUNCTIONS {
        console.set(name, says(ctx, host, &groups, level)?.with_name(name)?)?;
    }
    let host = host.clone();
    let further = Script::install(&console, &FURTHER, move |ctx| {
        script::run(ctx, "console", include_str!("console.js"), (tools(ctx, &host, &groups)?,))
    })?;
    ctx.globals().set("console", console)?;
    Ok(further)
}

/// A function whose call is a line of that kind.
fn says<'js>(
    ctx: &Ctx<'js>,
    host: &Rc<dyn Host>,
    groups: &Rc<Cell<usize>>,
    level: Level,
) -> Result<Function<'js>, Error> {
    let (host, groups) = (host.clone(), groups.clone());
    Function::new(ctx.clone(), move |ctx: Ctx<'js>, values: Rest<Value<'js>>| {
        host.log(level, &indented(line(&ctx, &values.0), groups.get()));
    })
}

/// What the rest of `console` needs of ours.
fn tools<'js>(ctx: &Ctx<'js>, host: &Rc<dyn Host>, groups: &Rc<Cell<usize>>) -> Result<Object<'js>, Error> {
    let tools = Object::new(ctx.clone())?;
    for (name, level) in [("log", Level::Log), ("warn", Level::Warn), ("error", Level::Error)] {
        tools.set(name, says(ctx, host, groups, level)?)?;
    }
    let (clock, groups) = (host.clone(), groups.clone());
    tools.set("now", Function::new(ctx.clone(), move || clock.now_us())?)?;
    tools.set("indent", Function::new(ctx.clone(), move |count: usize| groups.set(count))?)?;
    let inspect = |ctx: Ctx<'js>, value: Value<'js>| inspect::value(&ctx, &value);
    tools.set("inspect", Function::new(ctx.clone(), inspect)?)?;
    let format = |ctx: Ctx<'js>, values: Rest<Value<'js>>| line(&ctx, &values.0);
    tools.set("format", Function::new(ctx.clone(), format)?)?;
    Ok(tools)
}

/// Groups within groups are shown this deep.
const GROUPS: usize = 40;

/// Each line of what is said in so many groups.
fn indented(line: String, groups: usize) -> String {
    if groups == 0 {
        return line;
    }
    let indent = "  ".repeat(groups.min(GROUPS));
    let newline = format!("\n{indent}");
    indent + &line.replace('\n', &newline)
}

/// The values with spaces between them; a first string may have `%s`, `%d`, `%i`,
/// `%f`, `%j`, `%o`, `%O`, `%c` and `%%` in it.
fn line<'js>(ctx: &Ctx<'js>, values: &[Value<'js>]) -> String {
    let (mut line, rest) = match values {
        [first, rest @ ..] if !rest.is_empty() => match first.as_string() {
            Some(template) => formatted(ctx, &text(template), rest),
            None => (shown(ctx, first), rest),
        },
        [only] => (shown(ctx, only), &[][..]),
        _ => (String::new(), &[][..]),
    };
    for value in rest {
        line.push(' ');
        line.push_str(&shown(ctx, value));
    }
    line
}

/// Strings as they are, all else as [`inspect`] has it.
fn shown<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> String {
    match value.as_string() {
        Some(string) => text(string),
        None => inspect::value(ctx, value),
    }
}

fn formatted<'a, 'js>(ctx: &Ctx<'js>, template: &str, mut values: &'a [Value<'js>]) -> (String, &'a [Value<'js>]) {
    let mut line = String::with_capacity(template.len());
    let mut pieces = template.split('%');
    line.push_str(pieces.next().unwrap_or_default());
    while let Some(piece) = pieces.next() {
        let Some(letter) = piece.chars().next() else {
            // `%%`, or a `%` at the very end.
            line.push('%');
            line.push_str(pieces.next().unwrap_or_default());
            continue;
        };
        let known = matches!(letter, 's' | 'd' | 'i' | 'f' | 'j' | 'o' | 'O' | 'c');
        match values {
            [value, rest @ ..] if known => {
                values = rest;
                line.push_str(&converted(ctx, letter, value));
                line.push_str(piece.get(1..).unwrap_or_default());
            }
            _ => {
                line.push('%');
                line.push_str(piece);
            }
        }
    }
    (line, values)
}

fn converted<'js>(ctx: &Ctx<'js>, letter: char, value: &Value<'js>) -> String {
    match letter {
        's' => shown(ctx, value),
        'd' | 'i' | 'f' => number(ctx, letter, value),
        // A style for a browser's console: nothing to show.
        'c' => String::new(),
        _ => inspect::value(ctx, value),
    }
}

fn number<'js>(ctx: &Ctx<'js>, letter: char, value: &Value<'js>) -> String {
    if value.is_big_int() {
        return inspect::value(ctx, value);
    }
    let number = Coerced::<f64>::from_js(ctx, value.clone()).map_or_else(
        |_| {
            drop(ctx.catch());
            f64::NAN
        },
        |number| number.0,
    );
    let number = if letter == 'i' { number.trunc() } else { number };
    inspect::value(ctx, &Value::new_number(ctx.clone(), number))
}
