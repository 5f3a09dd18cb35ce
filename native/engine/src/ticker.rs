//! The thread that advances the engines' epochs, which ends guests' slices.

use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use crate::error::{Error, Kind};

/// One epoch.
const TICK: Duration = Duration::from_micros(500);

/// Epochs in a guest's slice. A slice begins anywhere between two ticks, so this
/// is half a millisecond to one: a call that overruns its first slice was long,
/// and not just begun at a bad moment.
pub(crate) const SLICE: u64 = 2;

/// Ticks without a poll after which the thread sleeps until the next one, so
/// that an idle application is not woken thousands of times a second.
const IDLE_TICKS: u32 = 400;

struct Shared {
    /// Something was polled since the last tick.
    polled: AtomicBool,
    parked: AtomicBool,
    ticks: AtomicU64,
    /// By a number of their own. Locked for as long as it takes to count them up.
    engines: Mutex<Vec<(usize, wasmtime::EngineWeak)>>,
}

pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

impl Ticker {
    /// Starts the thread. It holds the engines weakly and ends when they are gone.
    pub(crate) fn start(engine: &wasmtime::Engine) -> Result<Ticker, Error> {
        let shared = Arc::new(Shared {
            polled: AtomicBool::new(false),
            parked: AtomicBool::new(false),
            ticks: AtomicU64::new(0),
            engines: Mutex::new(vec![(0, engine.weak())]),
        });
        let theirs = shared.clone();
        let thread = std::thread::Builder::new()
            .name("workbooks-epoch".into())
            .spawn(move || {
                raise_priority();
                run(&theirs);
            })
            .map_err(|error| Error::new(Kind::Internal, format!("no thread for the epoch: {error}")))?;
        Ok(Ticker { shared, thread: thread.thread().clone() })
    }

    /// Advances this engine's epoch too, once for each number.
    pub(crate) fn add(&self, engine: &wasmtime::Engine, number: usize) {
        let mut engines = self.shared.engines.lock().unwrap_or_else(PoisonError::into_inner);
        if !engines.iter().any(|(taken, _)| *taken == number) {
            engines.push((number, engine.weak()));
        }
    }

    /// Ticks so far. Read without a system call, unlike a clock.
    pub(crate) fn ticks(&self) -> u64 {
        self.shared.ticks.load(Relaxed)
    }

    /// A poll begins: epochs advance for as long as it lasts, which is a slice.
    pub(crate) fn poll_begins(&self) {
        // A mark that stands keeps the thread awake for many slices more.
        if !self.shared.polled.load(Relaxed) {
            self.shared.polled.store(true, SeqCst);
            if self.shared.parked.load(SeqCst) {
                self.thread.unpark();
            }
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.thread.unpark();
    }
}

/// Advances every epoch; false when no engine is left.
fn advance(shared: &Shared) -> bool {
    let engines = shared.engines.lock().unwrap_or_else(PoisonError::into_inner);
    let mut alive = false;
    for engine in engines.iter().filter_map(|(_, engine)| engine.upgrade()) {
        engine.increment_epoch();
        alive = true;
    }
    alive
}

fn run(shared: &Shared) {
    let mut idle = 0;
    loop {
        std::thread::sleep(TICK);
        shared.ticks.fetch_add(1, Relaxed);
        if !advance(shared) {
            return;
        }
        idle = if shared.polled.swap(false, SeqCst) { 0 } else { idle + 1 };
        if idle >= IDLE_TICKS {
            shared.parked.store(true, SeqCst);
            // A poll that began before the flag could be seen has left its mark.
            if !shared.polled.load(SeqCst) {
                std::thread::park();
            }
            shared.parked.store(false, SeqCst);
            idle = 0;
        }
    }
}

/// Where it is allowed (root, CAP_SYS_NICE), busy guests cannot delay the tick
/// that ends their slices. Elsewhere the call fails and nothing changes.
#[cfg(target_os = "linux")]
fn raise_priority() {
    // SAFETY: both calls take plain integers and touch no memory of ours.
    unsafe {
        let thread = libc::gettid();
        libc::setpriority(libc::PRIO_PROCESS, thread.cast_unsigned(), -10);
    }
}

#[cfg(not(target_os = "linux"))]
fn raise_priority() {}
