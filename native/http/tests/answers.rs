//! What a handler answers, and what the client gets of it.

use std::sync::mpsc::channel;

use workbooks_http::{Bytes, Kind, Peer, Request, Responder, Scheme, Version};

use crate::support::*;

#[test]
fn a_request_is_told_whole() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut client = Client::connect(port(&server));
    client.send("GET /a%20b?c=d HTTP/1.1\r\nHost: a.example:80\r\nX-One: 1\r\nx-two: 2\r\nX-ONE: 3\r\n\r\n");
    let (request, _responder) = caught.recv_timeout(PATIENCE).unwrap();
    let head = &request.head;
    assert_eq!((head.method(), head.path(), head.query()), ("GET", "/a%20b", Some("c=d")));
    assert_eq!((head.version(), head.scheme(), head.host()), (Version::Http11, Scheme::Http, Some("a.example:80")));
    assert_eq!(head.peer(), &Peer::Tcp(client.socket.local_addr().unwrap()));
    assert_eq!(head.local(), &Peer::Tcp(port(&server)));
    let lines: Vec<(&str, &[u8])> = head.headers().collect();
    assert_eq!(lines, [("host", &b"a.example:80"[..]), ("x-one", b"1"), ("x-one", b"3"), ("x-two", b"2")]);
    assert!(request.body.is_empty());
}

/// Answers by the path: `/204` has the status 204, and so on.
fn by_path(request: Request, responder: Responder) {
    let status = request.head.path().trim_start_matches('/').parse().unwrap_or(200);
    let _ = responder.respond(status, headers(&[("x", "y")]), "hello".into());
}

#[test]
fn answers_without_bodies_have_none() {
    let server = start(local(), by_path);
    let mut client = Client::connect(port(&server));
    for (method, path, length) in [
        ("HEAD", "/200", Some("5")),
        ("HEAD", "/404", Some("5")),
        ("HEAD", "/204", None),
        ("HEAD", "/304", None),
        ("GET", "/204", None),
        ("GET", "/304", None),
        ("GET", "/205", Some("0")),
        ("GET", "/200", Some("5")),
    ] {
        client.send(format!("{method} {path} HTTP/1.1\r\nhost: a\r\n\r\n"));
        let reply = client.any_reply(method == "HEAD").unwrap();
        assert_eq!(reply.status.to_string(), path[1..]);
        assert_eq!(reply.header("content-length"), length, "{method} {path}");
        assert_eq!(reply.header("transfer-encoding"), None);
        assert_eq!(reply.header("x"), Some("y"));
        assert_eq!(reply.text(), if (method, path) == ("GET", "/200") { "hello" } else { "" }, "{method} {path}");
    }
}

#[test]
fn what_is_no_answer_is_an_error_and_a_500() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut client = Client::connect(port(&server));
    for status in [0, 99, 100, 101, 199, 600, 1000] {
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
        let error = responder.respond(status, headers(&[]), "".into()).unwrap_err();
        assert_eq!(error.kind(), Kind::Answer);
        assert!(error.to_string().contains(&status.to_string()));
        assert_eq!(client.reply().unwrap().status, 500);
    }
}

#[test]
fn framing_is_not_the_handlers() {
    let server = start(local(), |_: Request, responder: Responder| {
        let given = headers(&[
            ("content-length", "3"),
            ("transfer-encoding", "chunked"),
            ("connection", "keep-alive, x"),
            ("keep-alive", "timeout=1"),
            ("upgrade", "x"),
            ("date", "yesterday"),
        ]);
        let _ = responder.respond(200, given, "hello".into());
    });
    let mut client = Client::connect(port(&server));
    let reply = client.get("/").unwrap();
    assert_eq!(reply.text(), "hello");
    assert_eq!(reply.header("date"), Some("yesterday"));
    for name in ["transfer-encoding", "connection", "keep-alive", "upgrade"] {
        assert_eq!(reply.header(name), None);
    }
    assert_eq!(client.get("/").unwrap().text(), "hello");
}

#[test]
fn a_handler_may_close_the_connection() {
    let server = start(local(), |_: Request, responder: Responder| {
        let _ = responder.respond(200, headers(&[("connection", "Close")]), "".into());
    });
    let mut client = Client::connect(port(&server));
    assert_eq!(client.get("/").unwrap().header("connection"), Some("close"));
    assert!(client.ends());
}

#[test]
fn a_responder_that_is_dropped_is_a_500() {
    let server = start(local(), |_: Request, _: Responder| {});
    let mut client = Client::connect(port(&server));
    assert_eq!(client.get("/").unwrap().status, 500);
    assert_eq!(client.get("/").unwrap().status, 500);
    client.send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(client.any_reply(true).unwrap().status, 500);
    assert_eq!(client.get("/").unwrap().status, 500);
}

#[test]
fn a_handler_that_panics_is_a_500_and_counted() {
    let server = start(local(), |request: Request, responder: Responder| {
        assert!(request.head.path() != "/panic", "as asked");
        let _ = responder.respond(200, headers(&[]), "fine".into());
    });
    let mut client = Client::connect(port(&server));
    assert_eq!(client.get("/panic").unwrap().status, 500);
    assert_eq!(client.get("/").unwrap().text(), "fine");
    assert_eq!(server.stats().panics, 1);
}

#[test]
fn a_callback_that_panics_takes_nothing_along() {
    let server = start(local(), |request: Request, responder: Responder| {
        responder.on_disconnect(Box::new(|| panic!("as asked")));
        let stream = responder.begin(200, headers(&[])).unwrap();
        stream.chunk("one".into(), Box::new(|_| panic!("as asked"))).unwrap();
        let asked = request.body.read(1, Box::new(|_| panic!("as asked")));
        assert!(asked.is_ok());
        let _ = stream.finish(headers(&[]));
    });
    let mut client = Client::connect(port(&server));
    assert_eq!(client.get("/").unwrap().text(), "one");
    assert_eq!(client.get("/").unwrap().text(), "one");
    eventually("the panics are counted", || server.stats().panics == 4);
}

#[test]
fn an_aborted_request_is_not_answered() {
    let server = start(local(), |_: Request, responder: Responder| responder.abort());
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert!(client.ends());
}

#[test]
fn a_stream_is_sent_as_it_comes() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let stream = responder.begin(200, headers(&[("content-type", "text/event-stream")])).unwrap();
    while find(&client.unread, b"\r\n\r\n").is_none() {
        assert!(client.more());
    }
    for event in ["one", "two", "three"] {
        let (accepted, wait) = channel();
        stream
            .chunk(
                Bytes::from(event),
                Box::new(move |taken| {
                    let _ = accepted.send(taken);
                }),
            )
            .unwrap();
        assert!(wait.recv_timeout(PATIENCE).unwrap().is_ok());
        // It arrives before anything else is said.
        while find(&client.unread, event.as_bytes()).is_none() {
            assert!(client.more());
        }
    }
    stream.finish(headers(&[])).unwrap();
    assert_eq!(client.reply().unwrap().text(), "onetwothree");
    assert_eq!(server.stats().in_flight, 0);
}

#[test]
fn trailers_follow_where_they_are_understood() {
    let server = start(local(), |_: Request, responder: Responder| {
        let stream = responder.begin(200, headers(&[("trailer", "x-sum")])).unwrap();
        stream.chunk("hello".into(), Box::new(|_| {})).unwrap();
        stream.finish(headers(&[("x-sum", "5")])).unwrap();
    });
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\nte: trailers\r\nconnection: te, close\r\n\r\n");
    while client.more() {}
    let text = String::from_utf8_lossy(&client.unread).into_owned();
    assert!(text.ends_with("5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n"), "{text}");
    // Without being asked for, they are left out.
    assert_eq!(Client::connect(port(&server)).get("/").unwrap().text(), "hello");
}

#[test]
fn a_stream_keeps_the_length_it_promised() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let ask = |length: &'static str| {
        let mut client = Client::connect(port(&server));
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
        (client, responder.begin(200, headers(&[("content-length", length)])).unwrap())
    };
    let (mut client, stream) = ask("5");
    stream.chunk("hel".into(), Box::new(|_| {})).unwrap();
    assert_eq!(stream.chunk("lo!".into(), Box::new(|_| {})).unwrap_err().kind(), Kind::Length);
    stream.chunk("lo".into(), Box::new(|_| {})).unwrap();
    stream.finish(headers(&[])).unwrap();
    let reply = client.reply().unwrap();
    assert_eq!((reply.text().as_str(), reply.header("content-length")), ("hello", Some("5")));

    // Too little is no answer: the client is cut off instead of left waiting.
    let (mut client, stream) = ask("5");
    stream.chunk("hel".into(), Box::new(|_| {})).unwrap();
    assert_eq!(stream.finish(headers(&[])).unwrap_err().kind(), Kind::Length);
    while client.more() {}
    assert!(find(&client.unread, b"hello").is_none());
}

#[test]
fn a_stream_that_is_dropped_breaks_off() {
    let server = start(local(), |request: Request, responder: Responder| {
        let stream = responder.begin(200, headers(&[])).unwrap();
        let _ = stream.chunk("part".into(), Box::new(move |_| drop(request)));
    });
    for version in ["1.1", "1.0"] {
        let mut client = Client::connect(port(&server));
        client.send(format!("GET / HTTP/{version}\r\nhost: a\r\n\r\n"));
        let mut reset = false;
        let mut buffer = [0; 4096];
        loop {
            match std::io::Read::read(&mut client.socket, &mut buffer) {
                Ok(0) => break,
                Ok(count) => client.unread.extend_from_slice(&buffer[..count]),
                Err(error) => {
                    reset = error.kind() == std::io::ErrorKind::ConnectionReset;
                    break;
                }
            }
        }
        // Of HTTP/1.0 the end is the end of the connection: only a reset tells it from one.
        assert!(reset, "HTTP/{version}: {:?}", String::from_utf8_lossy(&client.unread));
    }
}

#[test]
fn a_stream_of_a_head_request_is_dropped_quietly() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let mut client = Client::connect(port(&server));
    client.send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let stream = responder.begin(200, headers(&[("content-length", "10")])).unwrap();
    let (accepted, wait) = channel();
    stream
        .chunk(
            "hello".into(),
            Box::new(move |taken| {
                let _ = accepted.send(taken);
            }),
        )
        .unwrap();
    assert!(wait.recv_timeout(PATIENCE).unwrap().is_ok());
    stream.finish(headers(&[])).unwrap();
    let reply = client.any_reply(true).unwrap();
    assert_eq!(reply.header("content-length"), Some("10"));
    client.send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    responder.respond(200, headers(&[]), "x".into()).unwrap();
    assert_eq!(client.any_reply(true).unwrap().header("content-length"), Some("1"));
}

#[test]
fn a_client_that_leaves_is_told_of_once() {
    let (handler, caught) = catching();
    let server = start(local(), handler);
    let (gone, wait) = channel();

    // Before the answer.
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    responder.on_disconnect(Box::new({
        let gone = gone.clone();
        move || {
            let _ = gone.send("asked");
        }
    }));
    drop(client);
    assert_eq!(wait.recv_timeout(PATIENCE).unwrap(), "asked");
    assert_eq!(responder.respond(200, headers(&[]), "".into()).unwrap_err().kind(), Kind::Gone);

    // In the middle of it.
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let stream = responder.begin(200, headers(&[])).unwrap();
    stream.on_disconnect(Box::new({
        let gone = gone.clone();
        move || {
            let _ = gone.send("streaming");
        }
    }));
    drop(client);
    assert_eq!(wait.recv_timeout(PATIENCE).unwrap(), "streaming");
    assert_eq!(stream.chunk("x".into(), Box::new(|_| {})).unwrap_err().kind(), Kind::Gone);
    // One who asks late is told as well.
    stream.on_disconnect(Box::new(move || {
        let _ = gone.send("late");
    }));
    assert_eq!(wait.recv_timeout(PATIENCE).unwrap(), "late");
    eventually("both are counted", || server.stats().disconnects == 2);

    // Nobody left here: the callback is dropped uncalled.
    let mut client = Client::connect(port(&server));
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (_, responder) = caught.recv_timeout(PATIENCE).unwrap();
    let (gone, wait) = channel();
    responder.on_disconnect(Box::new(move || {
        let _ = gone.send(());
    }));
    responder.respond(200, headers(&[]), "".into()).unwrap();
    assert_eq!(client.reply().unwrap().status, 200);
    drop(client);
    assert!(wait.recv_timeout(PATIENCE).is_err());
}
