//! Instances, and the call that a store is in: begun here, polled by whoever drives it.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::{Duration, Instant};

use smallvec::SmallVec;
use wasmtime::{Store, StoreContextMut};

use crate::caller::Way;
use crate::cell::{Asked, Begin, Cell, Running, State, Status, What, busy, closed, no_function, waits_for_nothing};
use crate::core_caller;
use crate::error::{Error, Kind};
use crate::lift::{Lifter, Sink};
use crate::limits::Limits;
use crate::lower::{Lowerer, Source};
use crate::mailbox::{Input, Opaque, Question, Reply, Values};
use crate::meter::Metrics;
use crate::program::Program;
use crate::reference::Reference;
use crate::resource::Resource;
use crate::signature::{Function, Signature};
use crate::stats::{Alive, FIBERS, YIELDS};
use crate::store::{Data, Ending, Outcome, Slot};
use crate::ticker::SLICE;
use crate::wake::Notify;
use crate::wasi::{self, Chunk, Handled, Request as HttpRequest, RequestBody, Stream};

/// What became of a poll.
pub enum Step<T> {
    /// The call ended; its results.
    Done(SmallVec<[T; 2]>),
    /// The call ended badly.
    Failed(Error),
    /// The slice is over, the guest is not: poll again, where that may take long.
    Yield,
    /// The guest waits for the outside: [`Instance::arm`], and poll again when notified.
    Pending,
    /// The guest reads: answer with [`Instance::reply_input`], then poll again.
    Read(Input, usize),
    /// The guest called a host function: answer with [`Instance::reply`] or
    /// [`Instance::fail`], then poll again.
    Host(HostCall<T>),
}

/// A guest's call of a host function.
pub struct HostCall<T> {
    /// The import's place among those of its program.
    pub import: usize,
    /// What the guest gave it.
    pub values: SmallVec<[T; 4]>,
    /// The instance that imports it, where that is not the one that was called.
    pub other: Option<(Instance, Option<Opaque>)>,
}

/// How a call is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallOptions {
    /// Time from the call's first slice to its end; host functions count.
    pub timeout: Option<Duration>,
    /// What it may use, where the program was compiled to be metered.
    pub fuel: Option<u64>,
    /// Whether to keep [`Instance::metrics`].
    pub metrics: bool,
}

/// An instance. It lives in a store, alone or with others that are linked to it,
/// and the store is in at most one call at a time. Every method answers at once;
/// none waits for another thread.
#[derive(Clone)]
pub struct Instance {
    pub(crate) cell: Arc<Cell>,
    pub(crate) slot: usize,
    program: Program,
}

impl Instance {
    pub(crate) fn new(cell: Arc<Cell>, slot: usize, program: Program) -> Instance {
        Instance { cell, slot, program }
    }

    /// What it is an instance of.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Bytes of linear memory its store holds.
    pub fn memory(&self) -> usize {
        self.cell.memory()
    }

    /// Its store's limits.
    pub fn limits(&self) -> Limits {
        self.cell.shared.limits
    }

    /// Whether both live in one store.
    pub fn is_beside(&self, other: &Instance) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }

    /// A clock that counts while anything is polled: its differences are slices' halves.
    pub fn ticks(&self) -> u64 {
        self.program.engine().ticker.ticks()
    }

    /// What its store is doing.
    pub fn status(&self) -> Status {
        self.cell.status()
    }

    /// What the last call with [`CallOptions::metrics`] used.
    pub fn metrics(&self) -> Option<Metrics> {
        *self.cell.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a call of the function at place `function` of the program and gives it
    /// its first slice; go on with [`Instance::poll`] until it is done.
    ///
    /// Failures before the guest ran are of [`Kind::Type`] when an argument does not
    /// fit, [`Kind::Busy`] in another call, [`Kind::Closed`] after the end.
    pub fn call<'a, S: Source<'a>, K: Sink>(
        &self,
        function: usize,
        values: impl ExactSizeIterator<Item = S>,
        options: CallOptions,
        sink: &K,
    ) -> Step<K::Out> {
        let Some(export) = self.program.functions().get(function) else {
            return Step::Failed(no_function());
        };
        self.begin(What::Call(function), options, sink, |store| self.prepare(export, function, values, store))
    }

    /// As [`Instance::call`], for a function that was come by as a reference.
    pub fn call_reference<'a, S: Source<'a>, K: Sink>(
        &self,
        reference: &Reference,
        values: impl ExactSizeIterator<Item = S>,
        options: CallOptions,
        sink: &K,
    ) -> Step<K::Out> {
        self.begin(What::Other, options, sink, |store| {
            let func = reference.func().filter(|_| Arc::ptr_eq(&reference.shared, &self.cell.shared));
            let func = func.ok_or_else(|| Error::new(Kind::Type, "this is no function of the instance's store"))?;
            let ty = func.ty(&*store);
            let signature = Signature {
                path: vec!["the function".into()],
                params: ty.params().enumerate().map(|(i, ty)| (format!("p{i}"), (&ty).into())).collect(),
                results: ty.results().map(|ty| (&ty).into()).collect(),
            };
            let params = Lowerer::new(&self.cell.shared).core(&signature, values)?;
            Ok(Begin::Core(func, params, signature.results.len()))
        })
    }

    /// Begins to drop a resource: the guest's destructor runs like a call.
    pub fn drop_resource<K: Sink>(&self, resource: &Resource, options: CallOptions, sink: &K) -> Step<K::Out> {
        self.begin(What::Other, options, sink, |_| {
            if !Arc::ptr_eq(&resource.shared, &self.cell.shared) {
                return Err(Error::new(Kind::Type, "a resource of another instance"));
            }
            let any = resource.take();
            Ok(Begin::Other(Box::new(move |mut store: Store<Data>| {
                Box::pin(async move {
                    store.set_epoch_deadline(SLICE);
                    let ended = match any {
                        Some(any) => any.resource_drop_async(&mut store).await,
                        // Handed over or dropped before: nothing is left to do.
                        None => Ok(()),
                    };
                    (Some(store), ended.map(|()| Outcome::Nothing))
                })
            })))
        })
    }

    fn prepare<'a, S: Source<'a>>(
        &self,
        export: &Function,
        function: usize,
        values: impl ExactSizeIterator<Item = S>,
        store: &mut Store<Data>,
    ) -> Result<Begin, Error> {
        let mut lowerer = Lowerer::new(&self.cell.shared);
        let signature = export.signature();
        match store.data().slots.get(self.slot) {
            Some(Slot::Component { functions, .. }) => {
                let func = functions.get(function).copied().flatten().ok_or_else(no_function)?;
                match export.way {
                    Way::Numbers(call) => Ok(Begin::Numbers(call, func, lowerer.params(signature, values)?)),
                    Way::Blobs(call) => Ok(Begin::Blobs(call, func, lowerer.blobs(signature, values)?)),
                    Way::Dynamic | Way::Core(_) => {
                        let params = lowerer.params(signature, values)?;
                        let handles = signature.has_resource().then(|| signature.clone());
                        Ok(Begin::Dynamic(func, params, !signature.results.is_empty(), handles))
                    }
                }
            }
            Some(Slot::Module { functions, .. }) => {
                let func = functions.get(function).copied().flatten().ok_or_else(no_function)?;
                let params = lowerer.core(signature, values)?;
                Ok(match export.way {
                    Way::Core(Some(call)) => Begin::CoreTyped(call, func, params),
                    _ => Begin::Core(func, params, signature.results.len()),
                })
            }
            _ => Err(no_function()),
        }
    }

    fn begin<K: Sink>(
        &self,
        what: What,
        options: CallOptions,
        sink: &K,
        prepare: impl FnOnce(&mut Store<Data>) -> Result<Begin, Error>,
    ) -> Step<K::Out> {
        let mut state = match self.cell.lock() {
            Ok(state) => state,
            Err(error) => return Step::Failed(error),
        };
        match self.cell.begin(&mut state, self.slot, what, options, prepare) {
            Ok(()) => self.poll_locked(&mut state, sink),
            Err(error) => Step::Failed(error),
        }
    }

    /// Runs the guest until its slice is over, it asks the host, or it ends.
    pub fn poll<K: Sink>(&self, sink: &K) -> Step<K::Out> {
        match self.cell.lock() {
            Ok(mut state) => self.poll_locked(&mut state, sink),
            Err(error) => Step::Failed(error),
        }
    }

    fn poll_locked<K: Sink>(&self, state: &mut State, sink: &K) -> Step<K::Out> {
        let running = match state {
            State::Running(running) => running,
            State::Idle(_) => return Step::Failed(Error::new(Kind::Closed, "the instance is in no call")),
            State::Closed(why) => return Step::Failed(closed(why)),
        };
        if matches!(running.asked, Some(Asked::Input(_))) || running.asked.is_some() && !self.cell.shared.has_reply() {
            return Step::Failed(busy());
        }
        if let Some(ended) = self.cell.ended_before_poll(state) {
            return Step::Failed(ended);
        }
        let State::Running(running) = state else { return Step::Failed(busy()) };
        running.asked = None;
        // Several of a guest's tasks may have asked: one after the other.
        if let Some(question) = self.cell.wakeup.as_ref().and_then(|_| self.cell.shared.take_question()) {
            return self.ask(running, &question, sink);
        }
        self.program.engine().ticker.poll_begins();
        match self.cell.poll_fiber(running) {
            Poll::Ready(ending) => self.ended(state, ending, sink),
            Poll::Pending => match self.pending(running) {
                Some(question) => self.ask(running, &question, sink),
                None if self.cell.wakeup.as_ref().is_some_and(|wakeup| !wakeup.is_woken()) => Step::Pending,
                None => {
                    YIELDS.fetch_add(1, Relaxed);
                    running.slices += 1;
                    if running.slices == 1
                        && let What::Call(function) = running.what
                        && let Some(export) = self.program.functions().get(function)
                    {
                        export.mark_slow();
                    }
                    Step::Yield
                }
            },
        }
    }

    /// The fiber outlives its poll: from now on it is counted. What it asks of the host, if anything.
    fn pending(&self, running: &mut Running) -> Option<Question> {
        if running.alive.is_none() {
            running.alive = Some(Alive::new(&FIBERS));
            // The slice that is over counts as no time. A time beyond what the clock can count is no deadline.
            running.deadline = running.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        }
        self.cell.shared.take_question()
    }

    /// Has `notify` called, on any thread, when a guest that is [`Step::Pending`] can go
    /// on. False when it can already: poll at once. What is left of the call's time comes with it.
    pub fn arm(&self, notify: Notify) -> (bool, Option<Duration>) {
        // What is in no call, and what somebody else uses just now, is to be polled to see.
        let Ok(state) = self.cell.lock() else { return (false, None) };
        let State::Running(running) = &*state else { return (false, None) };
        let left = running.deadline.map(|at| at.saturating_duration_since(Instant::now()));
        (self.cell.wakeup.as_ref().is_some_and(|wakeup| wakeup.arm(notify)), left)
    }

    /// Answers the guest's call of an import; poll again to let it go on. A component
    /// takes one value or, where it expects none, whatever is given.
    ///
    /// # Errors
    /// [`Kind::Type`] when the answer is not of the import's type (the guest goes
    /// on waiting), [`Kind::Closed`] when no import was called.
    pub fn reply<'a, S: Source<'a>>(&self, value: S) -> Result<(), Error> {
        let state = self.cell.lock()?;
        let (program, import) = self.asked(&state)?;
        let signature = program.import(import).ok_or_else(waits_for_nothing)?;
        let mut lowerer = Lowerer::new(&self.cell.shared);
        let reply = match program {
            Program::Component(_) => {
                let answer = signature.results.first().map(|ty| lowerer.answer(ty, value));
                Reply::Component(answer.transpose()?)
            }
            Program::Module(_) => Reply::Core(core_answer(&mut lowerer, signature, value)?),
        };
        self.cell.shared.reply(reply);
        Ok(())
    }

    /// Answers a guest that reads; `None` is the end of the input. Poll again to let it go on.
    ///
    /// # Errors
    /// [`Kind::Closed`] when it does not read.
    pub fn reply_input(&self, bytes: Option<Vec<u8>>) -> Result<(), Error> {
        let mut state = self.cell.lock()?;
        let State::Running(running) = &mut *state else { return Err(waits_for_nothing()) };
        let Some(Asked::Input(input)) = running.asked else { return Err(waits_for_nothing()) };
        running.asked = None;
        self.cell.shared.reply_input(input, bytes.map(Into::into));
        Ok(())
    }

    /// Has a component that serves HTTP answer a request: the steps of a call, whose
    /// result is a tuple of status, headers, body and trailers. With `ask_body` the request's body is read from whoever polls.
    pub fn handle_http<K: Sink>(
        &self,
        mut request: HttpRequest,
        ask_body: bool,
        options: CallOptions,
        sink: &K,
    ) -> Step<K::Out> {
        let limit = self.cell.shared.limits.output_bytes as u64;
        self.begin(What::Other, options, sink, |store| {
            let Some(Slot::Component { instance, .. }) = store.data().slots.get(self.slot) else {
                return Err(Error::new(Kind::Export, "a core module exports no wasi:http/incoming-handler"));
            };
            if self.cell.outbox.is_none() {
                return Err(wasi::not_granted("wasi:http"));
            }
            let instance = *instance;
            if ask_body {
                request.body = RequestBody::Asked(self.cell.shared.input(Input::Body));
            }
            Ok(Begin::Other(Box::new(move |mut store| {
                Box::pin(async move {
                    store.set_epoch_deadline(SLICE);
                    let handled = wasi::handle(&mut store, &instance, request, limit).await;
                    let outcome = match handled {
                        Handled::Answered(response) => Ok(Outcome::Response(response)),
                        Handled::Failed(error) => Ok(Outcome::Failed(error)),
                        Handled::Trapped(error) => Err(error),
                    };
                    (Some(store), outcome)
                })
            })))
        })
    }

    /// What the guest wrote since the last time, of what is not kept.
    pub fn take_output(&self) -> Vec<Chunk> {
        self.cell.outbox.as_ref().map(|outbox| outbox.take()).unwrap_or_default()
    }

    /// What the guest wrote so far to a stream that is kept.
    pub fn collected<T>(&self, stream: Stream, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        self.cell.outbox.as_ref().map(|outbox| outbox.collected(stream, read))
    }

    /// Tells the guest's fiber that the import failed; polling again ends the call.
    ///
    /// # Errors
    /// [`Kind::Closed`] when no import was called.
    pub fn fail(&self) -> Result<(), Error> {
        let mut state = self.cell.lock()?;
        if let State::Running(Running { asked: Some(Asked::Input(_)), .. }) = &*state {
            // A guest that reads has no call to fail: it is ended.
            self.cell.end(&mut state, "a failed input");
            return Ok(());
        }
        self.asked(&state)?;
        self.cell.shared.reply(Reply::Failed);
        Ok(())
    }

    /// The time of a call that waits for a host function begins anew.
    pub fn restart_clock(&self, timeout: Option<Duration>) {
        if let Ok(mut state) = self.cell.lock()
            && let State::Running(running) = &mut *state
        {
            running.timeout = timeout;
            running.deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        }
    }

    /// Ends the instance, all that live beside it, and any call they are in. When another
    /// thread is polling just now, that poll ends it within a slice.
    pub fn close(&self) {
        self.cell.close();
    }

    /// Whose import the guest called, and which.
    fn asked(&self, state: &State) -> Result<(Program, usize), Error> {
        let asked = match state {
            State::Running(running) => running.asked,
            _ => None,
        };
        let Some(Asked::Import(slot, import)) = asked else { return Err(waits_for_nothing()) };
        Ok((self.cell.program(slot).ok_or_else(waits_for_nothing)?, import))
    }

    fn ask<K: Sink>(&self, running: &mut Running, question: &Question, sink: &K) -> Step<K::Out> {
        let request = match question {
            Question::Read(input, most) => {
                running.asked = Some(Asked::Input(*input));
                return Step::Read(*input, *most);
            }
            Question::Call(request) => request,
        };
        running.asked = Some(Asked::Import(request.slot, request.import));
        let Some(program) = self.cell.program(request.slot) else {
            return Step::Failed(Error::new(Kind::Internal, "a host function of no instance was called"));
        };
        let mut lifter = Lifter::new(sink, &self.cell.shared);
        let values = match &request.values {
            Values::Component(values) => {
                let params = program.import(request.import).map(Signature::params).unwrap_or_default();
                params.iter().zip(values).map(|((_, ty), value)| lifter.lift(ty, value)).collect()
            }
            Values::Core(values) => values.iter().map(|value| lifter.core(value)).collect(),
        };
        let other = if request.slot == self.slot { None } else { self.cell.tenant(request.slot) };
        let other = other.map(|(program, given)| (Instance::new(self.cell.clone(), request.slot, program), given));
        Step::Host(HostCall { import: request.import, values, other })
    }

    fn ended<K: Sink>(&self, state: &mut State, ending: Ending, sink: &K) -> Step<K::Out> {
        let what = self.cell.ended(state, ending);
        match what {
            Ok((What::Call(function), outcome)) => {
                let types = self.program.functions().get(function).map(|export| export.signature.results());
                Step::Done(Lifter::new(sink, &self.cell.shared).outcome(types.unwrap_or_default(), &outcome))
            }
            Ok((_, outcome)) => Step::Done(Lifter::new(sink, &self.cell.shared).outcome(&[], &outcome)),
            Err(error) => Step::Failed(error),
        }
    }

    /// Does `work` on the store: at once where it is idle, and in the guest's fiber
    /// where that waits for a host function.
    pub(crate) fn visit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut StoreContextMut<'_, Data>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let mut state = self.cell.lock()?;
        self.cell.visit(&mut state, work)
    }
}

/// A host function's answer to a core module: one value, or a tuple or list of several.
fn core_answer<'a, S: Source<'a>>(
    lowerer: &mut Lowerer<'_, 'a>,
    signature: &Signature,
    value: S,
) -> Result<core_caller::CoreValues, Error> {
    match signature.results() {
        [] => Ok(SmallVec::new()),
        [ty] => Ok(SmallVec::from_iter([lowerer.core_answer(ty, value)?])),
        types => {
            let values = value.tuple().filter(|values| values.len() == types.len()).ok_or_else(|| {
                let message = format!("expected a tuple of {}, got {}", types.len(), value.describe());
                Error::new(Kind::Type, message)
            })?;
            types.iter().zip(values).map(|(ty, value)| lowerer.core_answer(ty, value)).collect()
        }
    }
}
