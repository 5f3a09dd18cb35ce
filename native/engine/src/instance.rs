//! An instance and the call it is in: begun here, polled by whoever drives it.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use wasmtime::component::Val;

use crate::caller::Fiber;
use crate::component::Component;
use crate::error::{Error, Kind};
use crate::lift::{Lifter, Sink};
use crate::limits::Limits;
use crate::lower::{self, Source};
use crate::mailbox::{Arguments, Reply, Shared};
use crate::reaper::dispose;
use crate::stats::{Alive, CALLS, FIBERS, TRAPS};
use crate::store::{Live, new_store};

/// What became of a poll.
#[derive(Debug)]
pub enum Step<T> {
    /// The call ended; its result, where it has one.
    Done(Option<T>),
    /// The call ended badly.
    Failed(Error),
    /// The slice is over, the guest is not: poll again, where that may take long.
    Yield,
    /// The guest called the import at this place: answer with
    /// [`Instance::reply`] or [`Instance::fail`], then poll again.
    Host {
        /// Its place in [`Component::imports`].
        import: usize,
        /// What the guest gave it.
        values: Vec<T>,
    },
}

/// One instance in a store of its own, in at most one call at a time. Every
/// method answers at once; none waits for another thread.
pub struct Instance {
    component: Component,
    shared: Arc<Shared>,
    state: Mutex<State>,
}

enum State {
    Idle(Box<Live>),
    Running(Running),
    Closed(&'static str),
}

struct Running {
    fiber: Fiber,
    /// The function's place; `None` while the instance is being made.
    function: Option<usize>,
    /// The import whose answer the guest waits for.
    asked: Option<usize>,
    timeout: Option<Duration>,
    /// Known once the call outlived its first slice: most never do, and read no clock.
    deadline: Option<Instant>,
    slices: u32,
    alive: Option<Alive>,
}

impl Instance {
    /// Begins to make an instance; poll it until it is done. The component's
    /// start code runs on the fiber like any call, within `timeout`.
    ///
    /// # Errors
    /// [`Kind::Link`] when the component imports more than functions.
    pub fn begin(component: &Component, limits: Limits, timeout: Option<Duration>) -> Result<Instance, Error> {
        let pre = component.inner.pre.clone()?;
        let shared = Arc::new(Shared::default());
        let mut store = new_store(&component.inner.engine.inner, &shared, limits);
        let exports = component.clone();
        let fiber = Box::pin(async move {
            match pre.instantiate_async(&mut store).await {
                Ok(instance) => {
                    let functions =
                        exports.exports().iter().map(|export| instance.get_func(&mut store, export.index)).collect();
                    (Some(Box::new(Live { store, functions })), Ok(None))
                }
                Err(error) => (None, Err(error)),
            }
        });
        let running = Running::new(fiber, None, timeout);
        Ok(Instance { component: component.clone(), shared, state: Mutex::new(State::Running(running)) })
    }

    /// Its component.
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// Bytes of linear memory it holds.
    pub fn memory(&self) -> usize {
        self.shared.usage.memory.load(Relaxed)
    }

    /// A clock that counts while anything is polled: its differences are slices' halves.
    pub fn ticks(&self) -> u64 {
        self.component.inner.engine.ticker.ticks()
    }

    /// What it is doing: `idle`, `running`, or `closed`.
    pub fn state(&self) -> &'static str {
        match self.state.try_lock() {
            Ok(state) => match &*state {
                State::Idle(_) => "idle",
                State::Running(_) => "running",
                State::Closed(_) => "closed",
            },
            Err(TryLockError::WouldBlock) => "running",
            Err(TryLockError::Poisoned(_)) => "closed",
        }
    }

    /// Begins a call of the export at place `function` and gives it its first slice;
    /// go on with [`Instance::poll`] until it is done.
    ///
    /// Failures before the guest ran are of [`Kind::Type`] when an argument does not
    /// fit, [`Kind::Busy`] in another call, [`Kind::Closed`] after the end.
    pub fn call<'a, S: Source<'a>, K: Sink>(
        &self,
        function: usize,
        values: impl ExactSizeIterator<Item = S>,
        timeout: Option<Duration>,
        sink: &K,
    ) -> Step<K::Out> {
        let mut state = match self.lock() {
            Ok(state) => state,
            Err(error) => return Step::Failed(error),
        };
        let step = match self.begin_call(&mut state, function, values, timeout) {
            Ok(()) => self.poll_locked(&mut state, sink),
            Err(error) => Step::Failed(error),
        };
        drop(state);
        self.close_if_asked();
        step
    }

    fn begin_call<'a, S: Source<'a>>(
        &self,
        state: &mut State,
        function: usize,
        values: impl ExactSizeIterator<Item = S>,
        timeout: Option<Duration>,
    ) -> Result<(), Error> {
        let export = self.component.exports().get(function).ok_or_else(no_function)?;
        let live = match state {
            State::Idle(live) => live,
            State::Running(_) => return Err(busy()),
            State::Closed(why) => return Err(closed(why)),
        };
        let func = live.functions.get(function).copied().flatten().ok_or_else(no_function)?;
        let params = lower::arguments(export, values)?;
        let State::Idle(live) = std::mem::replace(state, State::Closed("a failed call")) else {
            return Err(busy());
        };
        let fiber = (export.caller)(func, live, params, export.result().is_some());
        CALLS.fetch_add(1, Relaxed);
        *state = State::Running(Running::new(fiber, Some(function), timeout));
        Ok(())
    }

    /// Runs the guest until its slice is over, it asks the host, or it ends.
    pub fn poll<K: Sink>(&self, sink: &K) -> Step<K::Out> {
        let step = match self.lock() {
            Ok(mut state) => self.poll_locked(&mut state, sink),
            Err(error) => return Step::Failed(error),
        };
        self.close_if_asked();
        step
    }

    fn poll_locked<K: Sink>(&self, state: &mut State, sink: &K) -> Step<K::Out> {
        let running = match state {
            State::Running(running) => running,
            State::Idle(_) => return Step::Failed(Error::new(Kind::Closed, "the instance is in no call")),
            State::Closed(why) => return Step::Failed(closed(why)),
        };
        if running.asked.is_some() && !self.shared.has_reply() {
            return Step::Failed(busy());
        }
        if self.shared.cancelled.load(Relaxed) {
            self.end(state, "a close");
            return Step::Failed(Error::new(Kind::Cancelled, "the instance was closed during the call"));
        }
        if running.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.end(state, "a timeout");
            return Step::Failed(Error::new(Kind::Timeout, "the call's time was over before it ended"));
        }
        running.asked = None;
        self.component.inner.engine.ticker.poll_begins();
        match running.fiber.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready((live, result)) => {
                let function = running.function;
                self.ended(state, function, live, result, sink)
            }
            Poll::Pending => match self.pending(running) {
                Some(request) => {
                    running.asked = Some(request.import);
                    self.ask(request, sink)
                }
                None => {
                    running.slices += 1;
                    if running.slices == 1
                        && let Some(export) = running.function.and_then(|at| self.component.exports().get(at))
                    {
                        export.mark_slow();
                    }
                    Step::Yield
                }
            },
        }
    }

    /// The fiber outlives its poll: from now on it is counted. What it asks of the host, if anything.
    fn pending(&self, running: &mut Running) -> Option<Arguments> {
        if running.alive.is_none() {
            running.alive = Some(Alive::new(&FIBERS));
            // The slice that is over counts as no time. A time beyond what the clock can count is no deadline.
            running.deadline = running.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        }
        self.shared.take_request()
    }

    /// Answers the guest's call of an import; poll again to let it go on.
    ///
    /// # Errors
    /// [`Kind::Type`] when the answer is not of the import's type (the guest goes
    /// on waiting), [`Kind::Closed`] when no import was called.
    pub fn reply<'a, S: Source<'a>>(&self, value: S) -> Result<(), Error> {
        let state = self.lock()?;
        let import = self.asked(&state)?;
        let value = match import.result() {
            None => None,
            Some(ty) => Some(lower::lower(ty, value).map_err(|wrong| Error::new(Kind::Type, wrong.message()))?),
        };
        self.shared.reply(Reply::Value(value));
        Ok(())
    }

    /// Tells the guest's fiber that the import failed; polling again ends the call.
    ///
    /// # Errors
    /// [`Kind::Closed`] when no import was called.
    pub fn fail(&self) -> Result<(), Error> {
        let state = self.lock()?;
        self.asked(&state)?;
        self.shared.reply(Reply::Failed);
        Ok(())
    }

    /// Ends the instance and any call it is in. When another thread is polling
    /// just now, that poll ends it within a slice.
    pub fn close(&self) {
        self.shared.cancelled.store(true, SeqCst);
        if let Ok(mut state) = self.lock() {
            self.end(&mut state, "a close");
        }
    }

    /// Somebody who wanted to close found the instance locked by the poll that has
    /// just ended: it is for this thread to do.
    fn close_if_asked(&self) {
        if self.shared.cancelled.load(SeqCst) {
            self.close();
        }
    }

    fn lock(&self) -> Result<MutexGuard<'_, State>, Error> {
        match self.state.try_lock() {
            Ok(state) => Ok(state),
            // A panic inside a poll left the fiber's state unknown but whole: it can still be dropped.
            Err(TryLockError::Poisoned(poisoned)) => {
                self.state.clear_poison();
                let mut state = poisoned.into_inner();
                self.end(&mut state, "a fault of this library");
                Ok(state)
            }
            Err(TryLockError::WouldBlock) => Err(busy()),
        }
    }

    fn end(&self, state: &mut State, why: &'static str) {
        if !matches!(state, State::Closed(_)) {
            dispose(std::mem::replace(state, State::Closed(why)), self.memory());
        }
    }

    fn asked(&self, state: &State) -> Result<&crate::component::Import, Error> {
        let asked = match state {
            State::Running(running) => running.asked,
            _ => None,
        };
        asked
            .and_then(|import| self.component.imports().get(import))
            .ok_or_else(|| Error::new(Kind::Closed, "the guest waits for no host function"))
    }

    fn ask<K: Sink>(&self, request: Arguments, sink: &K) -> Step<K::Out> {
        let mut lifter = Lifter::new(sink);
        let params = self.component.imports().get(request.import).map(|import| import.params()).unwrap_or_default();
        let values = params.iter().zip(&request.values).map(|((_, ty), value)| lifter.lift(ty, value)).collect();
        Step::Host { import: request.import, values }
    }

    fn ended<K: Sink>(
        &self,
        state: &mut State,
        function: Option<usize>,
        live: Option<Box<Live>>,
        result: wasmtime::Result<Option<Val>>,
        sink: &K,
    ) -> Step<K::Out> {
        match (live, result) {
            (Some(live), Ok(value)) => {
                let ty = function.and_then(|at| self.component.exports().get(at)).and_then(|export| export.result());
                let value = ty.zip(value).map(|(ty, value)| Lifter::new(sink).lift(ty, &value));
                *state = State::Idle(live);
                Step::Done(value)
            }
            (live, result) => {
                let error = match result.err() {
                    _ if self.shared.cancelled.load(Relaxed) => {
                        Error::new(Kind::Cancelled, "the instance was closed during the call")
                    }
                    Some(_) if self.shared.host_failed.load(Relaxed) => {
                        Error::new(Kind::HostError, "a host function failed")
                    }
                    Some(error) => {
                        TRAPS.fetch_add(1, Relaxed);
                        Error::from_guest(&error, self.shared.usage.grow_refused.load(Relaxed))
                    }
                    None => Error::new(Kind::Internal, "the call ended without its store"),
                };
                let ended = std::mem::replace(state, State::Closed("a trap"));
                dispose((ended, live), self.memory());
                Step::Failed(error)
            }
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let memory = self.memory();
        let state = match self.state.get_mut() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        };
        dispose(std::mem::replace(state, State::Closed("a close")), memory);
    }
}

impl Running {
    fn new(fiber: Fiber, function: Option<usize>, timeout: Option<Duration>) -> Running {
        Running { fiber, function, asked: None, timeout, deadline: None, slices: 0, alive: None }
    }
}

fn busy() -> Error {
    Error::new(Kind::Busy, "the instance is in a call: wait for it, or use an instance for each caller (a pool)")
}

fn closed(why: &str) -> Error {
    Error::new(Kind::Closed, format!("the instance was ended by {why}: instantiate the component anew"))
}

fn no_function() -> Error {
    Error::new(Kind::Export, "no such function in this instance")
}
