//! What the guest wrote, on its way to whoever polls.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::options::Output;

/// Queued bytes that nobody has taken yet, beyond which the guest waits.
const QUEUE: usize = 256 << 10;
/// Bytes written in one go before the poll's turn ends: a host call is not interrupted.
const TURN: usize = 1 << 20;
/// What one write may hold.
const WRITE: usize = 64 << 10;

/// One of the two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What was written to a stream without a write to the other in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where it was written.
    pub stream: Stream,
    /// What was written: any bytes.
    pub bytes: Vec<u8>,
}

/// The output of one store, shared by its guest and whoever polls it. It outlives the guest.
pub struct Outbox {
    stdout: Output,
    stderr: Output,
    limit: u64,
    /// Read after every poll: no lock while nothing was written.
    queued: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    chunks: Vec<Chunk>,
    waiting: usize,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    written: u64,
    exceeded: bool,
    waker: Option<Waker>,
}

impl Outbox {
    /// With what becomes of each stream, and how many bytes both may hold together
    /// (discarded ones are not counted).
    pub fn new(stdout: Output, stderr: Output, limit: u64) -> Outbox {
        Outbox { stdout, stderr, limit, queued: AtomicBool::new(false), inner: Mutex::default() }
    }

    /// Takes what is queued out, oldest first, and wakes a guest that waited for room:
    /// on the thread that calls this.
    pub fn take(&self) -> Vec<Chunk> {
        if !self.queued.load(Relaxed) {
            return Vec::new();
        }
        let mut inner = self.inner();
        let chunks = std::mem::take(&mut inner.chunks);
        inner.waiting = 0;
        self.queued.store(false, Relaxed);
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
        chunks
    }

    /// What a stream that is collected holds so far.
    pub fn collected<R>(&self, stream: Stream, read: impl FnOnce(&[u8]) -> R) -> R {
        let inner = self.inner();
        match stream {
            Stream::Stdout => read(&inner.stdout),
            Stream::Stderr => read(&inner.stderr),
        }
    }

    /// Whether the guest tried to write more than its limit: what ended it then is that.
    pub fn exceeded(&self) -> bool {
        self.inner().exceeded
    }

    /// Never held across anything that can panic, so a poisoned lock is a sound one.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mode(&self, stream: Stream) -> Output {
        match stream {
            Stream::Stdout => self.stdout,
            Stream::Stderr => self.stderr,
        }
    }

    /// Whether there is room for a write; if not, the waker is woken once there is.
    fn poll_room(&self, stream: Stream, cx: &Context<'_>) -> Poll<()> {
        let mut inner = self.inner();
        if self.mode(stream) != Output::Queue || inner.waiting < QUEUE || inner.exceeded {
            return Poll::Ready(());
        }
        inner.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn room(&self, stream: Stream) -> io::Result<usize> {
        let inner = self.inner();
        match self.mode(stream) {
            Output::Discard => Ok(WRITE),
            _ if inner.exceeded => Err(too_much()),
            Output::Collect => Ok(WRITE),
            Output::Queue => Ok(QUEUE.saturating_sub(inner.waiting).min(WRITE)),
        }
    }

    /// What fits into the limit is kept, whatever follows is refused from then on.
    fn push(&self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let mode = self.mode(stream);
        if mode == Output::Discard || bytes.is_empty() {
            return Ok(());
        }
        let mut inner = self.inner();
        if inner.exceeded {
            return Err(too_much());
        }
        let left = usize::try_from(self.limit.saturating_sub(inner.written)).unwrap_or(usize::MAX);
        let (kept, refused) = bytes.split_at(left.min(bytes.len()));
        inner.written += kept.len() as u64;
        inner.exceeded = !refused.is_empty();
        match (mode, stream) {
            (Output::Queue, _) if !kept.is_empty() => {
                match inner.chunks.last_mut() {
                    Some(last) if last.stream == stream => last.bytes.extend_from_slice(kept),
                    _ => inner.chunks.push(Chunk { stream, bytes: kept.to_vec() }),
                }
                inner.waiting += kept.len();
                self.queued.store(true, Relaxed);
            }
            (Output::Collect, Stream::Stdout) => inner.stdout.extend_from_slice(kept),
            (Output::Collect, Stream::Stderr) => inner.stderr.extend_from_slice(kept),
            _ => {}
        }
        if refused.is_empty() { Ok(()) } else { Err(too_much()) }
    }
}

/// "File too large", which is what a guest makes of a full disk's quota.
fn too_much() -> io::Error {
    io::Error::from_raw_os_error(libc::EFBIG)
}

/// The guest's end of an output stream.
pub(super) struct Written {
    outbox: Arc<Outbox>,
    stream: Stream,
    turn: usize,
}

impl Written {
    pub(super) fn new(outbox: &Arc<Outbox>, stream: Stream) -> Written {
        Written { outbox: outbox.clone(), stream, turn: 0 }
    }

    fn poll_ready(&mut self, cx: &Context<'_>) -> Poll<()> {
        if self.turn >= TURN {
            self.turn = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.outbox.poll_room(self.stream, cx)
    }
}

impl IsTerminal for Written {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Written {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Written::new(&self.outbox, self.stream))
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Written::new(&self.outbox, self.stream))
    }
}

#[async_trait]
impl Pollable for Written {
    async fn ready(&mut self) {
        std::future::poll_fn(|cx| self.poll_ready(cx)).await
    }
}

#[async_trait]
impl OutputStream for Written {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.turn += bytes.len();
        self.outbox.push(self.stream, &bytes).map_err(failed)
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        if self.turn >= TURN { Ok(0) } else { self.outbox.room(self.stream).map_err(failed) }
    }
}

impl AsyncWrite for Written {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.poll_ready(cx).is_pending() {
            return Poll::Pending;
        }
        let room = match self.outbox.room(self.stream) {
            Ok(room) => room.min(bytes.len()),
            Err(error) => return Poll::Ready(Err(error)),
        };
        self.turn += room;
        Poll::Ready(self.outbox.push(self.stream, &bytes[..room]).map(|()| room))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn failed(error: io::Error) -> StreamError {
    StreamError::LastOperationFailed(error.into())
}
