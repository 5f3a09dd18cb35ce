//! Where connections come from.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::config::Listen;
use crate::connection::serve;
use crate::error::{Error, Kind};
use crate::pipe::Socket;
use crate::request::{Connection, Peer, Scheme};
use crate::server::{Address, Phase, Shared};
use crate::stats::Seat;

/// Connections that the system may hold for us.
const BACKLOG: u32 = 1024;
/// Between two tries when the system has no file descriptor left.
const PAUSE: Duration = Duration::from_millis(50);
/// For one that is turned away to hear it.
const TURN_AWAY_TIME: Duration = Duration::from_secs(1);
/// Those who are told that they are turned away, at once; the others are just closed.
const TURN_AWAY_MOST: u64 = 256;
const TURN_AWAY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n\
    retry-after: 1\r\nconnection: close\r\ncontent-length: 51\r\n\r\n\
    503 Service Unavailable: there are too many clients";

/// A place that is listened on.
pub(crate) enum Listener {
    Tcp(TcpListener, Option<TlsAcceptor>),
    Unix(UnixListener),
}

/// The file of a unix socket, to be taken away once: another server may have one there later.
pub(crate) struct SocketFile {
    path: PathBuf,
    there: AtomicBool,
}

impl SocketFile {
    pub(crate) fn remove(&self) {
        if self.there.swap(false, Relaxed) {
            // Whoever took it away before us was right.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Listener {
    /// Listens, from within the runtime.
    pub(crate) fn open(place: &Listen, tls: &TlsAcceptor) -> Result<Open, Error> {
        match place {
            Listen::Tcp { address, tls: encrypted } => {
                let listener = tcp(*address).map_err(|error| cannot_listen(address, &error))?;
                let address = listener.local_addr().map_err(|error| cannot_listen(address, &error))?;
                let listener = Self::Tcp(listener, encrypted.then(|| tls.clone()));
                Ok(Open { listener, address: Address::Tcp(address), file: None })
            }
            Listen::Unix { path, mode } => {
                let listener = unix(path, *mode).map_err(|error| cannot_listen(path.display(), &error))?;
                let file = SocketFile { path: path.clone(), there: AtomicBool::new(true) };
                Ok(Open {
                    listener: Self::Unix(listener),
                    address: Address::Unix(path.clone()),
                    file: Some(Arc::new(file)),
                })
            }
        }
    }

    async fn run(self, shared: &Arc<Shared>) {
        let mut phase = shared.phase.clone();
        tokio::select! {
            _ = phase.wait_for(|phase| *phase >= Phase::Draining) => {}
            () = self.accept(shared) => {}
        }
    }

    async fn accept(&self, shared: &Arc<Shared>) {
        loop {
            let accepted = match self {
                Self::Tcp(listener, tls) => {
                    listener.accept().await.map(|(socket, peer)| arrive_tcp(shared, socket, peer, tls.clone()))
                }
                Self::Unix(listener) => listener.accept().await.map(|(socket, _)| arrive_unix(shared, socket)),
            };
            if accepted.is_err() {
                // Of one client that left at once, or for want of file descriptors: then a pause
                // lets some become free.
                shared.counters.add(|counters| &counters.accept_errors);
                sleep(PAUSE).await;
            }
        }
    }
}

/// A place that is listened on, and what is known of it.
pub(crate) struct Open {
    pub listener: Listener,
    pub address: Address,
    pub file: Option<Arc<SocketFile>>,
}

impl Open {
    /// Takes connections until the server drains; then the place is free.
    pub(crate) async fn run(self, shared: Arc<Shared>) {
        self.listener.run(&shared).await;
        if let Some(file) = &self.file {
            file.remove();
        }
        shared.listening.fetch_sub(1, Relaxed);
        shared.left.notify_one();
    }
}

fn arrive_tcp(shared: &Arc<Shared>, socket: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>) {
    let Some(visit) = Visit::begin(shared) else {
        // One who waits for a handshake would not understand.
        if tls.is_none() {
            turn_away(shared, socket);
        }
        return;
    };
    let shared = shared.clone();
    tokio::spawn(async move {
        let _visit = visit;
        // Answers are written whole; what is small must not wait for more.
        let _ = socket.set_nodelay(true);
        let local = socket.local_addr().map_or(Peer::Unix, Peer::Tcp);
        let mut connection = Connection { peer: Peer::Tcp(peer), local, scheme: Scheme::Http, server_name: None };
        if let Some(tls) = tls {
            if let Some((socket, h2)) = handshake(&shared, socket, &tls, &mut connection).await {
                serve(shared, socket, connection, h2).await;
            }
        } else {
            serve(shared, Socket::Tcp(socket), connection, false).await;
        }
    });
}

fn arrive_unix(shared: &Arc<Shared>, socket: UnixStream) {
    let Some(visit) = Visit::begin(shared) else {
        turn_away(shared, socket);
        return;
    };
    let shared = shared.clone();
    tokio::spawn(async move {
        let _visit = visit;
        let connection = Connection { peer: Peer::Unix, local: Peer::Unix, scheme: Scheme::Http, server_name: None };
        serve(shared, Socket::Unix(socket), connection, false).await;
    });
}

/// A connection that is counted, until dropped.
struct Visit {
    shared: Arc<Shared>,
    seat: Option<Seat>,
}

impl Visit {
    fn begin(shared: &Arc<Shared>) -> Option<Self> {
        shared.counters.add(|counters| &counters.accepted);
        let seat = Seat::take(&shared.counters, |counters| &counters.connections, shared.limits.connections);
        if seat.is_none() {
            shared.counters.add(|counters| &counters.refused_connections);
        }
        Some(Self { shared: shared.clone(), seat: Some(seat?) })
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.seat = None;
        self.shared.left.notify_one();
    }
}

async fn handshake(
    shared: &Shared,
    socket: TcpStream,
    tls: &TlsAcceptor,
    connection: &mut Connection,
) -> Option<(Socket, bool)> {
    let mut phase = shared.phase.clone();
    let done = tokio::select! {
        done = timeout(shared.limits.header_time, tls.accept(socket)) => done,
        _ = phase.wait_for(|phase| *phase >= Phase::Stopped) => return None,
    };
    let Ok(Ok(socket)) = done else {
        shared.counters.add(|counters| &counters.tls_failures);
        return None;
    };
    let session = socket.get_ref().1;
    connection.scheme = Scheme::Https;
    connection.server_name = session.server_name().map(str::to_owned);
    let h2 = session.alpn_protocol() == Some(b"h2");
    Some((Socket::Tls(Box::new(socket)), h2))
}

/// Says 503 to one client too many, if not too many are being told.
fn turn_away(shared: &Arc<Shared>, mut socket: impl AsyncReadExt + AsyncWriteExt + Unpin + Send + 'static) {
    let Some(seat) = Seat::take(&shared.counters, |counters| &counters.turning_away, TURN_AWAY_MOST as usize) else {
        return;
    };
    tokio::spawn(async move {
        let _seat = seat;
        let told = async {
            socket.write_all(TURN_AWAY).await?;
            socket.shutdown().await?;
            // Its request is read to no end, or the system would take the answer back.
            let mut scratch = [0; 1024];
            while socket.read(&mut scratch).await? > 0 {}
            io::Result::Ok(())
        };
        let _ = timeout(TURN_AWAY_TIME, told).await;
    });
}

fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn unix(path: &Path, mode: u32) -> io::Result<UnixListener> {
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
        // Nobody listens there: what lies there is left over, if it is a socket at all.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused && is_socket(path) => {
            std::fs::remove_file(path)?
        }
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    Ok(listener)
}

fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket())
}

fn cannot_listen(place: impl std::fmt::Display, error: &io::Error) -> Error {
    let message = match error.kind() {
        io::ErrorKind::AddrInUse => format!("{place} is in use: another program listens there"),
        io::ErrorKind::PermissionDenied => format!("{place} may not be listened on by this user"),
        _ => format!("{place} cannot be listened on: {error}"),
    };
    Error::new(Kind::Bind, message)
}
