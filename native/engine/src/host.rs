//! Host functions: the guest asks, its fiber waits, whoever polls brings the answer.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use wasmtime::AsContextMut;
use wasmtime::component::{LinkerInstance, Val};

use crate::instance::Data;
use crate::limits::Usage;
use crate::ticker::SLICE;

/// Values on their way from the guest to a host function.
pub struct Arguments {
    pub(crate) import: usize,
    pub(crate) values: Vec<Val>,
}

pub(crate) enum Reply {
    Value(Option<Val>),
    Failed,
}

#[derive(Default)]
struct Mail {
    request: Option<Arguments>,
    reply: Option<Reply>,
}

/// What a fiber shares with the one who polls it.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) cancelled: AtomicBool,
    pub(crate) host_failed: AtomicBool,
    pub(crate) usage: Arc<Usage>,
    mail: Mutex<Mail>,
}

impl Shared {
    /// Never held across anything that can panic, so a poisoned lock is a sound one.
    fn mail(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take_request(&self) -> Option<Arguments> {
        self.mail().request.take()
    }

    pub(crate) fn reply(&self, reply: Reply) {
        if matches!(reply, Reply::Failed) {
            self.host_failed.store(true, Relaxed);
        }
        self.mail().reply = Some(reply);
    }

    pub(crate) fn has_reply(&self) -> bool {
        self.mail().reply.is_some()
    }

    fn ask(&self, request: Arguments) {
        let mut mail = self.mail();
        mail.reply = None;
        mail.request = Some(request);
    }

    fn poll_reply(&self) -> Poll<Reply> {
        match self.mail().reply.take() {
            Some(reply) => Poll::Ready(reply),
            None => Poll::Pending,
        }
    }
}

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
