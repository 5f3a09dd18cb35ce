//! A server: its threads, its places to listen, its end.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::config::Config;
use crate::error::{Error, Kind};
use crate::exchange::quietly;
use crate::limits::Limits;
use crate::listener::{Listener, SocketFile};
use crate::request::Request;
use crate::responder::Responder;
use crate::stats::{Counters, Stats};
use crate::tls::{Certificate, Certificates};

/// For connections to fall when they were told to.
const FALL: Duration = Duration::from_secs(1);

/// What requests are handed to.
pub trait Handler: Send + Sync + 'static {
    /// Takes a request, on one of the server's threads: hand it on, and return. What blocks here
    /// blocks other connections. A panic is a 500 for the client, and counted.
    fn handle(&self, request: Request, responder: Responder);
}

impl<F: Fn(Request, Responder) + Send + Sync + 'static> Handler for F {
    fn handle(&self, request: Request, responder: Responder) {
        self(request, responder);
    }
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A TCP address, with the port that it got.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

/// What a server is doing, in the order it does so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Running,
    Draining,
    Stopped,
}

/// What all connections share.
pub(crate) struct Shared {
    pub handler: Arc<dyn Handler>,
    pub limits: Arc<Limits>,
    pub counters: Arc<Counters>,
    pub runtime: Handle,
    pub phase: watch::Receiver<Phase>,
    pub h2c: bool,
    /// Places that are listened on.
    pub listening: AtomicUsize,
    /// A connection, or a place's listening, has ended.
    pub left: Notify,
}

/// How a drain went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut at the deadline.
    pub cut: u64,
}

/// A server that runs until it is stopped or dropped.
pub struct Server {
    shared: Arc<Shared>,
    phase: Arc<watch::Sender<Phase>>,
    certificates: Arc<Certificates>,
    tls: bool,
    addresses: Vec<Address>,
    files: Vec<Arc<SocketFile>>,
    runtime: Option<Runtime>,
}

impl Server {
    /// Listens, and hands requests to `handler` from then on. Not to be called from a thread of a
    /// tokio runtime.
    pub fn start(config: Config, handler: Arc<dyn Handler>) -> Result<Self, Error> {
        config.check()?;
        let certificates = Certificates::new(&config.certificates)?;
        let acceptor = certificates.acceptor(config.h2)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(config.threads)
            .max_blocking_threads(1)
            .thread_name("workbooks-http")
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| Error::new(Kind::Runtime, format!("the server's threads cannot be started: {error}")))?;
        let (phase, seen) = watch::channel(Phase::Running);
        let shared = Arc::new(Shared {
            handler,
            limits: Arc::new(config.limits),
            counters: Arc::default(),
            runtime: runtime.handle().clone(),
            phase: seen,
            h2c: config.h2c,
            listening: AtomicUsize::new(config.listen.len()),
            left: Notify::new(),
        });
        let opened = {
            let _inside = runtime.enter();
            let mut opened = Vec::new();
            for place in &config.listen {
                match Listener::open(place, &acceptor) {
                    Ok(open) => opened.push(open),
                    Err(error) => {
                        opened.iter().filter_map(|open| open.file.as_ref()).for_each(|file| file.remove());
                        return Err(error);
                    }
                }
            }
            opened
        };
        let addresses = opened.iter().map(|open| open.address.clone()).collect();
        let files = opened.iter().filter_map(|open| open.file.clone()).collect();
        for open in opened {
            runtime.spawn(open.run(shared.clone()));
        }
        Ok(Self {
            shared,
            phase: Arc::new(phase),
            certificates,
            tls: !config.certificates.is_empty(),
            addresses,
            files,
            runtime: Some(runtime),
        })
    }

    /// Where it listens, in the order of the configuration.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The first place where it listens.
    pub fn address(&self) -> &Address {
        &self.addresses[0]
    }

    /// What it has counted.
    pub fn stats(&self) -> Stats {
        self.shared.counters.read()
    }

    /// Shows other certificates to connections from now on. If one cannot be used, all stays as
    /// it is.
    pub fn set_certificates(&self, certificates: &[Certificate]) -> Result<(), Error> {
        if self.tls && certificates.is_empty() {
            return Err(Error::new(Kind::Certificate, "TLS needs a certificate, and none is given"));
        }
        self.certificates.replace(certificates)
    }

    /// Takes no more connections, and lets the requests in flight be answered: idle connections
    /// are closed, and the others after their answers. What is left after `deadline` is cut. Then
    /// `done` is called, on one of the server's threads; it must not block. The server's addresses
    /// are free by then for another; it is still to be stopped. Draining again waits again.
    pub fn drain(&self, deadline: Duration, done: Box<dyn FnOnce(Drained) + Send>) {
        let Some(runtime) = &self.runtime else { return };
        advance(&self.phase, Phase::Draining);
        let (shared, phase) = (self.shared.clone(), self.phase.clone());
        runtime.spawn(async move {
            let mut cut = 0;
            if timeout_at(Instant::now() + deadline, empty(&shared)).await.is_err() {
                cut = shared.counters.connections.load(Relaxed);
                advance(&phase, Phase::Stopped);
                // Those that cannot even fall are the runtime's, which falls with the server.
                let _ = timeout(FALL, empty(&shared)).await;
            }
            quietly(&shared.counters, || done(Drained { cut }));
        });
    }

    /// Ends it at once, without waiting: connections are cut, and addresses become free soon.
    /// Callbacks that are still out may never be called, and are dropped then.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        advance(&self.phase, Phase::Stopped);
        if let Some(runtime) = self.runtime.take() {
            // Not waited for: it may be a thread of somebody's that must not block.
            runtime.shutdown_background();
        }
        self.files.iter().for_each(|file| file.remove());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn advance(phase: &watch::Sender<Phase>, to: Phase) {
    phase.send_if_modified(|phase| {
        let later = *phase < to;
        *phase = to.max(*phase);
        later
    });
}

async fn empty(shared: &Shared) {
    while shared.listening.load(Relaxed) > 0 || shared.counters.connections.load(Relaxed) > 0 {
        shared.left.notified().await;
    }
}
