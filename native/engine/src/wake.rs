//! How a guest that waits for the outside gets its poller back.

use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

const POLLED: u8 = 0;
const WOKEN: u8 = 1;
const WAITING: u8 = 2;

/// Called once when the guest can go on, on any thread.
pub type Notify = Box<dyn FnOnce() + Send>;

/// The waker of one store.
#[derive(Default)]
pub(crate) struct Wakeup {
    state: AtomicU8,
    notify: Mutex<Option<Notify>>,
}

impl Wakeup {
    /// A poll begins: what woke it before is dealt with by it.
    pub(crate) fn poll_begins(&self) {
        self.state.store(POLLED, SeqCst);
    }

    /// Whether it was woken since the poll began.
    pub(crate) fn is_woken(&self) -> bool {
        self.state.load(SeqCst) == WOKEN
    }

    /// Has `notify` called at the next wake-up; false when there was one already.
    pub(crate) fn arm(&self, notify: Notify) -> bool {
        *self.lock() = Some(notify);
        if self.state.compare_exchange(POLLED, WAITING, SeqCst, SeqCst).is_ok() {
            return true;
        }
        *self.lock() = None;
        false
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Notify>> {
        self.notify.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, SeqCst) == WAITING {
            let notify = self.lock().take();
            if let Some(notify) = notify {
                notify();
            }
        }
    }
}
