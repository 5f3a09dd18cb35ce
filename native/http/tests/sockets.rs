//! Where a server can listen.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;

use workbooks_http::{Address, Config, Kind, Listen, Peer, Server};

use crate::support::*;

/// A folder of one test's own, taken away with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("workbooks-http-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn unix(path: &std::path::Path) -> Config {
    Config::at(Listen::Unix { path: path.into(), mode: 0o600 })
}

#[test]
fn a_unix_socket_serves_and_is_taken_away() {
    let folder = Folder::new("serves");
    let path = folder.0.join("s");
    let (handler, caught) = catching();
    let server = start(unix(&path), handler);
    assert_eq!(server.address(), &Address::Unix(path.clone()));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut client = Client::over(UnixStream::connect(&path).unwrap());
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let (request, responder) = caught.recv_timeout(PATIENCE).unwrap();
    assert_eq!(request.head.peer(), &Peer::Unix);
    responder.respond(200, headers(&[]), "hello".into()).unwrap();
    assert_eq!(client.reply().unwrap().text(), "hello");
    server.stop();
    assert!(!path.exists());
}

#[test]
fn a_stopped_server_leaves_its_successors_socket_alone() {
    let folder = Folder::new("successor");
    let path = folder.0.join("s");
    let first = start(unix(&path), describe);
    let (done, wait) = std::sync::mpsc::channel();
    first.drain(
        PATIENCE,
        Box::new(move |_| {
            let _ = done.send(());
        }),
    );
    wait.recv_timeout(PATIENCE).unwrap();
    assert!(!path.exists());
    let _second = start(unix(&path), describe);
    first.stop();
    assert!(path.exists());
}

#[test]
fn a_socket_left_over_is_replaced_and_one_in_use_is_not() {
    let folder = Folder::new("left");
    let path = folder.0.join("s");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let server = start(unix(&path), describe);
    let error = Server::start(unix(&path), Arc::new(describe)).err().unwrap();
    assert_eq!(error.kind(), Kind::Bind);
    assert!(error.to_string().contains("in use"), "{error}");
    let mut client = Client::over(UnixStream::connect(&path).unwrap());
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(client.reply().unwrap().status, 200);
    drop(server);

    // A file that is no socket is somebody's.
    let file = folder.0.join("file");
    std::fs::write(&file, "precious").unwrap();
    assert!(Server::start(unix(&file), Arc::new(describe)).is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn one_server_listens_in_several_places() {
    let folder = Folder::new("several");
    let mut config = unix(&folder.0.join("s"));
    config.listen.extend(local().listen);
    config.listen.push(Listen::Tcp { address: "[::1]:0".parse().unwrap(), tls: false });
    let server = match Server::start(config.clone(), Arc::new(describe)) {
        Ok(server) => server,
        // A machine without IPv6.
        Err(_) => {
            config.listen.pop();
            start(config, describe)
        }
    };
    for address in server.addresses() {
        match address {
            Address::Tcp(address) => assert_eq!(Client::connect(*address).get("/").unwrap().status, 200),
            Address::Unix(path) => {
                let mut client = Client::over(UnixStream::connect(path).unwrap());
                client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
                assert_eq!(client.reply().unwrap().status, 200);
            }
        }
    }
    assert_eq!(server.stats().requests, server.addresses().len() as u64);
}

#[test]
fn a_port_in_use_is_said_to_be() {
    let server = start(local(), describe);
    let error = Server::start(Config::tcp(port(&server)), Arc::new(describe)).err().unwrap();
    assert_eq!(error.kind(), Kind::Bind);
    assert_eq!(error.to_string(), format!("{} is in use: another program listens there", port(&server)));
}
