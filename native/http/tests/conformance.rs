//! HTTP/1.1 as RFC 9110 and RFC 9112 have it: a table of raw requests and the answers allowed.
//!
//! Each row is its own connection. What is refused must be answered once and closed; what is
//! accepted must leave the connection in step: another request behind it is answered as if it
//! were alone.

use crate::support::*;

/// What becomes of the connection.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Then {
    /// It serves another request.
    Open,
    /// It is closed, after one answer.
    Closed,
    /// It is closed without an answer.
    Silent,
}
use Then::{Closed, Open, Silent};

struct Row {
    name: &'static str,
    section: &'static str,
    raw: Vec<u8>,
    allowed: &'static [u16],
    /// What the answer's body must be, if that matters.
    says: Option<&'static str>,
    then: Then,
}

fn row(name: &'static str, section: &'static str, raw: impl Into<Vec<u8>>, allowed: &'static [u16], then: Then) -> Row {
    Row { name, section, raw: raw.into(), allowed, says: None, then }
}

/// Accepted, understood as `says`, and in step afterwards.
fn good(name: &'static str, section: &'static str, raw: impl Into<Vec<u8>>, says: &'static str) -> Row {
    Row { name, section, raw: raw.into(), allowed: &[200], says: Some(says), then: Open }
}

/// Refused with 400, and the connection closed.
fn bad(name: &'static str, section: &'static str, raw: impl Into<Vec<u8>>) -> Row {
    row(name, section, raw, &[400], Closed)
}

/// A request for `/` with these header lines after `host`.
fn with(lines: &str) -> String {
    format!("GET / HTTP/1.1\r\nhost: a.example\r\n{lines}\r\n")
}

/// A POST with these header lines, and this after the head.
fn post(lines: &str, body: &str) -> String {
    format!("POST / HTTP/1.1\r\nhost: a.example\r\n{lines}\r\n{body}")
}

fn chunked(body: &str) -> String {
    post("transfer-encoding: chunked\r\n", body)
}

fn line(line: &str) -> String {
    format!("{line}\r\nhost: a.example\r\n\r\n")
}

fn host(host: &str) -> String {
    format!("GET / HTTP/1.1\r\n{host}\r\n")
}

fn request_lines() -> Vec<Row> {
    let target = |length: usize| line(&format!("GET /{} HTTP/1.1", "a".repeat(length)));
    vec![
        good("a plain request", "9112 3", line("GET / HTTP/1.1"), "GET / []"),
        good("a path and a query", "9112 3.2.1", line("GET /a/b?c=d&e HTTP/1.1"), "GET /a/b?c=d&e []"),
        good("an empty query", "9112 3.2.1", line("GET /a? HTTP/1.1"), "GET /a? []"),
        good("escapes are left alone", "9110 4.2.3", line("GET /%2e%2E/%41 HTTP/1.1"), "GET /%2e%2E/%41 []"),
        good("dots are left alone", "9110 4.2.3", line("GET /a/../b HTTP/1.1"), "GET /a/../b []"),
        good("two slashes are a path", "9112 3.2.1", line("GET //b.example/c HTTP/1.1"), "GET //b.example/c []"),
        good(
            "what browsers leave in a query",
            "9110 4.1",
            line("GET /?a={b}|[c]^`\\ HTTP/1.1"),
            "GET /?a={b}|[c]^`\\ []",
        ),
        good(
            "all that a path may have",
            "9110 4.1",
            line("GET /-._~!$&'()*+,;=:@ HTTP/1.1"),
            "GET /-._~!$&'()*+,;=:@ []",
        ),
        good("an unregistered method", "9110 9.1", line("BREW / HTTP/1.1"), "BREW / []"),
        good("methods are case-sensitive", "9110 9.1", line("get / HTTP/1.1"), "get / []"),
        good("a method of odd characters", "9110 5.6.2", line("M!#$%&'*+-.^_`|~ / HTTP/1.1"), "M!#$%&'*+-.^_`|~ / []"),
        good("PUT without a body", "9112 6.3", line("PUT /x HTTP/1.1"), "PUT /x []"),
        good("DELETE", "9110 9.3.5", line("DELETE /x HTTP/1.1"), "DELETE /x []"),
        good("PATCH", "5789 2", line("PATCH /x HTTP/1.1"), "PATCH /x []"),
        good("TRACE is the handler's", "9110 9.3.8", line("TRACE / HTTP/1.1"), "TRACE / []"),
        good("OPTIONS of the server", "9112 3.2.4", line("OPTIONS * HTTP/1.1"), "OPTIONS * []"),
        good("OPTIONS of a path", "9110 9.3.7", line("OPTIONS /x HTTP/1.1"), "OPTIONS /x []"),
        good("an empty line before it", "9112 2.2", format!("\r\n{}", line("GET / HTTP/1.1")), "GET / []"),
        good("two empty lines before it", "9112 2.2", format!("\r\n\r\n{}", line("GET / HTTP/1.1")), "GET / []"),
        bad("many empty lines before it", "9112 2.2", format!("\r\n\r\n\r\n\r\n{}", line("GET / HTTP/1.1"))),
        bad("the star with GET", "9112 3.2.4", line("GET * HTTP/1.1")),
        bad("the star and more", "9112 3.2.4", line("OPTIONS *a HTTP/1.1")),
        row(
            "CONNECT",
            "9110 9.3.6",
            "CONNECT a.example:443 HTTP/1.1\r\nhost: a.example:443\r\n\r\n",
            &[400, 405, 501],
            Closed,
        ),
        row("CONNECT to a path", "9110 9.3.6", line("CONNECT /x HTTP/1.1"), &[400, 405, 501], Closed),
        bad("a host as the target of GET", "9112 3.2.3", line("GET a.example:80 HTTP/1.1")),
        bad("a target without its slash", "9112 3.2.1", line("GET x HTTP/1.1")),
        bad("no target", "9112 3", line("GET HTTP/1.1")),
        bad("two spaces before the target", "9112 3", line("GET  / HTTP/1.1")),
        bad("two spaces after the target", "9112 3", line("GET /  HTTP/1.1")),
        bad("a space at the line's end", "9112 3", line("GET / HTTP/1.1 ")),
        bad("a space at the line's beginning", "9112 3", line(" GET / HTTP/1.1")),
        bad("a tab between", "9112 3", line("GET\t/ HTTP/1.1")),
        bad("a tab after the target", "9112 3", line("GET /\tHTTP/1.1")),
        bad("a space in the target", "9112 3.2", line("GET /a b HTTP/1.1")),
        bad("a fragment", "9112 3.2", line("GET /a#b HTTP/1.1")),
        bad("a backslash in the path", "9110 4.1", line("GET /a\\b HTTP/1.1")),
        bad("an angle in the target", "9110 4.1", line("GET /<a> HTTP/1.1")),
        bad("a quote in the query", "9110 4.1", line("GET /?\"a\" HTTP/1.1")),
        bad("a NUL in the target", "9112 3.2", line("GET /a\0b HTTP/1.1")),
        bad("a control character in the target", "9112 3.2", line("GET /a\x07b HTTP/1.1")),
        bad("DEL in the target", "9112 3.2", line("GET /a\x7fb HTTP/1.1")),
        bad("UTF-8 in the target", "9112 3.2", line("GET /é HTTP/1.1")),
        bad("overlong UTF-8 in the target", "3629 3", b"GET /\xc0\xaf HTTP/1.1\r\nhost: a.example\r\n\r\n".to_vec()),
        bad("a bracket in the method", "9110 9.1", line("GE[T / HTTP/1.1")),
        bad("a colon in the method", "9110 9.1", line("GET: / HTTP/1.1")),
        bad("UTF-8 in the method", "9110 9.1", line("GÉT / HTTP/1.1")),
        bad("no version", "9112 2.3", line("GET /")),
        bad("HTTP/0.9", "9112 2.3", "GET /\r\n\r\n"),
        bad("a space for a version", "9112 2.3", line("GET / ")),
        bad("a version in small letters", "9112 2.3", line("GET / http/1.1")),
        bad("another protocol", "9112 2.3", line("GET / HTCPCP/1.1")),
        bad("a version without a minor", "9112 2.3", line("GET / HTTP/1")),
        bad("a version of two digits", "9112 2.3", line("GET / HTTP/1.10")),
        bad("a version that begins with nought", "9112 2.3", line("GET / HTTP/01.1")),
        bad("a version with a space", "9112 2.3", line("GET / HTTP/ 1.1")),
        bad("a version with a comma", "9112 2.3", line("GET / HTTP/1,1")),
        bad("a version of letters", "9112 2.3", line("GET / HTTP/x.y")),
        row("HTTP/1.2", "9110 2.5", line("GET / HTTP/1.2"), &[505], Closed),
        row("HTTP/2.0", "9110 15.6.6", line("GET / HTTP/2.0"), &[505], Closed),
        row("HTTP/9.9", "9110 15.6.6", line("GET / HTTP/9.9"), &[505], Closed),
        row("HTTP/2's preface", "9113 3.4", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[400, 505], Closed),
        row(
            "a method of a thousand letters",
            "9112 3",
            line(&format!("{} / HTTP/1.1", "A".repeat(1000))),
            &[400, 501],
            Closed,
        ),
        row("a target at the limit", "9112 3", target(8 * 1024 - 14), &[200], Open),
        row("a target over the limit", "9112 3", target(8 * 1024), &[414], Closed),
        row("a target far over the limit", "9112 3", target(100_000), &[414], Closed),
        row("a request line without end", "9112 3", format!("GET /{}", "a".repeat(100_000)), &[414], Closed),
        bad("binary", "9112 2.2", b"\x00\x01\xfe\xff\r\n\r\n".to_vec()),
        bad("TLS", "9112 2.2", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        bad("only space", "9112 2.2", "   \r\n\r\n"),
        bad("one word", "9112 3", "hello\r\n\r\n"),
    ]
}

fn absolute_targets() -> Vec<Row> {
    let absolute = |url: &str, host: &str| format!("GET {url} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    vec![
        good("a URL", "9112 3.2.2", absolute("http://a.example/b?c", "a.example"), "GET /b?c []"),
        good("a URL without a path", "9112 3.2.2", absolute("http://a.example", "a.example"), "GET / []"),
        good("a URL with a query alone", "9112 3.2.2", absolute("http://a.example?b", "a.example"), "GET /?b []"),
        good("a URL in capitals", "9110 4.2.3", absolute("HTTP://A.Example/b", "a.example"), "GET /b []"),
        good("a URL of https", "9112 3.2.2", absolute("https://a.example/b", "a.example"), "GET /b []"),
        good("a URL with the usual port", "9110 4.2.3", absolute("http://a.example:80/b", "a.example"), "GET /b []"),
        good(
            "a URL of OPTIONS",
            "9112 3.2.4",
            "OPTIONS http://a.example/b HTTP/1.1\r\nhost: a.example\r\n\r\n",
            "OPTIONS /b []",
        ),
        bad("a URL of another host", "9112 3.2.2", absolute("http://b.example/c", "a.example")),
        bad("a URL and no host", "9112 3.2", "GET http://a.example/ HTTP/1.1\r\n\r\n"),
        bad("a URL with a user", "9110 4.2.4", absolute("http://u:p@a.example/", "a.example")),
        bad("a URL without a host", "9110 4.2.1", absolute("http:///b", "a.example")),
        bad("a URL of another scheme", "9110 4.2", absolute("ftp://a.example/", "a.example")),
        bad("a URL with a fragment", "9112 3.2", absolute("http://a.example/b#c", "a.example")),
        bad("a URL with a port that is none", "9110 4.2.1", absolute("http://a.example:x/", "a.example")),
    ]
}

fn hosts() -> Vec<Row> {
    vec![
        bad("no host", "9112 3.2", "GET / HTTP/1.1\r\n\r\n"),
        bad("two hosts", "9112 3.2", host("host: a.example\r\nhost: b.example\r\n")),
        bad("the same host twice", "9112 3.2", host("host: a.example\r\nhost: a.example\r\n")),
        bad("two hosts in other letters", "9112 3.2", host("host: a.example\r\nHOST: b.example\r\n")),
        bad("an empty host", "9110 4.2.1", host("host: \r\n")),
        bad("a list of hosts", "9110 7.2", host("host: a.example, b.example\r\n")),
        bad("a host with a user", "9110 7.2", host("host: u@a.example\r\n")),
        bad("a host with a path", "9110 7.2", host("host: a.example/b\r\n")),
        bad("a host with a scheme", "9110 7.2", host("host: http://a.example\r\n")),
        bad("a host with a space", "9110 7.2", host("host: a example\r\n")),
        bad("a host with a query", "9110 7.2", host("host: a.example?b\r\n")),
        bad("a host of a port alone", "9110 4.2.1", host("host: :80\r\n")),
        bad("a port of letters", "9110 7.2", host("host: a.example:http\r\n")),
        bad("a port too large", "9110 7.2", host("host: a.example:65536\r\n")),
        bad("two ports", "9110 7.2", host("host: a.example:80:80\r\n")),
        bad("half an IPv6 address", "3986 3.2.2", host("host: [::1\r\n")),
        bad("an IPv6 address that is none", "3986 3.2.2", host("host: [:::1]\r\n")),
        bad("something after an IPv6 address", "3986 3.2.2", host("host: [::1]x\r\n")),
        bad("UTF-8 in a host", "9110 7.2", host("host: é.example\r\n")),
        good("a host with a port", "9110 7.2", host("host: a.example:8080\r\n"), "GET / []"),
        good("a host with an empty port", "9110 4.2.1", host("host: a.example:\r\n"), "GET / []"),
        good("an IPv4 address", "3986 3.2.2", host("host: 127.0.0.1:80\r\n"), "GET / []"),
        good("an IPv6 address", "3986 3.2.2", host("host: [::1]:80\r\n"), "GET / []"),
        good("a host at a dot's end", "9110 7.2", host("host: a.example.\r\n"), "GET / []"),
        good("a host in capitals", "9110 7.2", host("HoSt: A.EXAMPLE\r\n"), "GET / []"),
        good("a host behind a tab", "9110 5.6.3", host("host:\ta.example\r\n"), "GET / []"),
        good("a host with an underscore", "3986 3.2.2", host("host: a_b.example\r\n"), "GET / []"),
        row("HTTP/1.0 without a host", "9112 3.2", "GET / HTTP/1.0\r\n\r\n", &[200], Closed),
        bad("HTTP/1.0 with two hosts", "9112 3.2", "GET / HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n"),
    ]
}

fn header_lines() -> Vec<Row> {
    let many = |count: usize| with(&"x: y\r\n".repeat(count));
    vec![
        good("an empty value", "9110 5.5", with("x:\r\ny: \r\n"), "GET / []"),
        good("space around a value", "9112 5.1", with("x: \t y \t \r\n"), "GET / []"),
        good("no space before a value", "9112 5.1", with("x:y\r\n"), "GET / []"),
        good("a colon in a value", "9112 5", with("x: a:b:c\r\n"), "GET / []"),
        good("a tab in a value", "9110 5.5", with("x: a\tb\r\n"), "GET / []"),
        good("high bytes in a value", "9110 5.5", with("x: é\r\n"), "GET / []"),
        good("a name of odd characters", "9110 5.6.2", with("!#$%&'*+-.^_`|~: y\r\n"), "GET / []"),
        good("a name in capitals", "9110 5.1", with("X-THING: y\r\n"), "GET / []"),
        good("a name twice", "9110 5.2", with("x: a\r\nx: b\r\n"), "GET / []"),
        good("a value of 8 KiB", "9110 5.4", with(&format!("x: {}\r\n", "y".repeat(8192))), "GET / []"),
        good("99 header lines and the host", "9110 5.4", many(99), "GET / []"),
        row("more header lines than allowed", "6585 5", many(100), &[431], Closed),
        row("many more header lines than allowed", "6585 5", many(5000), &[431], Closed),
        row("a value over the limit", "9110 5.4", with(&format!("x: {}\r\n", "y".repeat(40_000))), &[431], Closed),
        row("a name over the limit", "9110 5.4", with(&format!("{}: y\r\n", "x".repeat(40_000))), &[431], Closed),
        row(
            "headers over the limit together",
            "9110 5.4",
            with(&format!("x: {}\r\n", "y".repeat(1000)).repeat(40)),
            &[431],
            Closed,
        ),
        row(
            "a header line without end",
            "9110 5.4",
            format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}", "y".repeat(100_000)),
            &[431],
            Closed,
        ),
        bad("a space before the colon", "9112 5.1", with("x : y\r\n")),
        bad("a tab before the colon", "9112 5.1", with("x\t: y\r\n")),
        bad("a space in a name", "9112 5.1", with("x y: z\r\n")),
        bad("no colon", "9112 5", with("x\r\n")),
        bad("no name", "9112 5", with(": y\r\n")),
        bad("brackets in a name", "9110 5.6.2", with("x[]: y\r\n")),
        bad("a quote in a name", "9110 5.6.2", with("\"x\": y\r\n")),
        bad("UTF-8 in a name", "9110 5.6.2", with("é: y\r\n")),
        bad("a NUL in a name", "9110 5.6.2", with("x\0: y\r\n")),
        bad("a NUL in a value", "9110 5.5", with("x: a\0b\r\n")),
        bad("a bell in a value", "9110 5.5", with("x: a\x07b\r\n")),
        bad("an escape in a value", "9110 5.5", with("x: \x1b[31m\r\n")),
        bad("DEL in a value", "9110 5.5", with("x: a\x7fb\r\n")),
        bad("a bare CR in a value", "9112 2.2", with("x: a\rb\r\n")),
        bad("a folded line", "9112 5.2", with("x: a\r\n b\r\n")),
        bad("a line folded with a tab", "9112 5.2", with("x: a\r\n\tb\r\n")),
        bad("a fold before the first header", "9112 2.2", "GET / HTTP/1.1\r\n host: a.example\r\n\r\n"),
        bad("a line of space alone", "9112 5.2", with(" \r\n")),
        bad("lines that end with LF", "9112 2.2", "GET / HTTP/1.1\nhost: a.example\n\n"),
        bad("a request line that ends with LF", "9112 2.2", "GET / HTTP/1.1\nhost: a.example\r\n\r\n"),
        bad("a header line that ends with LF", "9112 2.2", with("x: y\n")),
        bad("a head that ends with LF", "9112 2.2", "GET / HTTP/1.1\r\nhost: a.example\r\n\n"),
        bad("two CRs at a line's end", "9112 2.2", with("x: y\r\r\n")),
        bad("a CR before the end", "9112 2.2", with("\rx: y\r\n")),
        row("lines that end with CR", "9112 2.2", "GET / HTTP/1.1\rhost: a.example\r\r\n\r\n", &[400], Closed),
    ]
}

fn lengths() -> Vec<Row> {
    vec![
        good("a body", "9112 6.2", post("content-length: 5\r\n", "hello"), "POST / [hello]"),
        good("an empty body", "9112 6.2", post("content-length: 0\r\n", ""), "POST / []"),
        good("no length, no body", "9112 6.3", post("", ""), "POST / []"),
        good("a body of GET", "9110 9.3.1", with("content-length: 5\r\n") + "hello", "GET / [hello]"),
        good(
            "a body of DELETE",
            "9110 9.3.5",
            "DELETE / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi",
            "DELETE / [hi]",
        ),
        good(
            "a body of OPTIONS",
            "9110 9.3.7",
            "OPTIONS / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi",
            "OPTIONS / [hi]",
        ),
        good(
            "a body that looks like a request",
            "9112 6.2",
            post("content-length: 18\r\n", "GET / HTTP/1.1\r\n\r\n"),
            "POST / [GET / HTTP/1.1\r\n\r\n]",
        ),
        good("space around a length", "9110 5.5", post("content-length: \t5 \r\n", "hello"), "POST / [hello]"),
        good("a length in capitals", "9110 5.1", post("CONTENT-LENGTH: 5\r\n", "hello"), "POST / [hello]"),
        bad("a length of letters", "9112 6.3", post("content-length: five\r\n", "hello")),
        bad("a length with a plus", "9110 8.6", post("content-length: +5\r\n", "hello")),
        bad("a length with a minus", "9110 8.6", post("content-length: -5\r\n", "hello")),
        bad("minus nought", "9110 8.6", post("content-length: -0\r\n", "")),
        bad("an empty length", "9110 8.6", post("content-length:\r\n", "")),
        bad("a length in hexadecimal", "9110 8.6", post("content-length: 0x5\r\n", "hello")),
        bad("a length in octal", "9110 8.6", post("content-length: 0o5\r\n", "hello")),
        bad("a length with noughts before", "9110 8.6", post("content-length: 005\r\n", "hello")),
        bad("two noughts", "9110 8.6", post("content-length: 00\r\n", "")),
        bad("a length with a space in it", "9110 8.6", post("content-length: 1 0\r\n", "hellohello")),
        bad("a length with an underscore", "9110 8.6", post("content-length: 1_0\r\n", "hellohello")),
        bad("a length with a point", "9110 8.6", post("content-length: 5.0\r\n", "hello")),
        bad("a length with an exponent", "9110 8.6", post("content-length: 1e1\r\n", "hellohello")),
        bad("a length in other digits", "9110 8.6", post("content-length: ٥\r\n", "hello")),
        bad("a length beyond 64 bits", "9110 8.6", post("content-length: 18446744073709551616\r\n", "")),
        bad("a length of hundred digits", "9110 8.6", post(&format!("content-length: {}\r\n", "9".repeat(100)), "")),
        row("a length beyond the limit", "9110 15.5.14", post("content-length: 9999999999\r\n", ""), &[413], Closed),
        bad("TRACE with a body", "9110 9.3.8", "TRACE / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx"),
    ]
}

fn chunks() -> Vec<Row> {
    vec![
        good("one chunk", "9112 7.1", chunked("5\r\nhello\r\n0\r\n\r\n"), "POST / [hello]"),
        good("two chunks", "9112 7.1", chunked("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), "POST / [hello]"),
        good("no chunk", "9112 7.1", chunked("0\r\n\r\n"), "POST / []"),
        good("a size in capitals", "9112 7.1", chunked("A\r\n0123456789\r\n0\r\n\r\n"), "POST / [0123456789]"),
        good("a size in small letters", "9112 7.1", chunked("a\r\n0123456789\r\n0\r\n\r\n"), "POST / [0123456789]"),
        good("a size with noughts before", "9112 7.1", chunked("0005\r\nhello\r\n000\r\n\r\n"), "POST / [hello]"),
        good("an extension", "9112 7.1.1", chunked("5;a\r\nhello\r\n0\r\n\r\n"), "POST / [hello]"),
        good("an extension with a value", "9112 7.1.1", chunked("5;a=b;c=d\r\nhello\r\n0;e\r\n\r\n"), "POST / [hello]"),
        good(
            "an extension with a quoted value",
            "9112 7.1.1",
            chunked("5;a=\"b \\\" c\"\r\nhello\r\n0\r\n\r\n"),
            "POST / [hello]",
        ),
        good("trailers", "9112 7.1.2", chunked("5\r\nhello\r\n0\r\nx: y\r\nz: w\r\n\r\n"), "POST / [hello]"),
        good(
            "a trailer that would frame",
            "9110 6.5.1",
            chunked("5\r\nhello\r\n0\r\ncontent-length: 3\r\n\r\n"),
            "POST / [hello]",
        ),
        good(
            "chunked in capitals",
            "9112 7",
            post("transfer-encoding: CHUNKED\r\n", "2\r\nhi\r\n0\r\n\r\n"),
            "POST / [hi]",
        ),
        good(
            "chunked in a name of capitals",
            "9110 5.1",
            post("TRANSFER-ENCODING: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n"),
            "POST / [hi]",
        ),
        good(
            "space around chunked",
            "9110 5.6.3",
            post("transfer-encoding: \tchunked \r\n", "2\r\nhi\r\n0\r\n\r\n"),
            "POST / [hi]",
        ),
        bad("a size with a prefix", "9112 7.1", chunked("0x5\r\nhello\r\n0\r\n\r\n")),
        bad("a size with a minus", "9112 7.1", chunked("-5\r\nhello\r\n0\r\n\r\n")),
        bad("a size with a plus", "9112 7.1", chunked("+5\r\nhello\r\n0\r\n\r\n")),
        bad("a size with an underscore", "9112 7.1", chunked("1_0\r\nhello\r\n0\r\n\r\n")),
        bad("a size of no digits", "9112 7.1", chunked("\r\nhello\r\n0\r\n\r\n")),
        bad("a size of letters", "9112 7.1", chunked("five\r\nhello\r\n0\r\n\r\n")),
        bad("a space before a size", "9112 7.1", chunked(" 5\r\nhello\r\n0\r\n\r\n")),
        bad("a space after a size", "9112 7.1", chunked("5 \r\nhello\r\n0\r\n\r\n")),
        bad("a size of seventeen digits", "9112 7.1", chunked("00000000000000005\r\nhello\r\n0\r\n\r\n")),
        bad("a size beyond 64 bits", "9112 7.1", chunked("FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n")),
        row("the largest size there is", "9112 7.1", chunked("FFFFFFFFFFFFFFFF\r\nhello\r\n"), &[400, 413], Silent),
        bad("an extension without a name", "9112 7.1.1", chunked("5;\r\nhello\r\n0\r\n\r\n")),
        bad("an extension with a value alone", "9112 7.1.1", chunked("5;=b\r\nhello\r\n0\r\n\r\n")),
        bad(
            "an extension of 64 KiB",
            "9112 7.1.1",
            chunked(&format!("5;{}\r\nhello\r\n0\r\n\r\n", "a".repeat(65_536))),
        ),
        bad("many extensions", "9112 7.1.1", chunked(&format!("1;{}\r\nx\r\n", "a".repeat(200)).repeat(100))),
        bad("a chunk that is too long", "9112 7.1", chunked("5\r\nhelloworld\r\n0\r\n\r\n")),
        bad("a chunk without its end", "9112 7.1", chunked("5\r\nhello0\r\n\r\n")),
        bad("a trailer without a colon", "9112 7.1.2", chunked("0\r\nx\r\n\r\n")),
        bad("a trailer with a space before its colon", "9112 5.1", chunked("0\r\nx : y\r\n\r\n")),
        bad("trailers over the limit", "9110 5.4", chunked(&format!("0\r\n{}\r\n", "x: y\r\n".repeat(4000)))),
        row("an unknown coding", "9112 6.1", post("transfer-encoding: zstd\r\n", ""), &[400, 501], Closed),
        row(
            "a coding before chunked",
            "9112 6.1",
            post("transfer-encoding: gzip, chunked\r\n", ""),
            &[400, 501],
            Closed,
        ),
        bad("chunked and then another", "9112 6.3", post("transfer-encoding: chunked, gzip\r\n", "")),
        bad("chunked with a parameter", "9112 7", post("transfer-encoding: chunked;a=b\r\n", "0\r\n\r\n")),
        bad("an empty coding", "9112 6.1", post("transfer-encoding:\r\n", "")),
        bad("identity", "9112 7", post("transfer-encoding: identity\r\n", "")),
        bad(
            "TRACE with chunks",
            "9110 9.3.8",
            "TRACE / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
    ]
}

fn connections() -> Vec<Row> {
    let old = |lines: &str| format!("GET / HTTP/1.0\r\nhost: a\r\n{lines}\r\n");
    vec![
        row("connection: close", "9112 9.6", with("connection: close\r\n"), &[200], Closed),
        row("connection: Close", "9112 9.6", with("connection: Close\r\n"), &[200], Closed),
        row("close among others", "9112 9.6", with("connection: x, close\r\n"), &[200], Closed),
        row(
            "close and keep-alive",
            "9112 9.6",
            with("connection: close\r\nconnection: keep-alive\r\n"),
            &[200],
            Closed,
        ),
        good("connection: keep-alive", "9112 9.3", with("connection: keep-alive\r\n"), "GET / []"),
        row("HTTP/1.0 closes", "9112 9.3", old(""), &[200], Closed),
        row("HTTP/1.0 with keep-alive", "9112 9.3", old("connection: keep-alive\r\n"), &[200], Open),
        row("HTTP/1.0 with a body", "9112 6.2", "POST / HTTP/1.0\r\ncontent-length: 2\r\n\r\nhi", &[200], Closed),
        good("an upgrade nobody knows", "9110 7.8", with("connection: upgrade\r\nupgrade: x/1\r\n"), "GET / []"),
        good("an upgrade not named in connection", "9110 7.8", with("upgrade: websocket\r\n"), "GET / []"),
        good(
            "an upgrade to HTTP/2",
            "9113 3.1",
            with("connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"),
            "GET / []",
        ),
        good("100-continue", "9110 10.1.1", post("expect: 100-continue\r\ncontent-length: 2\r\n", "hi"), "POST / [hi]"),
        good("100-Continue", "9110 10.1.1", post("expect: 100-Continue\r\ncontent-length: 2\r\n", "hi"), "POST / [hi]"),
        good("100-continue without a body", "9110 10.1.1", with("expect: 100-continue\r\n"), "GET / []"),
        row("another expectation", "9110 10.1.1", with("expect: miracles\r\n"), &[417], Closed),
        row("an expectation of HTTP/1.0", "9110 10.1.1", old("expect: 100-continue\r\n"), &[200], Closed),
        row("nothing", "9112 9.5", "", &[], Silent),
        row("half a method", "9112 8", "GE", &[], Silent),
        row("half a request line", "9112 8", "GET / HT", &[], Silent),
        row("half a head", "9112 8", "GET / HTTP/1.1\r\nhost: a.ex", &[], Silent),
        row("a head without its last line", "9112 8", "GET / HTTP/1.1\r\nhost: a.example\r\n", &[], Silent),
        row("half a body", "9112 8", post("content-length: 10\r\n", "hello"), &[400], Silent),
        row("half a chunk", "9112 8", chunked("a\r\nhello"), &[400], Silent),
        row("chunks without the last one", "9112 8", chunked("5\r\nhello\r\n"), &[400], Silent),
    ]
}

fn table() -> Vec<Row> {
    [request_lines(), absolute_targets(), hosts(), header_lines(), lengths(), chunks(), connections()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_row_is_answered_as_the_specification_allows() {
    let rows = table();
    assert!(rows.len() >= 150, "{} rows", rows.len());
    let server = start(local(), describe);
    let wrong: Vec<String> = rows.iter().filter_map(|row| check(row, port(&server), Sending::Whole).err()).collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// The same, with each byte in a packet of its own: no answer may depend on where packets end.
#[test]
fn every_row_is_answered_the_same_a_byte_at_a_time() {
    let server = start(local(), describe);
    let short = table().into_iter().filter(|row| row.raw.len() < 400);
    let wrong: Vec<String> = short.filter_map(|row| check(&row, port(&server), Sending::Bytes).err()).collect();
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[derive(Clone, Copy, PartialEq)]
enum Sending {
    Whole,
    Bytes,
}

fn check(row: &Row, address: std::net::SocketAddr, sending: Sending) -> Result<(), String> {
    let wrong = |what: String| Err(format!("  {} (RFC {}): {what}", row.name, row.section));
    let mut client = Client::connect(address);
    match sending {
        Sending::Whole => client.send(&row.raw),
        Sending::Bytes => row.raw.iter().for_each(|byte| client.send([*byte])),
    }
    if row.then == Silent {
        client.half_close();
    }
    let reply = client.reply();
    match &reply {
        Some(reply) if !row.allowed.contains(&reply.status) => {
            return wrong(format!("answered {} ({})", reply.status, reply.text().trim()));
        }
        Some(reply) if row.says.is_some_and(|says| says != reply.text()) => {
            return wrong(format!("was understood as {}", reply.text()));
        }
        Some(reply) if reply.header("date").is_none() => return wrong("has no date".into()),
        None if row.then != Silent => return wrong("was not answered".into()),
        _ => {}
    }
    if row.then == Open {
        return match client.get("/after") {
            Some(after) if after.text() == "GET /after []" => Ok(()),
            after => wrong(format!("and then {after:?}")),
        };
    }
    if !client.ends() {
        return wrong(format!("was not closed: {:?}", String::from_utf8_lossy(&client.unread)));
    }
    Ok(())
}
