//! What a fiber and the one who polls it tell each other.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use wasmtime::component::Val;

use crate::limits::Usage;

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

    pub(crate) fn ask(&self, request: Arguments) {
        let mut mail = self.mail();
        mail.reply = None;
        mail.request = Some(request);
    }

    pub(crate) fn poll_reply(&self) -> Poll<Reply> {
        match self.mail().reply.take() {
            Some(reply) => Poll::Ready(reply),
            None => Poll::Pending,
        }
    }
}
