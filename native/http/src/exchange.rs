//! One request and its answer, between the handler on one side and hyper on the other.
//!
//! The handler's side is a [`crate::Responder`] or a [`crate::Stream`], hyper's an
//! [`crate::answer::Answer`] and an [`crate::answer::Outgoing`]. Whichever side goes first, the
//! other is told once. No callback is called under the lock.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body::Frame;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::answer::{Abandoned, Outgoing};
use crate::connection::Ties;
use crate::error::{Error, Kind};
use crate::refusal::Refusal;
use crate::stats::{Counters, Seat};

/// Called when a chunk was taken for writing, or never will be.
pub type Accepted = Box<dyn FnOnce(Result<(), Error>) + Send>;
/// Called when the client went away, or its time was over.
pub type Disconnected = Box<dyn FnOnce() + Send>;

/// Chunks that may wait for the client at once.
const MOST_WAITING: usize = 8;

pub(crate) struct Exchange {
    pub method: Method,
    pub runtime: Handle,
    counters: Arc<Counters>,
    ties: Arc<Ties>,
    inner: Mutex<Inner>,
    /// Held while either side lives: what is being answered counts until the handler is done.
    _seat: Seat,
}

struct Inner {
    phase: Phase,
    answer: Option<Response<Outgoing>>,
    waker: Option<Waker>,
    chunks: VecDeque<(Bytes, Accepted)>,
    end: Option<End>,
    /// Of a promised length, what the handler has yet to give.
    owed: Option<u64>,
    /// Of a promised length, what hyper has yet to take.
    left: Option<u64>,
    /// The time was over and the client has been told so: the handler is not heard any more.
    expired: bool,
    /// hyper has let go of it.
    ended: bool,
    disconnected: Option<Disconnected>,
    /// Why the request's body could not be read.
    fault: Option<Refusal>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Phase {
    /// The handler has not answered.
    Asked,
    /// It has, in one piece.
    Answered,
    /// It has begun to.
    Streaming,
    /// It has begun to, for a request whose answer has no body: what it says is dropped.
    Discarding,
    /// All is said.
    Over,
    /// The client went away first.
    Gone,
}

enum End {
    Finished(Option<HeaderMap>),
    Aborted,
}

impl Exchange {
    pub(crate) fn new(
        method: Method,
        runtime: Handle,
        counters: Arc<Counters>,
        ties: Arc<Ties>,
        seat: Seat,
        deadline: Instant,
    ) -> Arc<Self> {
        let exchange = Arc::new(Self {
            method,
            runtime,
            counters,
            ties,
            inner: Mutex::new(Inner {
                phase: Phase::Asked,
                answer: None,
                waker: None,
                chunks: VecDeque::new(),
                end: None,
                owed: None,
                left: None,
                expired: false,
                ended: false,
                disconnected: None,
                fault: None,
            }),
            _seat: seat,
        });
        exchange.ties.leash.hold(Arc::downgrade(&exchange), deadline);
        exchange
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // --- the handler's side ----------------------------------------------------------------------

    /// The whole answer.
    pub(crate) fn answer(&self, response: Response<Outgoing>) -> Result<(), Error> {
        self.give(response, Phase::Answered, None, |_| {})
    }

    /// The beginning of an answer, whose body follows, or is dropped.
    pub(crate) fn begin(
        self: &Arc<Self>,
        response: Response<Outgoing>,
        discard: bool,
        promised: Option<u64>,
    ) -> Result<(), Error> {
        if discard {
            return self.give(response, Phase::Discarding, promised, |_| {});
        }
        self.give(response, Phase::Streaming, promised, |response| {
            *response.body_mut() = Outgoing::Streamed(self.clone());
        })
    }

    fn give(
        &self,
        mut response: Response<Outgoing>,
        phase: Phase,
        promised: Option<u64>,
        finish: impl FnOnce(&mut Response<Outgoing>),
    ) -> Result<(), Error> {
        let mut inner = self.lock();
        inner.reach()?;
        finish(&mut response);
        inner.phase = phase;
        inner.answer = Some(response);
        (inner.owed, inner.left) = (promised, promised);
        let waker = inner.waker.take();
        drop(inner);
        wake(waker);
        Ok(())
    }

    pub(crate) fn chunk(&self, bytes: Bytes, accepted: Accepted) -> Result<(), Error> {
        let mut inner = self.lock();
        inner.reach()?;
        let length = bytes.len() as u64;
        if inner.owed.is_some_and(|owed| owed < length) {
            return Err(Error::new(Kind::Length, "more body than the content-length promised"));
        }
        if inner.phase == Phase::Discarding || bytes.is_empty() {
            drop(inner);
            self.runtime.spawn(call(self.counters.clone(), move || accepted(Ok(()))));
            return Ok(());
        }
        if inner.chunks.len() >= MOST_WAITING {
            return Err(Error::new(Kind::Busy, "more chunks than the client has taken: wait until one is accepted"));
        }
        inner.owed = inner.owed.map(|owed| owed - length);
        inner.chunks.push_back((bytes, accepted));
        let waker = inner.waker.take();
        drop(inner);
        wake(waker);
        Ok(())
    }

    pub(crate) fn finish(&self, trailers: Option<HeaderMap>) -> Result<(), Error> {
        let mut inner = self.lock();
        inner.reach()?;
        let short = inner.phase == Phase::Streaming && inner.owed.is_some_and(|owed| owed > 0);
        inner.end = Some(if short { End::Aborted } else { End::Finished(trailers) });
        if inner.phase == Phase::Discarding {
            inner.phase = Phase::Over;
        }
        let waker = inner.waker.take();
        drop(inner);
        wake(waker);
        if short {
            self.ties.leash.cut();
            return Err(Error::new(Kind::Length, "less body than the content-length promised"));
        }
        Ok(())
    }

    /// The answer has no end: the client must see that it is not all.
    pub(crate) fn abort(&self) {
        let mut inner = self.lock();
        if matches!(inner.phase, Phase::Over | Phase::Gone) || inner.end.is_some() {
            return;
        }
        inner.end = Some(End::Aborted);
        let waker = inner.waker.take();
        drop(inner);
        wake(waker);
        self.ties.leash.cut();
    }

    /// The handler is gone and has not answered.
    pub(crate) fn forsaken(&self) {
        let fault = self.lock().fault;
        let refusal = fault
            .unwrap_or(Refusal::mild(StatusCode::INTERNAL_SERVER_ERROR, "the server failed to answer this request"));
        // A client that is gone does not miss it.
        let _ = self.answer(refusal.response(&self.method));
    }

    pub(crate) fn on_disconnect(&self, callback: Disconnected) {
        let mut inner = self.lock();
        if inner.expired || inner.phase == Phase::Gone {
            drop(inner);
            self.runtime.spawn(call(self.counters.clone(), callback));
        } else if inner.phase != Phase::Over {
            inner.disconnected = Some(callback);
        }
    }

    /// Lifts the limit of the whole request's time.
    pub(crate) fn take_time(&self) {
        self.ties.leash.release();
    }

    /// The request's body cannot be read: if the handler says nothing, this is the answer.
    pub(crate) fn fault(&self, fault: Refusal) {
        self.lock().fault = Some(fault);
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    // --- hyper's side ----------------------------------------------------------------------------

    pub(crate) fn poll_answer(&self, cx: &mut Context<'_>) -> Poll<Result<Response<Outgoing>, Abandoned>> {
        let mut inner = self.lock();
        if let Some(answer) = inner.answer.take() {
            let over = inner.phase == Phase::Answered;
            if over {
                inner.phase = Phase::Over;
            }
            let done = over || inner.phase == Phase::Discarding;
            let callback = if over { inner.disconnected.take() } else { None };
            drop(inner);
            drop(callback);
            if done {
                self.ended();
            }
            return Poll::Ready(Ok(answer));
        }
        if matches!(inner.end, Some(End::Aborted)) {
            return Poll::Ready(Err(Abandoned));
        }
        inner.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    pub(crate) fn poll_frame(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Abandoned>>> {
        let mut inner = self.lock();
        if let Some((bytes, accepted)) = inner.chunks.pop_front() {
            inner.left = inner.left.map(|left| left.saturating_sub(bytes.len() as u64));
            drop(inner);
            self.quietly(|| accepted(Ok(())));
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match &mut inner.end {
            Some(End::Finished(trailers)) => {
                let trailers = trailers.take();
                inner.phase = Phase::Over;
                Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
            }
            Some(End::Aborted) => Poll::Ready(Some(Err(Abandoned))),
            None => {
                inner.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(crate) fn is_drained(&self) -> bool {
        let inner = self.lock();
        inner.chunks.is_empty() && matches!(inner.end, Some(End::Finished(None)))
    }

    pub(crate) fn promised(&self) -> Option<u64> {
        self.lock().left
    }

    /// hyper lets go of the answer's head: it has it, or it will never want it.
    pub(crate) fn dropped(&self) {
        let taken = {
            let inner = self.lock();
            inner.phase != Phase::Asked && inner.answer.is_none()
        };
        if !taken {
            self.close();
        }
    }

    /// hyper lets go of the answer's body, or of all of it.
    pub(crate) fn close(&self) {
        self.lose();
        self.ended();
    }

    fn ended(&self) {
        if !std::mem::replace(&mut self.lock().ended, true) {
            self.ties.answered();
        }
    }

    /// The time is over. Answers in the handler's stead where it has not; else says false.
    pub(crate) fn expire(&self) -> bool {
        self.counters.add(|counters| &counters.timeouts);
        let mut inner = self.lock();
        if inner.phase != Phase::Asked || inner.expired {
            return false;
        }
        let refusal = Refusal::fatal(StatusCode::SERVICE_UNAVAILABLE, "the answer took too long");
        inner.answer = Some(refusal.response(&self.method));
        inner.phase = Phase::Answered;
        inner.expired = true;
        let waker = inner.waker.take();
        let callback = inner.disconnected.take();
        drop(inner);
        wake(waker);
        if let Some(callback) = callback {
            self.quietly(callback);
        }
        true
    }

    /// If not all was said, the client is gone: whoever waits is told.
    fn lose(&self) {
        let mut inner = self.lock();
        let said = match inner.phase {
            Phase::Over | Phase::Gone => true,
            // hyper waits for no end behind the last byte that was promised.
            Phase::Streaming => {
                inner.left == Some(0) || (inner.chunks.is_empty() && matches!(inner.end, Some(End::Finished(_))))
            }
            _ => false,
        };
        if said {
            if inner.phase != Phase::Gone {
                inner.phase = Phase::Over;
            }
            let callback = inner.disconnected.take();
            drop(inner);
            drop(callback);
            return;
        }
        let aborted = matches!(inner.end, Some(End::Aborted));
        let unanswered = inner.phase == Phase::Asked;
        inner.phase = Phase::Gone;
        let chunks = std::mem::take(&mut inner.chunks);
        let callback = inner.disconnected.take();
        // Its body would hold this exchange for ever.
        let answer = inner.answer.take();
        drop(inner);
        drop(answer);
        for (_, accepted) in chunks {
            self.quietly(|| accepted(Err(Error::gone())));
        }
        // One who gives up needs not be told so.
        if aborted {
            return;
        }
        self.counters.add(|counters| &counters.disconnects);
        if let Some(callback) = callback {
            self.quietly(callback);
        }
        if unanswered {
            self.ties.taken_back();
        }
    }

    fn quietly(&self, callback: impl FnOnce()) {
        quietly(&self.counters, callback);
    }
}

impl Inner {
    /// Whether the client can still be told something.
    fn reach(&self) -> Result<(), Error> {
        if self.expired {
            return Err(Error::new(Kind::Timeout, "the answer took too long, and the client was told so"));
        }
        if self.phase == Phase::Gone || matches!(self.end, Some(End::Aborted)) {
            return Err(Error::gone());
        }
        Ok(())
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Calls what somebody else wrote: its panic must not take a connection along.
pub(crate) fn quietly(counters: &Counters, callback: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(callback)).is_err() {
        counters.add(|counters| &counters.panics);
    }
}

pub(crate) async fn call(counters: Arc<Counters>, callback: impl FnOnce()) {
    quietly(&counters, callback);
}
