//! The one engine and the one queue of compile threads, made when first needed.

use std::sync::OnceLock;

use workbooks_engine::{Engine, Error, Kind, Queue};

/// Compilations that may wait beside those under way.
const WAITING: usize = 64;

/// Threads that compile. More would take the schedulers' cores.
const MOST_WORKERS: usize = 4;

/// The engine. Making it reserves address space and takes milliseconds, so a
/// component is what first asks for it, on a thread that may block.
pub fn engine() -> Result<&'static Engine, Error> {
    static ENGINE: OnceLock<Result<Engine, Error>> = OnceLock::new();
    ENGINE.get_or_init(Engine::new).as_ref().map_err(Clone::clone)
}

/// The compile threads.
pub fn queue() -> Result<&'static Queue, Error> {
    static QUEUE: OnceLock<Result<Queue, Error>> = OnceLock::new();
    let cores = || std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    QUEUE
        .get_or_init(|| Queue::new(cores(), WAITING))
        .as_ref()
        .map_err(|error| Error::new(Kind::Internal, &error.message))
}
