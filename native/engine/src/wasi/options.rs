//! What a guest is granted, as plain data.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;

use super::stdin::{AskStdin, Asked};

/// What `wasi:` says. The default grants the clocks and random numbers alone.
#[derive(Clone, Default)]
pub struct WasiOptions {
    /// The program's arguments, its own name first.
    pub args: Vec<String>,
    /// Environment variables.
    pub env: Vec<(String, String)>,
    /// Where standard input comes from.
    pub stdin: Stdin,
    /// Directories the guest finds open.
    pub preopens: Vec<Preopen>,
    /// Whom the guest may connect to and send HTTP requests to, a rule each.
    pub network: Vec<String>,
    /// Where the guest may bind and listen, a rule each.
    pub listen: Vec<String>,
    /// Virtual clocks, and random numbers from this seed.
    pub deterministic: Option<u64>,
}

/// Where standard input comes from.
#[derive(Clone, Default)]
pub enum Stdin {
    /// It is at its end at once.
    #[default]
    Empty,
    /// These bytes, then the end.
    Bytes(Bytes),
    /// The host is asked when the guest reads.
    Asked(Arc<dyn AskStdin>),
}

impl Stdin {
    pub(super) fn give(self, builder: &mut WasiCtxBuilder) {
        match self {
            Stdin::Empty => {}
            Stdin::Bytes(bytes) => {
                builder.stdin(MemoryInputPipe::new(bytes));
            }
            Stdin::Asked(ask) => {
                builder.stdin(Asked::new(ask));
            }
        }
    }
}

/// A directory the guest finds open.
#[derive(Clone, Debug)]
pub struct Preopen {
    /// What the guest calls it.
    pub guest: String,
    /// Where it is.
    pub host: PathBuf,
    /// Whether it and what is in it may be changed.
    pub writable: bool,
}

/// What becomes of an output stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// What is written vanishes.
    #[default]
    Discard,
    /// It is kept until somebody fetches it.
    Collect,
    /// Whoever polls takes it along, piece by piece.
    Queue,
}
