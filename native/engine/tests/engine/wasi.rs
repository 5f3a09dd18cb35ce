//! WASI by itself, in a store of these tests' own.

mod error {
    pub(crate) use workbooks_engine::{Error, Kind};
}

// Its insides are the crate's own; here they are driven without the rest of the engine.
#[allow(dead_code, unused_imports)]
#[path = "../../src/wasi/mod.rs"]
mod source;

mod harness;
mod http;
mod network;
mod preview1;
mod preview2;
