//! What a cache says of itself.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a cache holds, and what it did since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes of compiled code in memory.
    pub memory_bytes: u64,
    /// Programs in memory.
    pub memory_entries: u64,
    /// Bytes of files, as far as this process knows.
    pub disk_bytes: u64,
    /// Requests answered from memory.
    pub hits: u64,
    /// Requests answered from disk.
    pub disk_hits: u64,
    /// Requests for which there was nothing.
    pub misses: u64,
    /// Requests that waited for a compilation that another had begun.
    pub joined: u64,
    /// Compilations done for the cache.
    pub compilations: u64,
    /// Programs that left memory for the bound's sake.
    pub evictions: u64,
    /// Files that left the folder for the bound's sake.
    pub disk_evictions: u64,
    /// Files that were not trusted: damaged, of another version, not ours alone.
    pub refused: u64,
    /// The folder in use.
    pub folder: Option<PathBuf>,
    /// Why nothing is kept on disk although a folder was named, or the last file could not be written.
    pub problem: Option<String>,
}

/// What a cache counts itself.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) hits: AtomicU64,
    pub(crate) disk_hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) joined: AtomicU64,
    pub(crate) compilations: AtomicU64,
    pub(crate) evictions: AtomicU64,
    pub(crate) refused: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
