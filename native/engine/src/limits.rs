//! What one store may use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use crate::mailbox::Shared;

/// Limits of one store.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of all linear memories together.
    pub memory: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
    /// Core instances, those inside a component included.
    pub instances: usize,
    /// Tables.
    pub tables: usize,
    /// Linear memories.
    pub memories: usize,
    /// Calls of host functions over the store's whole life.
    pub host_calls: u64,
    /// Bytes written to standard output and error over the store's whole life.
    pub output_bytes: usize,
    /// Bytes of what one call of a component, or of its host, passes as lists and strings: as
    /// many pointers to the same text make as many texts.
    pub value_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory: 256 << 20,
            table_elements: 100_000,
            instances: 10_000,
            tables: 10_000,
            memories: 10_000,
            host_calls: u64::MAX,
            output_bytes: 16 << 20,
            value_bytes: 128 << 20,
        }
    }
}

/// What the store uses, readable while the guest runs.
#[derive(Default)]
pub(crate) struct Usage {
    pub(crate) memory: AtomicUsize,
    pub(crate) grow_refused: AtomicBool,
}

pub(crate) struct Limiter {
    pub(crate) shared: Arc<Shared>,
    pub(crate) table_elements: usize,
    /// What was granted last, in case there is no memory for it after all.
    pub(crate) growing: usize,
}

impl wasmtime::ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let usage = &self.shared.usage;
        let total = usage.memory.load(Relaxed).saturating_add(desired.saturating_sub(current));
        let granted = total <= self.shared.limits.memory;
        self.growing = if granted { total - usage.memory.load(Relaxed) } else { 0 };
        if granted {
            usage.memory.store(total, Relaxed);
        } else {
            usage.grow_refused.store(true, Relaxed);
        }
        Ok(granted)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.shared.usage.memory.fetch_sub(std::mem::take(&mut self.growing), Relaxed);
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self.table_elements.saturating_add(desired.saturating_sub(current));
        let granted = total <= self.shared.limits.table_elements;
        if granted {
            self.table_elements = total;
        }
        Ok(granted)
    }

    fn instances(&self) -> usize {
        self.shared.limits.instances
    }

    fn tables(&self) -> usize {
        self.shared.limits.tables
    }

    fn memories(&self) -> usize {
        self.shared.limits.memories
    }
}
