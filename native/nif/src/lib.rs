//! The NIF library behind `Workbooks.Native`: terms to values and back,
//! resources, scheduling. What runs is the engine's; no type of wasmtime is
//! named here.

mod atoms;
mod call;
mod compile;
mod component;
mod error;
mod json;
mod resources;
mod runtime;
mod sink;
mod source;
mod wit;

rustler::init!("Elixir.Workbooks.Native");
