//! What one store may use.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// Limits of one instance.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of all linear memories together.
    pub memory: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { memory: 256 << 20, table_elements: 100_000 }
    }
}

/// What the store uses, readable while the guest runs.
#[derive(Default)]
pub(crate) struct Usage {
    pub(crate) memory: AtomicUsize,
    pub(crate) grow_refused: AtomicBool,
}

pub(crate) struct Limiter {
    pub(crate) limits: Limits,
    pub(crate) usage: std::sync::Arc<Usage>,
    pub(crate) table_elements: usize,
}

impl wasmtime::ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.usage.memory.load(Relaxed).saturating_add(desired.saturating_sub(current));
        let granted = total <= self.limits.memory;
        if granted {
            self.usage.memory.store(total, Relaxed);
        } else {
            self.usage.grow_refused.store(true, Relaxed);
        }
        Ok(granted)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.table_elements.saturating_add(desired.saturating_sub(current));
        let granted = total <= self.limits.table_elements;
        if granted {
            self.table_elements = total;
        }
        Ok(granted)
    }
}
