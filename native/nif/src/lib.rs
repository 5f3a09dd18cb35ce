//! The NIF library behind `Workbooks.Native`: terms to values and back,
//! resources, scheduling. What runs is the engine's; no type of wasmtime is
//! named here.

mod atoms;
mod r#box;
mod brotli;
mod cache;
mod call;
mod compile;
mod error;
mod externs;
mod held;
mod host_name;
mod http;
mod json;
mod notify;
mod program;
mod resources;
mod runtime;
mod sink;
mod source;
mod stats;
mod store;
mod suspension;
mod wasi;
mod wit;

rustler::init!("Elixir.Workbooks.Native");
