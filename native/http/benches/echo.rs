//! What the server costs above bare hyper: requests a second of the same answer, side by side in
//! one process, as a ratio. `cargo bench -p workbooks-http` (`-- SECONDS CONNECTIONS`). With
//! `-- serve BYTES` bare hyper alone says where it listens for HTTP/1.1 and for HTTP/2, and serves
//! answers of so many bytes until its input ends, for bench/http.exs.
//!
//! Rounds alternate, so that what else the machine does falls on both; the middle ratio counts.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hyper::rt::ReadBufCursor;
use workbooks_http::{Address, Bytes, Config, Request, Responder, Server};

const PAGE: &[u8] = &[b'x'; 4096];
const ASK: &[u8] =
    b"GET /page?x=y HTTP/1.1\r\nhost: a.example\r\nuser-agent: bench\r\naccept: */*\r\naccept-encoding: gzip\r\n\r\n";

fn main() {
    if std::env::args().any(|argument| argument == "serve") {
        let bytes = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(PAGE.len());
        println!("{} {}", bare(false, bytes), bare(true, bytes));
        let _ = std::io::stdin().read(&mut [0]);
        return;
    }
    let numbers: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let time = Duration::from_secs(numbers.first().copied().unwrap_or(2));
    let connections = numbers.get(1).copied().unwrap_or(32) as usize;

    let server = match Server::start(Config::tcp(([127, 0, 0, 1], 0).into()), Arc::new(answer)) {
        Ok(server) => server,
        Err(error) => panic!("the server did not start: {error}"),
    };
    let Address::Tcp(ours) = *server.address() else { unreachable!("it listens on TCP") };
    let bare = bare(false, PAGE.len());

    let mut ratios = Vec::new();
    for round in 1..=5 {
        let ours = load(ours, connections, time);
        let bare = load(bare, connections, time);
        ratios.push(ours / bare);
        println!("round {round}: {ours:9.0} requests/s, bare hyper {bare:9.0}, ratio {:.2}", ours / bare);
    }
    ratios.sort_by(f64::total_cmp);
    println!("{connections} connections, {} byte answers: ratio {:.2}", PAGE.len(), ratios[ratios.len() / 2]);
}

fn answer(_: Request, responder: Responder) {
    let headers = vec![(Bytes::from_static(b"content-type"), Bytes::from_static(b"text/html"))];
    let _ = responder.respond(200, headers, Bytes::from_static(PAGE));
}

/// hyper as its documentation has it, on as many threads.
fn bare(h2: bool, bytes: usize) -> SocketAddr {
    let page = Bytes::from(vec![b'x'; bytes]);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    let accept = async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _ = socket.set_nodelay(true);
            let page = page.clone();
            let service = hyper::service::service_fn(move |_| {
                let mut response = http::Response::new(Full(Some(page.clone())));
                response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/html"));
                std::future::ready(Ok::<_, Infallible>(response))
            });
            if h2 {
                let builder = hyper::server::conn::http2::Builder::new(Tasks);
                tokio::spawn(builder.serve_connection(Io(socket), service));
            } else {
                let mut builder = hyper::server::conn::http1::Builder::new();
                builder.header_read_timeout(None);
                tokio::spawn(builder.serve_connection(Io(socket), service));
            }
        }
    };
    std::thread::spawn(move || runtime.block_on(accept));
    address
}

/// Requests a second of clients that each wait for their answers.
fn load(address: SocketAddr, connections: usize, time: Duration) -> f64 {
    let count = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let start = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let (count, stop) = (count.clone(), stop.clone());
            std::thread::spawn(move || {
                let mut socket = TcpStream::connect(address).expect("a connection");
                socket.set_nodelay(true).expect("nodelay");
                let mut buffer = [0; 8192];
                while !stop.load(Relaxed) {
                    socket.write_all(ASK).expect("sent");
                    let mut got = 0;
                    let mut whole = usize::MAX;
                    while got < whole {
                        let more = socket.read(&mut buffer[got..]).expect("an answer");
                        assert!(more > 0, "the server hung up");
                        got += more;
                        if let Some(end) = buffer[..got].windows(4).position(|four| four == b"\r\n\r\n") {
                            whole = end + 4 + PAGE.len();
                        }
                    }
                    count.fetch_add(1, Relaxed);
                }
            })
        })
        .collect();
    std::thread::sleep(time);
    stop.store(true, Relaxed);
    for client in clients {
        client.join().expect("a client");
    }
    count.load(Relaxed) as f64 / start.elapsed().as_secs_f64()
}

/// Where hyper puts HTTP/2's streams.
#[derive(Clone)]
struct Tasks;

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

/// A body in one piece.
struct Full(Option<Bytes>);

impl http_body::Body for Full {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(self.0.take().map(|bytes| Ok(http_body::Frame::data(bytes))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0.as_ref().map_or(0, Bytes::len) as u64)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

/// A socket for hyper.
struct Io(tokio::net::TcpStream);

impl hyper::rt::Read for Io {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        // SAFETY: what is read is written to the buffer before it is said to be there, and tokio
        // never makes what was initialized uninitialized again.
        unsafe {
            let mut buffer = tokio::io::ReadBuf::uninit(cursor.as_mut());
            std::task::ready!(tokio::io::AsyncRead::poll_read(std::pin::Pin::new(&mut self.0), cx, &mut buffer))?;
            let count = buffer.filled().len();
            cursor.advance(count);
        }
        std::task::Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Io {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        tokio::io::AsyncWrite::poll_write(std::pin::Pin::new(&mut self.0), cx, bytes)
    }

    fn poll_write_vectored(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        bytes: &[std::io::IoSlice<'_>],
    ) -> std::task::Poll<std::io::Result<usize>> {
        tokio::io::AsyncWrite::poll_write_vectored(std::pin::Pin::new(&mut self.0), cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        tokio::io::AsyncWrite::poll_flush(std::pin::Pin::new(&mut self.0), cx)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        tokio::io::AsyncWrite::poll_shutdown(std::pin::Pin::new(&mut self.0), cx)
    }
}
