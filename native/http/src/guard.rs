//! What stands between the socket and hyper's HTTP/1: only what means one thing gets through.
//!
//! hyper is forgiving where RFC 9112 lets it be (a bare LF ends a line, a `content-length` beside
//! `transfer-encoding: chunked` is dropped), and closes without a word where a status would help
//! (a client that is slow with its headers). The guard reads each head whole and strictly, then
//! hands it on; bodies pass through, counted or, when chunked, read strictly as well. For a
//! head that is refused hyper gets a harmless one instead, and the service answers that one with
//! the [`Refusal`], in its turn after the answers to the requests before it. A body that breaks
//! its framing ends in the middle.

use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http::StatusCode;
use hyper::rt::{Read, ReadBufCursor, Write};

use crate::chunks::{Broken, Chunks, Step};
use crate::head::{Framing, check};
use crate::limits::Limits;
use crate::pipe::Pipe;
use crate::refusal::Refusal;
use crate::target::is_token_byte;
use crate::timer::Timer;

/// Empty lines that may stand before a request line; some old clients end bodies with one.
const BLANK_LINES: usize = 2;

/// What the guard of a connection and its service know of each other.
#[derive(Default)]
pub(crate) struct Wire {
    /// Heads handed to hyper, and how many of their requests have been answered.
    handed: AtomicU64,
    answered: AtomicU64,
    /// Requests that the service was called with.
    called: AtomicU64,
    faults: Mutex<Faults>,
}

#[derive(Default)]
struct Faults {
    /// Of the head that was handed over last, and which in the row it was.
    head: Option<(u64, Refusal)>,
    /// Of the body that came last.
    body: Option<&'static str>,
}

impl Wire {
    pub(crate) fn answered(&self) {
        self.answered.fetch_add(1, Relaxed);
    }

    /// The refusal that the next request for the service stands for. To be asked once for each.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let call = self.called.fetch_add(1, Relaxed) + 1;
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.head.and_then(|(ordinal, refusal)| (ordinal == call).then_some(refusal))
    }

    /// What was wrong with the framing of the body, if that is why it ended.
    pub(crate) fn broken_body(&self) -> Option<&'static str> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).body
    }

    fn is_busy(&self) -> bool {
        self.handed.load(Relaxed) != self.answered.load(Relaxed)
    }

    fn change(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.faults.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

pub(crate) struct Guard {
    pipe: Pipe,
    limits: Arc<Limits>,
    wire: Arc<Wire>,
    /// Read and not looked at yet, or looked at in part.
    input: BytesMut,
    scan: Scan,
    /// Looked at, and not handed on yet.
    output: Bytes,
    place: Place,
    timer: Timer,
    waiting: Waiting,
}

/// Where in the stream of requests the guard is.
enum Place {
    Head,
    Length(u64),
    Chunked(Chunks),
    /// Behind a head that was refused; nothing more is read.
    Refused,
    End,
}

/// What the timer is for.
#[derive(Clone, Copy, PartialEq)]
enum Waiting {
    Nothing,
    First,
    Next,
    Rest,
}

/// How far the lines of a head have been looked at.
#[derive(Default)]
struct Scan {
    blank: usize,
    lines: usize,
    /// Where the line in hand begins, and the request line ended.
    line: usize,
    start_end: usize,
    seen: usize,
}

impl Guard {
    pub(crate) fn new(pipe: Pipe, limits: Arc<Limits>, wire: Arc<Wire>) -> Self {
        Self {
            pipe,
            limits,
            wire,
            input: BytesMut::new(),
            scan: Scan::default(),
            output: Bytes::new(),
            place: Place::Head,
            timer: Timer::default(),
            waiting: Waiting::First,
        }
    }

    /// Waits until there is something for hyper to read; the time of a first head runs.
    pub(crate) fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.output.is_empty() {
            return self.poll_head(cx);
        }
        Poll::Ready(Ok(()))
    }

    pub(crate) fn is_at_end(&self) -> bool {
        matches!(self.place, Place::End)
    }

    pub(crate) fn into_pipe(self) -> Pipe {
        self.pipe
    }

    pub(crate) fn pipe(&self) -> &Pipe {
        &self.pipe
    }

    /// Reads until a head is whole or refused, and in `output`; or until the end.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.scan.run(&mut self.input, &self.limits) {
                Ok(None) => {}
                Ok(Some(end)) => {
                    self.scan = Scan::default();
                    let head = self.input.split_to(end).freeze();
                    match check(&head) {
                        Ok(framing) => self.admit(head, framing),
                        Err(refusal) => self.refuse(refusal, &head),
                    }
                    return Poll::Ready(Ok(()));
                }
                Err(refusal) => {
                    let input = self.input.split().freeze();
                    self.refuse(refusal, &input);
                    return Poll::Ready(Ok(()));
                }
            }
            let input = &mut self.input;
            match self.pipe.poll_some(cx, usize::MAX, |bytes| input.extend_from_slice(bytes)) {
                // A client that leaves in the middle of a head is told nothing.
                Poll::Ready(Ok(0)) => {
                    self.place = Place::End;
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return self.poll_time(cx),
            }
        }
    }

    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_late(cx) {
            return Poll::Pending;
        }
        if self.input.is_empty() {
            self.place = Place::End;
        } else {
            let input = self.input.split().freeze();
            self.refuse(Refusal::fatal(StatusCode::REQUEST_TIMEOUT, "the headers took too long"), &input);
        }
        Poll::Ready(Ok(()))
    }

    /// Runs the time of a head: from its first byte, or before it while the connection is idle.
    /// While a request is answered none runs, and the head may lie here half read.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if self.wire.is_busy() || self.pipe.is_blocked() {
            self.waiting = Waiting::Nothing;
            self.timer.clear();
            return false;
        }
        let waiting = match self.waiting {
            Waiting::First => Waiting::First,
            _ if self.input.is_empty() => Waiting::Next,
            _ => Waiting::Rest,
        };
        if self.waiting != waiting || !self.timer.is_set() {
            self.waiting = waiting;
            self.timer.set(match waiting {
                Waiting::Next => self.limits.idle_time,
                _ => self.limits.header_time,
            });
        }
        self.timer.poll(cx)
    }

    fn admit(&mut self, head: Bytes, framing: Framing) {
        self.place = match framing {
            Framing::Length(0) => Place::Head,
            Framing::Length(length) => Place::Length(length),
            Framing::Chunked => Place::Chunked(Chunks::new()),
        };
        if !matches!(self.place, Place::Head) {
            self.wire.change(|faults| faults.body = None);
        }
        self.output = head;
        self.handed();
    }

    fn refuse(&mut self, refusal: Refusal, head: &[u8]) {
        let ordinal = self.wire.handed.load(Relaxed) + 1;
        self.wire.change(|faults| faults.head = Some((ordinal, refusal)));
        self.place = Place::Refused;
        // An answer to HEAD has no body, whatever it says.
        self.output = Bytes::from_static(if head.starts_with(b"HEAD ") {
            b"HEAD / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n"
        } else {
            b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n"
        });
        self.handed();
    }

    fn handed(&mut self) {
        self.wire.handed.fetch_add(1, Relaxed);
        self.waiting = Waiting::Nothing;
        self.timer.clear();
    }

    /// Puts some of a chunked body in `output`.
    fn poll_chunked(&mut self, cx: &mut Context<'_>, mut chunks: Chunks) -> Poll<io::Result<()>> {
        loop {
            match chunks.step(&mut self.input) {
                Ok(Step::Some(bytes)) => {
                    self.output = bytes;
                    self.place = Place::Chunked(chunks);
                    return Poll::Ready(Ok(()));
                }
                Ok(Step::End) => {
                    self.place = Place::Head;
                    return Poll::Ready(Ok(()));
                }
                Err(Broken(why)) => {
                    self.wire.change(|faults| faults.body = Some(why));
                    self.place = Place::End;
                    return Poll::Ready(Ok(()));
                }
                Ok(Step::Starved) => {
                    let input = &mut self.input;
                    match self.pipe.poll_some(cx, usize::MAX, |bytes| input.extend_from_slice(bytes)) {
                        Poll::Ready(Ok(0)) => {
                            self.place = Place::End;
                            return Poll::Ready(Ok(()));
                        }
                        Poll::Ready(Ok(_)) => {}
                        other => {
                            self.place = Place::Chunked(chunks);
                            return other.map_ok(drop);
                        }
                    }
                }
            }
        }
    }

    /// Hands on a body of known length, straight from the socket where it can.
    fn poll_length(&mut self, cx: &mut Context<'_>, left: u64, cursor: &mut ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(cursor.remaining());
        let count = if self.input.is_empty() {
            ready!(self.pipe.poll_some(cx, most, |bytes| cursor.put_slice(bytes)))?
        } else {
            let count = most.min(self.input.len());
            cursor.put_slice(&self.input[..count]);
            self.input.advance(count);
            count
        };
        self.place = match left - count as u64 {
            _ if count == 0 && most > 0 => Place::End,
            0 => Place::Head,
            left => Place::Length(left),
        };
        Poll::Ready(Ok(()))
    }
}

impl Read for Guard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let guard = &mut *self;
        loop {
            if !guard.output.is_empty() {
                let count = guard.output.len().min(cursor.remaining());
                cursor.put_slice(&guard.output[..count]);
                guard.output.advance(count);
                return Poll::Ready(Ok(()));
            }
            match mem::replace(&mut guard.place, Place::Head) {
                Place::Head => ready!(guard.poll_head(cx))?,
                Place::Length(left) => {
                    guard.place = Place::Length(left);
                    return guard.poll_length(cx, left, &mut cursor);
                }
                Place::Chunked(chunks) => ready!(guard.poll_chunked(cx, chunks))?,
                Place::Refused => {
                    // The answer is on its way and closes the connection.
                    guard.place = Place::Refused;
                    return Poll::Pending;
                }
                Place::End => {
                    guard.place = Place::End;
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl Write for Guard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.pipe.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.pipe).poll_flush(cx))?;
        // hyper may have been reading since before the answer, when no time ran, and does not
        // read again until something comes.
        if matches!(self.place, Place::Head) && self.output.is_empty() && self.is_late(cx) {
            cx.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

impl Scan {
    /// Where the head ends, once it does. Drops empty lines before it.
    fn run(&mut self, input: &mut BytesMut, limits: &Limits) -> Result<Option<usize>, Refusal> {
        while let Some(offset) = input[self.seen..].iter().position(|&byte| byte == b'\n') {
            let end = self.seen + offset;
            let Some(line) = input[self.line..end].strip_suffix(b"\r") else {
                return Err(Refusal::bad("a line that ends without CR"));
            };
            match (line.len(), self.lines) {
                (0, 0) => {
                    self.blank += 1;
                    if self.blank > BLANK_LINES {
                        return Err(Refusal::bad("empty lines before a request"));
                    }
                    input.advance(end + 1);
                    (self.line, self.seen) = (0, 0);
                    continue;
                }
                (0, _) => return Ok(Some(end + 1)),
                (length, 0) if length > limits.request_line => return Err(too_long()),
                (_, 0) => self.start_end = end + 1,
                _ => {}
            }
            self.lines += 1;
            if self.lines - 1 > limits.header_count || end.saturating_sub(self.start_end) > limits.header_bytes {
                return Err(too_many());
            }
            (self.line, self.seen) = (end + 1, end + 1);
        }
        self.seen = input.len();
        match self.lines {
            // Nothing that begins so can become a request: binary, TLS, a space.
            0 if input.first().is_some_and(|&byte| !is_token_byte(byte) && byte != b'\r') => {
                Err(Refusal::bad("the method is none"))
            }
            0 if input.len() > limits.request_line + 1 => Err(too_long()),
            1.. if input.len() - self.start_end > limits.header_bytes => Err(too_many()),
            _ => Ok(None),
        }
    }
}

fn too_long() -> Refusal {
    Refusal::fatal(StatusCode::URI_TOO_LONG, "the request line is too long")
}

fn too_many() -> Refusal {
    Refusal::fatal(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too many or too long")
}
