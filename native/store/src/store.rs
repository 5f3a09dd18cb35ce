//! A store's threads: nothing that calls in here waits.
//!
//! One thread opens the engine, keeps it as long as the others work, and closes it; one writes,
//! some read, and one makes backups, which take long.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::engine::{Engine, Info, Op, Page, check_key, check_ops, check_table};
use crate::error::{Error, Kind, Result};

/// Jobs that may wait for a thread beside the one it has in hand.
const WAITING: usize = 1024;

/// Pages are made of whole records, one at least.
const MAX_PAGE: usize = 64 << 20;

type Job = Box<dyn FnOnce(&dyn Engine) + Send>;
type Ack = Box<dyn FnOnce(Result<()>) + Send>;

/// An open store. Dropping it closes it, without waiting for that.
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    /// None once the store is closing: the threads end when their queue does.
    queues: Mutex<Option<Queues>>,
    /// What still waits in a queue is refused from then on.
    closing: AtomicBool,
    end: Mutex<End>,
}

struct Queues {
    writer: Sender<Job>,
    readers: Sender<Job>,
    backups: Sender<Job>,
}

enum End {
    /// Told when everything is freed.
    Waiting(Vec<Ack>),
    Done,
}

/// Which thread a job is for.
#[derive(Clone, Copy)]
enum Lane {
    Writer,
    Readers,
    Backups,
}

/// Opens a store on a thread of its own, which tells `opened`.
pub(crate) fn open<E, F, D>(readers: usize, make: F, opened: D) -> Result<()>
where
    E: Engine,
    F: FnOnce() -> Result<E> + Send + 'static,
    D: FnOnce(Result<Store>) + Send + 'static,
{
    let run = move || {
        let made = catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|_| Err(Error::panicked("opening the store")));
        match made {
            Ok(engine) => keep(&engine, readers, opened),
            Err(error) => opened(Err(error)),
        }
    };
    thread("store", run).map(drop)
}

/// Runs `work` on a thread of its own, which tells `deliver`.
pub(crate) fn once<T, F, D>(what: &'static str, work: F, deliver: D) -> Result<()>
where
    F: FnOnce() -> Result<T> + Send + 'static,
    D: FnOnce(Result<T>) + Send + 'static,
{
    let run = move || deliver(catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Error::panicked(what))));
    thread("store-once", run).map(drop)
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<thread::JoinHandle<()>> {
    builder(name).spawn(run).map_err(|error| no_thread(&error))
}

fn builder(name: &str) -> thread::Builder {
    thread::Builder::new().name(format!("workbooks-{name}"))
}

fn no_thread(error: &std::io::Error) -> Error {
    Error::new(Kind::Overloaded, format!("the system gives no thread for the store: {error}"))
}

/// Serves the engine until the store is closed.
fn keep(engine: &dyn Engine, readers: usize, opened: impl FnOnce(Result<Store>)) {
    let (writer, writer_jobs) = bounded(WAITING);
    let (reader, reader_jobs) = bounded(WAITING);
    let (backups, backup_jobs) = bounded(WAITING);
    let queues = Queues { writer, readers: reader, backups };
    let shared = Arc::new(Shared {
        queues: Mutex::new(Some(queues)),
        closing: AtomicBool::new(false),
        end: Mutex::new(End::Waiting(Vec::new())),
    });
    let store = Store { shared: shared.clone() };

    thread::scope(|scope| {
        let spawn = |name: &str, jobs: &Receiver<Job>| {
            let jobs = jobs.clone();
            builder(name).spawn_scoped(scope, move || serve(engine, jobs)).map(drop)
        };
        let mut spawned = spawn("store-write", &writer_jobs).and_then(|()| spawn("store-backup", &backup_jobs));
        for _ in 0..readers {
            spawned = spawned.and_then(|()| spawn("store-read", &reader_jobs));
        }
        // With the last receiver gone, a queue would say that it is closed.
        drop((writer_jobs, reader_jobs, backup_jobs));
        let answer = match spawned {
            Ok(()) => Ok(store),
            Err(error) => {
                drop(store);
                Err(no_thread(&error))
            }
        };
        // Whoever is told may be gone: then the store is dropped, which ends the threads.
        let _ = catch_unwind(AssertUnwindSafe(move || opened(answer)));
    });

    let closed =
        catch_unwind(AssertUnwindSafe(|| engine.close())).unwrap_or_else(|_| Err(Error::panicked("closing the store")));
    let end = std::mem::replace(&mut *shared.end.lock().unwrap_or_else(PoisonError::into_inner), End::Done);
    if let End::Waiting(acks) = end {
        for ack in acks {
            let answer = closed.clone();
            let _ = catch_unwind(AssertUnwindSafe(move || ack(answer)));
        }
    }
}

fn serve(engine: &dyn Engine, jobs: Receiver<Job>) {
    for job in jobs {
        // A job answers for its own panics; the thread must outlive what an answer does.
        let _ = catch_unwind(AssertUnwindSafe(|| job(engine)));
    }
}

impl Store {
    /// The value of a key.
    ///
    /// # Errors
    /// When the job is not taken; `deliver` is then not called.
    pub fn get<D>(&self, table: String, key: Vec<u8>, deliver: D) -> Result<()>
    where
        D: FnOnce(Result<Option<Vec<u8>>>) + Send + 'static,
    {
        check_table(&table)?;
        check_key(&key)?;
        self.submit(Lane::Readers, "reading", move |engine| engine.get(&table, &key), deliver)
    }

    /// All of the changes that `ops` gives or none, durable when `deliver` is told so. `ops` is
    /// called on the writer's thread.
    ///
    /// # Errors
    /// As for [`Store::get`].
    pub fn commit<O, D>(&self, ops: O, deliver: D) -> Result<()>
    where
        O: FnOnce() -> Result<Vec<Op>> + Send + 'static,
        D: FnOnce(Result<()>) + Send + 'static,
    {
        let work = move |engine: &dyn Engine| {
            let ops = ops()?;
            check_ops(&ops)?;
            engine.commit(&ops)
        };
        self.submit(Lane::Writer, "writing", work, deliver)
    }

    /// The records after the key `after`, in the order of their keys, until they are `max_bytes`.
    ///
    /// # Errors
    /// As for [`Store::get`].
    pub fn page<D>(&self, table: String, after: Option<Vec<u8>>, max_bytes: usize, deliver: D) -> Result<()>
    where
        D: FnOnce(Result<Page>) + Send + 'static,
    {
        check_table(&table)?;
        let max_bytes = max_bytes.min(MAX_PAGE);
        let work = move |engine: &dyn Engine| engine.page(&table, after.as_deref(), max_bytes);
        self.submit(Lane::Readers, "reading", work, deliver)
    }

    /// All records of one moment, into a new file, while writers go on.
    ///
    /// # Errors
    /// As for [`Store::get`].
    pub fn backup<D>(&self, to: PathBuf, deliver: D) -> Result<()>
    where
        D: FnOnce(Result<()>) + Send + 'static,
    {
        let shared = self.shared.clone();
        let work = move |engine: &dyn Engine| engine.backup(&to, &shared.closing);
        self.submit(Lane::Backups, "making a backup", work, deliver)
    }

    /// What is known about the store.
    ///
    /// # Errors
    /// As for [`Store::get`].
    pub fn info<D>(&self, deliver: D) -> Result<()>
    where
        D: FnOnce(Result<Info>) + Send + 'static,
    {
        self.submit(Lane::Readers, "reading", |engine| engine.info(), deliver)
    }

    /// Closes the store. `closed` is told when the lock is free.
    ///
    /// # Errors
    /// [`Kind::Closed`] when it is free already; `closed` is then not called.
    pub fn close(&self, closed: impl FnOnce(Result<()>) + Send + 'static) -> Result<()> {
        let mut end = self.shared.end.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *end {
            End::Waiting(acks) => acks.push(Box::new(closed)),
            End::Done => return Err(Error::closed()),
        }
        drop(end);
        self.shared.begin_closing();
        Ok(())
    }

    fn submit<T, W, D>(&self, lane: Lane, what: &'static str, work: W, deliver: D) -> Result<()>
    where
        W: FnOnce(&dyn Engine) -> Result<T> + Send + 'static,
        D: FnOnce(Result<T>) + Send + 'static,
    {
        let shared = self.shared.clone();
        let job: Job = Box::new(move |engine| {
            if shared.closing.load(SeqCst) {
                return deliver(Err(Error::closed()));
            }
            let answer = catch_unwind(AssertUnwindSafe(|| work(engine))).unwrap_or_else(|_| {
                engine.distrust();
                let error = Error::panicked(what);
                Err(if matches!(lane, Lane::Writer) { error.unknown() } else { error })
            });
            deliver(answer);
        });
        let queues = self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queues) = queues.as_ref() else { return Err(Error::closed()) };
        let queue = match lane {
            Lane::Writer => &queues.writer,
            Lane::Readers => &queues.readers,
            Lane::Backups => &queues.backups,
        };
        match queue.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                let message = "too much is waiting for the store: try again when some of it is done";
                Err(Error::new(Kind::Overloaded, message))
            }
            Err(TrySendError::Disconnected(_)) => Err(Error::closed()),
        }
    }
}

impl Shared {
    fn begin_closing(&self) {
        self.closing.store(true, SeqCst);
        drop(self.queues.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.begin_closing();
    }
}
