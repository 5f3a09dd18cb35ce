//! A socket as hyper reads and writes it, which gives up on a peer that takes nothing.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

use crate::timer::Timer;

/// What of an answer a client must take within the time of a body gap.
const LEAST_PACE: usize = 16 * 1024;
/// Read from the socket at once, on the stack: a connection at rest holds no buffer.
const SCRATCH: usize = 16 * 1024;

pub(crate) enum Socket {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Unix(UnixStream),
}

impl Socket {
    fn read(&mut self) -> Pin<&mut (dyn AsyncRead + Unpin)> {
        match self {
            Self::Tcp(socket) => Pin::new(socket),
            Self::Tls(socket) => Pin::new(socket.as_mut()),
            Self::Unix(socket) => Pin::new(socket),
        }
    }

    fn write(&mut self) -> Pin<&mut (dyn AsyncWrite + Unpin)> {
        match self {
            Self::Tcp(socket) => Pin::new(socket),
            Self::Tls(socket) => Pin::new(socket.as_mut()),
            Self::Unix(socket) => Pin::new(socket),
        }
    }

    /// Closing it will tell the peer that what it got is not all.
    pub(crate) fn reset_on_close(&self) {
        let socket = match self {
            Self::Tcp(socket) => socket,
            Self::Tls(socket) => socket.get_ref().0,
            Self::Unix(_) => return,
        };
        // One that is closed already has nothing to be told.
        let _ = socket.set_zero_linger();
    }
}

pub(crate) struct Pipe {
    socket: Socket,
    /// Read already, by whoever looked at what the connection begins with.
    ahead: BytesMut,
    gap: Duration,
    pace: Timer,
    taken: usize,
    blocked: bool,
}

impl Pipe {
    pub(crate) fn new(socket: Socket, gap: Duration) -> Self {
        Self { socket, ahead: BytesMut::new(), gap, pace: Timer::default(), taken: 0, blocked: false }
    }

    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Whether the peer is slow to take what is written.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }

    pub(crate) fn unread(&mut self, bytes: BytesMut) {
        self.ahead = bytes;
    }

    /// Hands some bytes to `take`: at most `most`, and none at the end.
    pub(crate) fn poll_some(
        &mut self,
        cx: &mut Context<'_>,
        most: usize,
        mut take: impl FnMut(&[u8]),
    ) -> Poll<io::Result<usize>> {
        if !self.ahead.is_empty() {
            let count = most.min(self.ahead.len());
            take(&self.ahead[..count]);
            self.ahead.advance(count);
            return Poll::Ready(Ok(count));
        }
        let mut scratch = [MaybeUninit::<u8>::uninit(); SCRATCH];
        let mut buffer = ReadBuf::uninit(&mut scratch[..most.min(SCRATCH)]);
        ready!(self.socket.read().poll_read(cx, &mut buffer))?;
        take(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn note(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(count)) => {
                self.blocked = false;
                self.taken += count;
                if self.taken >= LEAST_PACE {
                    self.pace.clear();
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                self.blocked = true;
                if !self.pace.is_set() {
                    self.pace.set(self.gap);
                    self.taken = 0;
                }
                if self.pace.poll(cx) {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
        written
    }
}

impl Read for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let most = cursor.remaining();
        self.poll_some(cx, most, |bytes| cursor.put_slice(bytes)).map_ok(drop)
    }
}

impl Write for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.socket.write().poll_write(cx, bytes);
        self.note(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.socket.write().poll_write_vectored(cx, bytes);
        self.note(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        // Records of TLS are made of one slice.
        !matches!(self.socket, Socket::Tls(_))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.socket.write().poll_flush(cx);
        if flushed.is_ready() {
            self.blocked = false;
            self.pace.clear();
            return flushed;
        }
        self.note(cx, Poll::Pending).map_ok(drop)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.write().poll_shutdown(cx)
    }
}
