//! Host functions of core modules.

use wasmtime::{AsContextMut, Caller, Func, FuncType, Store, Val};

use crate::host::ask;
use crate::mailbox::{Reply, Request, Values};
use crate::reference::Detached;
use crate::store::Data;

/// Import `index` of the core module at `slot`.
pub(crate) fn func(store: &mut Store<Data>, ty: &FuncType, slot: usize, index: usize) -> Func {
    Func::new_async(store, ty.clone(), move |caller, params, results| {
        Box::new(call(caller, slot, index, params, results))
    })
}

/// What a call of import `index` of the module at `slot` does.
pub(crate) async fn call(
    mut caller: Caller<'_, Data>,
    slot: usize,
    index: usize,
    params: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let mut store = caller.as_context_mut();
    let values = params.iter().map(|value| Detached::of(*value, &mut store)).collect::<wasmtime::Result<_>>()?;
    let reply = ask(&mut store, Request { slot, import: index, values: Values::Core(values) }).await?;
    if let Reply::Core(values) = reply {
        for (result, value) in results.iter_mut().zip(&values) {
            *result = value.attach(&mut store)?;
        }
    }
    Ok(())
}
