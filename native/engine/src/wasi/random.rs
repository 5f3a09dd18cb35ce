//! Random numbers as many as a guest asks for, a little at a time: wasmtime's own fill the
//! whole buffer in one go, which for a large one takes longer than a slice.

use std::task::Poll;

use wasmtime::component::Linker as ComponentLinker;
use wasmtime::{Caller, Extern, Linker, StoreContextMut};
use wasmtime_wasi::p2::bindings::random::{insecure, random};
use wasmtime_wasi::random::{WasiRandomCtx, WasiRandomView};

use super::HasWasi;

/// Bytes filled before the poll's turn ends.
const TURN: u64 = 64 << 10;
/// Bytes of one call of a component's, which are held at once.
const MOST: u64 = 64 << 20;

type Fill = fn(&mut WasiRandomCtx, u64) -> wasmtime::Result<Vec<u8>>;

/// `wasi:random/random` or `wasi:random/insecure`.
pub(super) fn add_to_linker<T: HasWasi + Send + 'static>(
    linker: &mut ComponentLinker<T>,
    secure: bool,
) -> wasmtime::Result<()> {
    if secure {
        let mut interface = linker.instance("wasi:random/random@0.2.12")?;
        interface.func_wrap("get-random-u64", |mut store: StoreContextMut<'_, T>, (): ()| {
            Ok((random::Host::get_random_u64(store.data_mut().wasi().context.random())?,))
        })?;
        interface.func_wrap_async("get-random-bytes", |store, (length,): (u64,)| {
            Box::new(gather(store, length, random::Host::get_random_bytes))
        })
    } else {
        let mut interface = linker.instance("wasi:random/insecure@0.2.12")?;
        interface.func_wrap("get-insecure-random-u64", |mut store: StoreContextMut<'_, T>, (): ()| {
            Ok((insecure::Host::get_insecure_random_u64(store.data_mut().wasi().context.random())?,))
        })?;
        interface.func_wrap_async("get-insecure-random-bytes", |store, (length,): (u64,)| {
            Box::new(gather(store, length, insecure::Host::get_insecure_random_bytes))
        })
    }
}

async fn gather<T: HasWasi + Send + 'static>(
    mut store: StoreContextMut<'_, T>,
    length: u64,
    fill: Fill,
) -> wasmtime::Result<(Vec<u8>,)> {
    if length > MOST {
        return Err(wasmtime::Error::msg(format!(
            "the guest asked for {length} random bytes in one call, which may be {MOST}"
        )));
    }
    let mut bytes = Vec::new();
    let mut left = length;
    while left > 0 {
        let part = left.min(TURN);
        bytes.extend(fill(store.data_mut().wasi().context.random(), part)?);
        left -= part;
        if left > 0 {
            end_turn().await;
        }
    }
    Ok((bytes,))
}

const SUCCESS: i32 = 0;
const FAULT: i32 = 21;

/// Preview 1's `random_get`; the linker must allow shadowing.
pub(super) fn shadow_random_get<T: HasWasi + Send + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    linker.func_wrap_async(
        "wasi_snapshot_preview1",
        "random_get",
        |mut caller: Caller<'_, T>, (at, length): (u32, u32)| {
            Box::new(async move {
                let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return Ok(FAULT) };
                let (mut at, end) = (u64::from(at), u64::from(at) + u64::from(length));
                if end > memory.data_size(&caller) as u64 {
                    return Ok(FAULT);
                }
                while at < end {
                    let part = (end - at).min(TURN);
                    let bytes = random::Host::get_random_bytes(caller.data_mut().wasi().context.random(), part)?;
                    memory.write(&mut caller, at as usize, &bytes)?;
                    at += part;
                    if at < end {
                        end_turn().await;
                    }
                }
                Ok(SUCCESS)
            })
        },
    )?;
    Ok(())
}

/// Lets whoever polls do something else.
async fn end_turn() {
    let mut ended = false;
    std::future::poll_fn(|cx| {
        if ended {
            return Poll::Ready(());
        }
        ended = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}
