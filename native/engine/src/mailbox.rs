//! What a fiber and the one who polls it tell each other.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use smallvec::SmallVec;
use wasmtime::StoreContextMut;
use wasmtime::component::{ResourceAny, Val};

use crate::error::{Ended, Kind};
use crate::limits::{Limits, Usage};
use crate::reference::Detached;
use crate::store::Data;
use crate::terms::Terms;

/// Something of the embedding's own that guests hold and cannot look into.
pub type Opaque = Arc<dyn Any + Send + Sync>;

/// A question from the guest to whoever polls.
pub(crate) struct Request {
    /// The instance whose import was called, by its place in the store.
    pub(crate) slot: usize,
    /// The import's place among those of its program.
    pub(crate) import: usize,
    pub(crate) values: Values,
}

/// Values of a component's function, or of a core module's.
pub(crate) enum Values {
    Component(Vec<Val>),
    Core(SmallVec<[Detached; 2]>),
}

/// Work on a store whose guest waits for a host function.
pub(crate) type Visit = Box<dyn FnOnce(&mut StoreContextMut<'_, Data>) + Send>;

pub(crate) enum Reply {
    Component(Option<Val>),
    Core(SmallVec<[Detached; 2]>),
    Failed,
    /// No answer yet: the fiber does this and goes on waiting.
    Visit(Visit),
}

#[derive(Default)]
struct Mail {
    request: Option<Request>,
    reply: Option<Reply>,
}

/// What a fiber shares with the one who polls it.
pub(crate) struct Shared {
    pub(crate) cancelled: AtomicBool,
    pub(crate) host_failed: AtomicBool,
    pub(crate) usage: Usage,
    pub(crate) limits: Limits,
    pub(crate) host_calls: AtomicU64,
    /// The embedding's values that the guests hold as resources.
    pub(crate) terms: Terms,
    mail: Mutex<Mail>,
    garbage: Mutex<Vec<ResourceAny>>,
    has_garbage: AtomicBool,
}

impl Shared {
    pub(crate) fn new(limits: Limits) -> Arc<Shared> {
        Arc::new(Shared {
            cancelled: AtomicBool::new(false),
            host_failed: AtomicBool::new(false),
            usage: Usage::default(),
            limits,
            host_calls: AtomicU64::new(0),
            terms: Terms::default(),
            mail: Mutex::default(),
            garbage: Mutex::default(),
            has_garbage: AtomicBool::new(false),
        })
    }

    /// Never held across anything that can panic, so a poisoned lock is a sound one.
    fn mail(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take_request(&self) -> Option<Request> {
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

    /// Asks, unless the store has asked as often as it may.
    pub(crate) fn ask(&self, request: Request) -> Result<(), Ended> {
        let asked = self.host_calls.fetch_add(1, Relaxed);
        if asked >= self.limits.host_calls {
            return Err(Ended(Kind::Limit, format!("more than {asked} host calls, the limit of this instance")));
        }
        let mut mail = self.mail();
        mail.reply = None;
        mail.request = Some(request);
        Ok(())
    }

    fn poll_reply(&self) -> Poll<Reply> {
        match self.mail().reply.take() {
            Some(reply) => Poll::Ready(reply),
            None => Poll::Pending,
        }
    }

    /// Waits for the answer to what was asked. Meanwhile visitors may use the store.
    pub(crate) async fn answer(&self, store: &mut StoreContextMut<'_, Data>) -> Reply {
        loop {
            match std::future::poll_fn(|_| self.poll_reply()).await {
                Reply::Visit(visit) => visit(store),
                reply => return reply,
            }
        }
    }

    /// A handle that nobody holds any more: dropped when the store is next used.
    pub(crate) fn discard(&self, resource: ResourceAny) {
        self.garbage.lock().unwrap_or_else(PoisonError::into_inner).push(resource);
        self.has_garbage.store(true, Relaxed);
    }

    /// What is to be dropped by now.
    pub(crate) fn take_garbage(&self) -> Vec<ResourceAny> {
        if !self.has_garbage.swap(false, Relaxed) {
            return Vec::new();
        }
        std::mem::take(&mut *self.garbage.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
