//! Compiled programs, kept: in memory, on disk, and compiled once when many ask.
//!
//! A request is hashed and looked up on one thread; what is not there is compiled on
//! others, so that a program that is there already waits behind no compilation.

mod disk;
mod flight;
mod key;
mod memory;
mod place;
mod request;
pub mod seal;
mod stats;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::engine::{Engine, Variant};
use crate::error::{Error, Kind};
use crate::program::Program;
use crate::queue::{Job, Queue, panicked};
use crate::reaper::dispose;
use crate::stats::{Alive, COMPILING};
use disk::Found;
use flight::{Flights, Waiter};
use key::Fingerprint;
use memory::Memory;
use place::Place;
use seal::Key;
use stats::{Counters, count};

pub use request::{Input, Options, Settings};
pub use stats::Stats;

/// Requests that may wait to be looked up, which takes as long as hashing them.
const LOOKUPS: usize = 1024;

/// The cache, with the threads that look up and compile.
pub struct Cache {
    shared: Arc<Shared>,
    lookups: Queue,
}

struct Shared {
    engine: OnceLock<Result<Engine, Error>>,
    fingerprints: [OnceLock<Fingerprint>; 2],
    compilers: Queue,
    state: Mutex<State>,
    place: Place,
    counters: Counters,
}

/// Never locked across anything that takes time.
struct State {
    memory: Memory,
    flights: Flights,
}

/// No lock here is held across code that panics, so a poisoned one is a sound one.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cache {
    /// A cache with `workers` threads that compile and room for `capacity`
    /// compilations to wait. Its engine is made when first needed.
    ///
    /// # Errors
    /// [`Kind::Internal`] when the machine gives no thread.
    pub fn new(settings: Settings, workers: usize, capacity: usize) -> Result<Cache, Error> {
        let memory = Memory::new(settings.memory_bytes);
        let shared = Shared {
            engine: OnceLock::new(),
            fingerprints: Default::default(),
            compilers: Queue::new(workers, capacity)?,
            state: Mutex::new(State { memory, flights: Flights::default() }),
            place: Place::new(settings),
            counters: Counters::default(),
        };
        Ok(Cache { shared: Arc::new(shared), lookups: Queue::named("workbooks-lookup", 1, LOOKUPS)? })
    }

    /// As [`Cache::new`], for an engine that there is.
    ///
    /// # Errors
    /// As there.
    pub fn for_engine(engine: Engine, settings: Settings, workers: usize, capacity: usize) -> Result<Cache, Error> {
        let cache = Cache::new(settings, workers, capacity)?;
        let _ = cache.shared.engine.set(Ok(engine));
        Ok(cache)
    }

    /// The plain engine. Made now, in milliseconds, when nothing has asked before.
    ///
    /// # Errors
    /// [`Kind::Internal`] when wasmtime refuses this machine.
    pub fn engine(&self) -> Result<&Engine, Error> {
        self.shared.engine()
    }

    /// The threads that compile, for other work of the kind.
    pub fn compilers(&self) -> &Queue {
        &self.shared.compilers
    }

    /// Takes new settings; what they have no room for goes. Answers at once.
    pub fn configure(&self, settings: &Settings) {
        if !self.shared.place.configure(settings) {
            return;
        }
        let gone = lock(&self.shared.state).memory.set_bound(settings.memory_bytes);
        self.shared.counters.evictions.fetch_add(gone.len() as u64, Relaxed);
        drop_elsewhere(gone);
    }

    /// Asks for a program: `deliver` gets it on a thread of the cache's, unless the
    /// job is called off before. Answers at once.
    ///
    /// # Errors
    /// [`Kind::Overloaded`] when too many requests wait; when too many compilations
    /// do, that is what is delivered.
    pub fn submit<D>(&self, input: impl Input, options: Options, deliver: D) -> Result<Arc<Job>, Error>
    where
        D: FnOnce(Result<Program, Error>) + Send + 'static,
    {
        let shared = self.shared.clone();
        if !options.cached {
            return self.shared.compilers.submit(move || shared.compile(&input, options), deliver);
        }
        let job = Job::new();
        let waiter = Waiter { job: job.clone(), deliver: Box::new(deliver) };
        self.lookups.push(Box::new(move || {
            if !waiter.job.is_cancelled() {
                shared.look_up(Box::new(input), options, waiter);
            }
        }))?;
        Ok(job)
    }

    /// Forgets what is in memory. What is in use goes on.
    pub fn clear_memory(&self) {
        let gone = lock(&self.shared.state).memory.clear();
        drop(gone);
    }

    /// Removes what is in the folder.
    ///
    /// # Errors
    /// [`Kind::Io`] when a file cannot be removed.
    pub fn clear_disk(&self) -> Result<(), Error> {
        match self.shared.place.disk() {
            Some(disk) => disk.clear().map_err(|error| Error::new(Kind::Io, format!("the cache's folder: {error}"))),
            None => Ok(()),
        }
    }

    /// The counters now. Cheap: looks at no disk.
    pub fn stats(&self) -> Stats {
        let mut stats = self.shared.place.stats();
        {
            let state = lock(&self.shared.state);
            stats.memory_bytes = state.memory.bytes();
            stats.memory_entries = state.memory.len() as u64;
        }
        let counters = &self.shared.counters;
        Stats {
            hits: counters.hits.load(Relaxed),
            disk_hits: counters.disk_hits.load(Relaxed),
            misses: counters.misses.load(Relaxed),
            joined: counters.joined.load(Relaxed),
            compilations: counters.compilations.load(Relaxed),
            evictions: counters.evictions.load(Relaxed),
            refused: counters.refused.load(Relaxed),
            ..stats
        }
    }
}

impl Shared {
    fn engine(&self) -> Result<&Engine, Error> {
        self.engine.get_or_init(Engine::new).as_ref().map_err(Clone::clone)
    }

    fn variant(&self, options: Options) -> Result<Engine, Error> {
        self.engine()?.with(Variant { fuel: options.fuel, ..Variant::default() })
    }

    /// Compiles, whatever the cache has.
    fn compile(&self, input: &dyn Input, options: Options) -> Result<Program, Error> {
        let engine = self.variant(options)?;
        let mut answer = Err(Error::new(Kind::Internal, "the bytes to compile are gone"));
        input.read(&mut |bytes| answer = engine.compile(bytes));
        answer
    }

    fn key(&self, input: &dyn Input, options: Options) -> Result<Key, Error> {
        let engine = self.variant(options)?;
        let fingerprint = self.fingerprints[usize::from(options.fuel)].get_or_init(|| Fingerprint::of(&engine));
        let mut answer = Err(Error::new(Kind::Internal, "the bytes to compile are gone"));
        input.read(&mut |bytes| answer = Ok(fingerprint.key(bytes)));
        answer
    }

    /// Answers from memory, waits with others for the same, or begins.
    fn look_up(self: Arc<Self>, input: Box<dyn Input>, options: Options, waiter: Waiter) {
        let key = match self.key(&*input, options) {
            Ok(key) => key,
            Err(error) => return waiter.answer(Err(error)),
        };
        let mut state = lock(&self.state);
        if let Some(program) = state.memory.get(&key) {
            drop(state);
            count(&self.counters.hits);
            return waiter.answer(Ok(program));
        }
        let Some(first) = state.flights.join(&key, waiter) else {
            return count(&self.counters.joined);
        };
        state.flights.begin(key, first);
        drop(state);
        // wasmtime's reader is not made for hostile input; what fails there is compiled anew.
        let found = catch_unwind(AssertUnwindSafe(|| self.read_disk(&key))).unwrap_or_default();
        if let Some(program) = found {
            count(&self.counters.disk_hits);
            self.keep(key, &program);
            return self.end(&key, &Ok(program));
        }
        count(&self.counters.misses);
        let shared = self.clone();
        let alive = Alive::new(&COMPILING);
        let begun = self.compilers.push(Box::new(move || {
            shared.fly(&*input, options, key);
            drop(alive);
        }));
        if let Err(overloaded) = begun {
            self.end(&key, &Err(overloaded));
        }
    }

    /// The compilation that others wait for: whatever happens, they get an answer.
    fn fly(&self, input: &dyn Input, options: Options, key: Key) {
        if lock(&self.state).flights.abandon(&key) {
            return;
        }
        count(&self.counters.compilations);
        let answer = catch_unwind(AssertUnwindSafe(|| {
            let program = self.compile(input, options)?;
            self.write_disk(&key, &program);
            Ok(program)
        }));
        let answer = answer.unwrap_or_else(|_| Err(panicked()));
        if let Ok(program) = &answer {
            self.keep(key, program);
        }
        self.end(&key, &answer);
    }

    /// In memory before the flight ends: who comes in between finds one or the other.
    fn keep(&self, key: Key, program: &Program) {
        let gone = lock(&self.state).memory.put(key, program.clone());
        self.counters.evictions.fetch_add(gone.len() as u64, Relaxed);
    }

    fn end(&self, key: &Key, answer: &Result<Program, Error>) {
        let waiters = lock(&self.state).flights.end(key);
        for waiter in waiters {
            waiter.answer(answer.clone());
        }
    }

    fn read_disk(&self, key: &Key) -> Option<Program> {
        let disk = self.place.disk()?;
        match disk.read(key) {
            Found::Missing => None,
            Found::Refused => {
                count(&self.counters.refused);
                None
            }
            Found::Whole(bytes) => {
                let sealed = seal::read(&bytes).ok()?;
                // SAFETY: the file is this user's, nobody else may write it, and it is
                // as whole as it was when this library wrote it under this key.
                let program = unsafe { self.engine().ok()?.take_in(&sealed) };
                if program.is_err() {
                    disk.forget(key);
                    count(&self.counters.refused);
                }
                program.ok()
            }
        }
    }

    /// A disk that is full or gone is no reason not to run.
    fn write_disk(&self, key: &Key, program: &Program) {
        let Some(disk) = self.place.disk() else { return };
        let written = program
            .sealed(*key)
            .map_err(|error| error.message)
            .and_then(|sealed| disk.write(key, &sealed).map_err(|error| error.to_string()));
        self.place.written(written.err());
    }
}

/// Unmapping much code takes a while.
fn drop_elsewhere(gone: Vec<Program>) {
    let bytes = gone.iter().map(Program::code_bytes).sum();
    dispose(gone, bytes);
}
