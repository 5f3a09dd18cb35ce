//! A store and what it carries: everything a guest has while it lives.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use smallvec::SmallVec;
use wasmtime::component::Val;
use wasmtime::{Store, UpdateDeadline};

use crate::blob::Blob;
use crate::error::{Error, Kind};
use crate::limits::Limiter;
use crate::mailbox::Shared;
use crate::reference::Detached;
use crate::stats::{Alive, STORES, most_stores};
use crate::ticker::SLICE;
use crate::wasi::{HasWasi, Response, Wasi};

/// What the store carries.
pub(crate) struct Data {
    pub(crate) shared: Arc<Shared>,
    pub(crate) slots: Vec<Slot>,
    /// What it may see of the world; a store that was given nothing has none.
    pub(crate) wasi: Option<Box<Wasi>>,
    limiter: Limiter,
    _alive: Alive,
}

impl HasWasi for Data {
    fn wasi(&mut self) -> &mut Wasi {
        self.wasi.get_or_insert_with(|| Box::new(Wasi::denied()))
    }
}

/// An instance in a store, with its functions in the order of its program's exports.
pub(crate) enum Slot {
    Component {
        instance: wasmtime::component::Instance,
        functions: Vec<Option<wasmtime::component::Func>>,
    },
    Module {
        instance: wasmtime::Instance,
        functions: Vec<Option<wasmtime::Func>>,
    },
    /// Its start trapped. What it wrote into others' tables may still call its imports.
    Failed,
}

/// What a fiber brings when it ends well.
pub(crate) enum Outcome {
    Nothing,
    Value(Val),
    Blob(Blob),
    Either(Result<Blob, Blob>),
    Core(SmallVec<[Detached; 2]>),
    Response(Response),
    /// What failed without harm to the store.
    Failed(Error),
}

/// The store, where it came back, and how the guest ended.
pub(crate) type Ending = (Option<Store<Data>>, wasmtime::Result<Outcome>);

/// A call on its way: a future that owns the store and gives it back.
pub(crate) type Fiber = Pin<Box<dyn Future<Output = Ending> + Send>>;

/// A store that yields after each slice and keeps to the limits.
///
/// # Errors
/// [`Kind::Overloaded`] when there are as many stores as may be.
pub(crate) fn new_store(engine: &wasmtime::Engine, shared: &Arc<Shared>) -> Result<Store<Data>, Error> {
    let most = most_stores();
    if STORES.load(Relaxed) >= most {
        let message = format!("{most} instances are alive, as many as may be: close some, or raise max_stores");
        return Err(Error::new(Kind::Overloaded, message));
    }
    let limiter = Limiter { shared: shared.clone(), table_elements: 0, growing: 0 };
    let data = Data { shared: shared.clone(), slots: Vec::new(), wasi: None, limiter, _alive: Alive::new(&STORES) };
    let mut store = Store::new(engine, data);
    store.limiter(|data| &mut data.limiter);
    store.set_hostcall_fuel(shared.limits.value_bytes);
    let shared = shared.clone();
    store.epoch_deadline_callback(move |_| {
        Ok(if shared.cancelled.load(Relaxed) { UpdateDeadline::Interrupt } else { UpdateDeadline::Yield(SLICE) })
    });
    store.set_epoch_deadline(SLICE);
    Ok(store)
}
