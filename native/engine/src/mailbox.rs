//! What a fiber and the one who polls it tell each other.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use smallvec::SmallVec;
use wasmtime::StoreContextMut;
use wasmtime::component::{ResourceAny, Val};

use crate::error::{Ended, Kind};
use crate::limits::{Limits, Usage};
use crate::reference::Detached;
use crate::store::Data;
use crate::terms::Terms;
use crate::wasi::AskStdin;

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

/// Bytes that the guest reads from the host, piece by piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// The body of an HTTP request.
    Body,
}

/// What a fiber asks of whoever polls it.
pub(crate) enum Question {
    Call(Request),
    /// Up to so many bytes of an input.
    Read(Input, usize),
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
    /// Answered one after the other.
    questions: VecDeque<Question>,
    reply: Option<Reply>,
    /// What was read of each input and not taken yet; `None` inside is the end.
    inputs: [Option<Option<Bytes>>; 2],
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

    pub(crate) fn take_question(&self) -> Option<Question> {
        self.mail().questions.pop_front()
    }

    /// What the guest asked to read; `None` is the end.
    pub(crate) fn reply_input(&self, input: Input, bytes: Option<Bytes>) {
        self.mail().inputs[input as usize] = Some(bytes);
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
        mail.questions.push_back(Question::Call(request));
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

    /// Where a guest reads an input.
    pub(crate) fn input(self: &Arc<Self>, input: Input) -> Arc<dyn AskStdin> {
        Arc::new(Asking { shared: self.clone(), input, asked: AtomicBool::new(false) })
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

/// An input that whoever polls is asked for.
struct Asking {
    shared: Arc<Shared>,
    input: Input,
    /// Whether there is a question whose answer was not taken yet.
    asked: AtomicBool,
}

impl AskStdin for Asking {
    fn poll_read(&self, max: usize, _cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut mail = self.shared.mail();
        if let Some(bytes) = mail.inputs[self.input as usize].take() {
            self.asked.store(false, Relaxed);
            return Poll::Ready(bytes);
        }
        if !self.asked.swap(true, Relaxed) {
            mail.questions.push_back(Question::Read(self.input, max));
        }
        // Whoever polls answers, and polls again.
        Poll::Pending
    }
}
