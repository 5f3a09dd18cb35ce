//! The wasmtime engine, configured once for everything that runs here.

use std::sync::Arc;

use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::error::{Error, Kind};
use crate::ticker::Ticker;

/// Instances at once. Each place reserves address space, not memory.
const PLACES: u32 = 1000;

/// A wasmtime engine and the thread that ticks its epoch. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: wasmtime::Engine,
    pub(crate) ticker: Arc<Ticker>,
}

impl Engine {
    /// Reserves the pool and starts the epoch's thread. Where the address space
    /// for a pool is not to be had (`ulimit -v`), instances are allocated one by one.
    ///
    /// # Errors
    /// [`Kind::Internal`] when wasmtime refuses this machine.
    pub fn new() -> Result<Engine, Error> {
        let inner = wasmtime::Engine::new(&config(true))
            .or_else(|_| wasmtime::Engine::new(&config(false)))
            .map_err(|error| Error::from_wasmtime(Kind::Internal, &error))?;
        let ticker = Arc::new(Ticker::start(&inner)?);
        Ok(Engine { inner, ticker })
    }

    pub(crate) fn is_metered(&self) -> bool {
        false
    }

    /// Whether its guests may wait for more than host functions.
    pub(crate) fn waits(&self) -> bool {
        false
    }

    pub(crate) fn is_same(&self, other: &Engine) -> bool {
        wasmtime::Engine::same(&self.inner, &other.inner)
    }
}

fn config(pooling: bool) -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    // What a guest may use is what a recursion in JavaScript of a few thousand calls
    // needs; the host has a megabyte beyond it. Only pages that are touched take memory.
    config.async_stack_size(5 << 20);
    config.max_wasm_stack(4 << 20);
    config.memory_init_cow(true);
    config.wasm_gc(true).wasm_function_references(true).wasm_exceptions(true).wasm_multi_memory(true).wasm_memory64(true);
    // No stream, future or concurrent task of the component model yet.
    config.concurrency_support(false);
    if pooling {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(PLACES)
            .total_stacks(PLACES)
            .total_memories(PLACES)
            .total_tables(4 * PLACES)
            .total_core_instances(4 * PLACES)
            .max_memory_size(1 << 32)
            .max_component_instance_size(8 << 20)
            .max_core_instance_size(8 << 20)
            .table_elements(100_000)
            .linear_memory_keep_resident(0)
            .table_keep_resident(0)
            .async_stack_keep_resident(0);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}
