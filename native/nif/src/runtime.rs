//! The one cache, with its engines and its threads, made when first needed.

use std::sync::OnceLock;

use workbooks_engine::{Cache, Engine, Error, Settings};

/// Compilations that may wait beside those under way.
const WAITING: usize = 64;

/// Threads that compile. More would take the schedulers' cores.
const MOST_WORKERS: usize = 4;

/// The cache. Nothing is kept on disk before Elixir says where.
pub fn cache() -> Result<&'static Cache, Error> {
    static CACHE: OnceLock<Result<Cache, Error>> = OnceLock::new();
    let cores = || std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    CACHE.get_or_init(|| Cache::new(Settings::default(), cores(), WAITING)).as_ref().map_err(Clone::clone)
}

/// The plain engine. Making it reserves address space and takes milliseconds, so a
/// component is what first asks for it, on a thread that may block.
pub fn engine() -> Result<&'static Engine, Error> {
    cache()?.engine()
}
