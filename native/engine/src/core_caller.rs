//! How a core module's function is called.

use smallvec::SmallVec;
use wasmtime::{AsContextMut, Func, RootScope, Store, ThrownException, Val};

use crate::error::{Ended, Kind};
use crate::reference::Detached;
use crate::store::{Data, Fiber, Outcome};
use crate::ticker::SLICE;

pub(crate) type CoreValues = SmallVec<[Detached; 2]>;

/// Calls a function with parameters that were checked against its type.
pub(crate) fn call(func: Func, mut store: Store<Data>, params: CoreValues, results: usize) -> Fiber {
    Box::pin(async move {
        store.set_epoch_deadline(SLICE);
        let ended = run(func, &mut store, &params, results).await;
        forget_exception(&mut store, &ended);
        (Some(store), ended.map(Outcome::Core))
    })
}

/// An exception that ended a call is told as its error; kept in the store it would spoil the next one.
pub(crate) fn forget_exception<T>(store: &mut Store<Data>, ended: &wasmtime::Result<T>) {
    if ended.as_ref().is_err_and(|error| error.is::<ThrownException>()) {
        store.take_pending_exception();
    }
}

async fn run(func: Func, store: &mut Store<Data>, params: &CoreValues, results: usize) -> wasmtime::Result<CoreValues> {
    // References live as long as the call, or as what the embedding holds of them.
    let mut scope = RootScope::new(store);
    let mut attached: SmallVec<[Val; 4]> = SmallVec::new();
    for param in params {
        attached.push(param.attach(&mut scope)?);
    }
    if params.iter().any(Detached::may_be_of_another_type) {
        for (ty, value) in func.ty(&scope).params().zip(&attached) {
            if !value.matches_ty(&scope, &ty)? {
                let message = format!("expected a reference of the type {ty}, got one of another type");
                return Err(Ended(Kind::Type, message).into());
            }
        }
    }
    let mut values: SmallVec<[Val; 2]> = SmallVec::from_elem(Val::I32(0), results);
    func.call_async(&mut scope, &attached, &mut values).await?;
    values.into_iter().map(|value| Detached::of(value, scope.as_context_mut())).collect()
}
