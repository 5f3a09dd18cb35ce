//! Exact counters of what is alive and what was done, for leak tests and telemetry.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

pub(crate) static STORES: AtomicI64 = AtomicI64::new(0);
pub(crate) static FIBERS: AtomicI64 = AtomicI64::new(0);
pub(crate) static COMPILING: AtomicI64 = AtomicI64::new(0);
pub(crate) static CALLS: AtomicU64 = AtomicU64::new(0);
pub(crate) static TRAPS: AtomicU64 = AtomicU64::new(0);

/// Stores and fibers alive, compilations waiting or under way, calls begun and
/// guests ended by a trap since the library was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Stores alive.
    pub stores: i64,
    /// Calls begun that outlived their first slice and have not ended.
    pub fibers: i64,
    /// Compilations queued or running.
    pub compiling: i64,
    /// Calls begun.
    pub calls: u64,
    /// Calls that a trap ended.
    pub traps: u64,
}

/// The counters now.
pub fn stats() -> Stats {
    Stats {
        stores: STORES.load(Relaxed),
        fibers: FIBERS.load(Relaxed),
        compiling: COMPILING.load(Relaxed),
        calls: CALLS.load(Relaxed),
        traps: TRAPS.load(Relaxed),
    }
}

/// Counts one thing as alive for as long as it lives.
pub(crate) struct Alive(&'static AtomicI64);

impl Alive {
    pub(crate) fn new(counter: &'static AtomicI64) -> Self {
        counter.fetch_add(1, Relaxed);
        Alive(counter)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
