//! Host functions: the guest asks, its fiber waits, whoever polls brings the answer.

use wasmtime::AsContextMut;
use wasmtime::component::LinkerInstance;

use crate::mailbox::{Arguments, Reply};
use crate::store::Data;
use crate::ticker::SLICE;

/// Defines import `index`, called `name`, as a question to whoever polls.
pub(crate) fn define(linker: &mut LinkerInstance<'_, Data>, name: &str, index: usize) -> wasmtime::Result<()> {
    linker.func_new_async(name, move |mut store, _type, params, results| {
        let shared = store.data().shared.clone();
        let values = params.to_vec();
        Box::new(async move {
            shared.ask(Arguments { import: index, values });
            let reply = std::future::poll_fn(|_| shared.poll_reply()).await;
            // The host may have taken longer than a slice: the guest gets a new one.
            store.as_context_mut().set_epoch_deadline(SLICE);
            match reply {
                Reply::Value(value) => {
                    if let (Some(slot), Some(value)) = (results.first_mut(), value) {
                        *slot = value;
                    }
                    Ok(())
                }
                Reply::Failed => Err(wasmtime::Error::msg("a host function failed")),
            }
        })
    })
}
