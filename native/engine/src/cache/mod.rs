//! Compiled programs, kept: in memory, on disk, and compiled once when many ask.
//!
//! A request is hashed and looked up on one thread; what is not there is compiled on
//! others, so that a program that is there already waits behind no compilation.

mod disk;
mod flight;
mod key;
mod memory;
pub mod seal;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::engine::{Engine, Variant};
use crate::error::{Error, Kind};
use crate::program::Program;
use crate::queue::{Job, Queue};
use crate::stats::{Alive, COMPILING};
use disk::{Disk, Found};
use flight::{Flights, Waiter};
use key::Fingerprint;
use memory::Memory;
use seal::Key;

/// Requests that may wait to be looked up, which takes as long as hashing them.
const LOOKUPS: usize = 1024;

/// Where programs are kept, and how much of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of compiled code kept in memory.
    pub memory_bytes: u64,
    /// The folder for compiled code; `None` keeps none on disk.
    pub folder: Option<PathBuf>,
    /// Bytes of files in that folder.
    pub disk_bytes: u64,
}

impl Default for Settings {
    /// 256 MiB of memory, no folder, 1 GiB once there is one.
    fn default() -> Self {
        Settings { memory_bytes: 256 << 20, folder: None, disk_bytes: 1 << 30 }
    }
}

/// How bytes are to be compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// For an engine that counts instructions.
    pub fuel: bool,
    /// Looked for in the cache and kept there; otherwise compiled in any case.
    pub cached: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { fuel: false, cached: true }
    }
}

/// The bytes to compile, held where the embedding has them.
pub trait Input: Send + 'static {
    /// Calls `then` once with the bytes, or not at all when they are gone.
    fn read(&self, then: &mut dyn FnMut(&[u8]));
}

impl Input for Vec<u8> {
    fn read(&self, then: &mut dyn FnMut(&[u8])) {
        then(self);
    }
}

/// What a cache holds, and what it did since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes of compiled code in memory.
    pub memory_bytes: u64,
    /// Programs in memory.
    pub memory_entries: u64,
    /// Bytes of files, as far as this process knows.
    pub disk_bytes: u64,
    /// Requests answered from memory.
    pub hits: u64,
    /// Requests answered from disk.
    pub disk_hits: u64,
    /// Requests for which there was nothing.
    pub misses: u64,
    /// Requests that waited for a compilation that another had begun.
    pub joined: u64,
    /// Compilations done for the cache.
    pub compilations: u64,
    /// Programs that left memory for the bound's sake.
    pub evictions: u64,
    /// Files that left the folder for the bound's sake.
    pub disk_evictions: u64,
    /// Files that were not trusted: damaged, of another version, not ours alone.
    pub refused: u64,
    /// The folder in use.
    pub folder: Option<PathBuf>,
    /// Why nothing is kept on disk although a folder was named, or the last file could not be written.
    pub problem: Option<String>,
}

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
    place: Mutex<Place>,
    counters: Counters,
}

/// Never locked across anything that takes time.
struct State {
    memory: Memory,
    flights: Flights,
}

/// The folder, opened when first needed. Never locked across a look at the disk.
struct Place {
    settings: Settings,
    /// Told apart from what was opened for older settings.
    generation: u64,
    disk: Option<Result<Arc<Disk>, String>>,
    unwritten: Option<String>,
    /// Evicted from folders of older settings.
    evicted: u64,
}

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    disk_hits: AtomicU64,
    misses: AtomicU64,
    joined: AtomicU64,
    compilations: AtomicU64,
    evictions: AtomicU64,
    refused: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// No lock here is held across code that panics, so a poisoned one is a sound one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
        let place = Place { settings, generation: 0, disk: None, unwritten: None, evicted: 0 };
        let shared = Shared {
            engine: OnceLock::new(),
            fingerprints: Default::default(),
            compilers: Queue::new(workers, capacity)?,
            state: Mutex::new(State { memory, flights: Flights::default() }),
            place: Mutex::new(place),
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

    /// Takes new settings; what they have no room for goes. Never waits for the disk.
    pub fn configure(&self, settings: &Settings) {
        let mut place = lock(&self.shared.place);
        if place.settings == *settings {
            return;
        }
        if place.settings.folder != settings.folder || place.settings.disk_bytes != settings.disk_bytes {
            if let Some(Ok(disk)) = place.disk.take() {
                place.evicted += disk.evicted();
            }
            place.generation += 1;
            place.unwritten = None;
        }
        place.settings = settings.clone();
        drop(place);
        let gone = lock(&self.shared.state).memory.set_bound(settings.memory_bytes);
        self.shared.evicted(gone);
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
        match self.shared.disk() {
            Some(disk) => disk.clear().map_err(|error| Error::new(Kind::Io, format!("the cache's folder: {error}"))),
            None => Ok(()),
        }
    }

    /// The counters now. Cheap: looks at no disk.
    pub fn stats(&self) -> Stats {
        let counters = &self.shared.counters;
        let (memory_bytes, memory_entries) = {
            let state = lock(&self.shared.state);
            (state.memory.bytes(), state.memory.len() as u64)
        };
        let place = lock(&self.shared.place);
        let (disk, problem) = match &place.disk {
            Some(Ok(disk)) => (Some(disk), place.unwritten.clone()),
            Some(Err(problem)) => (None, Some(problem.clone())),
            None => (None, None),
        };
        Stats {
            memory_bytes,
            memory_entries,
            disk_bytes: disk.map_or(0, |disk| disk.bytes()),
            hits: counters.hits.load(Relaxed),
            disk_hits: counters.disk_hits.load(Relaxed),
            misses: counters.misses.load(Relaxed),
            joined: counters.joined.load(Relaxed),
            compilations: counters.compilations.load(Relaxed),
            evictions: counters.evictions.load(Relaxed),
            disk_evictions: place.evicted + disk.map_or(0, |disk| disk.evicted()),
            refused: counters.refused.load(Relaxed),
            folder: place.settings.folder.clone(),
            problem,
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
        let answer = answer.unwrap_or_else(|_| Err(crate::queue::panicked()));
        if let Ok(program) = &answer {
            self.keep(key, program);
        }
        self.end(&key, &answer);
    }

    /// In memory before the flight ends: who comes in between finds one or the other.
    fn keep(&self, key: Key, program: &Program) {
        let gone = lock(&self.state).memory.put(key, program.clone());
        self.evicted(gone);
    }

    fn evicted(&self, gone: Vec<Program>) {
        self.counters.evictions.fetch_add(gone.len() as u64, Relaxed);
        drop(gone);
    }

    fn end(&self, key: &Key, answer: &Result<Program, Error>) {
        let waiters = lock(&self.state).flights.end(key);
        for waiter in waiters {
            waiter.answer(answer.clone());
        }
    }

    fn read_disk(&self, key: &Key) -> Option<Program> {
        let disk = self.disk()?;
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
        let Some(disk) = self.disk() else { return };
        let written = program
            .sealed(*key)
            .map_err(|error| error.message)
            .and_then(|sealed| disk.write(key, &sealed).map_err(|error| error.to_string()));
        lock(&self.place).unwritten = written.err();
    }

    /// The folder, opened now if it is the first time.
    fn disk(&self) -> Option<Arc<Disk>> {
        let (folder, bound, generation) = {
            let place = lock(&self.place);
            if let Some(disk) = &place.disk {
                return disk.as_ref().ok().cloned();
            }
            (place.settings.folder.clone()?, place.settings.disk_bytes, place.generation)
        };
        let opened = Disk::open(&folder, bound).map(Arc::new);
        let mut place = lock(&self.place);
        if place.generation == generation {
            place.disk = Some(opened.clone());
        }
        opened.ok()
    }
}
