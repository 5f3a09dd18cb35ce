//! Many clients at once, most of them up to no good: the others are served.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use workbooks_http::{Request, Responder};

use crate::support::*;

const CROWD: usize = 10_000;

/// The clients are another process, this binary again: each may open as many files.
#[test]
fn ten_thousand_idle_connections_are_held_and_others_served() {
    raise_files();
    let mut config = local();
    config.limits.header_time = Duration::from_secs(600);
    let server = start(config, describe);
    let mut crowd = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crowds::the_crowd", "--ignored", "--nocapture"])
        .env("CROWD", port(&server).to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("all have come", || server.stats().connections as usize == CROWD);
    let mut client = Client::connect(port(&server));
    for _ in 0..100 {
        assert_eq!(client.get("/").unwrap().status, 200);
    }
    // They stay until their input ends.
    assert_eq!(server.stats().connections as usize, CROWD + 1);
    drop(client);
    drop(crowd.stdin.take());
    assert!(crowd.wait().unwrap().success());
    eventually("all are gone", || server.stats().connections == 0);
}

#[test]
#[ignore = "a part of the test above, which starts it"]
fn the_crowd() {
    let Some(address) = std::env::var("CROWD").ok().and_then(|address| address.parse::<SocketAddr>().ok()) else {
        return;
    };
    raise_files();
    let mut crowd: Vec<_> = (0..CROWD).map(|_| TcpStream::connect(address).unwrap()).collect();
    // Half of them have begun something.
    for socket in crowd.iter_mut().step_by(2) {
        socket.write_all(b"GET / HTTP/1.1\r\nhost: ").unwrap();
    }
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// As many open files as the system lets this process have.
fn raise_files() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls only read or write the struct given.
    unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
    }
}

#[test]
fn slow_loris_is_shaken_off_while_others_are_served() {
    let mut config = local();
    config.limits.header_time = Duration::from_secs(2);
    config.limits.body_gap = Duration::from_millis(500);
    let server = start(config, describe);
    let starts = [
        "G",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: ",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n",
        "\r\n",
    ];
    let mut slow: Vec<Client> = (0..300)
        .map(|number| {
            let mut client = Client::connect(port(&server));
            client.send(starts[number % starts.len()]);
            client
        })
        .collect();
    let mut client = Client::connect(port(&server));
    for _ in 0..200 {
        assert_eq!(client.get("/").unwrap().status, 200);
    }
    drop(client);
    eventually("the slow ones are gone", || server.stats().connections == 0);
    for client in &mut slow {
        // They were told why, or had not said enough to be told anything.
        if let Some(reply) = client.reply() {
            assert_eq!(reply.status, 408);
        }
    }
}

#[test]
fn many_clients_get_each_its_own_answer() {
    let server = start(local(), describe);
    let address = port(&server);
    let threads: Vec<_> = (0..16)
        .map(|thread| {
            std::thread::spawn(move || {
                let mut client = Client::connect(address);
                for number in 0..500 {
                    let body = format!("{thread}-{number}");
                    client.send(format!(
                        "POST /{body} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
                        body.len()
                    ));
                    assert_eq!(client.reply().unwrap().text(), format!("POST /{body} [{body}]"));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(server.stats().requests, 16 * 500);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = start(local(), describe);
    let mut client = Client::connect(port(&server));
    let all: String = (0..500)
        .map(|number| match number % 3 {
            0 => format!("GET /{number} HTTP/1.1\r\nhost: a\r\n\r\n"),
            1 => format!("POST /{number} HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx"),
            _ => format!("POST /{number} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
        })
        .collect();
    client.send(all);
    for number in 0..500 {
        let expected = if number % 3 == 0 { format!("GET /{number} []") } else { format!("POST /{number} [x]") };
        assert_eq!(client.reply().unwrap().text(), expected);
    }
}

/// Requests count until nothing of them is left, so the count tells of leaks.
#[test]
fn nothing_is_left_of_clients_that_leave_at_any_time() {
    let mut config = local();
    // Those who wait for an answer to half a body get it then.
    config.limits.body_gap = Duration::from_millis(50);
    let server = start(config, |request: Request, responder: Responder| {
        responder.on_disconnect(Box::new(|| {}));
        match request.head.path() {
            "/stream" => {
                if let Ok(stream) = responder.begin(200, headers(&[])) {
                    let _ = stream.chunk(vec![b'x'; 1 << 20].into(), Box::new(|_| {}));
                    read_all(request.body, move |_| drop(stream.finish(headers(&[]))));
                }
            }
            "/abort" => responder.abort(),
            "/drop" => {}
            _ => describe(request, responder),
        }
    });
    let address = port(&server);
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            std::thread::spawn(move || {
                for number in 0..100 {
                    let path = ["/stream", "/abort", "/drop", "/"][(thread + number) % 4];
                    let mut client = Client::connect(address);
                    client.send(format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhello"));
                    if number % 3 == 0 {
                        client.send("1234");
                    }
                    if number % 2 == 0 {
                        client.more();
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    eventually("all is given back", || (server.stats().connections, server.stats().in_flight) == (0, 0));
    assert_eq!(server.stats().panics, 0);
}
