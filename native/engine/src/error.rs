//! The one error type: a kind a program matches on, a message a person acts on.

use std::fmt;

use crate::wasi;

/// What kind of failure it was. The Elixir side documents the same list, and a
/// test there keeps the two equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The bytes are no WebAssembly this engine takes.
    Compile,
    /// An import was given with the wrong type, or instantiation failed to link.
    Link,
    /// The guest trapped.
    Trap,
    /// The call's time was over.
    Timeout,
    /// The fuel was used up, or given where nothing meters it.
    Fuel,
    /// A memory would have outgrown its limit.
    MemoryLimit,
    /// Another limit was reached: instances at once, input size.
    Limit,
    /// The instance is in a call already.
    Busy,
    /// The instance was closed, or ended by a trap, a timeout or a kill.
    Closed,
    /// A value does not fit the type it was given for.
    Type,
    /// No such export, or it is not a function.
    Export,
    /// An import the component needs was not given.
    Import,
    /// A host function failed.
    HostError,
    /// The program ended itself with a status that is not nought.
    Exit,
    /// The work was called off.
    Cancelled,
    /// Too much work is waiting already.
    Overloaded,
    /// A file could not be read or written.
    Io,
    /// No such file.
    NotFound,
    /// A fault of this library. Please report it.
    Internal,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Kind; 19] = [
        Kind::Compile,
        Kind::Link,
        Kind::Trap,
        Kind::Timeout,
        Kind::Fuel,
        Kind::MemoryLimit,
        Kind::Limit,
        Kind::Busy,
        Kind::Closed,
        Kind::Type,
        Kind::Export,
        Kind::Import,
        Kind::HostError,
        Kind::Exit,
        Kind::Cancelled,
        Kind::Overloaded,
        Kind::Io,
        Kind::NotFound,
        Kind::Internal,
    ];

    /// The kind's name, as an atom or a JSON string would spell it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Compile => "compile",
            Kind::Link => "link",
            Kind::Trap => "trap",
            Kind::Timeout => "timeout",
            Kind::Fuel => "fuel",
            Kind::MemoryLimit => "memory_limit",
            Kind::Limit => "limit",
            Kind::Busy => "busy",
            Kind::Closed => "closed",
            Kind::Type => "type",
            Kind::Export => "export",
            Kind::Import => "import",
            Kind::HostError => "host_error",
            Kind::Exit => "exit",
            Kind::Cancelled => "cancelled",
            Kind::Overloaded => "overloaded",
            Kind::Io => "io",
            Kind::NotFound => "not_found",
            Kind::Internal => "internal",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A failure, with what is known about it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What a program matches on.
    pub kind: Kind,
    /// What a person reads: what happened and what to do next.
    pub message: String,
    /// A trap's code, such as `unreachable`; which limit it was, such as `output_bytes`.
    pub code: Option<String>,
    /// The status of a program that ended itself.
    pub status: Option<i32>,
    /// A trap's wasm frames, innermost first.
    pub frames: Vec<Frame>,
}

/// Where in the guest's code something happened.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The function's name, where the name section has one.
    pub function: Option<String>,
    /// Its index in its module.
    pub index: u32,
    /// The module's name, where it has one.
    pub module: Option<String>,
    /// Bytes from the start of the module.
    pub offset: Option<usize>,
    /// The source, where there is debug information.
    pub source: Option<Source>,
}

/// A place in the source a module was compiled from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file, as the compiler named it.
    pub file: String,
    /// From 1.
    pub line: Option<u32>,
    /// From 1.
    pub column: Option<u32>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            Some(name) => f.write_str(name)?,
            None => write!(f, "function {}", self.index)?,
        }
        if let Some(Source { file, line: Some(line), .. }) = &self.source {
            write!(f, " ({file}:{line})")?;
        }
        Ok(())
    }
}

/// Why the host ended a guest, on its way through wasmtime.
#[derive(Debug, thiserror::Error)]
#[error("{1}")]
pub(crate) struct Ended(pub(crate) Kind, pub(crate) String);

impl Error {
    /// An error without trap details.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), code: None, status: None, frames: Vec::new() }
    }

    /// That the limit of this name was reached.
    pub(crate) fn limit(name: &str, message: impl Into<String>) -> Self {
        Error { code: Some(name.into()), ..Error::new(Kind::Limit, message) }
    }

    /// What wasmtime said when it took in bytes or linked them.
    pub(crate) fn from_wasmtime(kind: Kind, error: &wasmtime::Error) -> Self {
        Error::new(kind, chain(error))
    }

    /// What ended a guest: a trap with its code and frames, or a host's failure.
    pub(crate) fn from_guest(error: &wasmtime::Error, grow_refused: bool) -> Self {
        if let Some(Ended(kind, message)) = error.downcast_ref() {
            return Error::new(*kind, message);
        }
        if let Some(status) = wasi::exit_code(error) {
            let exit = Error::new(Kind::Exit, format!("the program ended itself with status {status}"));
            return Error { status: Some(status), ..exit };
        }
        if wasi::out_of_handles(error) {
            return Error::limit("handles", "the guest held too many files, sockets and streams at once");
        }
        let trap = error.downcast_ref::<wasmtime::Trap>().copied();
        let thrown = error.is::<wasmtime::ThrownException>().then(|| "uncaught_exception".to_string());
        let code = trap.map(trap_code).or(thrown);
        let frames = error.downcast_ref::<wasmtime::WasmBacktrace>().map(frames).unwrap_or_default();
        let reason = error.root_cause().to_string();
        let at = frames.first().map(|frame| format!(" in {frame}")).unwrap_or_default();
        let (kind, message) = match trap {
            Some(wasmtime::Trap::OutOfFuel) => (Kind::Fuel, format!("the guest used up its fuel{at}")),
            _ if grow_refused => (
                Kind::MemoryLimit,
                format!("the guest asked for more memory than its limit allows, then stopped: {reason}{at}"),
            ),
            // An error of wasmtime's without a type of its own.
            _ if reason.contains("fuel allocated for hostcalls") => (
                Kind::Limit,
                format!("lists and strings of one call take more bytes than its limits: [value_bytes: …]{at}"),
            ),
            _ => (Kind::Trap, format!("the guest trapped: {reason}{at}")),
        };
        let code = match kind {
            Kind::Limit => Some("value_bytes".to_string()),
            // Most of what the component model's rules forbid has no code of wasmtime's.
            Kind::Trap => code.or_else(|| Some("other".to_string())),
            _ => code,
        };
        Error { kind, message, code, status: None, frames }
    }

    /// Why no instance could be made.
    pub(crate) fn from_instantiation(error: &wasmtime::Error, grow_refused: bool) -> Self {
        if error.is::<wasmtime::PoolConcurrencyLimitError>() {
            return Error::pool_full();
        }
        if error.is::<wasmtime::Trap>()
            || error.is::<wasmtime::ThrownException>()
            || error.is::<Ended>()
            || wasi::exit_code(error).is_some()
        {
            return Error::from_guest(error, grow_refused);
        }
        let message = chain(error);
        let kind = match () {
            () if grow_refused => Kind::MemoryLimit,
            // wasmtime has no types for these: what it says is all there is to go by.
            () if message.contains("exceeds") || message.contains("exceeded") => Kind::Limit,
            () => Kind::Link,
        };
        let hint = if kind == Kind::Link { "" } else { " (see the option limits:)" };
        Error::new(kind, format!("{message}{hint}"))
    }

    /// The program's copy for instances outside the pool is needed.
    pub(crate) fn pool_full() -> Self {
        let full = Error::new(Kind::Overloaded, "all places of the pool are taken");
        Error { code: Some(POOL_FULL.into()), ..full }
    }

    /// Whether an instance of an engine that allocates on demand could be made in its stead.
    pub fn is_pool_full(&self) -> bool {
        self.code.as_deref() == Some(POOL_FULL)
    }
}

const POOL_FULL: &str = "pool_full";

/// The whole chain of causes on one line, outermost first.
fn chain(error: &wasmtime::Error) -> String {
    error.chain().map(|cause| cause.to_string()).collect::<Vec<_>>().join(": ")
}

fn frames(backtrace: &wasmtime::WasmBacktrace) -> Vec<Frame> {
    backtrace.frames().iter().map(frame).collect()
}

fn frame(info: &wasmtime::FrameInfo) -> Frame {
    let symbol = info.symbols().iter().find(|symbol| symbol.file().is_some());
    let source = symbol.and_then(|symbol| {
        Some(Source { file: symbol.file()?.to_string(), line: symbol.line(), column: symbol.column() })
    });
    Frame {
        function: info.func_name().map(str::to_string),
        index: info.func_index(),
        module: info.module().name().map(str::to_string),
        offset: info.module_offset(),
        source,
    }
}

/// The engine's own name of the trap, in the bindings' spelling.
fn trap_code(trap: wasmtime::Trap) -> String {
    use wasmtime::Trap as T;
    match trap {
        T::MemoryOutOfBounds => "out_of_bounds".into(),
        T::HeapMisaligned => "misaligned".into(),
        T::UnreachableCodeReached => "unreachable".into(),
        other => snake_case(&format!("{other:?}")),
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
