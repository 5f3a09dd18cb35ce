//! The one error type: a kind a program matches on, a message a person acts on.

use std::fmt;

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
    pub const ALL: [Kind; 17] = [
        Kind::Compile,
        Kind::Link,
        Kind::Trap,
        Kind::Timeout,
        Kind::MemoryLimit,
        Kind::Limit,
        Kind::Busy,
        Kind::Closed,
        Kind::Type,
        Kind::Export,
        Kind::Import,
        Kind::HostError,
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
            Kind::MemoryLimit => "memory_limit",
            Kind::Limit => "limit",
            Kind::Busy => "busy",
            Kind::Closed => "closed",
            Kind::Type => "type",
            Kind::Export => "export",
            Kind::Import => "import",
            Kind::HostError => "host_error",
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
    /// A trap's code, such as `unreachable`.
    pub code: Option<&'static str>,
    /// A trap's wasm frames, innermost first.
    pub frames: Vec<String>,
}

impl Error {
    /// An error without trap details.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), code: None, frames: Vec::new() }
    }

    /// What wasmtime said when it took in bytes or linked them.
    pub(crate) fn from_wasmtime(kind: Kind, error: &wasmtime::Error) -> Self {
        Error::new(kind, chain(error))
    }

    /// What ended a guest: a trap with its code and frames, or a host's failure.
    pub(crate) fn from_guest(error: &wasmtime::Error, grow_refused: bool) -> Self {
        let code = error.downcast_ref::<wasmtime::Trap>().map(|trap| trap_code(*trap));
        let frames = error.downcast_ref::<wasmtime::WasmBacktrace>().map(frames).unwrap_or_default();
        if code.is_none() && error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
            return Error::new(
                Kind::Limit,
                "all places for instances are taken: close instances that are no longer needed",
            );
        }
        let reason = error.root_cause().to_string();
        let at = frames.first().map(|frame| format!(" in {frame}")).unwrap_or_default();
        let (kind, message) = if grow_refused {
            (
                Kind::MemoryLimit,
                format!("the guest asked for more memory than its limit allows, then stopped: {reason}{at}"),
            )
        } else {
            (Kind::Trap, format!("the guest trapped: {reason}{at}"))
        };
        Error { kind, message, code, frames }
    }
}

/// The whole chain of causes on one line, outermost first.
fn chain(error: &wasmtime::Error) -> String {
    error.chain().map(|cause| cause.to_string()).collect::<Vec<_>>().join(": ")
}

fn frames(backtrace: &wasmtime::WasmBacktrace) -> Vec<String> {
    backtrace
        .frames()
        .iter()
        .map(|frame| match frame.func_name() {
            Some(name) => name.to_string(),
            None => format!("function {}", frame.func_index()),
        })
        .collect()
}

fn trap_code(trap: wasmtime::Trap) -> &'static str {
    use wasmtime::Trap as T;
    match trap {
        T::StackOverflow => "stack_overflow",
        T::MemoryOutOfBounds => "out_of_bounds",
        T::HeapMisaligned => "misaligned",
        T::TableOutOfBounds => "table_out_of_bounds",
        T::IndirectCallToNull => "indirect_call_to_null",
        T::BadSignature => "bad_signature",
        T::IntegerOverflow => "integer_overflow",
        T::IntegerDivisionByZero => "integer_division_by_zero",
        T::BadConversionToInteger => "bad_conversion_to_integer",
        T::UnreachableCodeReached => "unreachable",
        T::Interrupt => "interrupt",
        T::OutOfFuel => "out_of_fuel",
        T::CannotEnterComponent => "cannot_enter_component",
        _ => "other",
    }
}
