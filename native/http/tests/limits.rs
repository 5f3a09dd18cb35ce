//! Times and numbers.

use std::time::Duration;

use workbooks_http::{Config, Kind, Limits, Request, Responder, Server};

use crate::support::*;

fn with(change: impl FnOnce(&mut Limits)) -> Config {
    let mut config = local();
    change(&mut config.limits);
    config
}

/// Short to wait for, and long for what must happen before it on a busy machine.
const SOON: Duration = Duration::from_secs(1);

#[test]
fn slow_headers_are_408() {
    let server = start(with(|limits| limits.header_time = SOON), describe);
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\nx-half: ");
    let reply = client.reply().unwrap();
    assert_eq!(reply.status, 408);
    assert!(client.ends());

    // A byte now and then does not help.
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\nx: ");
    client.socket.set_nonblocking(true).unwrap();
    eventually("the slow one is answered", || {
        client.send("y");
        let mut buffer = [0; 4096];
        match std::io::Read::read(&mut client.socket, &mut buffer) {
            Ok(count) => {
                client.unread.extend_from_slice(&buffer[..count]);
                true
            }
            Err(_) => false,
        }
    });
    assert!(client.unread.starts_with(b"HTTP/1.1 408 "));
    assert_eq!(server.stats().bad_requests, 2);
}

#[test]
fn the_time_for_headers_begins_with_their_first_byte() {
    let server = start(with(|limits| limits.header_time = SOON), describe);
    let mut client = Client::connect(port(&server));
    assert_eq!(client.get("/").unwrap().status, 200);
    std::thread::sleep(SOON + SOON / 2);
    // It was idle, which is another limit; now it is slow.
    client.send("GET / HT");
    assert_eq!(client.reply().unwrap().status, 408);
}

#[test]
fn a_connection_without_a_request_is_closed_without_a_word() {
    let server = start(with(|limits| limits.header_time = SOON), describe);
    assert!(Client::connect(port(&server)).ends());
    eventually("it is forgotten", || server.stats().connections == 0);
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let server = start(with(|limits| limits.idle_time = SOON), describe);
    let mut client = Client::connect(port(&server));
    assert_eq!(client.get("/").unwrap().status, 200);
    assert!(client.ends());
}

#[test]
fn a_request_in_flight_is_not_idle() {
    let (handler, caught) = catching();
    let server = start(with(|limits| limits.idle_time = SOON), handler);
    let mut client = Client::connect(port(&server));
    for _ in 0..2 {
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
        std::thread::sleep(SOON + SOON / 2);
        responder.respond(200, headers(&[]), "".into()).unwrap();
        assert_eq!(client.reply().unwrap().status, 200);
    }
}

#[test]
fn an_answer_that_takes_too_long_is_503() {
    let (handler, caught) = catching();
    let server = start(with(|limits| limits.request_time = SOON), handler);
    let (gone, left) = std::sync::mpsc::channel();
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    responder.on_disconnect(Box::new(move || {
        let _ = gone.send(());
    }));
    assert_eq!(client.reply().unwrap().status, 503);
    assert!(client.ends());
    left.recv_timeout(PATIENCE).unwrap();
    assert_eq!(responder.respond(200, headers(&[]), "".into()).unwrap_err().kind(), Kind::Timeout);
    assert_eq!(server.stats().timeouts, 1);

    // Once it has begun, it can only be cut.
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let stream = responder.begin(200, headers(&[])).unwrap();
    while client.more() {}
    assert!(client.unread.starts_with(b"HTTP/1.1 200 "));
    eventually("the handler can know", || stream.chunk("x".into(), Box::new(|_| {})).is_err());
}

#[test]
fn a_stream_may_take_its_time() {
    let (handler, caught) = catching();
    let server = start(with(|limits| limits.request_time = SOON), handler);
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    responder.take_time();
    let stream = responder.begin(200, headers(&[])).unwrap();
    std::thread::sleep(SOON + SOON / 2);
    stream.chunk("late".into(), Box::new(|_| {})).unwrap();
    stream.finish(headers(&[])).unwrap();
    assert_eq!(client.reply().unwrap().text(), "late");
    // The next request on the connection has its limit again.
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let _held = caught.recv_timeout(PATIENCE).unwrap();
    assert_eq!(client.reply().unwrap().status, 503);
}

#[test]
fn too_many_requests_at_once_are_503_and_may_come_again() {
    let (handler, caught) = catching();
    let server = start(with(|limits| limits.in_flight = 1), handler);
    let mut first = Client::connect(port(&server));
    first.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let mut second = Client::connect(port(&server));
    let refused = second.get("/").unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    responder.respond(200, headers(&[]), "".into()).unwrap();
    assert_eq!(first.reply().unwrap().status, 200);
    // The connection was not to blame.
    eventually("there is room", || {
        second.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        match caught.recv_timeout(Duration::from_millis(50)) {
            Ok((_, responder)) => responder.respond(200, headers(&[]), "".into()).is_ok(),
            Err(_) => false,
        }
    });
    assert!(server.stats().refused_requests >= 1);
}

/// A handler that is still at work counts, whether its client waits or not.
#[test]
fn a_client_that_leaves_does_not_make_room_for_more_work() {
    let (handler, caught) = catching();
    let server = start(with(|limits| limits.in_flight = 1), handler);
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    drop(client);
    eventually("it is noticed", || server.stats().disconnects == 1);
    assert_eq!(Client::connect(port(&server)).get("/").unwrap().status, 503);
    drop(responder);
    eventually("there is room", || server.stats().in_flight == 0);
}

#[test]
fn too_many_connections_are_503_and_closed() {
    let server = start(with(|limits| limits.connections = 2), describe);
    let mut held: Vec<Client> = (0..2).map(|_| Client::connect(port(&server))).collect();
    for client in &mut held {
        assert_eq!(client.get("/").unwrap().status, 200);
    }
    let mut third = Client::connect(port(&server));
    let reply = third.get("/").unwrap();
    assert_eq!(
        (reply.status, reply.header("connection"), reply.header("retry-after")),
        (503, Some("close"), Some("1"))
    );
    assert!(third.ends());
    assert_eq!(server.stats().refused_connections, 1);
    held.clear();
    eventually("there is room", || server.stats().connections == 0);
    assert_eq!(Client::connect(port(&server)).get("/").unwrap().status, 200);
}

#[test]
fn smaller_limits_hold() {
    let config = with(|limits| {
        limits.request_line = 64;
        limits.header_bytes = 256;
        limits.header_count = 3;
    });
    let server = start(config, describe);
    let ask = |raw: String| Client::connect(port(&server)).ask(raw);
    assert_eq!(ask(format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(50))), 200);
    assert_eq!(ask(format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(51))), 414);
    assert_eq!(ask(format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(2))), 200);
    assert_eq!(ask(format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(3))), 431);
    assert_eq!(ask(format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(300))), 431);
}

#[test]
fn larger_limits_hold() {
    let config = with(|limits| {
        limits.request_line = 50_000;
        limits.header_bytes = 1 << 20;
        limits.header_count = 1000;
    });
    let server = start(config, describe);
    let lines = format!("x: {}\r\n", "y".repeat(900)).repeat(900);
    let raw = format!("GET /{} HTTP/1.1\r\nhost: a\r\n{lines}\r\n", "x".repeat(40_000));
    assert_eq!(Client::connect(port(&server)).ask(raw), 200);
}

impl Client {
    fn ask(&mut self, raw: String) -> u16 {
        self.send(raw);
        self.reply().map_or(0, |reply| reply.status)
    }
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let silent = || std::sync::Arc::new(|_: Request, _: Responder| {});
    for (name, config) in [
        ("request_line", with(|limits| limits.request_line = 100_000)),
        ("header_bytes", with(|limits| limits.header_bytes = 0)),
        ("header_count", with(|limits| limits.header_count = 0)),
        ("connections", with(|limits| limits.connections = 0)),
        ("in_flight", with(|limits| limits.in_flight = 0)),
        ("h2_streams", with(|limits| limits.h2_streams = 0)),
        ("header_time", with(|limits| limits.header_time = Duration::ZERO)),
        ("request_time", with(|limits| limits.request_time = Duration::MAX)),
        ("threads", Config { threads: 0, ..local() }),
        ("nowhere", Config { listen: Vec::new(), ..local() }),
    ] {
        let error = Server::start(config, silent()).err().unwrap();
        assert_eq!(error.kind(), Kind::Config);
        assert!(error.to_string().contains(name), "{error}");
    }
}
