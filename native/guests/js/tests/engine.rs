//! The engine as its host sees it: load a module, call it, read what it logged.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js::{Engine, Host, JsError, Level};

type Log = Rc<RefCell<Vec<(Level, String)>>>;

/// Keeps what is logged; time goes on by a millisecond a look.
#[derive(Default)]
struct Outside {
    log: Log,
    now_us: Cell<f64>,
}

impl Host for Outside {
    fn log(&self, level: Level, line: &str) {
        self.log.borrow_mut().push((level, line.to_owned()));
    }

    fn now_us(&self) -> f64 {
        self.now_us.set(self.now_us.get() + 1000.0);
        self.now_us.get()
    }

    fn wait_until(&self, us: f64) {
        self.now_us.set(self.now_us.get().max(us));
    }

    fn seed(&self) -> u64 {
        7
    }

    fn functions(&self) -> Vec<String> {
        ["echo", "fail"].map(str::to_owned).to_vec()
    }

    fn call(&self, function: &str, arguments: &str) -> Result<String, String> {
        match function {
            "echo" => Ok(arguments.to_owned()),
            _ => Err(format!("no {function} of {arguments}")),
        }
    }
}

fn engine() -> (Engine, Log) {
    let host = Outside::default();
    let log = host.log.clone();
    (Engine::new(host).unwrap(), log)
}

/// Compiled in one engine, loaded in another.
fn load(engine: &mut Engine, name: &str, source: &str) -> Result<Vec<String>, JsError> {
    let code = Engine::new(Outside::default()).unwrap().compile(name, source)?;
    engine.load(&code)
}

fn loaded(source: &str) -> Engine {
    let (mut engine, _) = engine();
    load(&mut engine, "hello/greet", source).unwrap();
    engine
}

fn load_error(source: &str) -> JsError {
    load(&mut engine().0, "hello/greet", source).unwrap_err()
}

/// What `export function f() { … }` answers as JSON.
fn result(expression: &str) -> String {
    let mut engine = loaded(&format!("export function f() {{ return {expression} }}"));
    engine.call("f", "[]".to_owned()).unwrap()
}

fn call_error(source: &str) -> JsError {
    loaded(source).call("f", "[]".to_owned()).unwrap_err()
}

fn logged(statements: &str) -> Vec<(Level, String)> {
    let (mut engine, log) = engine();
    load(&mut engine, "m", statements).unwrap();
    log.take()
}

fn line(statements: &str) -> String {
    let lines = logged(statements);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].1.clone()
}

fn place(error: &JsError) -> (Option<u32>, Option<u32>) {
    (error.line, error.column)
}

// ---- load ----

#[test]
fn load_names_functions_in_the_order_of_the_source() {
    let source = "
        export function zebra() {}
        export const limit = 3, apple = () => 1; export const mango = async () => 2;
        export class Banana {}
        function hidden() {}
        export default function () {}
        export { hidden as cherry };
        export const bound = zebra.bind(null);
    ";
    let names = load(&mut engine().0, "m", source).unwrap();
    assert_eq!(names, ["zebra", "apple", "mango", "cherry", "default", "bound"]);
}

#[test]
fn load_awaits_at_top_level() {
    let mut engine = loaded("const n = await Promise.resolve(4); export const f = () => n;");
    assert_eq!(engine.call("f", "[]".to_owned()).unwrap(), "4");
}

#[test]
fn load_reports_an_await_that_never_settles() {
    let error = load_error("await new Promise(() => {}); export const f = 1;");
    assert!(error.message.contains("top-level await never settles"), "{error}");
}

#[test]
fn load_works_once() {
    let mut engine = loaded("export const f = () => 1;");
    let error = load(&mut engine, "other", "").unwrap_err();
    assert!(error.message.contains("'hello/greet' is loaded already"), "{error}");
    assert_eq!(engine.call("f", "[]".to_owned()).unwrap(), "1");
}

#[test]
fn a_failed_load_spends_the_engine() {
    let (mut engine, _) = engine();
    load(&mut engine, "m", "throw 1").unwrap_err();
    assert!(load(&mut engine, "m", "").is_err());
    let error = engine.call("f", "[]".to_owned()).unwrap_err();
    assert!(error.message.contains("failed to load"), "{error}");
}

#[test]
fn call_before_load_is_an_error() {
    assert_eq!(engine().0.call("f", "[]".to_owned()).unwrap_err().message, "no module is loaded");
}

#[test]
fn imports_are_refused_in_plain_words() {
    for (source, column) in
        [("import fs from 'fs'; export const f = () => 1;", 16), ("export * from 'fs'", 15), ("await import('fs')", 14)]
    {
        let error = load_error(source);
        assert_eq!(
            error.message, "'fs' cannot be imported: a block can import \"host\" (echo, fail) and nothing else",
            "{source}"
        );
        assert_eq!(error.name, "TypeError");
        assert_eq!(place(&error), (Some(1), Some(column)), "{source}");
    }
}

#[test]
fn the_host_s_functions_can_be_imported() {
    let mut engine = loaded(
        "import { echo, fail } from 'host';
         export const f = async (x) => [await echo(x, 2n, undefined), echo.name, await fail(1).catch((e) => e.message)];",
    );
    let answer = engine.call("f", r#"[{"a":[9007199254740993]}]"#.to_owned()).unwrap();
    assert_eq!(answer, r#"[[{"a":[9007199254740993]},2,null],"echo","no fail of [1]"]"#);
}

#[test]
fn what_the_host_does_not_have_is_named() {
    let error = load_error("import { echo, nope } from 'host';");
    assert_eq!(error.message, "\"host\" has no 'nope': it has echo, fail");
}

#[test]
fn a_host_function_s_error_has_the_place_of_the_call() {
    let mut engine = loaded("import { fail } from 'host';\nexport async function f() {\n  await fail(3);\n}");
    let error = engine.call("f", "[]".to_owned()).unwrap_err();
    assert_eq!((error.message.as_str(), error.line), ("no fail of [3]", Some(3)));
}

#[test]
fn frames_are_those_of_the_module() {
    let error = call_error("const é = () => { throw new Error('x') };\nexport const f = () => [1].map(é);");
    let frames: Vec<_> = error.frames.iter().map(|frame| (frame.function.as_str(), frame.line)).collect();
    assert_eq!(frames, [("é", 1), ("f", 2)]);
}

#[test]
fn compiling_runs_nothing_and_needs_no_more_than_the_source() {
    let (mut compiler, log) = engine();
    let code = compiler.compile("m", "console.log('run'); export const f = () => 1;").unwrap();
    assert!(log.borrow().is_empty());
    assert_eq!(code, engine().0.compile("m", "console.log('run'); export const f = () => 1;").unwrap());
    let (mut runner, log) = engine();
    assert_eq!(runner.load(&code).unwrap(), ["f"]);
    assert_eq!(log.borrow().len(), 1);
}

#[test]
fn what_is_no_code_is_refused() {
    for code in [&b""[..], b"export const f = 1", b"wbjs\0\0\0\x01\xff\xff\xff\xff"] {
        let error = engine().0.load(code).unwrap_err();
        assert!(error.message.contains("no code that the engine compiled"), "{error}");
    }
}

#[test]
fn chance_and_time_are_the_host_s() {
    let source =
        "export const f = () => [Math.random(), Math.random(), performance.now(), performance.now(), Math.random.name]";
    let first = loaded(source).call("f", "[]".to_owned()).unwrap();
    assert_eq!(first, loaded(source).call("f", "[]".to_owned()).unwrap());
    assert!(first.ends_with(r#",0,1,"random"]"#), "{first}");
}

#[test]
fn integers_that_a_number_would_change_are_big() {
    let mut engine = loaded("export const f = (...a) => a.map((x) => [typeof x, x]).flat()");
    let arguments =
        "[9007199254740991,9007199254740992,-9007199254740993,1e20,12345678901234567.5,\"9007199254740993\"]";
    assert_eq!(
        engine.call("f", arguments.to_owned()).unwrap(),
        r#"["number",9007199254740991,"bigint",9007199254740992,"bigint",-9007199254740993,"number",100000000000000000000,"number",12345678901234568,"string","9007199254740993"]"#
    );
}

#[test]
fn bytes_are_a_list() {
    assert_eq!(result("[new Uint8Array([1, 2]).buffer, new DataView(new Uint8Array([3]).buffer)]"), "[[1,2],[3]]");
}

#[test]
fn names_and_sources_may_hold_anything() {
    for name in ["", "a b", "x (y:1:2)", "🦀", "%s%n", "a\nb"] {
        let (mut engine, _) = engine();
        load(&mut engine, name, "export const f = () => { throw new Error('x') }").unwrap();
        engine.call("f", "[]".to_owned()).unwrap_err();
    }
    assert_eq!(load(&mut engine().0, "a\0b", "").unwrap_err().name, "TypeError");
    let error = load_error("let a = 1;\nlet é = '\0'");
    assert_eq!((error.name.as_str(), place(&error)), ("SyntaxError", (Some(2), Some(10))));
    assert_eq!(load(&mut engine().0, "m", "").unwrap(), Vec::<String>::new());
}

// ---- call ----

#[test]
fn call_passes_json_in_and_out() {
    let mut engine = loaded("export function f(...a) { return a }");
    for json in ["[]", "[1,-2.5,1e+21,true,null,\"é🦀\\n\\\"\"]", "[{\"a\":{\"b\":[{}]},\"\":0}]", "[9007199254740991]"]
    {
        assert_eq!(engine.call("f", json.to_owned()).unwrap(), json);
    }
}

#[test]
fn call_refuses_what_is_no_json_array() {
    let mut engine = loaded("export function f() {}");
    for json in ["", "{", "[1,]", "[\0]", "{}", "1", "null", "[] []"] {
        let error = engine.call("f", json.to_owned()).unwrap_err();
        assert_eq!(error.name, "TypeError", "{json}");
        assert!(error.message.starts_with("the arguments are not"), "{json}: {error}");
    }
}

#[test]
fn call_names_what_there_is_when_the_function_is_not() {
    let mut engine = loaded("export function f() {} export function g() {} export const n = 1;");
    for name in ["h", "n", "toString", "__proto__", "", "a\0b"] {
        let error = engine.call(name, "[]".to_owned()).unwrap_err();
        assert!(error.message.contains("(it has: f, g)"), "{error}");
    }
}

#[test]
fn call_awaits() {
    let mut engine = loaded(
        "export async function f(n) { for (let i = 0; i < 3; i++) n = await Promise.resolve(n + 1); return n }
         export const never = () => new Promise(() => {});
         export const rejects = async () => { throw new TypeError('no') };",
    );
    assert_eq!(engine.call("f", "[1]".to_owned()).unwrap(), "4");
    let error = engine.call("never", "[]".to_owned()).unwrap_err();
    assert!(error.message.starts_with("the promise of 'never' never settles"), "{error}");
    let error = engine.call("rejects", "[]".to_owned()).unwrap_err();
    assert_eq!(error.to_string(), "TypeError: no");
}

#[test]
fn what_was_not_awaited_is_done_before_the_answer() {
    let (mut engine, log) = engine();
    let source = "export function f() { queueMicrotask(() => console.log('later')); return 1 }";
    load(&mut engine, "m", source).unwrap();
    engine.call("f", "[]".to_owned()).unwrap();
    assert_eq!(log.take(), [(Level::Log, "later".to_owned())]);
}

#[test]
fn state_stays_between_calls() {
    let mut engine = loaded("let n = 0; export const f = () => ++n;");
    engine.call("f", "[]".to_owned()).unwrap();
    assert_eq!(engine.call("f", "[]".to_owned()).unwrap(), "2");
}

#[test]
fn results_are_what_json_stringify_gives() {
    for (expression, json) in [
        ("undefined", "null"),
        ("null", "null"),
        ("() => 1", "null"),
        ("Symbol('x')", "null"),
        ("NaN", "null"),
        ("[Infinity, undefined, () => 1, Symbol()]", "[null,null,null,null]"),
        ("({ a: undefined, b: () => 1, [Symbol()]: 2, c: NaN })", "{\"c\":null}"),
        ("[1, 0.1, -0, 1e21, 1e-7, 2 ** 53]", "[1,0.1,0,1e+21,1e-7,9007199254740992]"),
        ("new Date(0)", "\"1970-01-01T00:00:00.000Z\""),
        ("new Date(NaN)", "null"),
        ("({ toJSON(key) { return [key] } })", "[\"\"]"),
        ("({ a: { toJSON(key) { return key } } })", "{\"a\":\"a\"}"),
        ("[Object(1), Object('x'), Object(false), Object(5n)]", "[1,\"x\",false,5]"),
        ("/x/", "{}"),
        ("new Error('x')", "{}"),
        ("({ 2: 'b', 1: 'a', z: 0, a: 1 })", "{\"1\":\"a\",\"2\":\"b\",\"z\":0,\"a\":1}"),
        ("'\\u0000\\u001f\\u2028\\ud800'", "\"\\u0000\\u001f\u{2028}\\ud800\""),
        ("({ '\\ud800': 1 })", "{\"\\ud800\":1}"),
        ("new (class P { x = 1; #y = 2; get z() { return 3 } })", "{\"x\":1}"),
        ("Object.create(null)", "{}"),
        ("new Proxy({ a: 1 }, {})", "{\"a\":1}"),
        ("(() => { const shared = { a: 1 }; return [shared, shared] })()", "[{\"a\":1},{\"a\":1}]"),
    ] {
        assert_eq!(result(expression), json, "{expression}");
    }
}

#[test]
fn results_that_json_has_no_words_for_are_given_as_data() {
    for (expression, json) in [
        ("123456789012345678901234567890n", "123456789012345678901234567890"),
        ("({ n: -5n })", "{\"n\":-5}"),
        ("new Map([['a', 1], [2, new Map()]])", "{\"a\":1,\"2\":{}}"),
        ("new Set([1, 'x', [2]])", "[1,\"x\",[2]]"),
        ("new Uint8Array([1, 2, 255])", "[1,2,255]"),
        ("new BigInt64Array([1n, -1n])", "[1,-1]"),
        ("[new Float64Array([0.5, NaN])]", "[[0.5,null]]"),
    ] {
        assert_eq!(result(expression), json, "{expression}");
    }
}

#[test]
fn circular_and_bottomless_results_are_errors() {
    let error = call_error("export function f() { const a = {}; a.list = [a]; return a }");
    assert_eq!(error.name, "TypeError");
    assert!(error.message.contains("circular"), "{error}");
    let error = call_error("export function f() { let a = []; for (let i = 0; i < 5000; i++) a = [a]; return a }");
    assert_eq!(error.name, "RangeError");
}

#[test]
fn what_to_json_throws_is_thrown() {
    let error = call_error("export const f = () => ({ toJSON() { throw new RangeError('mine') } })");
    assert_eq!(error.to_string(), "RangeError: mine");
}

// ---- errors ----

// QuickJS places `new X(…)` at the `X`.
#[test]
fn errors_say_where() {
    let error = call_error("\nexport function f() {\n  throw new TypeError('boom');\n}");
    assert_eq!(error.to_string(), "TypeError: boom");
    assert_eq!(place(&error), (Some(3), Some(13)));
    assert!(error.stack.contains("hello/greet:3:13"), "{}", error.stack);
}

#[test]
fn errors_say_where_in_the_innermost_function() {
    let error = call_error("const inner = () => { null.x };\nexport function f() {\n  [1].forEach(inner);\n}");
    assert_eq!(error.name, "TypeError");
    assert_eq!(error.line, Some(1), "{}", error.stack);
}

#[test]
fn errors_say_where_after_an_await() {
    let error = call_error("export async function f() {\n  await null;\n  await null;\n  throw new Error('late');\n}");
    assert_eq!(place(&error), (Some(4), Some(13)), "{}", error.stack);
}

#[test]
fn errors_skip_frames_that_are_not_the_module_s() {
    let error = call_error("export function f() {\n  return JSON.parse('{');\n}");
    assert_eq!((error.name.as_str(), error.line), ("SyntaxError", Some(2)), "{}", error.stack);
    let error = call_error("export function f() {\n  return [3].map((0, eval)('() => { throw new Error(1) }'));\n}");
    assert_eq!(error.line, Some(2), "{}", error.stack);
}

#[test]
fn syntax_errors_say_where() {
    let error = load_error("let a = 1;\nlet b = = 2;\n");
    assert_eq!((error.name.as_str(), place(&error)), ("SyntaxError", (Some(2), Some(9))));
    let error = load_error("export function f( {");
    assert_eq!((error.name.as_str(), error.line), ("SyntaxError", Some(1)));
    let error = load_error("let a = 'é🦀'; let a = 2;");
    assert_eq!((error.name.as_str(), error.line), ("SyntaxError", Some(1)), "{error:?}");
}

#[test]
fn columns_count_characters() {
    let error = load_error("let s = 'é🦀'; = 1");
    assert_eq!(place(&error), (Some(1), Some(15)), "{error:?}");
    let error = load_error("let s = 'é🦀'; missing");
    assert_eq!(place(&error), (Some(1), Some(15)), "{error:?}");
    let error = load_error("\tmissing");
    assert_eq!(place(&error), (Some(1), Some(2)), "{error:?}");
}

#[test]
fn reference_errors_at_load_say_where() {
    let error = load_error("let a = 1;\n\n  missing + a;\n");
    assert_eq!((error.name.as_str(), place(&error)), ("ReferenceError", (Some(3), Some(3))));
}

#[test]
fn anything_may_be_thrown() {
    for (thrown, name, message) in [
        ("'text'", "Error", "text"),
        ("null", "Error", "null"),
        ("undefined", "Error", "undefined"),
        ("42n", "Error", "42n"),
        ("({ code: 7 })", "Error", "{ code: 7 }"),
        ("Symbol('s')", "Error", "Symbol(s)"),
        ("({ name: 'Mine', message: 'like an error' })", "Mine", "like an error"),
        ("new (class Own extends Error { name = 'Own' })('sub')", "Own", "sub"),
        ("'\\ud800'", "Error", "\u{fffd}"),
        ("Object.assign(new Error('x'), { name: Symbol() })", "Error", "x"),
        ("Object.defineProperty(new Error('x'), 'message', { get() { throw 1 } })", "Error", ""),
        ("new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 } })", "Error", "[proxy]"),
    ] {
        let error = call_error(&format!("export function f() {{ throw {thrown} }}"));
        assert_eq!((error.name.as_str(), error.message.as_str()), (name, message), "{thrown}");
    }
}

#[test]
fn a_meddled_stack_costs_only_the_place() {
    let error = call_error("Error.prepareStackTrace = () => ({}); export function f() { throw new Error('x') }");
    assert_eq!(error.to_string(), "Error: x");
    let error = call_error("Error.stackTraceLimit = 0; export function f() { throw new Error('x') }");
    assert_eq!(place(&error), (None, None));
}

// ---- depth ----

#[test]
fn recursion_ends_in_an_error_that_can_be_caught() {
    let sources = [
        "export function f() { return f() }",
        "export function f() { return [1].map(f) }",
        "const p = new Proxy({}, { get(t, k, r) { return r[k] } }); export function f() { return p.x }",
        "export function f() { return JSON.parse('['.repeat(1e6)) }",
        "export function f() { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return JSON.stringify(a) }",
        "export function f() { return eval('('.repeat(1e5)) }",
        "export function f() { return new RegExp('('.repeat(1e5)) }",
    ];
    for source in sources {
        let mut engine = loaded(source);
        let error = engine.call("f", "[]".to_owned()).unwrap_err();
        assert!(["RangeError", "InternalError", "SyntaxError"].contains(&error.name.as_str()), "{source}: {error}");
        // And the engine goes on.
        engine.call("f", "[]".to_owned()).unwrap_err();
    }
    let caught = "(() => { const g = () => g(); try { g() } catch (e) { return e.name } })()";
    assert_eq!(result(caught), "\"RangeError\"");
}

#[test]
fn deep_arguments_are_an_error() {
    let mut engine = loaded("export function f() {}");
    let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    assert!(engine.call("f", deep).is_err());
}

// ---- console ----

#[test]
fn console_levels() {
    let lines =
        logged("console.debug(1); console.log(2); console.info(3); console.warn(4); console.error(5); console.log()");
    let levels = [Level::Debug, Level::Log, Level::Info, Level::Warn, Level::Error, Level::Log];
    let texts = ["1", "2", "3", "4", "5", ""];
    let expected: Vec<_> = levels.into_iter().zip(texts.map(str::to_owned)).collect();
    assert_eq!(lines, expected);
}

#[test]
fn console_shows_what_a_person_expects() {
    for (values, shown) in [
        ("'a', 1, true, null, undefined, -0, 5n", "a 1 true null undefined -0 5n"),
        ("{ a: 1, b: 'x', 'c-d': [1, 'y'] }", "{ a: 1, b: 'x', 'c-d': [ 1, 'y' ] }"),
        ("[]", "[]"),
        ("{}", "{}"),
        ("[\"it's\", '\\n', undefined]", "[ \"it's\", '\\n', undefined ]"),
        ("new Map([['a', { b: 1 }]]), new Set([1])", "Map(1) { 'a' => { b: 1 } } Set(1) { 1 }"),
        ("new Uint8Array([1, 2])", "Uint8Array(2) [ 1, 2 ]"),
        ("function name() {}, () => 1, class C {}", "[Function: name] [Function (anonymous)] [class C]"),
        ("Symbol('s'), /x/g, new Date(0)", "Symbol(s) /x/g 1970-01-01T00:00:00.000Z"),
        ("new Date(NaN), Object(1), Object('x')", "Invalid Date [Number: 1] [String: x]"),
        ("new (class Point { x = 1 })", "Point { x: 1 }"),
        ("Object.create(null)", "[Object: null prototype] {}"),
        ("Promise.resolve(1), new Promise(() => {})", "Promise { <fulfilled> } Promise { <pending> }"),
        ("{ get a() { throw 1 } }", "{ a: [Getter] }"),
        ("{ a: { b: { c: { d: { e: 1 } } } } }", "{ a: { b: { c: { d: [Object] } } } }"),
        ("'%s is %d%%, %j', 'x', '4', { a: 1 }, 'more'", "x is 4%, { a: 1 } more"),
        ("'100%', 1", "100% 1"),
        ("'%s'", "%s"),
        ("'%i|%f', 4.7, '0.5'", "4|0.5"),
        ("'\\ud800'", "\u{fffd}"),
    ] {
        assert_eq!(line(&format!("console.log({values})")), shown, "{values}");
    }
}

#[test]
fn console_is_safe_with_cycles_and_crowds() {
    assert_eq!(line("const a = { n: 1 }; a.a = a; console.log(a)"), "{ n: 1, a: [Circular] }");
    let many = line("console.log(Array.from({ length: 1000 }, (_, i) => i))");
    assert!(many.ends_with(", 99, … 900 more ]"), "{many}");
    let wide = "const w = d => d ? Array.from({ length: 100 }, () => w(d - 1)) : 'x'.repeat(9)";
    assert!(line(&format!("{wide}; const v = w(3); console.log([v, v])")).len() < 200_000);
}

#[test]
fn console_shows_errors_with_their_stack_and_cause() {
    let shown = line("console.log(new TypeError('bad', { cause: new Error('why') }))");
    assert!(shown.starts_with("TypeError: bad\n    at "), "{shown}");
    assert!(shown.contains("\n[cause]: Error: why\n"), "{shown}");
}

#[test]
fn console_survives_hostile_values() {
    let hostile = "
        const p = new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 }, getPrototypeOf() { throw 3 } });
        console.log(p, [p], Object.create(p));
        const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); console.log(proxy);
        console.log(Object.defineProperty(new Error('x'), 'stack', { get() { throw 1 } }));
        console.log(Object.create(Map.prototype), Object.create(Date.prototype));
        delete globalThis.Map; delete globalThis.Object; Array.from = 1;
        console.log(new Set([1]), {}, []);
    ";
    assert_eq!(logged(hostile).len(), 5);
}

fn texts(statements: &str) -> Vec<String> {
    logged(statements).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn console_counts_and_measures() {
    let lines = texts(
        "console.count(); console.count('x'); console.count(); console.countReset(); console.count(); console.countReset('y');
         console.time(); console.timeLog('default', 'so far', 1); console.timeEnd(); console.timeEnd(); console.time('t'); console.time('t');",
    );
    let expected = [
        "default: 1",
        "x: 1",
        "default: 2",
        "default: 1",
        "nothing was counted as 'y'",
        "default: 1.000ms so far 1",
        "default: 2.000ms",
        "no timer is called 'default'",
        "a timer is called 't' already",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn console_groups_asserts_and_shows() {
    let lines = texts(
        "console.group('a', 1); console.log('b\\nc'); console.group(); console.warn('d'); console.groupEnd(); console.groupEnd();
         console.groupEnd(); console.log('e'); for (let i = 0; i < 100; i++) console.group(); console.log('f');",
    );
    let deep = " ".repeat(80) + "f";
    assert_eq!(lines, ["a 1", "  b\n  c", "    d", "e", &deep]);

    let lines = logged(
        "console.assert(true, 'no'); console.assert(false); console.assert(0, 'is %d', 3); console.assert(0, { a: 1 });
         console.dir('x'); console.dirxml('y', 1); console.trace('at %s', 'home');",
    );
    let (levels, texts): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
    assert_eq!(levels[..3], [Level::Error; 3]);
    let expected = ["Assertion failed", "Assertion failed: is 3", "Assertion failed { a: 1 }", "'x'", "y 1"];
    assert_eq!(texts[..5], expected);
    let (first, frames) = texts[5].split_once('\n').unwrap();
    assert_eq!(first, "Trace: at home");
    assert!(frames.contains("(m:"), "{frames}");
}

#[test]
fn console_draws_tables() {
    let lines = texts(
        "console.table([{ a: 1, b: 'x' }, { a: 20, c: null }, 3]); console.table({ é: 1 }); console.table('none')",
    );
    let table = "\
┌─────────┬────┬─────┬──────┬────────┐
│ (index) │ a  │ b   │ c    │ Values │
├─────────┼────┼─────┼──────┼────────┤
│ 0       │ 1  │ 'x' │      │        │
│ 1       │ 20 │     │ null │        │
│ 2       │    │     │      │ 3      │
└─────────┴────┴─────┴──────┴────────┘";
    assert_eq!(lines[0], table);
    assert!(lines[1].contains("│ é       │ 1      │"), "{}", lines[1]);
    assert_eq!(lines[2], "none");

    let lines = texts(
        "console.table([[1, 2], [3, 4]], ['1']); console.table(new Map([['k', 1]])); console.table(new Set(['v'])); console.table([])",
    );
    assert!(lines[0].contains("│ (index) │ 1 │") && lines[0].contains("│ 1       │ 4 │"), "{}", lines[0]);
    assert!(lines[1].contains("│ 0       │ 'k' │ 1      │"), "{}", lines[1]);
    assert!(lines[2].contains("│ 0       │ 'v'    │"), "{}", lines[2]);
    assert!(lines[3].contains("│ (index) │\n"), "{}", lines[3]);
    assert!(texts("console.table(Array.from({ length: 5000 }, (_, i) => i))")[0].ends_with("… 4000 more rows"));
}

#[test]
fn what_the_environment_has_may_be_replaced() {
    let lines = texts(
        "const log = console.log; console.table = (v) => log('mine', v); console.table(1); console.count(); console.table(2);
         globalThis.setTimeout = () => 'none'; log(setTimeout(), typeof setInterval, delete console.count, console.count);
         const { group, groupEnd } = console; group('g'); log('in'); groupEnd(); Object.create(console).dir(3);",
    );
    assert_eq!(lines, ["mine 1", "default: 1", "mine 2", "none function true undefined", "g", "  in", "3"]);
}

// ---- timers ----

/// What `f` gives, called in a fresh engine, and what was logged.
fn called(module: &str) -> (Result<String, JsError>, Vec<String>) {
    let (mut engine, log) = engine();
    load(&mut engine, "m", module).unwrap();
    let answer = engine.call("f", "[]".to_owned());
    (answer, log.take().into_iter().map(|(_, text)| text).collect())
}

#[test]
fn timers_fire_when_nothing_else_is_left_to_do() {
    let (answer, log) = called(
        "const sleep = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));
         export async function f() {
           const begun = performance.now();
           setTimeout(() => console.log('second'), 2_000); setTimeout(() => console.log('first'), 1_000);
           setTimeout((a, b) => console.log(a, b), 1_500, 'with', 'both');
           clearTimeout(setTimeout(() => console.log('never'), 10)); clearTimeout(); clearTimeout(12345);
           Promise.resolve().then(() => console.log('before all'));
           const value = await sleep(3_600_000, 'woken');
           return [value, Math.round((performance.now() - begun) / 60_000)];
         }",
    );
    assert_eq!(answer.unwrap(), "[\"woken\",60]");
    assert_eq!(log, ["before all", "first", "with both", "second"]);
}

#[test]
fn timers_of_the_same_time_fire_in_their_order() {
    let (answer, _) = called(
        "export async function f() {
           const order = [];
           for (let i = 0; i < 2_000; i++) setTimeout(() => order.push(i), (i * 7_919) % 500 * 100_000);
           await new Promise((resolve) => setTimeout(resolve, 100_000_000));
           const due = order.map((i) => (i * 7_919) % 500);
           return [order.length, due.every((d, at) => at === 0 || due[at - 1] < d || (due[at - 1] === d && order[at - 1] < order[at]))];
         }",
    );
    assert_eq!(answer.unwrap(), "[2000,true]");
}

#[test]
fn intervals_go_on_until_they_are_cleared() {
    let (answer, log) = called(
        "export const f = () => new Promise((resolve) => {
           let n = 0;
           const id = setInterval((word) => { console.log(word, ++n); if (n === 3) { clearInterval(id); resolve(n) } }, 1_000, 'tick');
         })",
    );
    assert_eq!(answer.unwrap(), "3");
    assert_eq!(log, ["tick 1", "tick 2", "tick 3"]);
}

#[test]
fn what_a_timer_throws_is_thrown() {
    let (answer, _) = called(
        "export const f = () => new Promise(() => {
           setTimeout(() => { throw new RangeError('late') }, 5);
         })",
    );
    let error = answer.unwrap_err();
    assert_eq!((error.to_string().as_str(), error.line), ("RangeError: late", Some(2)));
    let (answer, _) = called("export const f = () => setTimeout('code', 5)");
    assert_eq!(answer.unwrap_err().to_string(), "TypeError: setTimeout takes a function");
}

#[test]
fn timers_that_nobody_waits_for_are_forgotten() {
    let (mut engine, log) = engine();
    let source = "setTimeout(() => console.log('of the module'), 1);
                  export async function f() { setTimeout(() => console.log('of a call'), 1_000_000); return 1 }
                  export const g = () => new Promise((resolve) => setTimeout(resolve, 10_000_000));";
    load(&mut engine, "m", source).unwrap();
    assert_eq!(engine.call("f", "[]".to_owned()).unwrap(), "1");
    engine.call("g", "[]".to_owned()).unwrap();
    assert_eq!(log.take(), []);
}

#[test]
fn a_module_may_wait_at_its_top_level() {
    let (answer, _) = called(
        "let n = 0; setInterval(() => n++, 10_000);
         await new Promise((resolve) => setTimeout(resolve, 55_000));
         export const f = () => new Promise((resolve) => setTimeout(() => resolve(n), 50_000));",
    );
    assert_eq!(answer.unwrap(), "10");
    // Nothing that is left to do would end this.
    let (answer, _) = called("setTimeout(() => {}, 10); export const f = () => new Promise(() => {})");
    assert!(answer.unwrap_err().message.contains("never settles"));
}

// ---- structuredClone ----

#[test]
fn clones_are_deep() {
    let answer = result(
        "(() => {
           const date = new Date(5), from = { a: [1, { b: new Map([[{ k: 1 }, new Set([2n])]]) }], date, u: undefined, r: /x/gi };
           from.self = from; from.same = from.a;
           const bytes = new Uint8Array([1, 2, 3, 4]); from.view = bytes.subarray(1, 3); from.data = new DataView(bytes.buffer, 2);
           from.box = Object('s'); from.error = new RangeError('e', { cause: date }); from.holes = [, 1];
           class P { constructor() { this.x = 1 } get y() { return 2 } } from.p = new P();
           from.odd = JSON.parse('{\"__proto__\": 1}');
           const to = structuredClone(from);
           const [[key, set]] = to.a[1].b;
           return [to !== from, to.self === to, to.same === to.a, to.a[1] !== from.a[1], key.k, [...set][0] === 2n, +to.date,
             'u' in to, String(to.r), [...to.view], to.view.buffer === to.data.buffer, to.data.getUint8(0), to.view.buffer !== bytes.buffer,
             to.box instanceof String, to.error instanceof RangeError, to.error.message, +to.error.cause, 0 in to.holes,
             Object.getPrototypeOf(to.p) === Object.prototype, to.p.x, to.p.y, Object.keys(to.odd)];
         })()",
    );
    let expected = "[true,true,true,true,1,true,5,true,\"/x/gi\",[2,3],true,3,true,true,true,\"e\",5,false,true,1,null,[\"__proto__\"]]";
    assert_eq!(answer, expected);
}

#[test]
fn what_cannot_be_cloned_says_so() {
    for (value, message) in [
        "() => 1 | A function could not be cloned.",
        "{ f() {} } | The function f could not be cloned.",
        "[Symbol('s')] | Symbol(s) could not be cloned.",
        "Promise.resolve() | #<Promise> could not be cloned.",
        "1, { transfer: [new ArrayBuffer(1)] } | What is to be transferred could not be cloned.",
    ]
    .map(|row| row.split_once(" | ").unwrap())
    {
        let error = "(() => { try { structuredClone(VALUE) } catch (e) { return [e.name, e.message] } })()";
        assert_eq!(result(&error.replace("VALUE", value)), format!("[\"DataCloneError\",\"{message}\"]"));
    }
    assert_eq!(result("structuredClone(7)"), "7");
}

// ---- what there is, and what there is not ----

#[test]
fn globals() {
    let timers = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"];
    for name in
        ["queueMicrotask", "structuredClone", "atob", "btoa", "performance", "console", "eval"].iter().chain(&timers)
    {
        assert_ne!(result(&format!("typeof {name}")), "\"undefined\"", "{name}");
    }
    for name in ["setImmediate", "fetch", "require", "process", "print"] {
        assert_eq!(result(&format!("typeof {name}")), "\"undefined\"", "{name}");
    }
    assert_eq!(result("new Date().getTimezoneOffset()"), "0");
}
