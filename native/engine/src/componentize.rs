//! Core modules become components, in-process.

mod core;
mod names;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW_1, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as COMMAND,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as REACTOR,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use self::core::Core;
use self::names::{Wanted, kebab, rename};
use crate::error::{Error, Kind};

/// What a core module is to look like from outside.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    /// Every exported function whose parameters and result are numbers: `i32` is
    /// `s32`, `i64` is `s64`. A program of WASI's, whose `_start` is its beginning,
    /// exports `wasi:cli/run` instead.
    Numbers,
    /// One exported function.
    Function {
        /// Its name, as WIT or as the core module spells it.
        name: &'a str,
        /// Its WIT type, such as `func(items: list<string>) -> list<f64>`.
        func: &'a str,
    },
    /// A WIT document with one world, imports included.
    World(&'a str),
}

/// Turns a core module, binary or text, into a component of that shape, strings
/// and lists by the canonical ABI. Names become WIT's: `moving_average` answers to
/// `moving-average`, and a function that the world imports may be imported as
/// `env`'s. What the module asks of WASI's first preview, the component asks of the
/// second. A component comes back as it is.
///
/// # Errors
/// [`Kind::Compile`] when the bytes do not parse or do not fit the shape, with the
/// reason; [`Kind::Import`] when the module imports something no world declares.
pub fn componentize(bytes: &[u8], shape: Shape<'_>) -> Result<Vec<u8>, Error> {
    let bytes = wat::parse_bytes(bytes).map_err(|error| compile(error.to_string()))?;
    if is_component(&bytes) {
        return Ok(bytes.into_owned());
    }
    let core = Core::read(&bytes)?;
    core.refuse_no_memory()?;
    let mut adapter = REACTOR;
    let wit = match shape {
        Shape::World(wit) => wit.to_string(),
        Shape::Function { name, func } => {
            core.refuse_imports()?;
            world(&[(kebab(name), func.to_string())])
        }
        Shape::Numbers if core.is_command() => {
            core.refuse_imports()?;
            adapter = COMMAND;
            world(&[])
        }
        Shape::Numbers => {
            core.refuse_imports()?;
            let functions = core.numeric_functions();
            if functions.is_empty() {
                let names = core.exported_names();
                return Err(compile(format!(
                    "the module exports no function of numbers with at most one result (exports: {names})"
                )));
            }
            world(&functions)
        }
    };
    let mut resolve = Resolve::default();
    let world = resolve
        .push_str("block.wit", &wit)
        .and_then(|package| resolve.select_world(&[package], None))
        .map_err(|error| caused(&error))?;
    let mut module = rename(&bytes, &Wanted::of(&resolve, world))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .and_then(|()| ComponentEncoder::default().validate(true).module(&module))
        .and_then(|encoder| match core.uses_wasi() {
            // Its memory is its own: the module's allocator may be one that forgets after each call.
            true => encoder.realloc_via_memory_grow(true).adapter(PREVIEW_1, adapter),
            false => Ok(encoder),
        })
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| caused(&error))
}

/// The fourth to eighth byte of a component's preamble hold layer 1.
pub(crate) fn is_component(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm") && bytes.get(6..8) == Some(&[1, 0])
}

fn compile(message: impl Into<String>) -> Error {
    Error::new(Kind::Compile, message)
}

fn caused(error: &anyhow::Error) -> Error {
    compile(error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": "))
}

fn world(functions: &[(String, String)]) -> String {
    let exports: String = functions.iter().map(|(name, func)| format!("  export %{name}: {func};\n")).collect();
    format!("package local:block;\nworld block {{\n{exports}}}\n")
}
