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
//! let component = engine.compile(&bytes)?;
//! assert_eq!(component.exports()[0].name(), "add");
//! # Ok::<(), workbooks_engine::Error>(())
//! ```

mod aot;
mod caller;
mod compile;
mod component;
mod componentize;
mod engine;
mod error;
mod host;
mod instance;
mod lift;
mod limits;
mod lower;
mod mailbox;
mod queue;
mod reaper;
mod stats;
mod store;
mod ticker;
mod types;
// Wired into the stores by and by.
#[allow(dead_code, unused_imports)]
mod wasi;

pub use component::{Component, Function, Import};
pub use componentize::{Shape, componentize};
pub use engine::Engine;
pub use error::{Error, Kind};
pub use instance::{Instance, Step};
pub use lift::Sink;
pub use limits::Limits;
pub use lower::Source;
pub use queue::{Job, Queue};
pub use stats::{Stats, stats};
pub use types::{Case, Record, Type};
