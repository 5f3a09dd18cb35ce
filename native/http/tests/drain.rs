//! The end of a server.

use std::sync::mpsc::channel;
use std::time::Duration;

use workbooks_http::{Drained, Server};

use crate::support::*;

fn drain(server: &Server, deadline: Duration) -> std::sync::mpsc::Receiver<Drained> {
    let (done, wait) = channel();
    server.drain(
        deadline,
        Box::new(move |drained| {
            let _ = done.send(drained);
        }),
    );
    wait
}

#[test]
fn requests_in_flight_are_answered_and_then_closed() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut busy = Client::connect(port(&server));
    busy.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let mut streaming = Client::connect(port(&server));
    streaming.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, other) = caught.recv_timeout(PATIENCE).unwrap();
    let stream = other.begin(200, headers(&[])).unwrap();
    let mut idle = Client::connect(port(&server));
    idle.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, third) = caught.recv_timeout(PATIENCE).unwrap();
    third.respond(200, headers(&[]), "".into()).unwrap();
    assert_eq!(idle.reply().unwrap().status, 200);
    let mut fresh = Client::connect(port(&server));
    eventually("it is taken", || server.stats().connections == 4);

    let wait = drain(&server, PATIENCE);
    assert!(idle.ends());
    assert!(fresh.ends());
    eventually("nobody else comes in", || std::net::TcpStream::connect(port(&server)).is_err());
    stream.chunk("late".into(), Box::new(|_| {})).unwrap();
    stream.finish(headers(&[])).unwrap();
    assert_eq!(streaming.reply().unwrap().text(), "late");
    assert!(streaming.ends());
    responder.respond(200, headers(&[]), "late too".into()).unwrap();
    let reply = busy.reply().unwrap();
    assert_eq!((reply.text().as_str(), reply.header("connection")), ("late too", Some("close")));
    assert!(busy.ends());
    assert_eq!(wait.recv_timeout(PATIENCE).unwrap(), Drained { cut: 0 });
}

#[test]
fn what_is_left_at_the_deadline_is_cut() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let (gone, left) = channel();
    responder.on_disconnect(Box::new(move || {
        let _ = gone.send(());
    }));
    let wait = drain(&server, Duration::from_millis(50));
    assert_eq!(wait.recv_timeout(PATIENCE).unwrap(), Drained { cut: 1 });
    assert!(client.ends());
    left.recv_timeout(PATIENCE).unwrap();
    // Again, there is nothing to wait for.
    assert_eq!(drain(&server, PATIENCE).recv_timeout(PATIENCE).unwrap(), Drained { cut: 0 });
}

#[test]
fn a_stopped_server_frees_its_port_and_tells_handlers() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let address = port(&server);
    let mut client = Client::connect(address);
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    server.stop();
    assert!(client.ends());
    eventually("the handler can know", || std::net::TcpStream::connect(address).is_err());
    // What it says now is said to nobody, and harms nobody.
    let _ = responder.respond(200, headers(&[]), "".into());
    let again = start(workbooks_http::Config::tcp(address), describe);
    assert_eq!(Client::connect(port(&again)).get("/").unwrap().status, 200);
}

#[test]
fn a_drained_address_is_free_at_once() {
    let first = start(local(), describe);
    let address = port(&first);
    let mut server = first;
    for _ in 0..10 {
        let mut client = Client::connect(address);
        assert_eq!(client.get("/").unwrap().status, 200);
        drain(&server, PATIENCE).recv_timeout(PATIENCE).unwrap();
        // No second try: the old one is still there, and in nobody's way.
        let next = start(workbooks_http::Config::tcp(address), describe);
        server.stop();
        server = next;
    }
}

#[test]
fn servers_come_and_go() {
    for _ in 0..50 {
        let server = start(local(), describe);
        assert_eq!(Client::connect(port(&server)).get("/").unwrap().status, 200);
    }
}
