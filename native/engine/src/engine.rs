//! The wasmtime engines: one for what runs everywhere, others for what costs more,
//! each made when something first needs it.

use std::sync::{Arc, OnceLock};

use wasmparser::WasmFeatures;
use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::error::{Error, Kind};
use crate::ticker::Ticker;

/// Instances at once. Each place reserves address space, not memory.
const PLACES: u32 = 1000;

/// Memories and tables of one module that the pool has room for. A module with
/// more is allocated by itself.
const MEMORIES_A_MODULE: u32 = 16;
const TABLES_A_MODULE: u32 = 16;

/// Of each table, the bytes that are set to zero for the next instance and not given back
/// to the kernel: a guest's functions are some thousands, and all but the largest fit.
const TABLE_BYTES: usize = 32 << 10;

/// Bytes of address space behind each linear memory's start, and of what may not be
/// touched before and behind it: compiled code relies on both, so all variants say
/// the same.
#[cfg(target_pointer_width = "64")]
const RESERVED: u64 = 4 << 30;
#[cfg(target_pointer_width = "64")]
const GUARD: u64 = 32 << 20;

/// What an engine does beyond the plain one. Each costs something, so each is an
/// engine of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Variant {
    /// Instructions are counted, and may be limited.
    pub fuel: bool,
    /// The component model's asynchronous functions, streams, futures and threads.
    pub concurrent: bool,
    /// Instances are allocated one by one, not in the pool: slower to make, but
    /// neither their number nor their shape is bounded by it. Code is the same.
    pub on_demand: bool,
}

impl Variant {
    /// How many there are.
    const COUNT: usize = 8;

    /// As a number below [`Variant::COUNT`].
    pub(crate) fn bits(self) -> u8 {
        u8::from(self.fuel) | u8::from(self.concurrent) << 1 | u8::from(self.on_demand) << 2
    }

    pub(crate) fn from_bits(bits: u8) -> Option<Variant> {
        (usize::from(bits) < Variant::COUNT).then_some(Variant {
            fuel: bits & 1 != 0,
            concurrent: bits & 2 != 0,
            on_demand: bits & 4 != 0,
        })
    }

    /// What validates in this variant: WebAssembly 3.0 but for threads, which need
    /// memories that are shared, and of the component model what its tests use. What
    /// is concurrent there gives every store more to carry.
    pub(crate) fn features(self) -> WasmFeatures {
        let features = WasmFeatures::WASM3
            .difference(WasmFeatures::THREADS)
            .union(WasmFeatures::COMPONENT_MODEL)
            .union(WasmFeatures::CM_MAP)
            .union(WasmFeatures::CM_FIXED_LENGTH_LISTS)
            .union(WasmFeatures::CM_IMPLEMENTS);
        if !self.concurrent {
            return features;
        }
        features
            .union(WasmFeatures::CM_ASYNC)
            .union(WasmFeatures::CM_MORE_ASYNC_BUILTINS)
            .union(WasmFeatures::CM_ASYNC_STACKFUL)
            .union(WasmFeatures::CM_THREADING)
            .union(WasmFeatures::CM_ERROR_CONTEXT)
    }
}

/// A wasmtime engine, one of a set that shares the thread that ticks their epochs.
/// Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: wasmtime::Engine,
    pub(crate) ticker: Arc<Ticker>,
    set: Arc<Set>,
    variant: Variant,
}

/// The engines made so far, by their variants' bits.
#[derive(Default)]
struct Set {
    engines: [OnceLock<Result<wasmtime::Engine, Error>>; Variant::COUNT],
}

impl Engine {
    /// The plain engine: reserves its pool and starts the epochs' thread. Where the
    /// address space for a pool is not to be had (`ulimit -v`), instances are
    /// allocated one by one.
    ///
    /// # Errors
    /// [`Kind::Internal`] when wasmtime refuses this machine.
    pub fn new() -> Result<Engine, Error> {
        let variant = Variant::default();
        let set = Set::default();
        let inner = set.get(variant)?;
        let ticker = Arc::new(Ticker::start(&inner)?);
        Ok(Engine { inner, ticker, set: Arc::new(set), variant })
    }

    /// The engine of the same set that does this; made now if it is the first time,
    /// which takes milliseconds.
    ///
    /// # Errors
    /// [`Kind::Internal`] when wasmtime refuses this machine.
    pub fn with(&self, variant: Variant) -> Result<Engine, Error> {
        if variant == self.variant {
            return Ok(self.clone());
        }
        let inner = self.set.get(variant)?;
        self.ticker.add(&inner, usize::from(variant.bits()));
        Ok(Engine { inner, ticker: self.ticker.clone(), set: self.set.clone(), variant })
    }

    /// What this one does.
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// Whether its guests may wait for more than host functions.
    pub(crate) fn waits(&self) -> bool {
        self.variant.concurrent
    }

    /// Whether programs of both may live in one store.
    pub(crate) fn is_same(&self, other: &Engine) -> bool {
        wasmtime::Engine::same(&self.inner, &other.inner)
    }
}

impl Set {
    fn get(&self, variant: Variant) -> Result<wasmtime::Engine, Error> {
        let Some(slot) = self.engines.get(usize::from(variant.bits())) else {
            return Err(Error::new(Kind::Internal, "no such variant of the engine"));
        };
        slot.get_or_init(|| make(variant)).clone()
    }
}

fn make(variant: Variant) -> Result<wasmtime::Engine, Error> {
    let pooled = if variant.on_demand { None } else { wasmtime::Engine::new(&config(variant, true)).ok() };
    match pooled {
        Some(engine) => Ok(engine),
        None => {
            wasmtime::Engine::new(&config(variant, false)).map_err(|error| Error::from_wasmtime(Kind::Internal, &error))
        }
    }
}

fn config(variant: Variant, pooling: bool) -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.consume_fuel(variant.fuel);
    // What a guest may use is what a recursion in JavaScript of a few thousand calls
    // needs; the host has a megabyte beyond it. Only pages that are touched take memory.
    config.async_stack_size(5 << 20);
    config.max_wasm_stack(4 << 20);
    config.memory_init_cow(true);
    #[cfg(target_pointer_width = "64")]
    config.memory_reservation(RESERVED).memory_guard_size(GUARD).guard_before_linear_memory(true);
    // A trap names functions; with debug information, files and lines too.
    config.wasm_backtrace_details(WasmBacktraceDetails::Enable);
    config.concurrency_support(variant.concurrent);
    config.wasm_features(variant.features(), true);
    config.wasm_features(!variant.features(), false);
    if pooling {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(PLACES)
            // Every store may be in a call: those of components, and those of core modules,
            // of which there are more where they have no memory.
            .total_stacks(5 * PLACES)
            .total_memories(PLACES)
            .total_tables(4 * PLACES)
            .total_core_instances(4 * PLACES)
            .total_gc_heaps(PLACES)
            .max_memories_per_module(MEMORIES_A_MODULE)
            .max_tables_per_module(TABLES_A_MODULE)
            .max_memory_size(1 << 32)
            .max_component_instance_size(8 << 20)
            .max_core_instance_size(8 << 20)
            .table_elements(100_000)
            // Of what would keep them, one way copies from the beginning on, which is a stack that
            // hardly anything is on, and the other asks the kernel which pages were written to: it
            // passes over those that are swapped out or being moved, and the next guest would see them.
            .linear_memory_keep_resident(0)
            .table_keep_resident(TABLE_BYTES)
            .async_stack_keep_resident(0);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}
