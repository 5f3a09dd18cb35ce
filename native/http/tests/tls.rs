//! TLS: who is shown what, and changing it while the server runs.

use std::net::TcpStream;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring};
use workbooks_http::{Certificate, Config, Kind, Listen, Scheme, Server};

use crate::support::*;

/// A certificate for these names, shown for these hosts.
fn certificate(names: &[&str], hosts: &[&str]) -> (Certificate, CertificateDer<'static>) {
    let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let certificate = Certificate {
        hosts: hosts.iter().map(|&host| host.into()).collect(),
        chain: made.cert.pem().into_bytes(),
        key: made.signing_key.serialize_pem().into_bytes(),
    };
    (certificate, made.cert.der().clone())
}

fn config(certificates: Vec<Certificate>) -> Config {
    let listen = Listen::Tcp { address: ([127, 0, 0, 1], 0).into(), tls: true };
    Config { certificates, ..Config::at(listen) }
}

/// Connects as somebody who trusts these, and asks for `host`.
fn connect(
    server: &Server,
    host: &str,
    trusted: &[&CertificateDer<'static>],
    protocols: &[&str],
) -> Result<Client<StreamOwned<ClientConnection, TcpStream>>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add((*certificate).clone()).unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(port(server)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    connection.complete_io(&mut socket).map_err(|error| error.to_string())?;
    Ok(Client::over(StreamOwned::new(connection, socket)))
}

#[test]
fn each_host_name_has_its_certificate() {
    let (one, one_der) = certificate(&["one.example"], &["one.example"]);
    let (two, two_der) = certificate(&["*.two.example"], &["*.Two.example."]);
    let (other, other_der) = certificate(&["other.example", "elsewhere.example", "a.b.two.example"], &[]);
    let (handler, caught) = catching();
    let server = start(config(vec![one, two, other]), handler);
    for (host, trusted) in [
        ("one.example", &one_der),
        ("ONE.example", &one_der),
        ("a.two.example", &two_der),
        ("other.example", &other_der),
        ("elsewhere.example", &other_der),
        // A star stands for one label.
        ("a.b.two.example", &other_der),
    ] {
        let mut client = connect(&server, host, &[trusted], &[]).unwrap_or_else(|error| panic!("{host}: {error}"));
        client.send(format!("GET / HTTP/1.1\r\nhost: {host}\r\n\r\n"));
        let (request, responder) = caught.recv_timeout(PATIENCE).unwrap();
        assert_eq!(request.head.scheme(), Scheme::Https);
        assert_eq!(request.head.server_name(), Some(host.to_lowercase().as_str()));
        responder.respond(200, headers(&[]), host.to_owned().into()).unwrap();
        assert_eq!(client.reply().unwrap().text(), host);
    }
    // Each is its own: who trusts the other only is not let in.
    assert!(connect(&server, "one.example", &[&two_der], &[]).is_err());
    eventually("it is counted", || server.stats().tls_failures == 1);
}

#[test]
fn without_a_default_nobody_else_is_served() {
    let (one, one_der) = certificate(&["one.example", "two.example"], &["one.example"]);
    let server = start(config(vec![one]), describe);
    assert!(connect(&server, "one.example", &[&one_der], &[]).is_ok());
    assert!(connect(&server, "two.example", &[&one_der], &[]).is_err());
}

#[test]
fn certificates_are_replaced_while_connections_stay() {
    let (old, old_der) = certificate(&["a.example"], &[]);
    let (new, new_der) = certificate(&["a.example"], &[]);
    let server = start(config(vec![old.clone()]), describe);
    let mut open = connect(&server, "a.example", &[&old_der], &[]).unwrap();

    // What cannot be used changes nothing.
    let mixed = Certificate { key: new.key.clone(), ..old.clone() };
    let nothing = Certificate { chain: b"no PEM".to_vec(), ..old.clone() };
    for broken in [&[mixed][..], &[nothing], &[], &[old.clone(), new.clone()]] {
        assert_eq!(server.set_certificates(broken).unwrap_err().kind(), Kind::Certificate);
    }
    assert!(connect(&server, "a.example", &[&old_der], &[]).is_ok());

    server.set_certificates(&[new]).unwrap();
    assert!(connect(&server, "a.example", &[&old_der], &[]).is_err());
    assert!(connect(&server, "a.example", &[&new_der], &[]).is_ok());
    open.send("GET / HTTP/1.1\r\nhost: a.example\r\n\r\n");
    assert_eq!(open.reply().unwrap().status, 200);
}

#[test]
fn a_certificate_shows_no_key_when_printed() {
    let (made, _) = certificate(&["a.example"], &["a.example"]);
    let printed = format!("{:?}", config(vec![made]));
    assert!(printed.contains("a.example") && !printed.contains("PRIVATE"));
}

#[test]
fn tls_without_a_certificate_does_not_start() {
    let error = Server::start(config(Vec::new()), Arc::new(describe)).err().unwrap();
    assert_eq!(error.kind(), Kind::Config);
}

#[test]
fn the_protocol_is_agreed_on() {
    let (made, der) = certificate(&["a.example"], &[]);
    let agreed = |server: &Server, offered: &[&str]| {
        let client = connect(server, "a.example", &[&der], offered).map_err(drop)?;
        Ok::<_, ()>(client.socket.conn.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()))
    };
    let server = start(config(vec![made.clone()]), describe);
    assert_eq!(agreed(&server, &["h2", "http/1.1"]), Ok(Some("h2".into())));
    assert_eq!(agreed(&server, &["http/1.1"]), Ok(Some("http/1.1".into())));
    assert_eq!(agreed(&server, &[]), Ok(None));
    assert_eq!(agreed(&server, &["spdy/3"]), Err(()));
    let server = start(Config { h2: false, ..config(vec![made]) }, describe);
    assert_eq!(agreed(&server, &["h2", "http/1.1"]), Ok(Some("http/1.1".into())));
}

#[test]
fn a_handshake_that_does_not_come_is_given_up() {
    let (made, _) = certificate(&["a.example"], &[]);
    let mut config = config(vec![made]);
    config.limits.header_time = std::time::Duration::from_millis(150);
    let server = start(config, describe);
    let mut silent = Client::connect(port(&server));
    let mut plain = Client::connect(port(&server));
    plain.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    while plain.more() {}
    assert!(silent.ends());
    eventually("both are counted", || server.stats().tls_failures == 2 && server.stats().connections == 0);
}

#[test]
fn curl_agrees() {
    let (made, _) = certificate(&["a.example"], &["a.example"]);
    let file = std::env::temp_dir().join(format!("workbooks-http-{}.pem", std::process::id()));
    std::fs::write(&file, &made.chain).unwrap();
    let server = start(config(vec![made]), describe);
    let place = port(&server).port();
    let (url, resolve) = (format!("https://a.example:{place}/b"), format!("a.example:{place}:127.0.0.1"));
    let trusted = file.to_string_lossy();
    for (version, says) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let arguments = [
            "-sS",
            version,
            "--cacert",
            &trusted,
            "--resolve",
            &resolve,
            "-d",
            "hello",
            "-w",
            " %{http_version}",
            &url,
        ];
        if let Some(text) = run("curl", &arguments) {
            assert_eq!(text, format!("POST /b [hello] {says}"));
        }
    }
    let _ = std::fs::remove_file(&file);
}
