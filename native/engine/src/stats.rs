//! Exact counters of what is alive and what was done, for leak tests and telemetry.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

pub(crate) static STORES: AtomicI64 = AtomicI64::new(0);
pub(crate) static FIBERS: AtomicI64 = AtomicI64::new(0);
pub(crate) static SUSPENDED: AtomicI64 = AtomicI64::new(0);
pub(crate) static COMPILING: AtomicI64 = AtomicI64::new(0);
pub(crate) static CALLS: AtomicU64 = AtomicU64::new(0);
pub(crate) static DIRTY_CALLS: AtomicU64 = AtomicU64::new(0);
pub(crate) static YIELDS: AtomicU64 = AtomicU64::new(0);
pub(crate) static TRAPS: AtomicU64 = AtomicU64::new(0);

/// Stores that may be alive at once; each may reserve gigabytes of address space.
static MOST_STORES: AtomicI64 = AtomicI64::new(10_000);

/// What is alive, and what was done since the library was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Stores alive.
    pub stores: i64,
    /// Calls begun that outlived their first slice and have not ended.
    pub fibers: i64,
    /// Calls suspended at a host function, waiting to be resumed.
    pub suspended: i64,
    /// Compilations queued or running.
    pub compiling: i64,
    /// Calls begun.
    pub calls: u64,
    /// Calls begun where they may block, for what was learnt or asked.
    pub dirty_calls: u64,
    /// Slices that ended with the guest still running.
    pub yields: u64,
    /// Calls that a trap ended.
    pub traps: u64,
}

/// The counters now.
pub fn stats() -> Stats {
    Stats {
        stores: STORES.load(Relaxed),
        fibers: FIBERS.load(Relaxed),
        suspended: SUSPENDED.load(Relaxed),
        compiling: COMPILING.load(Relaxed),
        calls: CALLS.load(Relaxed),
        dirty_calls: DIRTY_CALLS.load(Relaxed),
        yields: YIELDS.load(Relaxed),
        traps: TRAPS.load(Relaxed),
    }
}

/// A call begins where it may block.
pub fn count_dirty_call() {
    DIRTY_CALLS.fetch_add(1, Relaxed);
}

pub(crate) fn most_stores() -> i64 {
    MOST_STORES.load(Relaxed)
}

/// From now on at most `most` stores are alive at once: more are refused as
/// [`Kind::Overloaded`](crate::Kind::Overloaded).
pub fn set_most_stores(most: i64) {
    MOST_STORES.store(most.max(1), Relaxed);
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
