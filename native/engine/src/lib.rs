//! wasmtime as Workbooks uses it.
//!
//! A call is a boxed future that owns its store; whoever drives the instance
//! polls it, a slice at a time. Nothing here knows who that is: no BEAM type,
//! no scheduler, no message. And no wasmtime type leaves: values go in through
//! [`Source`] and come out through [`Sink`].
//!
//! ```
//! use workbooks_engine::{Engine, Shape};
//!
//! let wat = r#"(module (func (export "add") (param i32 i32) (result i32)
//!     local.get 0 local.get 1 i32.add))"#;
//! let bytes = workbooks_engine::componentize(wat.as_bytes(), Shape::Numbers)?;
//! let engine = Engine::new()?;
//! let program = engine.compile(&bytes)?;
//! assert_eq!(program.functions()[0].signature().name(), "add");
//! # Ok::<(), workbooks_engine::Error>(())
//! ```

mod aot;
mod blob;
pub mod cache;
mod caller;
mod cell;
mod compile;
mod component;
mod componentize;
mod compose;
mod core_caller;
mod core_host;
mod engine;
mod error;
mod externs;
mod host;
mod instance;
mod instantiate;
mod lift;
mod limits;
mod lower;
mod mailbox;
mod meter;
mod module;
mod names;
mod program;
mod queue;
mod reaper;
mod reference;
mod resource;
mod signature;
mod stats;
mod store;
mod suspended;
mod terms;
mod ticker;
mod types;
mod wake;
mod wasi;
pub mod wit;

pub use cache::{Cache, Input, Options, Settings, seal};
pub use cell::Status;
pub use component::{Component, Import};
pub use componentize::{Shape, componentize};
pub use compose::compose;
pub use engine::{Engine, Variant};
pub use error::{Error, Frame, Kind};
pub use instance::{CallOptions, HostCall, Instance, Step};
pub use instantiate::{Given, Grants, Setup};
pub use lift::Sink;
pub use limits::Limits;
pub use lower::Source;
pub use mailbox::{Input as ReadFrom, Opaque};
pub use meter::Metrics;
pub use module::{ExternType, MemoryType, Module, TableType};
pub use program::Program;
pub use queue::{Job, Queue};
pub use reference::Reference;
pub use resource::Resource;
pub use signature::{Function, Signature};
pub use stats::{Stats, count_dirty_call, set_most_stores, stats};
pub use suspended::Suspended;
pub use types::{Case, Record, RefType, ResourceName, Top, Type};
pub use wake::Notify;
pub use wasi::{Chunk, Output, Preopen, Request, RequestBody, Stdin, Stream, WasiOptions};
