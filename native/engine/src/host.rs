//! Host functions of components: the guest asks, its fiber waits, whoever polls brings the answer.

use wasmtime::component::{LinkerInstance, ResourceType, Val};
use wasmtime::StoreContextMut;

use crate::error::{Ended, Kind};
use crate::mailbox::{Reply, Request, Values};
use crate::resource;
use crate::signature::Signature;
use crate::store::Data;
use crate::ticker::SLICE;

/// Asks whoever polls and waits for the answer. The guest then has a new slice:
/// the host may have taken longer than one.
pub(crate) async fn ask(store: &mut StoreContextMut<'_, Data>, request: Request) -> wasmtime::Result<Reply> {
    let shared = store.data().shared.clone();
    shared.ask(request)?;
    let reply = shared.answer(store).await;
    store.set_epoch_deadline(SLICE);
    match reply {
        Reply::Failed => Err(Ended(Kind::HostError, "a host function failed".into()).into()),
        reply => Ok(reply),
    }
}

/// Defines import `index` of a component, called `name` there.
pub(crate) fn define(
    linker: &mut LinkerInstance<'_, Data>,
    name: &str,
    index: usize,
    signature: &Signature,
) -> wasmtime::Result<()> {
    let handles = signature.has_resource().then(|| signature.clone());
    linker.func_new_async(name, move |mut store, _type, params, results| {
        let mut values = params.to_vec();
        let handles = handles.clone();
        Box::new(async move {
            if let Some(signature) = &handles {
                for ((_, ty), value) in signature.params.iter().zip(&mut values) {
                    resource::detach(ty, value, &mut store)?;
                }
            }
            let request = Request { slot: 0, import: index, values: Values::Component(values) };
            let reply = ask(&mut store, request).await?;
            if let (Some(slot), Reply::Component(Some(mut value))) = (results.first_mut(), reply) {
                if let Some(signature) = &handles {
                    for ty in &signature.results {
                        resource::attach(ty, &mut value, &mut store)?;
                    }
                }
                *slot = value;
            }
            Ok(())
        })
    })
}

/// Defines a resource type of the host's, whose values are the embedding's own.
/// `told` is the place of the import that is called when a guest drops one, if it was given.
pub(crate) fn define_resource(
    linker: &mut LinkerInstance<'_, Data>,
    name: &str,
    number: u32,
    told: Option<usize>,
) -> wasmtime::Result<()> {
    linker.resource_async(name, ResourceType::host_dynamic(number), move |mut store, rep| {
        Box::new(async move {
            let Some(import) = told else {
                store.data().shared.terms.remove(rep);
                return Ok(());
            };
            let values = Values::Component(vec![Val::U32(rep)]);
            ask(&mut store, Request { slot: 0, import, values }).await.map(|_| ())
        })
    })
}
