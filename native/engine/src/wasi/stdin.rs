//! Standard input that the host is asked for when the guest reads.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdinStream};
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

/// What is asked for when the guest waits without saying how much it will read.
const ASKED: usize = 8 << 10;
/// The most that is asked for at once.
const MOST: usize = 64 << 10;

/// Where the bytes come from.
pub trait AskStdin: Send + Sync {
    /// Up to `max` bytes, or `None` at the end of input; no bytes are no end, the guest
    /// asks again. More than `max` are kept for later reads.
    ///
    /// A guest that stops waiting (it waited for several things) polls no more; when it
    /// reads again, this is polled again, and what was asked for the first time is its answer.
    fn poll_read(&self, max: usize, cx: &mut Context<'_>) -> Poll<Option<Bytes>>;
}

/// Standard input. Every stream of it that a guest opens reads on where the last one stopped.
#[derive(Clone)]
pub(super) struct Asked {
    ask: Arc<dyn AskStdin>,
    rest: Arc<Mutex<Rest>>,
}

#[derive(Default)]
struct Rest {
    bytes: Bytes,
    ended: bool,
}

impl Asked {
    pub(super) fn new(ask: Arc<dyn AskStdin>) -> Asked {
        Asked { ask, rest: Arc::default() }
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready when there is something to read, or the end.
    fn poll_some(&self, max: usize, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let rest = self.rest();
            if rest.ended || !rest.bytes.is_empty() {
                return Poll::Ready(());
            }
            // The lock is not held while somebody else's code runs.
            drop(rest);
            match self.ask.poll_read(max, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => self.rest().ended = true,
                Poll::Ready(Some(bytes)) => self.rest().bytes = bytes,
            }
        }
    }

    fn take(&self, max: usize) -> Option<Bytes> {
        let mut rest = self.rest();
        if rest.bytes.is_empty() && rest.ended {
            return None;
        }
        let len = rest.bytes.len().min(max);
        Some(rest.bytes.split_to(len))
    }
}

impl IsTerminal for Asked {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for Asked {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Asked {
    async fn ready(&mut self) {
        std::future::poll_fn(|cx| self.poll_some(ASKED, cx)).await
    }
}

#[async_trait]
impl InputStream for Asked {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.take(size).ok_or(StreamError::Closed)
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size > 0 {
            std::future::poll_fn(|cx| self.poll_some(size.min(MOST), cx)).await;
        }
        self.read(size)
    }
}

impl AsyncRead for Asked {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let max = buf.remaining();
        if max > 0 && self.poll_some(max.min(MOST), cx).is_pending() {
            return Poll::Pending;
        }
        if let Some(bytes) = self.take(max) {
            buf.put_slice(&bytes);
        }
        Poll::Ready(Ok(()))
    }
}
