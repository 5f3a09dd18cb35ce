//! A store and what it carries: everything a guest has while it lives.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use smallvec::SmallVec;
use wasmtime::component::{Func, Val};
use wasmtime::{Store, UpdateDeadline};

use crate::limits::{Limiter, Limits};
use crate::mailbox::Shared;
use crate::stats::{Alive, STORES};
use crate::ticker::SLICE;

/// A call's parameters: those of most functions stand where they are made.
pub(crate) type Params = SmallVec<[Val; 3]>;

/// What the store carries.
pub(crate) struct Data {
    pub(crate) shared: Arc<Shared>,
    limiter: Limiter,
    _alive: Alive,
}

/// A store with an instance in it.
pub(crate) struct Live {
    pub(crate) store: Store<Data>,
    pub(crate) functions: Vec<Option<Func>>,
}

/// The store, where it came back, and how the guest ended.
pub(crate) type Ended = (Option<Box<Live>>, wasmtime::Result<Option<Val>>);

/// A store that yields after each slice and keeps to the limits.
pub(crate) fn new_store(engine: &wasmtime::Engine, shared: &Arc<Shared>, limits: Limits) -> Store<Data> {
    let limiter = Limiter { limits, usage: shared.usage.clone(), table_elements: 0 };
    let data = Data { shared: shared.clone(), limiter, _alive: Alive::new(&STORES) };
    let mut store = Store::new(engine, data);
    store.limiter(|data| &mut data.limiter);
    let shared = shared.clone();
    store.epoch_deadline_callback(move |_| {
        Ok(if shared.cancelled.load(Relaxed) { UpdateDeadline::Interrupt } else { UpdateDeadline::Yield(SLICE) })
    });
    store.set_epoch_deadline(SLICE);
    store
}
