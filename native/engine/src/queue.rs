//! Work that must not run on a scheduler, done by a few threads, first come first served.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};

use crossbeam_channel::{Sender, TrySendError, bounded};

use crate::error::{Error, Kind};
use crate::stats::{Alive, COMPILING};

/// cranelift and validation recurse over hostile input: give them room.
const STACK: usize = 16 << 20;

const WAITING: u8 = 0;
const ANSWERED: u8 = 1;
const CANCELLED: u8 = 2;

/// A bounded queue with worker threads of its own.
pub struct Queue {
    sender: Sender<Box<dyn FnOnce() + Send>>,
}

/// A piece of work in a queue.
pub struct Job(AtomicU8);

impl Job {
    pub(crate) fn new() -> Arc<Job> {
        Arc::new(Job(AtomicU8::new(WAITING)))
    }

    /// Calls the work off: it is not begun any more, and if it is under way its
    /// answer is not delivered. False when the answer was delivered already.
    pub fn cancel(&self) -> bool {
        self.settle(CANCELLED)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.load(SeqCst) == CANCELLED
    }

    /// The answer is about to be delivered; false when it was called off.
    pub(crate) fn answer(&self) -> bool {
        self.settle(ANSWERED)
    }

    fn settle(&self, outcome: u8) -> bool {
        self.0.compare_exchange(WAITING, outcome, SeqCst, SeqCst).is_ok()
    }
}

impl Queue {
    /// A queue that holds up to `capacity` jobs beside those under way.
    ///
    /// # Errors
    /// [`Kind::Internal`] when the machine gives no thread.
    pub fn new(workers: usize, capacity: usize) -> Result<Queue, Error> {
        Queue::named("workbooks-compile", workers, capacity)
    }

    pub(crate) fn named(name: &str, workers: usize, capacity: usize) -> Result<Queue, Error> {
        let (sender, receiver) = bounded::<Box<dyn FnOnce() + Send>>(capacity);
        for n in 0..workers.max(1) {
            let receiver = receiver.clone();
            std::thread::Builder::new()
                .name(format!("{name}-{n}"))
                .stack_size(STACK)
                .spawn(move || {
                    for work in receiver {
                        // What can panic answers for itself; the thread must outlive what does not.
                        let _ = catch_unwind(AssertUnwindSafe(work));
                    }
                })
                .map_err(|error| Error::new(Kind::Internal, format!("no thread to compile on: {error}")))?;
        }
        Ok(Queue { sender })
    }

    /// Queues `work`; its answer goes to `deliver`, both on a worker's thread.
    ///
    /// # Errors
    /// [`Kind::Overloaded`] when the queue is full.
    pub fn submit<T, W, D>(&self, work: W, deliver: D) -> Result<Arc<Job>, Error>
    where
        W: FnOnce() -> Result<T, Error> + Send + 'static,
        D: FnOnce(Result<T, Error>) + Send + 'static,
    {
        let job = Job::new();
        let theirs = job.clone();
        let alive = Alive::new(&COMPILING);
        let run = Box::new(move || {
            if theirs.is_cancelled() {
                return;
            }
            // wasmtime promises nothing about hostile input; a panic there is an answer here.
            let answer = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked()));
            drop(alive);
            if theirs.answer() {
                deliver(answer);
            }
        });
        self.push(run)?;
        Ok(job)
    }

    /// Queues work that sees to its answer itself.
    pub(crate) fn push(&self, run: Box<dyn FnOnce() + Send>) -> Result<(), Error> {
        match self.sender.try_send(run) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                Err(Error::new(Kind::Overloaded, "too many compilations are waiting: try again when some are done"))
            }
            Err(TrySendError::Disconnected(_)) => Err(Error::new(Kind::Internal, "the compile workers are gone")),
        }
    }
}

pub(crate) fn panicked() -> Error {
    Error::new(Kind::Internal, "the compiler failed on this input: please report it")
}
