//! A client of raw bytes, and handlers to talk to.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use workbooks_http::{Address, Body, Bytes, Chunk, Config, Error, Handler, Headers, Request, Responder, Server};

/// Longer than anything here takes on a busy machine; nothing is asserted by it.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn local() -> Config {
    Config::tcp(SocketAddr::from(([127, 0, 0, 1], 0)))
}

pub fn start(config: Config, handler: impl Handler) -> Server {
    match Server::start(config, Arc::new(handler)) {
        Ok(server) => server,
        Err(error) => panic!("the server did not start: {error}"),
    }
}

pub fn port(server: &Server) -> SocketAddr {
    match server.address() {
        Address::Tcp(address) => *address,
        Address::Unix(path) => panic!("listens on {}", path.display()),
    }
}

/// Waits for what will come.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

// --- handlers ------------------------------------------------------------------------------------

/// Reads the body, then says what it was asked.
pub fn describe(request: Request, responder: Responder) {
    let Request { head, body } = request;
    let line =
        format!("{} {}{}", head.method(), head.path(), head.query().map(|q| format!("?{q}")).unwrap_or_default());
    read_all(body, move |read| {
        // A body that cannot be read is answered by dropping the responder.
        if let Ok(bytes) = read {
            let text = format!("{line} [{}]", String::from_utf8_lossy(&bytes));
            let _ = responder.respond(200, headers(&[("content-type", "text/plain")]), text.into());
        }
    });
}

pub fn read_all(body: Body, done: impl FnOnce(Result<Vec<u8>, Error>) + Send + 'static) {
    read_more(Arc::new(body), Vec::new(), Box::new(done));
}

type Done = Box<dyn FnOnce(Result<Vec<u8>, Error>) + Send>;

fn read_more(body: Arc<Body>, mut read: Vec<u8>, done: Done) {
    let next = body.clone();
    let asked = body.read(
        usize::MAX,
        Box::new(move |chunk| match chunk {
            Ok(Chunk::Data(bytes)) => {
                read.extend_from_slice(&bytes);
                read_more(next, read, done);
            }
            Ok(Chunk::End(_)) => done(Ok(read)),
            Err(error) => done(Err(error)),
        }),
    );
    assert!(asked.is_ok());
}

pub fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
    pairs
        .iter()
        .map(|&(name, value)| (Bytes::from_static(name.as_bytes()), Bytes::from_static(value.as_bytes())))
        .collect()
}

/// A handler that hands everything to the test.
pub fn catching() -> (impl Handler, Receiver<(Request, Responder)>) {
    let (caught, taken) = channel();
    let caught: Sender<_> = caught;
    (
        move |request: Request, responder: Responder| {
            let _ = caught.send((request, responder));
        },
        taken,
    )
}

/// One read of a body, waited for.
pub fn read(body: &Body, max: usize) -> Result<Chunk, Error> {
    let (found, wait) = channel();
    body.read(
        max,
        Box::new(move |chunk| {
            let _ = found.send(chunk);
        }),
    )?;
    wait.recv_timeout(PATIENCE).expect("the read was not answered")
}

/// The output of a program, or nothing if it is not installed.
pub fn run(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{program}: {text}{}", String::from_utf8_lossy(&output.stderr));
            Some(text)
        }
        Err(_) => {
            println!("skipped: {program} is not installed");
            None
        }
    }
}

// --- the client ----------------------------------------------------------------------------------

pub struct Client<S = TcpStream> {
    pub socket: S,
    pub unread: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).expect("no connection");
        socket.set_nodelay(true).expect("nodelay");
        socket.set_read_timeout(Some(PATIENCE)).expect("timeout");
        socket.set_write_timeout(Some(PATIENCE)).expect("timeout");
        Self { socket, unread: Vec::new() }
    }

    pub fn half_close(&self) {
        let _ = self.socket.shutdown(Shutdown::Write);
    }
}

impl<S: Read + Write> Client<S> {
    pub fn over(socket: S) -> Self {
        Self { socket, unread: Vec::new() }
    }

    /// Sends, unless the server has closed already.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.socket.write_all(bytes.as_ref());
    }

    /// The next answer that is not a 1xx, to a request that was not HEAD.
    pub fn reply(&mut self) -> Option<Reply> {
        loop {
            let reply = self.any_reply(false)?;
            if reply.status >= 200 {
                return Some(reply);
            }
        }
    }

    pub fn any_reply(&mut self, to_head: bool) -> Option<Reply> {
        let end = loop {
            if let Some(end) = find(&self.unread, b"\r\n\r\n") {
                break end + 4;
            }
            if !self.more() {
                assert!(self.unread.is_empty(), "half an answer: {:?}", String::from_utf8_lossy(&self.unread));
                return None;
            }
        };
        let head: Vec<u8> = self.unread.drain(..end).collect();
        let head = String::from_utf8(head).expect("an answer's head is text");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut reply = Reply { status: status.expect("a status"), headers, body: Vec::new() };
        if to_head || reply.status < 200 || matches!(reply.status, 204 | 304) {
            return Some(reply);
        }
        reply.body = if reply.header("transfer-encoding") == Some("chunked") {
            self.chunked()?
        } else if let Some(length) = reply.header("content-length") {
            self.exactly(length.parse().expect("a length"))?
        } else {
            while self.more() {}
            std::mem::take(&mut self.unread)
        };
        Some(reply)
    }

    pub fn exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.unread.len() < length {
            if !self.more() {
                return None;
            }
        }
        Some(self.unread.drain(..length).collect())
    }

    /// A chunked body, or nothing if it breaks off.
    fn chunked(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = usize::from_str_radix(line.trim_end(), 16).expect("a chunk's size");
            if size == 0 {
                while self.line()? != "\r\n" {}
                return Some(body);
            }
            body.extend(self.exactly(size)?);
            self.exactly(2)?;
        }
    }

    pub fn line(&mut self) -> Option<String> {
        let end = loop {
            if let Some(end) = find(&self.unread, b"\n") {
                break end + 1;
            }
            if !self.more() {
                return None;
            }
        };
        Some(String::from_utf8_lossy(&self.unread.drain(..end).collect::<Vec<u8>>()).into_owned())
    }

    /// Reads some more; false at the end, or when the server reset the connection.
    pub fn more(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        match self.socket.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.unread.extend_from_slice(&buffer[..count]);
                true
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => false,
            Err(error) => panic!("the server said nothing for {PATIENCE:?}: {error}"),
        }
    }

    /// Whether the connection ends here, with nothing more said.
    pub fn ends(&mut self) -> bool {
        self.unread.is_empty() && !self.more()
    }

    pub fn get(&mut self, path: &str) -> Option<Reply> {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: a.example\r\n\r\n"));
        self.reply()
    }
}

pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}
