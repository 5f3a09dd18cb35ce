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
    /// Calls the work off: it is not begun any more, and if it is under way its
    /// answer is not delivered. False when the answer was delivered already.
    pub fn cancel(&self) -> bool {
        self.settle(CANCELLED)
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
        let (sender, receiver) = bounded::<Box<dyn FnOnce() + Send>>(capacity);
        for n in 0..workers.max(1) {
            let receiver = receiver.clone();
            std::thread::Builder::new()
                .name(format!("workbooks-compile-{n}"))
                .stack_size(STACK)
                .spawn(move || receiver.into_iter().for_each(|work| work()))
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
        let job = Arc::new(Job(AtomicU8::new(WAITING)));
        let theirs = job.clone();
        let alive = Alive::new(&COMPILING);
        let run = Box::new(move || {
            if theirs.0.load(SeqCst) == CANCELLED {
                return;
            }
            // wasmtime promises nothing about hostile input; a panic there is an answer here.
            let answer = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
                Err(Error::new(Kind::Internal, "the compiler failed on this input: please report it"))
            });
            drop(alive);
            if theirs.settle(ANSWERED) {
                deliver(answer);
            }
        });
        match self.sender.try_send(run) {
            Ok(()) => Ok(job),
            Err(TrySendError::Full(_)) => {
                Err(Error::new(Kind::Overloaded, "too many compilations are waiting: try again when some are done"))
            }
            Err(TrySendError::Disconnected(_)) => Err(Error::new(Kind::Internal, "the compile workers are gone")),
        }
    }
}
