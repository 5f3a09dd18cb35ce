//! Calls that wait for a host function's answer in nobody's hands, and the thread
//! that ends those nobody takes up in time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, unbounded};

use crate::cell::Status;
use crate::error::{Error, Kind};
use crate::instance::Instance;
use crate::stats::{Alive, SUSPENDED};

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const EXPIRED: u8 = 2;

/// A suspended call. It keeps its instance, and ends it when it is dropped without
/// having been taken up.
pub struct Suspended(Arc<Inner>);

struct Inner {
    instance: Instance,
    state: AtomicU8,
    /// The end of its time to live.
    until: Option<Instant>,
    alive: Mutex<Option<Alive>>,
}

impl Suspended {
    /// Of an instance that waits for a host function; for `ttl` at most.
    pub fn new(instance: Instance, ttl: Option<Duration>) -> Suspended {
        let alive = Mutex::new(Some(Alive::new(&SUSPENDED)));
        instance.cell.set_status(Status::Suspended);
        let until = ttl.and_then(|ttl| Instant::now().checked_add(ttl));
        let inner = Arc::new(Inner { instance, state: AtomicU8::new(WAITING), until, alive });
        if let Some(at) = until {
            expire_at(at, Arc::downgrade(&inner));
        }
        Suspended(inner)
    }

    /// The call goes on in other hands.
    ///
    /// # Errors
    /// [`Kind::Closed`] when it was taken up before, or its time to live is over.
    pub fn take_up(&self) -> Result<(), Error> {
        // The thread that ends it may come late on a busy machine.
        self.0.expire_if_due();
        match self.0.state.compare_exchange(WAITING, TAKEN, SeqCst, SeqCst) {
            Ok(_) => {
                self.0.end();
                self.0.instance.cell.set_status(Status::Running);
                Ok(())
            }
            Err(TAKEN) => Err(Error::new(Kind::Closed, "the suspended call was resumed before")),
            Err(_) => Err(Error::new(Kind::Closed, "the suspended call was not resumed within its time to live")),
        }
    }

    /// It goes on waiting after all, for what is left of its time to live.
    pub fn put_back(&self) {
        let mut alive = self.0.alive.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.state.compare_exchange(TAKEN, WAITING, SeqCst, SeqCst).is_ok() {
            // Still locked: whoever ends it from now on finds what there is to end.
            *alive = Some(Alive::new(&SUSPENDED));
            self.0.instance.cell.set_status(Status::Suspended);
        }
        drop(alive);
        // The thread that would have ended it came by while it was in somebody's hands.
        self.0.expire_if_due();
    }
}

impl Drop for Suspended {
    fn drop(&mut self) {
        self.0.expire();
    }
}

impl Inner {
    fn expire_if_due(&self) {
        if self.until.is_some_and(|until| Instant::now() >= until) {
            self.expire();
        }
    }

    fn expire(&self) {
        if self.state.compare_exchange(WAITING, EXPIRED, SeqCst, SeqCst).is_ok() {
            self.end();
            self.instance.close();
        }
    }

    /// It is not suspended any more.
    fn end(&self) {
        *self.alive.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Ordered by time alone; the number keeps entries of one moment apart.
struct Entry {
    at: (Instant, u64),
    call: Weak<Inner>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.at == other.at
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

fn expire_at(at: Instant, call: Weak<Inner>) {
    static CLOCK: OnceLock<Option<Sender<Entry>>> = OnceLock::new();
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let clock = CLOCK.get_or_init(|| {
        let (sender, receiver) = unbounded::<Entry>();
        let run = move || {
            let mut waiting: BinaryHeap<Reverse<Entry>> = BinaryHeap::new();
            loop {
                let next = match waiting.peek() {
                    Some(Reverse(entry)) => receiver.recv_deadline(entry.at.0),
                    None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                };
                match next {
                    Ok(entry) => waiting.push(Reverse(entry)),
                    Err(RecvTimeoutError::Timeout) => {
                        if let Some(call) = waiting.pop().and_then(|Reverse(entry)| entry.call.upgrade()) {
                            call.expire();
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        std::thread::Builder::new().name("workbooks-expiry".into()).spawn(run).ok().map(|_| sender)
    });
    if let Some(clock) = clock {
        // Fails only when the thread is gone: the call then lives as long as its holder.
        let _ = clock.send(Entry { at: (at, NUMBER.fetch_add(1, SeqCst)), call });
    }
}
