//! One QuickJS runtime with one module in it.

use std::rc::Rc;

use rquickjs::function::Args;
use rquickjs::{Array, Context, Ctx, Error, Function, Object, Persistent, Promise, Runtime, Value};

use crate::code::{self, Code};
use crate::host::{Host, Shared};
use crate::imports::{self, Imports};
use crate::script::{self, Script};
use crate::timers::Timers;
use crate::{JsError, ambient, console, json};

/// How much of the stack JavaScript may use before it gets a RangeError. QuickJS
/// measures its shadow stack (6 MiB, see `build.rs`); what the host limits is the
/// machine's stack behind it (4 MiB). `stack.h` makes the one fill faster than the
/// other. Measured in wasmtime 48 at an eighth of both, over functions, getters,
/// sorting, proxies' traps, JSON and classes: none trapped at 600 KiB of shadow stack
/// to 512 KiB of the machine's, some did with half the padding. Plain functions get
/// about 3,700 deep. Natively, in tests, a thread's own 2 MiB are all there is.
const STACK: usize = if cfg!(target_arch = "wasm32") { 8 * 560 * 1024 } else { 560 * 1024 };

/// Kept aside, and let go when the heap is full: saying so takes memory too.
const RESERVE: usize = 64 * 1024;

/// What may be allocated before cycles are looked for the first time: most runs are over
/// by then, and looking touches all there is.
const COLLECT_FROM: usize = 8 * 1024 * 1024;

/// A JavaScript engine for one module: [`compile`](Self::compile) it in one,
/// [`load`](Self::load) it in another, then [`call`](Self::call) what it exports, as often
/// as wanted.
pub struct Engine {
    // Dropped in this order: what lives in the runtime goes before it.
    module: Option<Loaded>,
    timers: Timers,
    /// Only held, for the context that reads them.
    _scripts: [Script; 2],
    context: Context,
    runtime: Runtime,
    imports: Imports,
    reserve: Vec<u8>,
}

struct Loaded {
    name: String,
    source: String,
    functions: Vec<String>,
    /// None where evaluation failed: the instance is spent all the same.
    exports: Option<Persistent<Object<'static>>>,
}

impl Engine {
    /// A fresh engine that asks `host` when the module asks for something, not before.
    ///
    /// # Errors
    /// Where there is no memory for one.
    pub fn new(host: impl Host + 'static) -> Result<Self, JsError> {
        let imports = Imports::default();
        let host: Rc<dyn Host> = Rc::new(host);
        let start = || -> Result<(Runtime, Context), Error> {
            let runtime = Runtime::new()?;
            runtime.set_max_stack_size(STACK);
            runtime.set_gc_threshold(COLLECT_FROM);
            runtime.set_loader(imports.clone(), imports.clone());
            let context = Context::full(&runtime)?;
            Ok((runtime, context))
        };
        let (runtime, context) = start().map_err(|error| JsError::new("InternalError", error.to_string()))?;
        let (timers, scripts) = context.with(|ctx| equip(&ctx, &host).map_err(|error| JsError::caught(&ctx, error)))?;
        runtime.run_gc();
        Ok(Self {
            module: None,
            timers,
            _scripts: scripts,
            context,
            runtime,
            imports,
            reserve: Vec::with_capacity(RESERVE),
        })
    }

    /// `source`, an ES module called `name`, as code for [`load`](Self::load).
    ///
    /// # Errors
    /// What is wrong with the source, and where.
    pub fn compile(&mut self, name: &str, source: &str) -> Result<Vec<u8>, JsError> {
        let compiled = self.context.with(|ctx| {
            accept(name, source)?;
            code::compile(&ctx, name, source).map_err(|error| self.explain(&ctx, error.into(), name, source))
        });
        self.spare(compiled)
    }

    /// Evaluates what [`compile`](Self::compile) made, top-level `await` and all, and
    /// answers the names of the functions it exports, in the order of the source.
    ///
    /// # Errors
    /// What the module threw.
    pub fn load(&mut self, code: &[u8]) -> Result<Vec<String>, JsError> {
        if let Some(module) = &self.module {
            let message = format!("'{}' is loaded already: an engine holds one module", module.name);
            return Err(JsError::new("Error", message));
        }
        let Some(code) = Code::read(code) else {
            return Err(JsError::new("TypeError", "this is no code that the engine compiled"));
        };
        let loaded = self.context.with(|ctx| {
            let loaded = evaluate(&ctx, &code, &self.timers);
            finish_jobs(&ctx);
            loaded.map_err(|failure| self.explain(&ctx, failure, code.name, code.source))
        });
        let (name, source) = (code.name.to_owned(), code.source.to_owned());
        let mut module = Loaded { name, source, functions: Vec::new(), exports: None };
        let answer = loaded.map(|(functions, exports)| {
            module.functions.clone_from(&functions);
            module.exports = Some(exports);
            functions
        });
        self.module = Some(module);
        self.spare(answer)
    }

    /// Calls an exported function with the arguments of a JSON array and answers
    /// its result as JSON. A promise is awaited.
    ///
    /// # Errors
    /// What the function threw.
    pub fn call(&mut self, function: &str, arguments: String) -> Result<String, JsError> {
        let Some(module) = &self.module else {
            return Err(JsError::new("Error", "no module is loaded"));
        };
        let Some(exports) = module.exports.clone() else {
            return Err(JsError::new("Error", format!("'{}' failed to load", module.name)));
        };
        let answer = self.context.with(|ctx| {
            let answer = apply(&ctx, module, exports, function, arguments, &self.timers);
            finish_jobs(&ctx);
            // Nobody waits for those that are left; where that fails, they are only not forgotten.
            let _ = self.timers.forget(&ctx);
            answer.map_err(|failure| self.explain(&ctx, failure, &module.name, &module.source))
        });
        self.spare(answer)
    }

    fn explain(&self, ctx: &Ctx<'_>, failure: Failure, module: &str, source: &str) -> JsError {
        let refused = self.imports.refused();
        let mut error = match failure {
            Failure::Thrown(error) => JsError::caught(ctx, error).located(module, source),
            Failure::Ours(error) => return error,
        };
        if let Some(message) = imports::missing(ctx, &error.message) {
            error.message = message;
        }
        match refused {
            Some(name) if error.line.is_none() => error.at_import(&name, source),
            _ => error,
        }
    }

    /// After running out of memory: lets go of what can be, and sets the reserve
    /// aside anew.
    fn spare<T>(&mut self, answer: Result<T, JsError>) -> Result<T, JsError> {
        if answer.as_ref().is_err_and(JsError::is_out_of_memory) {
            self.reserve = Vec::new();
            self.runtime.run_gc();
            // A full heap may not have it back; the next time is then a trap.
            let _ = self.reserve.try_reserve_exact(RESERVE);
        }
        answer
    }
}

/// Why a load or a call failed: JavaScript threw, or we did.
enum Failure {
    Thrown(Error),
    Ours(JsError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Thrown(error)
    }
}

/// What a context has beside the language.
fn equip(ctx: &Ctx<'_>, host: &Rc<dyn Host>) -> Result<(Timers, [Script; 2]), Error> {
    ctx.store_userdata(Shared(host.clone())).map_err(|_| Error::Unknown)?;
    ambient::install(ctx, host)?;
    json::install(ctx)?;
    let console = console::install(ctx, host)?;
    let clone = Script::install(&ctx.globals(), &["structuredClone"], |ctx| {
        script::run(ctx, "clone", include_str!("clone.js"), ())
    })?;
    Ok((Timers::install(ctx, host)?, [console, clone]))
}

fn accept(name: &str, source: &str) -> Result<(), JsError> {
    if name.contains('\0') {
        return Err(JsError::new("TypeError", "a module's name holds no NUL"));
    }
    match source.find('\0') {
        Some(at) => Err(nul_at(source, at)),
        None => Ok(()),
    }
}

type Exported = (Vec<String>, Persistent<Object<'static>>);

fn evaluate(ctx: &Ctx<'_>, code: &Code<'_>, timers: &Timers) -> Result<Exported, Failure> {
    let (exports, evaluated) = code.evaluate(ctx)?;
    settle(ctx, &evaluated, "the module's top-level await", timers)?;
    let functions = exported_functions(&exports)?;
    Ok((functions, Persistent::save(ctx, exports)))
}

/// QuickJS takes sources that end at the first NUL, so it is for us to refuse one.
fn nul_at(source: &str, at: usize) -> JsError {
    let before = source.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    let mut error = JsError::new("SyntaxError", "a NUL character in the source");
    error.line = u32::try_from(before.matches('\n').count() + 1).ok();
    error.column = u32::try_from(column).ok();
    error
}

/// A namespace is sorted by name; where each function begins is QuickJS's
/// `lineNumber` and `columnNumber`. What has none (a bound function) comes last.
fn exported_functions(exports: &Object<'_>) -> Result<Vec<String>, Error> {
    let mut functions = Vec::new();
    for name in exports.keys::<String>() {
        let name = name?;
        let value: Value = exports.get(name.as_str())?;
        let Some(function) = value.as_function() else { continue };
        if is_class(function)? {
            continue;
        }
        let line: Option<u32> = function.get("lineNumber").unwrap_or_default();
        let column: Option<u32> = function.get("columnNumber").unwrap_or_default();
        functions.push((line.unwrap_or(u32::MAX), column.unwrap_or(u32::MAX), name));
    }
    functions.sort();
    Ok(functions.into_iter().map(|(_, _, name)| name).collect())
}

/// A class is a function that cannot be called.
pub(crate) fn is_class(function: &Function<'_>) -> Result<bool, Error> {
    if !function.is_constructor() {
        return Ok(false);
    }
    let prototype = Function::prototype(function.ctx().clone());
    let source: rquickjs::String =
        prototype.get::<_, Function>("toString")?.call((rquickjs::function::This(function.clone()),))?;
    Ok(crate::inspect::text(&source).starts_with("class"))
}

fn apply(
    ctx: &Ctx<'_>,
    module: &Loaded,
    exports: Persistent<Object<'static>>,
    name: &str,
    arguments: String,
    timers: &Timers,
) -> Result<String, Failure> {
    if !module.functions.iter().any(|function| function == name) {
        let listed = match module.functions.as_slice() {
            [] => "none".to_owned(),
            functions => functions.join(", "),
        };
        let message = format!("'{}' exports no function '{name}' (it has: {listed})", module.name);
        return Err(Failure::Ours(JsError::new("TypeError", message)));
    }
    let arguments = parse_arguments(ctx, arguments)?;
    let function: Function = exports.restore(ctx)?.get(name)?;
    let mut call = Args::new(ctx.clone(), arguments.len());
    for argument in arguments.iter::<Value>() {
        call.push_arg(argument?)?;
    }
    let mut result: Value = call.apply(&function)?;
    if let Some(promise) = result.as_promise() {
        result = settle(ctx, promise, &format!("the promise of '{name}'"), timers)?;
    }
    Ok(json::stringify(ctx, result)?)
}

fn parse_arguments<'js>(ctx: &Ctx<'js>, arguments: String) -> Result<Array<'js>, Failure> {
    let refuse = |message: String| Failure::Ours(JsError::new("TypeError", message));
    if arguments.contains('\0') {
        return Err(refuse("the arguments are not JSON: a NUL character".to_owned()));
    }
    let parsed: Value = json::parse(ctx, arguments).map_err(|error| {
        let error = JsError::caught(ctx, error);
        match error.name.as_str() {
            "SyntaxError" => refuse(format!("the arguments are not JSON: {}", error.message)),
            _ => Failure::Ours(error),
        }
    })?;
    parsed.into_array().ok_or_else(|| refuse("the arguments are not a JSON array".to_owned()))
}

/// Runs jobs until the promise is settled, and where there are none the next timer. Nothing
/// else can settle one here: there is no input.
fn settle<'js>(ctx: &Ctx<'js>, promise: &Promise<'js>, what: &str, timers: &Timers) -> Result<Value<'js>, Failure> {
    loop {
        if let Some(result) = promise.result::<Value>() {
            return Ok(result?);
        }
        if !ctx.execute_pending_job() && !timers.fire(ctx)? {
            let message = format!("{what} never settles: nothing is left to do that could");
            return Err(Failure::Ours(JsError::new("Error", message)));
        }
    }
}

/// What the module started and did not await is done before we answer, not at some
/// later call.
fn finish_jobs(ctx: &Ctx<'_>) {
    while ctx.execute_pending_job() {}
}
