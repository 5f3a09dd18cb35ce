//! Bodies of requests: pulled, bounded, and what happens when they end badly.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::channel;

use workbooks_http::{Body, Bytes, Chunk, Kind, Request, Responder, Stream};

use crate::support::*;

#[test]
fn a_body_comes_in_pieces_as_large_as_asked_for() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut client = Client::connect(port(&server));
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n0123456789");
    let (Request { body, .. }, responder) = caught.recv_timeout(PATIENCE).unwrap();
    assert_eq!(body.length(), Some(10));
    let mut all = Vec::new();
    loop {
        match read(&body, 3).unwrap() {
            Chunk::Data(bytes) => {
                assert!((1..=3).contains(&bytes.len()));
                all.extend_from_slice(&bytes);
            }
            Chunk::End(trailers) => break assert!(trailers.is_empty()),
        }
    }
    assert_eq!(all, b"0123456789");
    // The end stays the end.
    assert_eq!(read(&body, 3).unwrap(), Chunk::End(Vec::new()));
    responder.respond(200, headers(&[]), "".into()).unwrap();
    assert_eq!(client.reply().unwrap().status, 200);
}

#[test]
fn trailers_come_with_the_end_but_for_those_that_may_not() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut client = Client::connect(port(&server));
    client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n");
    client.send("x-sum: 5\r\ncontent-length: 3\r\nHost: evil\r\nAuthorization: x\r\ncookie: a=b\r\n\r\n");
    let (Request { body, .. }, _responder) = caught.recv_timeout(PATIENCE).unwrap();
    assert_eq!(body.length(), None);
    assert_eq!(read(&body, 100).unwrap(), Chunk::Data("hi".into()));
    assert_eq!(read(&body, 100).unwrap(), Chunk::End(headers(&[("x-sum", "5")])));
}

#[test]
fn a_body_is_not_read_twice_at_once() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut client = Client::connect(port(&server));
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n");
    let (Request { body, .. }, _responder) = caught.recv_timeout(PATIENCE).unwrap();
    let (found, wait) = channel();
    body.read(
        9,
        Box::new(move |chunk| {
            let _ = found.send(chunk);
        }),
    )
    .unwrap();
    assert_eq!(body.read(9, Box::new(|_| panic!("called"))).unwrap_err().kind(), Kind::Busy);
    client.send("hi");
    assert!(matches!(wait.recv_timeout(PATIENCE).unwrap().unwrap(), Chunk::Data(_)));
}

#[test]
fn a_continue_is_sent_when_the_body_is_asked_for_and_not_before() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let head = "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";

    let mut client = Client::connect(port(&server));
    client.send(head);
    let (Request { body, .. }, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let (found, wait) = channel();
    body.read(
        9,
        Box::new(move |chunk| {
            let _ = found.send(chunk);
        }),
    )
    .unwrap();
    assert_eq!(client.any_reply(false).unwrap().status, 100);
    client.send("hi");
    assert_eq!(wait.recv_timeout(PATIENCE).unwrap().unwrap(), Chunk::Data("hi".into()));
    responder.respond(200, headers(&[]), "".into()).unwrap();
    assert_eq!(client.reply().unwrap().status, 200);

    // One who is not let in is told at once, and the connection is not to be guessed at.
    let mut client = Client::connect(port(&server));
    client.send(head);
    let (request, responder) = caught.recv_timeout(PATIENCE).unwrap();
    responder.respond(403, headers(&[]), "".into()).unwrap();
    drop(request);
    assert_eq!(client.any_reply(false).unwrap().status, 403);
    assert!(client.ends());
}

/// Nothing is read for a handler that does not ask: the client is held up by full buffers.
#[test]
fn a_body_that_nobody_reads_stays_with_the_client() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut client = Client::connect(port(&server));
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 60000000\r\n\r\n");
    let held = caught.recv_timeout(PATIENCE).unwrap();
    client.socket.set_nonblocking(true).unwrap();
    let block = [0; 64 * 1024];
    let mut sent = 0;
    // Until the socket has been full for a while: the system's buffers grow for some time.
    let mut full = 0;
    while full < 100 {
        match client.socket.write(&block) {
            Ok(count) => (sent, full) = (sent + count, 0),
            Err(_) => {
                full += 1;
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
    }
    // Both sockets' buffers, which the system sizes, and little more.
    assert!(sent < 40_000_000, "{sent} bytes were taken");
    drop(held);
}

/// Echoes a body in the chunks it comes in, one at a time.
fn echo(request: Request, responder: Responder) {
    let Ok(stream) = responder.begin(200, headers(&[])) else { return };
    pump(Arc::new(request.body), stream, Arc::new(AtomicU64::new(0)));
}

fn pump(body: Arc<Body>, stream: Stream, most: Arc<AtomicU64>) {
    let again = body.clone();
    let asked = body.read(
        usize::MAX,
        Box::new(move |chunk| match chunk {
            Ok(Chunk::Data(bytes)) => {
                most.fetch_max(bytes.len() as u64, Relaxed);
                // Held by the callback until it is called: then the next is read.
                let stream = Arc::new(std::sync::Mutex::new(Some(stream)));
                let later = stream.clone();
                let next = Box::new(move |taken: Result<(), _>| {
                    // On another thread the call below may not have returned yet.
                    let stream = later.lock().unwrap().take();
                    if let (Ok(()), Some(stream)) = (taken, stream) {
                        pump(again, stream, most);
                    }
                });
                let held = stream.lock().unwrap();
                if let Some(stream) = &*held {
                    let _ = stream.chunk(bytes, next);
                }
            }
            Ok(Chunk::End(_)) => drop(stream.finish(headers(&[]))),
            Err(_) => stream.abort(),
        }),
    );
    assert!(asked.is_ok());
}

/// A gigabyte there and back through one connection, in bounded memory.
#[test]
fn a_very_long_body_takes_little_memory() {
    const LENGTH: u64 = 1 << 30;
    let mut config = local();
    config.limits.body_bytes = u64::MAX;
    let server = start(config, echo);
    let mut client = Client::connect(port(&server));
    let before = resident();
    client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {LENGTH}\r\nconnection: close\r\n\r\n"));
    let mut sending = client.socket.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        let block = vec![b'x'; 1 << 20];
        (0..LENGTH >> 20).all(|_| sending.write_all(&block).is_ok())
    });
    let (mut got, mut most) = (0, 0);
    while client.more() {
        got += client.unread.len() as u64;
        client.unread.clear();
        most = most.max(resident());
    }
    assert!(sender.join().unwrap());
    println!("{} MiB more for a body of a gigabyte", most.saturating_sub(before) >> 20);
    // The head and the chunks' sizes come on top.
    assert!(got >= LENGTH, "{got} bytes came back");
    // Other tests run in the same process, so the bound is wide; the body is not within it.
    assert!(most.saturating_sub(before) < 400 << 20, "{} MiB more", (most - before) >> 20);
}

/// Bytes of memory that this process has.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

#[test]
fn a_client_that_vanishes_in_its_body_is_told_of() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    for head in ["content-length: 100\r\n\r\nhello", "transfer-encoding: chunked\r\n\r\n64\r\nhello"] {
        let mut client = Client::connect(port(&server));
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\n{head}"));
        let (Request { body, .. }, responder) = caught.recv_timeout(PATIENCE).unwrap();
        assert_eq!(read(&body, 100).unwrap(), Chunk::Data("hello".into()));
        drop(client);
        let error = read(&body, 100).unwrap_err();
        assert_eq!(error.kind(), Kind::Incomplete, "{error}");
        // A failure stays one.
        assert_eq!(read(&body, 100).unwrap_err().kind(), Kind::Incomplete);
        drop(responder);
    }
    // A thousand of them leave nothing behind.
    for _ in 0..1000 {
        Client::connect(port(&server)).send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhello");
    }
    while let Ok(held) = caught.recv_timeout(std::time::Duration::from_millis(500)) {
        drop(held);
    }
    eventually("all are gone", || (server.stats().connections, server.stats().in_flight) == (0, 0));
}

#[test]
fn a_body_that_is_too_large_is_413() {
    let mut config = local();
    config.limits.body_bytes = 10;
    let server = start(config, describe);
    let mut client = Client::connect(port(&server));
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n0123456789");
    assert_eq!(client.reply().unwrap().status, 200);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\n\r\n0123456789x");
    assert_eq!(client.reply().unwrap().status, 413);
    assert!(client.ends());
    // Chunks say how long they are together only at the end.
    let mut client = Client::connect(port(&server));
    client
        .send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\nhello!\r\n0\r\n\r\n");
    assert_eq!(client.reply().unwrap().status, 413);
    assert!(client.ends());
    assert_eq!(server.stats().requests, 2);
}

#[test]
fn a_client_that_sends_on_regardless_still_reads_its_413() {
    let mut config = local();
    config.limits.body_bytes = 10;
    let server = start(config, describe);
    let mut client = Client::connect(port(&server));
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3000000\r\n\r\n");
    client.send(vec![b'x'; 3_000_000]);
    assert_eq!(client.reply().unwrap().status, 413);
}

#[test]
fn a_slow_body_is_408() {
    let mut config = local();
    config.limits.body_gap = std::time::Duration::from_millis(100);
    let server = start(config, describe);
    let mut client = Client::connect(port(&server));
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhello");
    assert_eq!(client.reply().unwrap().status, 408);
    assert!(client.ends());
    assert_eq!(server.stats().timeouts, 1);
}

/// A client that does not take its answer holds up the handler, and then is cut off.
#[test]
fn an_answer_that_is_not_taken_is_held_back_and_cut_off() {
    let mut config = local();
    config.limits.body_gap = std::time::Duration::from_millis(300);
    let (handler, caught) = catching();
    let server = start(config, handler);
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let (gone, left) = channel();
    responder.on_disconnect(Box::new(move || {
        let _ = gone.send(());
    }));
    let stream = responder.begin(200, headers(&[])).unwrap();
    let block = Bytes::from(vec![b'x'; 1 << 20]);
    let mut given = 0;
    loop {
        let (accepted, wait) = channel();
        let asked = stream.chunk(
            block.clone(),
            Box::new(move |taken| {
                let _ = accepted.send(taken);
            }),
        );
        if asked.is_err() || wait.recv_timeout(PATIENCE).unwrap().is_err() {
            break;
        }
        given += 1;
        assert!(given < 64, "{given} MiB were accepted that nobody took");
    }
    left.recv_timeout(PATIENCE).unwrap();
    eventually("the connection is gone", || server.stats().connections == 0);
}

#[test]
fn more_chunks_than_the_client_takes_are_refused() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let stream = responder.begin(200, headers(&[])).unwrap();
    let block = Bytes::from(vec![b'x'; 8 << 20]);
    let busy = (0..64).find_map(|_| stream.chunk(block.clone(), Box::new(|_| {})).err());
    assert_eq!(busy.unwrap().kind(), Kind::Busy);
}
