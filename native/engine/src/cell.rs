//! A store with the instances in it, and the call it is in: the state machine
//! behind [`Instance`](crate::Instance).

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{
    AtomicU8,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use wasmtime::component::ResourceAny;
use wasmtime::{AsContextMut, RootScope, Store, StoreContextMut};

use crate::caller;
use crate::core_caller;
use crate::core_typed;
use crate::error::{Error, Kind};
use crate::instance::CallOptions;
use crate::mailbox::{Input, Opaque, Reply, Shared};
use crate::meter::{Meter, Metrics};
use crate::program::Program;
use crate::reaper::dispose;
use crate::signature::Signature;
use crate::stats::{Alive, CALLS, TRAPS};
use crate::store::{Data, Ending, Fiber, Outcome};
use crate::ticker::SLICE;
use crate::wake::Wakeup;
use crate::wasi::{self, Outbox};

/// A program, and what the embedding gave with an instance of it.
type Tenant = (Program, Option<Opaque>);

/// A store and the call it is in.
pub(crate) struct Cell {
    pub(crate) shared: Arc<Shared>,
    pub(crate) state: Mutex<State>,
    /// Those beside the first instance: their programs, and what the embedding gave with them.
    others: Mutex<Vec<Tenant>>,
    first: Tenant,
    /// What it is doing, to be read while it does it.
    status: AtomicU8,
    /// Present where a guest may wait for more than its host functions.
    pub(crate) wakeup: Option<Arc<Wakeup>>,
    /// What guests with WASI write.
    pub(crate) outbox: Option<Arc<Outbox>>,
    pub(crate) metrics: Mutex<Option<Metrics>>,
}

/// What a store is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// It may be called.
    Idle,
    /// It is in a call.
    Running,
    /// It is in a call that waits in nobody's hands: see [`Suspended`](crate::Suspended).
    Suspended,
    /// It was closed, or ended.
    Closed,
}

pub(crate) enum State {
    Idle(Store<Data>),
    Running(Running),
    Closed(&'static str),
}

pub(crate) struct Running {
    pub(crate) fiber: Fiber,
    /// Whose call it is.
    pub(crate) slot: usize,
    pub(crate) what: What,
    /// What the guest waits for.
    pub(crate) asked: Option<Asked>,
    pub(crate) timeout: Option<Duration>,
    /// Known once the call outlived its first slice: most never do, and read no clock.
    pub(crate) deadline: Option<Instant>,
    pub(crate) slices: u32,
    pub(crate) alive: Option<Alive>,
    meter: Option<Box<Meter>>,
}

/// What a guest waits for.
#[derive(Clone, Copy)]
pub(crate) enum Asked {
    /// The answer of an instance's import, by the instance's slot.
    Import(usize, usize),
    Input(Input),
}

/// What a fiber is doing.
#[derive(Clone, Copy)]
pub(crate) enum What {
    Instantiate,
    /// The function at this place of its program.
    Call(usize),
    /// Something whose results are a core function's, or nothing.
    Other,
}

impl Cell {
    /// A store whose first instance is being made by `fiber`.
    pub(crate) fn new(
        shared: Arc<Shared>,
        first: Tenant,
        fiber: Fiber,
        timeout: Option<Duration>,
        waits: bool,
        outbox: Option<Arc<Outbox>>,
    ) -> Cell {
        Cell {
            shared,
            state: Mutex::new(State::Running(Running::new(fiber, 0, What::Instantiate, timeout))),
            status: AtomicU8::new(Status::Running as u8),
            others: Mutex::default(),
            first,
            wakeup: (waits || outbox.is_some()).then(Arc::default),
            outbox,
            metrics: Mutex::default(),
        }
    }

    pub(crate) fn status(&self) -> Status {
        match self.status.load(Relaxed) {
            0 => Status::Idle,
            1 => Status::Running,
            2 => Status::Suspended,
            _ => Status::Closed,
        }
    }

    /// Says what the store is doing from now on; what is closed stays so.
    pub(crate) fn set_status(&self, status: Status) {
        let closed = Status::Closed as u8;
        let _ = self.status.fetch_update(Relaxed, Relaxed, |now| (now != closed).then_some(status as u8));
    }

    pub(crate) fn memory(&self) -> usize {
        self.shared.usage.memory.load(Relaxed)
    }

    /// The program of the instance at `slot`.
    pub(crate) fn program(&self, slot: usize) -> Option<Program> {
        if slot == 0 { Some(self.first.0.clone()) } else { self.tenant(slot).map(|(program, _)| program) }
    }

    /// The program of the instance at `slot`, and what the embedding gave with it.
    pub(crate) fn tenant(&self, slot: usize) -> Option<Tenant> {
        match slot.checked_sub(1) {
            None => Some(self.first.clone()),
            Some(place) => self.others().get(place).cloned(),
        }
    }

    fn others(&self) -> MutexGuard<'_, Vec<Tenant>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, unless it is in use just now.
    pub(crate) fn lock(&self) -> Result<Locked<'_>, Error> {
        Ok(Locked { state: self.lock_state()?, _then: CloseIfAsked(self) })
    }

    fn lock_state(&self) -> Result<MutexGuard<'_, State>, Error> {
        match self.state.try_lock() {
            Ok(state) => Ok(state),
            // A panic inside a poll left the fiber's state unknown but whole: it can still be dropped.
            Err(TryLockError::Poisoned(poisoned)) => {
                self.state.clear_poison();
                let mut state = poisoned.into_inner();
                self.end(&mut state, "a fault of this library");
                Ok(state)
            }
            Err(TryLockError::WouldBlock) if self.shared.cancelled.load(Relaxed) => Err(closed("a close")),
            Err(TryLockError::WouldBlock) => Err(busy()),
        }
    }

    /// Begins what `prepare` makes of the idle store.
    pub(crate) fn begin(
        &self,
        state: &mut State,
        slot: usize,
        what: What,
        options: CallOptions,
        prepare: impl FnOnce(&mut Store<Data>) -> Result<Begin, Error>,
    ) -> Result<(), Error> {
        let store = match state {
            State::Idle(store) => store,
            State::Running(_) => return Err(busy()),
            State::Closed(why) => return Err(closed(why)),
        };
        if let Some(fuel) = options.fuel {
            store.set_fuel(fuel).map_err(|_| not_metered())?;
        }
        let meter = options.metrics.then(|| {
            let host_calls = self.shared.host_calls.load(Relaxed);
            Box::new(Meter::start(store.get_fuel().ok(), host_calls))
        });
        let begin = prepare(store)?;
        let State::Idle(store) = std::mem::replace(state, State::Closed("a failed call")) else {
            return Err(busy());
        };
        self.shared.usage.grow_refused.store(false, Relaxed);
        let garbage = self.shared.take_garbage();
        let fiber = if garbage.is_empty() { begin.start(store) } else { begin.start_after_dropping(store, garbage) };
        CALLS.fetch_add(1, Relaxed);
        let mut running = Running::new(fiber, slot, what, options.timeout);
        running.meter = meter;
        *state = State::Running(running);
        self.status.store(Status::Running as u8, Relaxed);
        Ok(())
    }

    /// Begins to make another instance beside those there are; it will be at the slot that comes back.
    pub(crate) fn begin_beside(
        &self,
        state: &mut State,
        program: &Program,
        given: Option<Opaque>,
        options: CallOptions,
        prepare: impl FnOnce(&mut Store<Data>, usize) -> Result<Begin, Error>,
    ) -> Result<usize, Error> {
        let slot = self.others().len() + 1;
        self.begin(state, slot, What::Instantiate, options, |store| prepare(store, slot))?;
        self.others().push((program.clone(), given));
        Ok(slot)
    }

    /// Whether the call is to be ended instead of polled, and why.
    pub(crate) fn ended_before_poll(&self, state: &mut State) -> Option<Error> {
        if self.shared.cancelled.load(Relaxed) {
            self.end(state, "a close");
            return Some(cancelled());
        }
        let State::Running(running) = state else { return None };
        if running.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.end(state, "a timeout");
            return Some(Error::new(Kind::Timeout, "the call's time was over before it ended"));
        }
        None
    }

    pub(crate) fn poll_fiber(&self, running: &mut Running) -> Poll<Ending> {
        let Running { fiber, meter, .. } = running;
        let mut poll = || match &self.wakeup {
            None => fiber.as_mut().poll(&mut Context::from_waker(Waker::noop())),
            Some(wakeup) => {
                wakeup.poll_begins();
                let waker = Waker::from(wakeup.clone());
                let mut context = Context::from_waker(&waker);
                match &self.outbox {
                    None => fiber.as_mut().poll(&mut context),
                    Some(_) => wasi::ambient(|| fiber.as_mut().poll(&mut context)),
                }
            }
        };
        match meter {
            None => poll(),
            Some(meter) => meter.measure(poll),
        }
    }

    /// What the fiber was doing and brought. The store is idle again, or closed.
    pub(crate) fn ended(&self, state: &mut State, (store, result): Ending) -> Result<(What, Outcome), Error> {
        let (what, slot) = match state {
            State::Running(running) => {
                if let (Some(meter), Some(store)) = (&running.meter, &store) {
                    let host_calls = self.shared.host_calls.load(Relaxed);
                    let metrics = meter.stop(store.get_fuel().ok(), host_calls, self.memory());
                    *self.metrics.lock().unwrap_or_else(PoisonError::into_inner) = Some(metrics);
                }
                (running.what, running.slot)
            }
            _ => (What::Other, 0),
        };
        match (store, result) {
            (Some(store), Ok(outcome)) => {
                *state = State::Idle(store);
                self.status.store(Status::Idle as u8, Relaxed);
                if let Outcome::Failed(error) = outcome {
                    return Err(error);
                }
                // A guest may overlook that a write failed: its caller does not.
                self.wrote_too_much().map_or(Ok((what, outcome)), Err)
            }
            // A program that ended itself well. It is not to be called again.
            (store, Err(error)) if wasi::exit_code(&error) == Some(0) => {
                self.status.store(Status::Closed as u8, Relaxed);
                let ended = std::mem::replace(state, State::Closed("its own exit"));
                dispose((ended, store), self.memory());
                self.let_go();
                self.wrote_too_much().map_or(Ok((what, Outcome::Nothing)), Err)
            }
            (store, result) => {
                let error = self.why(what, result.err());
                let is_module = matches!(self.program(slot), Some(Program::Module(_)));
                let survives = is_module
                    && matches!(error.kind, Kind::Trap | Kind::MemoryLimit | Kind::HostError | Kind::Link | Kind::Limit | Kind::Overloaded | Kind::Type)
                    // A store without any instance is of no use.
                    && !(slot == 0 && matches!(what, What::Instantiate));
                match store {
                    Some(store) if survives => {
                        *state = State::Idle(store);
                        self.status.store(Status::Idle as u8, Relaxed);
                    }
                    store => {
                        self.status.store(Status::Closed as u8, Relaxed);
                        let ended = std::mem::replace(state, State::Closed(ended_by(error.kind)));
                        dispose((ended, store), self.memory());
                        self.let_go();
                    }
                }
                Err(error)
            }
        }
    }

    fn why(&self, what: What, error: Option<wasmtime::Error>) -> Error {
        let grow_refused = self.shared.usage.grow_refused.load(Relaxed);
        match error {
            _ if self.shared.cancelled.load(Relaxed) => cancelled(),
            Some(error) => {
                let error = match (self.wrote_too_much(), what) {
                    (Some(limit), _) => limit,
                    (None, What::Instantiate) => Error::from_instantiation(&error, grow_refused),
                    (None, _) => Error::from_guest(&error, grow_refused),
                };
                if error.kind == Kind::Trap {
                    TRAPS.fetch_add(1, Relaxed);
                }
                error
            }
            None => Error::new(Kind::Internal, "the call ended without its store"),
        }
    }

    fn wrote_too_much(&self) -> Option<Error> {
        let most = self.shared.limits.output_bytes;
        self.outbox.as_ref().filter(|outbox| outbox.exceeded()).map(|_| {
            let message = format!("the guest wrote more than {most} bytes, its limits: [output_bytes: …]");
            Error::limit("output_bytes", message)
        })
    }

    /// See [`Instance::visit`](crate::Instance).
    pub(crate) fn visit<T: Send + 'static>(
        &self,
        state: &mut State,
        work: impl FnOnce(&mut StoreContextMut<'_, Data>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let running = match state {
            State::Idle(store) => return Ok(scoped(store, work)),
            State::Closed(why) => return Err(closed(why)),
            State::Running(running) if !matches!(running.asked, Some(Asked::Import(..))) || self.shared.has_reply() => {
                return Err(busy());
            }
            State::Running(running) => running,
        };
        let place = Arc::new(Mutex::new(None));
        let theirs = place.clone();
        self.shared.reply(Reply::Visit(Box::new(move |store| {
            let done = scoped(store, work);
            *theirs.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
        })));
        if let Poll::Ready(ending) = self.poll_fiber(running) {
            // It waits for its answer still, unless its store was ended meanwhile.
            return Err(self.ended(state, ending).err().unwrap_or_else(busy));
        }
        let done = place.lock().unwrap_or_else(PoisonError::into_inner).take();
        done.ok_or_else(busy)
    }

    pub(crate) fn close(&self) {
        self.shared.cancelled.store(true, SeqCst);
        // Whoever waits for the guest to go on is to see that it does not.
        if let Some(wakeup) = &self.wakeup {
            wakeup.wake_by_ref();
        }
        if let Ok(mut state) = self.lock_state() {
            self.end(&mut state, "a close");
        }
    }

    pub(crate) fn end(&self, state: &mut State, why: &'static str) {
        self.status.store(Status::Closed as u8, Relaxed);
        if !matches!(state, State::Closed(_)) {
            dispose(std::mem::replace(state, State::Closed(why)), self.memory());
            self.let_go();
        }
    }

    /// Lets go of what the embedding gave: it may be what keeps this alive, as a host
    /// function that uses its own instance does.
    fn let_go(&self) {
        let given: Vec<_> = self.others().iter_mut().map(|(_, given)| given.take()).collect();
        drop(given);
        self.shared.terms.clear();
    }
}

/// The state, in use.
pub(crate) struct Locked<'c> {
    // In this order: first unlocked, then looked after.
    state: MutexGuard<'c, State>,
    _then: CloseIfAsked<'c>,
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

/// Somebody who wanted to close may have found the state in use: it is for the one
/// who used it to do.
struct CloseIfAsked<'c>(&'c Cell);

impl Drop for CloseIfAsked<'_> {
    fn drop(&mut self) {
        if self.0.shared.cancelled.load(SeqCst) {
            self.0.close();
        }
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        let memory = self.memory();
        let state = match self.state.get_mut() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        };
        dispose(std::mem::replace(state, State::Closed("a close")), memory);
        // References and resources may keep what it shares.
        self.shared.terms.clear();
    }
}

impl Running {
    fn new(fiber: Fiber, slot: usize, what: What, timeout: Option<Duration>) -> Running {
        Running { fiber, slot, what, asked: None, timeout, deadline: None, slices: 0, alive: None, meter: None }
    }
}

/// What begins a fiber.
pub(crate) enum Begin {
    Numbers(caller::WithValues, wasmtime::component::Func, caller::Params),
    Blobs(caller::WithBlobs, wasmtime::component::Func, caller::Blobs),
    Dynamic(wasmtime::component::Func, caller::Params, bool, Option<Signature>),
    CoreTyped(core_typed::Typed, wasmtime::Func, core_caller::CoreValues),
    Core(wasmtime::Func, core_caller::CoreValues, usize),
    Other(Box<dyn FnOnce(Store<Data>) -> Fiber + Send>),
}

impl Begin {
    pub(crate) fn start(self, store: Store<Data>) -> Fiber {
        match self {
            Begin::Numbers(call, func, params) => call(func, store, params),
            Begin::Blobs(call, func, params) => call(func, store, params),
            Begin::Dynamic(func, params, has_result, handles) => {
                caller::dynamic(func, store, params, has_result, handles)
            }
            Begin::CoreTyped(call, func, params) => call(func, store, params),
            Begin::Core(func, params, results) => core_caller::call(func, store, params, results),
            Begin::Other(begin) => begin(store),
        }
    }
}

impl Begin {
    /// As `start`, after the destructors of handles that nobody holds any more.
    fn start_after_dropping(self, mut store: Store<Data>, garbage: Vec<ResourceAny>) -> Fiber {
        Box::pin(async move {
            for resource in garbage {
                store.set_epoch_deadline(SLICE);
                if let Err(error) = resource.resource_drop_async(&mut store).await {
                    return (Some(store), Err(error));
                }
            }
            self.start(store).await
        })
    }
}

/// Does `work`; none of the references that it makes outlives it.
fn scoped<T>(store: impl AsContextMut<Data = Data>, work: impl FnOnce(&mut StoreContextMut<'_, Data>) -> T) -> T {
    let mut scope = RootScope::new(store);
    work(&mut scope.as_context_mut())
}

fn ended_by(kind: Kind) -> &'static str {
    match kind {
        Kind::Trap | Kind::MemoryLimit => "a trap",
        Kind::Fuel => "the end of its fuel",
        Kind::HostError => "a failed host function",
        Kind::Cancelled => "a close",
        Kind::Exit => "its own exit",
        _ => "an error",
    }
}

pub(crate) fn busy() -> Error {
    Error::new(Kind::Busy, "the instance is in a call: wait for it, or use an instance for each caller (a pool)")
}

pub(crate) fn closed(why: &str) -> Error {
    Error::new(Kind::Closed, format!("the instance was ended by {why}: make a new one"))
}

pub(crate) fn no_function() -> Error {
    Error::new(Kind::Export, "no such function in this instance")
}

pub(crate) fn waits_for_nothing() -> Error {
    Error::new(Kind::Closed, "the guest waits for no host function")
}

fn cancelled() -> Error {
    Error::new(Kind::Cancelled, "the instance was closed during the call")
}

pub(crate) fn not_metered() -> Error {
    Error::new(Kind::Fuel, "nothing meters this program's fuel: compile it with fuel: true")
}
