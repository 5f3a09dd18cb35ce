//! Whom a guest may talk to.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi_http::{Error, RequestOptions, WasiHttpHooks};

use super::error::Kind;
use super::harness::drive;
use super::source::network::Refused;
use super::source::{Network, Outgoing};

fn network(rules: &[&str], listen: &[&str]) -> Network {
    let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    Network::new(&owned(rules), &owned(listen)).expect("good rules")
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

#[test]
fn addresses_and_what_grants_them() {
    let cases: [(&[&str], &str, bool); 30] = [
        (&[], "93.184.215.14:443", false),
        (&["93.184.215.14"], "93.184.215.14:443", true),
        (&["93.184.215.14:443"], "93.184.215.14:443", true),
        (&["93.184.215.14:443"], "93.184.215.14:80", false),
        (&["93.184.215.0/24:443"], "93.184.215.14:443", true),
        (&["93.184.215.0/24:443"], "93.184.216.14:443", false),
        (&["0.0.0.0/0"], "93.184.215.14:443", true),
        // A wide range grants none of the special ones in it.
        (&["0.0.0.0/0"], "10.0.0.5:80", false),
        (&["0.0.0.0/0"], "127.0.0.1:80", false),
        (&["0.0.0.0/0"], "169.254.169.254:80", false),
        (&["8.0.0.0/5"], "10.0.0.5:80", false),
        (&["0.0.0.0/0"], "100.64.0.1:80", false),
        (&["0.0.0.0/0"], "224.0.0.1:80", false),
        (&["0.0.0.0/0"], "0.0.0.0:80", false),
        // Named, they are granted.
        (&["10.0.0.5:8080"], "10.0.0.5:8080", true),
        (&["10.0.0.0/8"], "10.9.9.9:1", true),
        (&["127.0.0.1"], "127.0.0.1:1", true),
        (&["127.0.0.1"], "127.0.0.2:1", false),
        (&["::/0"], "[2606:4700::1]:443", true),
        (&["::/0"], "[::1]:443", false),
        (&["::/0"], "[fd00::1]:443", false),
        (&["::/0"], "[fe80::1]:443", false),
        (&["::/0"], "[ff02::1]:443", false),
        (&["::/0"], "[::]:443", false),
        // An IPv4 address inside an IPv6 one is not the IPv4 address.
        (&["10.0.0.5", "::/0"], "[::ffff:10.0.0.5]:80", false),
        (&["::/0"], "[2002:a00:5::1]:80", false),
        (&["::/0"], "[64:ff9b::a00:5]:80", false),
        (&["[fd00::1]:80"], "[fd00::1]:80", true),
        (&["fd00::/8"], "[fd12::1]:80", true),
        // A rule for requests is none for sockets.
        (&["https://93.184.215.14"], "93.184.215.14:443", false),
    ];
    for (rules, to, expected) in cases {
        let network = network(rules, &[]);
        for usage in [SocketAddrUse::TcpConnect, SocketAddrUse::UdpSend, SocketAddrUse::UdpReceive] {
            assert_eq!(network.grants(address(to), usage), expected, "{rules:?} and {to}, {usage:?}");
        }
    }
}

#[test]
fn binding_and_listening_are_granted_apart() {
    let connecting = network(&["0.0.0.0/0", "127.0.0.1"], &[]);
    assert!(connecting.grants(address("0.0.0.0:0"), SocketAddrUse::TcpBind), "connecting binds");
    assert!(!connecting.grants(address("127.0.0.1:8080"), SocketAddrUse::TcpBind));
    assert!(!connecting.grants(address("0.0.0.0:0"), SocketAddrUse::TcpListen));
    assert!(!connecting.grants(address("1.2.3.4:5"), SocketAddrUse::TcpAccept));
    let listening = network(&[], &["127.0.0.1:8080"]);
    assert!(listening.grants(address("127.0.0.1:8080"), SocketAddrUse::TcpBind));
    assert!(listening.grants(address("127.0.0.1:8080"), SocketAddrUse::TcpListen));
    assert!(listening.grants(address("1.2.3.4:5"), SocketAddrUse::TcpAccept));
    assert!(!listening.grants(address("127.0.0.1:8081"), SocketAddrUse::TcpListen));
    assert!(!listening.grants(address("0.0.0.0:8080"), SocketAddrUse::TcpListen));
    assert!(!listening.grants(address("127.0.0.1:8080"), SocketAddrUse::TcpConnect));
    assert!(network(&[], &["0.0.0.0:8080"]).grants(address("0.0.0.0:8080"), SocketAddrUse::TcpListen));
}

#[test]
fn a_rule_that_is_none_is_named() {
    for text in [
        "",
        "*",
        "ftp://example.org",
        "example.org:http",
        "10.0.0.0/33",
        "1.2.3",
        "a b",
        "bücher.example",
        "*example.org",
        "[::1",
        ":80",
    ] {
        let error = Network::new(&[text.to_string()], &[]).err().unwrap_or_else(|| panic!("{text:?} was taken"));
        assert_eq!(error.kind, Kind::Type);
        assert!(error.message.contains(&format!("{text:?}")), "{error}");
    }
    assert!(Network::new(&[], &["localhost:80".to_string()]).is_err());
}

#[test]
fn a_granted_name_grants_no_private_address() {
    let reach = |rules: &[&str], scheme: &str, host: &str, port| drive(network(rules, &[]).reach(scheme, host, port));
    assert_eq!(reach(&["example.org"], "http", "example.com", 80), Err(Refused::NotGranted));
    assert_eq!(reach(&["*.example.org"], "http", "example.org", 80), Err(Refused::NotGranted));
    assert_eq!(reach(&["https://localhost"], "http", "localhost", 80), Err(Refused::NotGranted));
    assert_eq!(reach(&["localhost:80"], "http", "localhost", 81), Err(Refused::NotGranted));
    // Loopback, though the name is granted.
    assert_eq!(reach(&["localhost"], "http", "localhost", 80), Err(Refused::Special));
    assert_eq!(reach(&["LocalHost."], "http", "localhost", 80), Err(Refused::Special));
    let granted = reach(&["localhost", "127.0.0.0/8", "::1"], "http", "localhost", 80).expect("both are granted");
    assert!(granted.iter().all(|address| address.ip().is_loopback()));
    // The address alone grants no name for it.
    assert_eq!(reach(&["127.0.0.1"], "http", "localhost", 80), Err(Refused::NotGranted));
    assert_eq!(reach(&["127.0.0.1"], "http", "127.0.0.1", 80), Ok(vec![address("127.0.0.1:80")]));
    assert_eq!(reach(&["localhost"], "http", "127.0.0.1", 80), Err(Refused::NotGranted));
    // Numbers that resolvers take for addresses.
    assert_eq!(reach(&["*.org"], "http", "2130706433", 80), Err(Refused::NotGranted));
    assert_eq!(drive(network(&["localhost"], &[]).look_up("localhost")), Err(Refused::Special));
    assert_eq!(drive(network(&["https://localhost"], &[]).look_up("localhost")), Err(Refused::NotGranted));
}

/// Answers one request with `answer`, and gives back what it was sent.
fn server(answer: &'static str) -> (u16, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).expect("a request");
        stream.write_all(answer.as_bytes()).expect("an answer");
        if !answer.ends_with("\r\n\r\n") || answer.contains("Content-Length: 0") {
            return String::from_utf8_lossy(&request[..length]).into_owned();
        }
        // Keeps it open, and says nothing more.
        std::thread::sleep(Duration::from_secs(2));
        String::new()
    });
    (port, serving)
}

fn get(rules: &[&str], url: &str, options: RequestOptions) -> Result<(u16, String), Error> {
    let body = Empty::<Bytes>::new().map_err(Error::from).boxed_unsync();
    let request = http::Request::get(url).body(body).expect("a request");
    let mut outgoing = Outgoing::new(network(rules, &[]).into());
    drive(async {
        let future = outgoing.send_request(request, Some(options), Box::new(async { Ok(()) }));
        let (response, _connection) = std::pin::Pin::from(future).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    })
}

#[test]
fn a_request_goes_where_it_is_granted() {
    let (port, serving) = server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    let answer = get(&["127.0.0.1"], &format!("http://127.0.0.1:{port}/a?b"), RequestOptions::default());
    assert_eq!(answer.expect("an answer"), (200, "hello".to_string()));
    assert!(serving.join().expect("served").starts_with("GET /a?b HTTP/1.1\r\n"));
}

#[test]
fn a_request_that_is_not_granted_is_not_sent() {
    let refused = |rules: &[&str], url: &str| get(rules, url, RequestOptions::default()).expect_err("refused");
    assert!(matches!(refused(&[], "http://example.org/"), Error::HttpRequestDenied));
    assert!(matches!(refused(&["example.org"], "http://127.0.0.1/"), Error::HttpRequestDenied));
    assert!(matches!(refused(&["localhost"], "http://localhost/"), Error::DestinationIpProhibited));
    assert!(matches!(refused(&["example.org"], "http://example.org@127.0.0.1/"), Error::HttpRequestUriInvalid));
    assert!(matches!(refused(&["0.0.0.0/0"], "http://169.254.169.254/"), Error::HttpRequestDenied));
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let (port, _) = server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    let options =
        RequestOptions { between_bytes_timeout: Some(Duration::from_millis(100)), ..RequestOptions::default() };
    let error = get(&["127.0.0.1"], &format!("http://127.0.0.1:{port}/"), options).expect_err("given up");
    assert!(matches!(error, Error::ConnectionReadTimeout), "{error:?}");
}

#[test]
fn tls_wants_a_certificate() {
    let (port, _) = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let error = get(&["127.0.0.1"], &format!("https://127.0.0.1:{port}/"), RequestOptions::default());
    assert!(matches!(error, Err(Error::Tls(_))), "{error:?}");
}
