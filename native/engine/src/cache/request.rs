//! What a cache is asked, and how it is set up.

use std::path::PathBuf;

/// Where programs are kept, and how much of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of compiled code kept in memory.
    pub memory_bytes: u64,
    /// The folder for compiled code; `None` keeps none on disk.
    pub folder: Option<PathBuf>,
    /// Bytes of files in that folder.
    pub disk_bytes: u64,
}

impl Default for Settings {
    /// 256 MiB of memory, no folder, 1 GiB once there is one.
    fn default() -> Self {
        Settings { memory_bytes: 256 << 20, folder: None, disk_bytes: 1 << 30 }
    }
}

/// How bytes are to be compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// For an engine that counts instructions.
    pub fuel: bool,
    /// Looked for in the cache and kept there; otherwise compiled in any case.
    pub cached: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { fuel: false, cached: true }
    }
}

/// The bytes to compile, held where the embedding has them.
pub trait Input: Send + 'static {
    /// Calls `then` once with the bytes, or not at all when they are gone.
    fn read(&self, then: &mut dyn FnMut(&[u8]));
}

impl Input for Vec<u8> {
    fn read(&self, then: &mut dyn FnMut(&[u8])) {
        then(self);
    }
}
