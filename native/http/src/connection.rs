//! One connection, from its first byte to its last.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use hyper::rt::{Executor, Write};
use hyper::server::conn::{http1, http2};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::guard::{Guard, Wire};
use crate::leash::Leash;
use crate::pipe::{Pipe, Socket};
use crate::request::{Connection, Scheme};
use crate::server::{Phase, Shared};
use crate::service::{Next, Over, Service};

/// For a client to read the last answer before its connection is reset over what it still sends.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_DRAINING: Duration = Duration::from_millis(250);
/// For a client of HTTP/2 to leave after it was told to.
const FAREWELL: Duration = Duration::from_secs(5);
/// The time in which HTTP/2 requests that are taken back are counted.
const RESET_WINDOW: Duration = Duration::from_secs(10);
/// What HTTP/2 sends before anything else: RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a request hangs on.
pub(crate) struct Ties {
    pub leash: Arc<Leash>,
    wire: Option<Arc<Wire>>,
    resets: Option<Arc<Resets>>,
}

impl Ties {
    fn of_connection(wire: Arc<Wire>) -> Self {
        Self { leash: Arc::default(), wire: Some(wire), resets: None }
    }

    pub(crate) fn of_stream(resets: Arc<Resets>) -> Self {
        Self { leash: Arc::default(), wire: None, resets: Some(resets) }
    }

    /// The answer is hyper's now. An HTTP/2 stream keeps its leash until all is written.
    pub(crate) fn answered(&self) {
        if let Some(wire) = &self.wire {
            self.leash.release();
            wire.answered();
        }
    }

    /// The client took a request back before it was answered.
    pub(crate) fn taken_back(&self) {
        if let Some(resets) = &self.resets {
            resets.count();
        }
    }
}

/// Counts what makes work for nothing ("rapid reset"), and ends the connection over it. h2 itself
/// counts those that were taken back before anybody saw them.
pub(crate) struct Resets {
    most: u32,
    since: Mutex<(Instant, u32)>,
    leash: Leash,
}

impl Resets {
    fn count(&self) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if since.0.elapsed() > RESET_WINDOW {
            *since = (Instant::now(), 0);
        }
        since.1 += 1;
        if since.1 > self.most {
            self.leash.cut();
        }
    }
}

/// Serves a connection until it ends; `h2` if the handshake said so.
pub(crate) async fn serve(shared: Arc<Shared>, socket: Socket, connection: Connection, h2: bool) {
    let plain = connection.scheme == Scheme::Http;
    let connection = Arc::new(connection);
    let mut pipe = Pipe::new(socket, shared.limits.body_gap);
    if h2 || (plain && shared.h2c && begins_http2(&shared, &mut pipe).await) {
        serve_http2(shared, pipe, connection).await;
    } else {
        serve_http1(shared, pipe, connection).await;
    }
}

async fn serve_http1(shared: Arc<Shared>, pipe: Pipe, connection: Arc<Connection>) {
    let wire = Arc::new(Wire::default());
    let ties = Arc::new(Ties::of_connection(wire.clone()));
    let leash = ties.leash.clone();
    let mut guard = Guard::new(pipe, shared.limits.clone(), wire.clone());
    let mut phase = shared.phase.clone();

    // hyper, which holds a buffer, comes when there is something for it to read.
    tokio::select! {
        first = poll_fn(|cx| guard.poll_first(cx)) => {
            if first.is_err() || guard.is_at_end() {
                return;
            }
        }
        _ = phase.wait_for(|phase| *phase >= Phase::Draining) => return,
    }

    let mut builder = http1::Builder::new();
    // The guard has the times and counts of heads.
    builder.header_read_timeout(None).max_buf_size(shared.limits.buffer());
    if shared.limits.header_count > 100 {
        builder.max_headers(shared.limits.header_count);
    }
    let service = Service { shared: shared.clone(), connection, over: Over::Http1(ties, wire) };
    let mut server = builder.serve_connection(guard, service);
    let mut draining = false;
    let ended = {
        let mut pulled = pin!(leash.pulled());
        loop {
            let next = if draining { Phase::Stopped } else { Phase::Draining };
            tokio::select! {
                biased;
                ended = poll_fn(|cx| server.poll_without_shutdown(cx)) => break Some(ended),
                () = &mut pulled => break None,
                reached = phase.wait_for(|phase| *phase >= next) => {
                    if draining || reached.is_err() {
                        break None;
                    }
                    drop(reached);
                    draining = true;
                    Pin::new(&mut server).graceful_shutdown();
                }
            }
        }
    };
    let guard = server.into_parts().io;
    match ended {
        Some(Ok(())) => linger(guard, draining).await,
        // An answer that broke off must not look whole.
        Some(Err(error)) if error.is_user() || error.is_body_write_aborted() => guard.pipe().socket().reset_on_close(),
        Some(Err(_)) => {}
        None => guard.pipe().socket().reset_on_close(),
    }
}

/// Closes one way, and reads what still comes: were it left unread, the system would reset the
/// connection, and the last answer might be lost.
async fn linger(guard: Guard, draining: bool) {
    let over = guard.is_at_end();
    let mut pipe = guard.into_pipe();
    let quiet = async {
        poll_fn(|cx| Pin::new(&mut pipe).poll_shutdown(cx)).await?;
        while !over && poll_fn(|cx| pipe.poll_some(cx, usize::MAX, |_| {})).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whatever the client does now, it has had its answer.
    let _ = timeout(if draining { LINGER_DRAINING } else { LINGER }, quiet).await;
}

/// Whether the client speaks HTTP/2 without being asked. What was read to tell stays in the pipe.
async fn begins_http2(shared: &Shared, pipe: &mut Pipe) -> bool {
    let mut start = BytesMut::new();
    let sniff = async {
        while start.len() < PREFACE.len() && PREFACE.starts_with(&start) {
            let most = PREFACE.len() - start.len();
            match poll_fn(|cx| pipe.poll_some(cx, most, |bytes| start.extend_from_slice(bytes))).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
    };
    let mut phase = shared.phase.clone();
    tokio::select! {
        _ = timeout(shared.limits.header_time, sniff) => {}
        _ = phase.wait_for(|phase| *phase >= Phase::Draining) => {}
    }
    let found = start == PREFACE;
    pipe.unread(start);
    found
}

async fn serve_http2(shared: Arc<Shared>, pipe: Pipe, connection: Arc<Connection>) {
    let limits = shared.limits.clone();
    let resets =
        Arc::new(Resets { most: limits.h2_resets, since: Mutex::new((Instant::now(), 0)), leash: Leash::default() });
    let next = Next::default();
    let activity = Arc::new(Activity::new());
    let service = Service { shared: shared.clone(), connection, over: Over::Http2(resets.clone(), next.clone()) };
    let mut builder = http2::Builder::new(Streams { next, activity: activity.clone() });
    builder
        .max_concurrent_streams(limits.h2_streams)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        // What a body may send that nobody reads, and all of them together.
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .max_send_buf_size(64 * 1024);
    let mut server = pin!(builder.serve_connection(pipe, service));
    let mut phase = shared.phase.clone();
    let mut pulled = pin!(resets.leash.pulled());
    let mut idle = pin!(activity.idle(limits.header_time, limits.idle_time));
    let mut farewell = pin!(sleep(FAREWELL));
    let (mut draining, mut leaving) = (false, false);
    loop {
        let next = if draining { Phase::Stopped } else { Phase::Draining };
        tokio::select! {
            biased;
            _ = &mut server => break,
            () = &mut pulled => break,
            reached = phase.wait_for(|phase| *phase >= next) => {
                if draining || reached.is_err() {
                    break;
                }
                drop(reached);
                draining = true;
                server.as_mut().graceful_shutdown();
            }
            () = &mut idle, if !leaving => {
                leaving = true;
                server.as_mut().graceful_shutdown();
                farewell.as_mut().reset(Instant::now() + FAREWELL);
            }
            () = &mut farewell, if leaving => break,
        }
    }
}

/// Runs HTTP/2 streams, each on its leash.
#[derive(Clone)]
struct Streams {
    next: Next,
    activity: Arc<Activity>,
}

impl<F> Executor<F> for Streams
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        // Left by the service, which hyper called just before.
        let ties = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
        let active = Active::new(self.activity.clone());
        tokio::spawn(async move {
            let _active = active;
            let Some(ties) = ties else {
                stream.await;
                return;
            };
            let mut stream = pin!(stream);
            let mut pulled = pin!(ties.leash.pulled());
            poll_fn(|cx| match stream.as_mut().poll(cx) {
                Poll::Ready(_) => Poll::Ready(()),
                Poll::Pending => pulled.as_mut().poll(cx),
            })
            .await;
        });
    }
}

/// Whether an HTTP/2 connection is used, and when it last was.
struct Activity {
    streams: AtomicUsize,
    last: Mutex<(Instant, bool)>,
}

impl Activity {
    fn new() -> Self {
        Self { streams: AtomicUsize::new(0), last: Mutex::new((Instant::now(), false)) }
    }

    fn note(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), true);
    }

    /// Waits until it has not been used for its time.
    async fn idle(&self, first: Duration, later: Duration) {
        loop {
            let (last, used) = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let limit = if used { later } else { first };
            if self.streams.load(Relaxed) > 0 {
                sleep(limit).await;
            } else if last.elapsed() >= limit {
                return;
            } else {
                sleep_until(last + limit).await;
            }
        }
    }
}

struct Active(Arc<Activity>);

impl Active {
    fn new(activity: Arc<Activity>) -> Self {
        activity.streams.fetch_add(1, Relaxed);
        activity.note();
        Self(activity)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.note();
        self.0.streams.fetch_sub(1, Relaxed);
    }
}
