//! HTTP/2, by the h2 crate's client, and by others where they are installed.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use http::Request as HttpRequest;
use workbooks_http::{Config, Kind, Request, Responder, Version};

use crate::support::*;

fn h2c() -> Config {
    Config { h2c: true, ..local() }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await.expect("nothing came") })
}

/// A connection, and what it ended with.
async fn connect(address: SocketAddr) -> (SendRequest<Bytes>, tokio::task::JoinHandle<Result<(), h2::Error>>) {
    let socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let (client, connection) = h2::client::handshake(socket).await.unwrap();
    (client, tokio::spawn(connection))
}

async fn ready(client: &SendRequest<Bytes>) -> SendRequest<Bytes> {
    client.clone().ready().await.unwrap()
}

fn get(path: &str) -> HttpRequest<()> {
    HttpRequest::get(format!("http://a.example{path}")).body(()).unwrap()
}

async fn text(mut body: RecvStream) -> Result<String, h2::Error> {
    let mut all = Vec::new();
    while let Some(data) = body.data().await {
        let data = data?;
        let _ = body.flow_control().release_capacity(data.len());
        all.extend_from_slice(&data);
    }
    Ok(String::from_utf8(all).unwrap())
}

/// Status and body of one request.
async fn ask(client: &SendRequest<Bytes>, request: HttpRequest<()>, body: Option<&'static str>) -> (u16, String) {
    let (response, mut send) = ready(client).await.send_request(request, body.is_none()).unwrap();
    if let Some(body) = body {
        send.send_data(body.into(), true).unwrap();
    }
    let (head, body) = response.await.unwrap().into_parts();
    (head.status.as_u16(), text(body).await.unwrap())
}

#[test]
fn requests_are_answered() {
    let server = start(h2c(), describe);
    block_on(async {
        let (client, _) = connect(port(&server)).await;
        assert_eq!(ask(&client, get("/a?b"), None).await, (200, "GET /a?b []".into()));
        let post = || HttpRequest::post("http://a.example/p").body(()).unwrap();
        assert_eq!(ask(&client, post(), Some("hello")).await, (200, "POST /p [hello]".into()));
        // Many at once, on one connection.
        let all = (0..100).map(|number| {
            let client = client.clone();
            tokio::spawn(async move { ask(&client, get(&format!("/{number}")), None).await })
        });
        for (number, one) in all.collect::<Vec<_>>().into_iter().enumerate() {
            assert_eq!(one.await.unwrap(), (200, format!("GET /{number} []")));
        }
    });
    assert_eq!(server.stats().accepted, 1);
}

#[test]
fn it_is_spoken_without_tls_only_where_told() {
    let server = start(local(), describe);
    let mut client = Client::connect(port(&server));
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_eq!(client.reply().unwrap().status, 505);
    assert!(client.ends());
    // Where told, HTTP/1.1 is spoken as well.
    let server = start(h2c(), describe);
    assert_eq!(Client::connect(port(&server)).get("/").unwrap().text(), "GET / []");
    let mut client = Client::connect(port(&server));
    for byte in "PUT / HTTP/1.1\r\nhost: a\r\n\r\n".bytes() {
        client.send([byte]);
    }
    assert_eq!(client.reply().unwrap().text(), "PUT / []");
}

#[test]
fn the_head_is_told_as_of_http1() {
    let (handler, caught) = catching();
    let server = start(h2c(), handler);
    block_on(async {
        let (client, _) = connect(port(&server)).await;
        let request = HttpRequest::get("http://a.example:8080/p?q")
            .header("cookie", "a=1")
            .header("cookie", "b=2")
            .header("x", "y")
            .body(())
            .unwrap();
        let (response, _) = ready(&client).await.send_request(request, true).unwrap();
        let (request, responder) =
            tokio::task::spawn_blocking(move || caught.recv_timeout(PATIENCE).unwrap()).await.unwrap();
        let head = &request.head;
        assert_eq!(
            (head.version(), head.host(), head.path(), head.query()),
            (Version::Http2, Some("a.example:8080"), "/p", Some("q"))
        );
        assert_eq!(head.header("cookie"), Some(&b"a=1; b=2"[..]));
        let answer =
            headers(&[("connection", "close"), ("transfer-encoding", "chunked"), ("content-length", "99"), ("x", "z")]);
        responder.respond(201, answer, "hello".into()).unwrap();
        let response = response.await.unwrap();
        assert_eq!(response.status(), 201);
        assert!(response.headers().contains_key("date"));
        assert_eq!(response.headers()["content-length"], "5");
        assert!(!response.headers().contains_key("connection"));
        assert_eq!(text(response.into_body()).await.unwrap(), "hello");
    });
}

#[test]
fn answers_without_bodies_have_none() {
    let server = start(h2c(), |request: Request, responder: Responder| {
        let status = request.head.path().trim_start_matches('/').parse().unwrap_or(200);
        let _ = responder.respond(status, headers(&[]), "hello".into());
    });
    block_on(async {
        let (client, _) = connect(port(&server)).await;
        for (method, path, length) in
            [("HEAD", "/200", Some("5")), ("GET", "/204", None), ("GET", "/304", None), ("HEAD", "/204", None)]
        {
            let request = HttpRequest::builder().method(method).uri(format!("http://a{path}")).body(()).unwrap();
            let (response, _) = ready(&client).await.send_request(request, true).unwrap();
            let response = response.await.unwrap();
            assert_eq!(response.headers().get("content-length").map(|value| value.to_str().unwrap()), length);
            assert!(response.body().is_end_stream(), "{method} {path}");
        }
    });
}

#[test]
fn what_is_wrong_is_refused() {
    let mut config = h2c();
    config.limits.body_bytes = 10;
    config.limits.header_count = 5;
    let server = start(config, describe);
    block_on(async {
        let (client, _) = connect(port(&server)).await;
        let request = |uri: &str| HttpRequest::get(uri);
        let wrong = [
            (HttpRequest::builder().method("CONNECT").uri("a.example:443"), 501),
            (request("http://a.example/").header("host", "b.example"), 400),
            (request("http://a.example/").header("host", "a.example").header("host", "a.example"), 400),
            (request("http://u:p@a.example/"), 400),
            (request("http://a.example/a\\b"), 400),
            (request("http://a.example/").header("expect", "miracles"), 417),
            (HttpRequest::post("http://a.example/").header("content-length", "11"), 413),
            ((0..6).fold(request("http://a.example/"), |request, n| request.header(format!("x{n}"), "y")), 431),
            (request(&format!("http://a.example/{}", "x".repeat(9000))), 414),
        ];
        for (request, status) in wrong {
            let request = request.body(()).unwrap();
            let what = format!("{request:?}");
            let end = !request.headers().contains_key("content-length");
            let (response, _send) = ready(&client).await.send_request(request, end).unwrap();
            assert_eq!(response.await.unwrap().status(), status, "{what}");
        }
        // One bad request is no reason to end the connection.
        assert_eq!(ask(&client, get("/"), None).await.0, 200);
        // Without a length, what is too much is known when it comes.
        let post = HttpRequest::post("http://a.example/").body(()).unwrap();
        assert_eq!(ask(&client, post, Some("eleven long")).await.0, 413);
    });
}

#[test]
fn headers_over_the_limit_are_431() {
    let server = start(h2c(), describe);
    block_on(async {
        let (client, _) = connect(port(&server)).await;
        assert_eq!(ask(&client, get("/"), None).await.0, 200);
        let request = HttpRequest::get("http://a.example/").header("x", "y".repeat(40_000)).body(()).unwrap();
        let (response, _) = ready(&client).await.send_request(request, true).unwrap();
        assert_eq!(response.await.unwrap().status(), 431);
        assert_eq!(ask(&client, get("/"), None).await.0, 200);
    });
}

/// CONTINUATION frames without end: h2 counts them.
#[test]
fn a_flood_of_continuations_ends_the_connection() {
    let server = start(h2c(), describe);
    let mut client = Client::connect(port(&server));
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    client.send(frame(4, 0, 0, &[]));
    client.send(frame(1, 0, 1, &[]));
    for _ in 0..100_000 {
        // A literal field, "x: y", of a header block that does not end.
        if client.socket_write(&frame(9, 0, 1, &[0x00, 1, b'x', 1, b'y'])).is_err() {
            break;
        }
    }
    while client.more() {}
    eventually("it is cut off", || server.stats().connections == 0);
    assert_eq!(server.stats().requests, 0);
}

impl Client {
    fn socket_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        std::io::Write::write_all(&mut self.socket, bytes)
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// "Rapid reset": requests taken back as soon as they are made.
#[test]
fn a_flood_of_requests_taken_back_ends_the_connection() {
    let mut config = h2c();
    config.limits.h2_resets = 50;
    let (handler, caught) = catching();
    let server = start(config, handler);
    block_on(async {
        let (client, connection) = connect(port(&server)).await;
        let (mut made, mut held) = (0, Vec::new());
        while let Ok(mut client) = client.clone().ready().await {
            let Ok((response, mut send)) = client.send_request(get("/"), false) else { break };
            // Until it has been seen: what is taken back before that, h2 itself counts.
            let seen = until_seen(&caught).await;
            send.send_reset(Reason::CANCEL);
            drop(response);
            // Its handler is still at work.
            held.push(seen);
            made += 1;
            assert!(made < 1_000, "nobody minds");
            tokio::task::yield_now().await;
        }
        assert!(made > 50);
        let _ = connection.await;
    });
    eventually("it is cut off", || server.stats().connections == 0);
}

/// The next request that the handler got, while the client goes on.
async fn until_seen(caught: &std::sync::mpsc::Receiver<(Request, Responder)>) -> Option<(Request, Responder)> {
    for _ in 0..100 {
        if let Ok(seen) = caught.try_recv() {
            return Some(seen);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    None
}

#[test]
fn a_client_that_takes_a_request_back_is_told_of() {
    let (handler, caught) = catching();
    let server = start(h2c(), handler);
    block_on(async {
        let (client, _) = connect(port(&server)).await;
        let (response, mut send) = ready(&client).await.send_request(get("/"), false).unwrap();
        let caught = tokio::task::spawn_blocking(move || caught.recv_timeout(PATIENCE).unwrap());
        let (request, responder) = caught.await.unwrap();
        let (gone, left) = tokio::sync::oneshot::channel();
        responder.on_disconnect(Box::new(move || {
            let _ = gone.send(());
        }));
        let (found, wait) = tokio::sync::oneshot::channel();
        request
            .body
            .read(
                9,
                Box::new(move |chunk| {
                    let _ = found.send(chunk);
                }),
            )
            .unwrap();
        send.send_reset(Reason::CANCEL);
        drop(response);
        left.await.unwrap();
        assert_eq!(wait.await.unwrap().unwrap_err().kind(), Kind::Gone);
        assert_eq!(responder.respond(200, headers(&[]), "".into()).unwrap_err().kind(), Kind::Gone);
    });
}

#[test]
fn an_abandoned_answer_resets_its_stream_alone() {
    let server = start(h2c(), |request: Request, responder: Responder| match request.head.path() {
        "/abort" => responder.abort(),
        "/part" => {
            let stream = responder.begin(200, headers(&[])).unwrap();
            let _ = stream.chunk("part".into(), Box::new(|_| {}));
        }
        "/late" => std::mem::forget(responder),
        _ => describe(request, responder),
    });
    block_on(async {
        let (client, _) = connect(port(&server)).await;
        let (response, _) = ready(&client).await.send_request(get("/abort"), true).unwrap();
        assert!(response.await.unwrap_err().is_reset());
        let (response, _) = ready(&client).await.send_request(get("/part"), true).unwrap();
        match response.await {
            Ok(response) => assert!(text(response.into_body()).await.unwrap_err().is_reset()),
            Err(error) => assert!(error.is_reset()),
        }
        assert_eq!(ask(&client, get("/"), None).await, (200, "GET / []".into()));
    });
}

#[test]
fn an_answer_that_takes_too_long_is_503() {
    let mut config = h2c();
    config.limits.request_time = Duration::from_secs(1);
    let (handler, caught) = catching();
    let server = start(config, handler);
    block_on(async {
        let (client, _) = connect(port(&server)).await;
        assert_eq!(ask(&client, get("/"), None).await.0, 503);
        // A stream that began is reset; so is one whose client takes nothing of it.
        let (response, _) = ready(&client).await.send_request(get("/"), true).unwrap();
        let caught =
            tokio::task::spawn_blocking(move || (caught.recv().unwrap(), caught.recv_timeout(PATIENCE).unwrap()));
        let (_, (_, responder)) = caught.await.unwrap();
        let stream = responder.begin(200, headers(&[])).unwrap();
        let _ = stream.chunk(Bytes::from(vec![b'x'; 1 << 20]), Box::new(|_| {}));
        let mut body = response.await.unwrap().into_body();
        let end = loop {
            // Nothing is released: the window stays shut.
            match body.data().await {
                Some(Ok(_)) => {}
                other => break other,
            }
        };
        assert!(end.unwrap().unwrap_err().is_reset());
    });
}

#[test]
fn an_idle_connection_is_told_to_go() {
    let mut config = h2c();
    config.limits.idle_time = Duration::from_millis(150);
    let server = start(config, describe);
    block_on(async {
        let (client, connection) = connect(port(&server)).await;
        assert_eq!(ask(&client, get("/"), None).await.0, 200);
        // With GOAWAY and without an error.
        assert!(connection.await.unwrap().is_ok());
    });
    eventually("it is gone", || server.stats().connections == 0);
}

#[test]
fn draining_says_goaway_and_answers_what_is_in_flight() {
    let (handler, caught) = catching();
    let server = start(h2c(), handler);
    block_on(async {
        let (client, connection) = connect(port(&server)).await;
        let (response, _) = ready(&client).await.send_request(get("/"), true).unwrap();
        let (_, responder) = tokio::task::spawn_blocking(move || caught.recv_timeout(PATIENCE).unwrap()).await.unwrap();
        let (done, wait) = tokio::sync::oneshot::channel();
        server.drain(
            PATIENCE,
            Box::new(move |drained| {
                let _ = done.send(drained);
            }),
        );
        responder.respond(200, headers(&[]), "late".into()).unwrap();
        assert_eq!(text(response.await.unwrap().into_body()).await.unwrap(), "late");
        drop(client);
        assert!(connection.await.unwrap().is_ok());
        assert_eq!(wait.await.unwrap().cut, 0);
    });
}

#[test]
fn a_body_that_nobody_reads_is_held_back_by_its_window() {
    let (handler, caught) = catching();
    let server = start(h2c(), handler);
    block_on(async {
        let (client, _) = connect(port(&server)).await;
        let post = HttpRequest::post("http://a.example/").body(()).unwrap();
        let (_response, mut send) = ready(&client).await.send_request(post, false).unwrap();
        let held = tokio::task::spawn_blocking(move || caught.recv_timeout(PATIENCE).unwrap()).await.unwrap();
        let mut sent = 0;
        loop {
            send.reserve_capacity(16 * 1024);
            let capacity = std::future::poll_fn(|cx| send.poll_capacity(cx));
            match tokio::time::timeout(Duration::from_millis(300), capacity).await {
                Ok(Some(Ok(room))) => {
                    send.send_data(vec![b'x'; room].into(), false).unwrap();
                    sent += room;
                }
                _ => break,
            }
        }
        assert_eq!(sent, 64 * 1024);
        drop(held);
    });
}

#[test]
fn an_answer_to_a_body_that_nobody_reads_is_not_lost_to_a_reset() {
    // Answered without a look at its body, and refused before there was one.
    let handler = |_: Request, responder: Responder| {
        let _ = responder.respond(405, Vec::new(), Bytes::from("no"));
    };
    let mut config = h2c();
    config.limits.body_bytes = 400_000;
    let server = start(config, handler);
    block_on(async {
        let (client, _) = connect(port(&server)).await;
        for (length, status) in [(3, 405), (300_000, 405), (500_000, 413)] {
            let post = HttpRequest::post("http://a.example/").header("content-length", length).body(()).unwrap();
            let (response, mut send) = ready(&client).await.send_request(post, false).unwrap();
            let head = response.await.unwrap();
            assert_eq!(head.status(), status);
            // Its body is taken all the same, to its end.
            let mut left = length;
            while left > 0 {
                send.reserve_capacity(left);
                let room = std::future::poll_fn(|cx| send.poll_capacity(cx)).await.unwrap().unwrap();
                left -= room;
                send.send_data(vec![b'x'; room].into(), left == 0).unwrap();
            }
            let _ = text(head.into_body()).await.unwrap();
        }
    });
}

// --- clients that others wrote -------------------------------------------------------------------

#[test]
fn curl_agrees() {
    let server = start(h2c(), describe);
    let url = format!("http://{}/a?b", port(&server));
    for (version, says) in [("--http1.1", "1.1"), ("--http2-prior-knowledge", "2"), ("--http1.0", "1")] {
        let arguments = ["-sS", version, "-d", "hello", "-w", " %{http_version} %{http_code}", &url];
        let Some(text) = run("curl", &arguments) else { return };
        assert_eq!(text, format!("POST /a?b [hello] {says} 200"));
    }
}

#[test]
fn curl_gets_answers_to_bodies_that_nobody_reads() {
    let handler = |_: Request, responder: Responder| {
        let _ = responder.respond(405, Vec::new(), Bytes::from("no"));
    };
    let server = start(h2c(), handler);
    let url = format!("http://{}/", port(&server));
    let body = "x".repeat(100_000);
    for _ in 0..30 {
        let arguments = ["-sS", "--http2-prior-knowledge", "-d", &body, "-w", " %{http_code}", &url];
        let Some(text) = run("curl", &arguments) else { return };
        assert_eq!(text, "no 405");
    }
}

#[test]
fn nghttp_agrees() {
    let server = start(h2c(), describe);
    let url = format!("http://{}/a", port(&server));
    if let Some(text) = run("nghttp", &[&url, &url]) {
        assert!(text.contains("GET /a []"), "{text}");
    }
}

#[test]
fn h2load_agrees() {
    let server = start(h2c(), describe);
    let url = format!("http://{}/a", port(&server));
    for protocol in ["h2c", "http/1.1"] {
        if let Some(text) = run("h2load", &["-n2000", "-c20", "-m10", "-p", protocol, &url]) {
            assert!(text.contains("2000 succeeded"), "{text}");
        }
    }
}
