//! A request's body, pulled: nothing is read that nobody asked for, but for what fits hyper's
//! buffer and, with HTTP/2, the stream's window.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName};
use http::{HeaderValue, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::error::{Error, Kind};
use crate::exchange::{Exchange, quietly};
use crate::guard::Wire;
use crate::refusal::Refusal;
use crate::stats::Counters;

/// What a read of a body finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Some of it, never empty.
    Data(Bytes),
    /// Its end, and the trailers after it.
    End(Vec<(Bytes, Bytes)>),
}

/// Called with what a read found.
pub type Read = Box<dyn FnOnce(Result<Chunk, Error>) + Send>;

/// A request's body. Dropped, the rest of it is not read, which ends an HTTP/1 connection when
/// there is much of it.
pub struct Body {
    place: Arc<Mutex<Place>>,
    length: Option<u64>,
    runtime: Handle,
    counters: Arc<Counters>,
}

enum Place {
    Here(Source),
    Reading(Option<AbortHandle>),
    Ended,
    Failed(Error),
}

impl Body {
    pub(crate) fn new(
        incoming: Incoming,
        source: impl FnOnce(Incoming) -> Source,
        runtime: Handle,
        counters: Arc<Counters>,
    ) -> Self {
        let length = incoming.size_hint().exact();
        let place = if incoming.is_end_stream() { Place::Ended } else { Place::Here(source(incoming)) };
        Self { place: Arc::new(Mutex::new(place)), length, runtime, counters }
    }

    /// How long it is, where that is known beforehand.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length == Some(0)
    }

    /// Asks for at most `max` bytes, which `callback` gets on one of the server's threads; it must
    /// not block. Asking again before that is an error, and calls nothing. After the end there is
    /// the end again, without trailers; after a failure, the failure.
    pub fn read(&self, max: usize, callback: Read) -> Result<(), Error> {
        let mut place = lock(&self.place);
        let found = match &*place {
            Place::Reading(_) => return Err(Error::new(Kind::Busy, "the body is being read already")),
            Place::Ended => Ok(Chunk::End(Vec::new())),
            Place::Failed(error) => Err(error.clone()),
            Place::Here(_) => {
                let Place::Here(source) = std::mem::replace(&mut *place, Place::Reading(None)) else { return Ok(()) };
                let task = read(source, max.max(1), self.place.clone(), callback, self.counters.clone());
                *place = Place::Reading(Some(self.runtime.spawn(task).abort_handle()));
                return Ok(());
            }
        };
        drop(place);
        self.runtime.spawn(crate::exchange::call(self.counters.clone(), move || callback(found)));
        Ok(())
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let place = std::mem::replace(&mut *lock(&self.place), Place::Ended);
        match place {
            Place::Reading(Some(task)) => task.abort(),
            // Of HTTP/1 the connection sees to it.
            Place::Here(source) if source.wire.is_none() => discard(source.incoming, &self.runtime),
            _ => {}
        }
    }
}

/// Of a body that nobody wants so much is taken all the same, and for so long.
const UNWANTED_BYTES: usize = 1024 * 1024;
const UNWANTED_TIME: Duration = Duration::from_secs(2);

/// Reads what still comes of an HTTP/2 request that is answered already. Dropped at once, its stream is reset
/// behind the answer (RFC 9113 §8.1), which clients that are still sending take for the loss of the answer: curl did
/// until 8.0.
pub(crate) fn discard(mut incoming: Incoming, runtime: &Handle) {
    if incoming.is_end_stream() {
        return;
    }
    runtime.spawn(timeout(UNWANTED_TIME, async move {
        let mut left = UNWANTED_BYTES;
        while let Some(Ok(frame)) = std::future::poll_fn(|cx| std::pin::Pin::new(&mut incoming).poll_frame(cx)).await {
            let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
            left = rest;
        }
    }));
}

fn lock(place: &Mutex<Place>) -> MutexGuard<'_, Place> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn read(mut source: Source, max: usize, place: Arc<Mutex<Place>>, callback: Read, counters: Arc<Counters>) {
    let found = source.next(max).await;
    *lock(&place) = match &found {
        Ok(Chunk::Data(_)) => Place::Here(source),
        Ok(Chunk::End(_)) => Place::Ended,
        Err(error) => Place::Failed(error.clone()),
    };
    quietly(&counters, || callback(found));
}

/// Where a body comes from.
pub(crate) struct Source {
    pub incoming: Incoming,
    /// Came with what was read before, and was more than was asked for.
    pub rest: Bytes,
    /// What it may still have.
    pub left: u64,
    pub gap: Duration,
    pub wire: Option<Arc<Wire>>,
    pub exchange: Weak<Exchange>,
}

impl Source {
    async fn next(&mut self, max: usize) -> Result<Chunk, Error> {
        while self.rest.is_empty() {
            let Ok(frame) = timeout(self.gap, self.frame()).await else {
                if let Some(exchange) = self.exchange.upgrade() {
                    exchange.counters().add(|counters| &counters.timeouts);
                }
                return Err(self.fail(Kind::Timeout, StatusCode::REQUEST_TIMEOUT, "the request's body took too long"));
            };
            match frame {
                None => return Ok(Chunk::End(Vec::new())),
                Some(Err(error)) => return Err(self.broken(&error)),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(frame) => {
                        return Ok(Chunk::End(frame.into_trailers().map(allowed_trailers).unwrap_or_default()));
                    }
                },
            }
            if self.rest.len() as u64 > self.left {
                return Err(self.fail(
                    Kind::TooLarge,
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "the request's body is larger than allowed",
                ));
            }
            self.left -= self.rest.len() as u64;
        }
        Ok(Chunk::Data(self.rest.split_to(max.min(self.rest.len()))))
    }

    async fn frame(&mut self) -> Option<Result<hyper::body::Frame<Bytes>, hyper::Error>> {
        std::future::poll_fn(|cx| std::pin::Pin::new(&mut self.incoming).poll_frame(cx)).await
    }

    fn broken(&self, error: &hyper::Error) -> Error {
        if let Some(why) = self.wire.as_ref().and_then(|wire| wire.broken_body()) {
            return self.fail(Kind::Malformed, StatusCode::BAD_REQUEST, why);
        }
        let ended = error.is_incomplete_message()
            || std::error::Error::source(error)
                .and_then(|source| source.downcast_ref::<std::io::Error>())
                .is_some_and(|error| error.kind() == std::io::ErrorKind::UnexpectedEof);
        if ended {
            return self.fail(Kind::Incomplete, StatusCode::BAD_REQUEST, "the request's body ended before its end");
        }
        Error::gone()
    }

    /// A failure, and what the client is answered if the handler says nothing more.
    fn fail(&self, kind: Kind, status: StatusCode, why: &'static str) -> Error {
        if let Some(exchange) = self.exchange.upgrade() {
            exchange.fault(Refusal::fatal(status, why));
        }
        Error::new(kind, why)
    }
}

/// Without what must come before a body to mean anything: RFC 9110 §6.5.1.
fn allowed_trailers(trailers: HeaderMap) -> Vec<(Bytes, Bytes)> {
    const NEVER: [HeaderName; 18] = [
        header::TRANSFER_ENCODING,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::CONTENT_ENCODING,
        header::CONTENT_RANGE,
        header::HOST,
        header::TRAILER,
        header::TE,
        header::CONNECTION,
        header::UPGRADE,
        header::EXPECT,
        header::MAX_FORWARDS,
        header::CACHE_CONTROL,
        header::RANGE,
        header::AUTHORIZATION,
        header::PROXY_AUTHORIZATION,
        header::COOKIE,
        header::SET_COOKIE,
    ];
    pairs(&trailers).filter(|(name, _)| !NEVER.iter().any(|never| never.as_str().as_bytes() == name)).collect()
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (Bytes, Bytes)> {
    headers.iter().map(|(name, value): (&HeaderName, &HeaderValue)| {
        (Bytes::copy_from_slice(name.as_str().as_bytes()), Bytes::copy_from_slice(value.as_bytes()))
    })
}
