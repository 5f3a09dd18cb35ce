//! `wasi:sockets/ip-name-lookup` that resolves only the names that are granted, and
//! remembers what they resolved to. wasmtime's own resolves any name or none.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress};
use wasmtime_wasi::p2::{DynPollable, Network as NetworkResource, Pollable, subscribe};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};

use super::HasWasi;
use super::network::Refused;

type Found = Result<std::vec::IntoIter<IpAddr>, ErrorCode>;

enum Lookup {
    Waiting(AbortOnDropJoinHandle<Found>),
    Found(Found),
}

impl Lookup {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<&mut Found> {
        if let Lookup::Waiting(handle) = self {
            match Pin::new(handle).poll(cx) {
                Poll::Ready(found) => *self = Lookup::Found(found),
                Poll::Pending => return Poll::Pending,
            }
        }
        match self {
            Lookup::Found(found) => Poll::Ready(found),
            Lookup::Waiting(_) => Poll::Pending,
        }
    }
}

#[async_trait]
impl Pollable for Lookup {
    async fn ready(&mut self) {
        std::future::poll_fn(|cx| self.poll(cx).map(|_| ())).await
    }
}

pub(super) fn add_to_linker<T: HasWasi + Send + 'static>(linker: &mut Linker<T>, name: &str) -> wasmtime::Result<()> {
    let mut interface = linker.instance(name)?;
    interface.resource("resolve-address-stream", ResourceType::host::<Lookup>(), |mut store, rep| {
        store.data_mut().wasi().table().delete(Resource::<Lookup>::new_own(rep))?;
        Ok(())
    })?;
    interface.func_wrap(
        "resolve-addresses",
        |mut store: StoreContextMut<'_, T>, (network, name): (Resource<NetworkResource>, String)| {
            let wasi = store.data_mut().wasi();
            // The network's handle stands for the right to use this at all.
            wasi.table().get(&network)?;
            let network = wasi.network.clone();
            let lookup = spawn(async move {
                network.look_up(&name).await.map(Vec::into_iter).map_err(|refused| match refused {
                    Refused::NotGranted | Refused::Special => ErrorCode::AccessDenied,
                    Refused::Unresolved => ErrorCode::NameUnresolvable,
                })
            });
            let stream = wasi.table().push(Lookup::Waiting(lookup))?;
            Ok((Ok::<Resource<Lookup>, ErrorCode>(stream),))
        },
    )?;
    interface.func_wrap(
        "[method]resolve-address-stream.resolve-next-address",
        |mut store: StoreContextMut<'_, T>, (stream,): (Resource<Lookup>,)| {
            let lookup = store.data_mut().wasi().table().get_mut(&stream)?;
            let next: Result<Option<IpAddress>, ErrorCode> = match lookup.poll(&mut Context::from_waker(Waker::noop()))
            {
                Poll::Pending => Err(ErrorCode::WouldBlock),
                Poll::Ready(Ok(addresses)) => Ok(addresses.next().map(IpAddress::from)),
                Poll::Ready(Err(code)) => Err(*code),
            };
            Ok((next,))
        },
    )?;
    interface.func_wrap(
        "[method]resolve-address-stream.subscribe",
        |mut store: StoreContextMut<'_, T>, (stream,): (Resource<Lookup>,)| {
            let pollable: Resource<DynPollable> = subscribe(store.data_mut().wasi().table(), stream)?;
            Ok((pollable,))
        },
    )?;
    Ok(())
}
