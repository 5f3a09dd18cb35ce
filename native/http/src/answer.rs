//! What hyper is given of an answer: its head, when there is one, and its body as it comes.

use std::convert::Infallible;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};

use crate::exchange::Exchange;

/// The answer was abandoned: the connection or stream is cut.
#[derive(Debug, thiserror::Error)]
#[error("the answer was abandoned")]
pub(crate) struct Abandoned;

impl From<Infallible> for Abandoned {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// An answer's body.
pub(crate) enum Outgoing {
    Empty,
    Full(Bytes),
    Streamed(Arc<Exchange>),
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Abandoned;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Abandoned>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => {
                let bytes = mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Self::Streamed(exchange) => exchange.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_empty(),
            Self::Streamed(exchange) => exchange.is_drained(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Streamed(exchange) => exchange.promised().map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        if let Self::Streamed(exchange) = self {
            exchange.close();
        }
    }
}

/// The answer to one request, for hyper to wait for.
pub(crate) enum Answer {
    Now(Option<Response<Outgoing>>),
    Later(Arc<Exchange>),
}

impl Answer {
    pub(crate) fn now(response: Response<Outgoing>) -> Self {
        Self::Now(Some(response))
    }
}

impl Future for Answer {
    type Output = Result<Response<Outgoing>, Abandoned>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Now(response) => Poll::Ready(response.take().ok_or(Abandoned)),
            Self::Later(exchange) => exchange.poll_answer(cx),
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Self::Later(exchange) = self {
            exchange.dropped();
        }
    }
}
