//! One JavaScript module in one instance: QuickJS behind the world `engine` of
//! `wit/js`. The engine is plain Rust and runs (and is tested) natively too; only
//! [`component`] knows that it is a component.

mod ambient;
mod code;
#[cfg(target_arch = "wasm32")]
mod component;
mod console;
mod engine;
mod error;
mod host;
mod imports;
mod inspect;
mod json;
mod script;
mod timers;

pub use console::Level;
pub use engine::Engine;
pub use error::{JsError, Place};
pub use host::Host;
