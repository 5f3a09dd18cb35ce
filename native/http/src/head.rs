//! The strict reading of an HTTP/1 head: what is let through means one thing only.

use http::StatusCode;

use crate::refusal::Refusal;
use crate::target::{check_host, check_path, is_token, same_host, split_url};

/// How the body of a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
}

/// Longer than any method that anybody registered.
const LONGEST_METHOD: usize = 24;

/// Reads a head, whose lines are known to end with CR LF, the last of them empty.
pub(crate) fn check(head: &[u8]) -> Result<Framing, Refusal> {
    let mut lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let start = Start::read(lines.next().unwrap_or_default())?;
    let mut fields = Fields::default();
    for line in lines.take_while(|line| !line.is_empty()) {
        fields.read(line)?;
    }
    start.check_target(fields.host)?;
    fields.framing(&start)
}

/// A request line.
struct Start<'a> {
    method: &'a [u8],
    target: &'a [u8],
    /// Of HTTP/1.
    minor: u8,
}

impl<'a> Start<'a> {
    fn read(line: &'a [u8]) -> Result<Self, Refusal> {
        let mut parts = line.split(|&byte| byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::bad("the request line is not a method, a target and a version"));
        };
        if !is_token(method) {
            return Err(Refusal::bad("the method is none"));
        }
        if method.len() > LONGEST_METHOD {
            return Err(Refusal::fatal(StatusCode::NOT_IMPLEMENTED, "nobody has such a long method"));
        }
        if target.is_empty() || !target.iter().all(u8::is_ascii_graphic) {
            return Err(Refusal::bad("a character in the target that must be escaped"));
        }
        let minor = match version {
            b"HTTP/1.1" => 1,
            b"HTTP/1.0" => 0,
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit() => {
                return Err(Refusal::fatal(
                    StatusCode::HTTP_VERSION_NOT_SUPPORTED,
                    "HTTP/1.0 and HTTP/1.1 are spoken here",
                ));
            }
            _ => return Err(Refusal::bad("the version is none")),
        };
        Ok(Self { method, target, minor })
    }

    /// The four forms of RFC 9112 §3.2, each with the methods that it is for, and the host.
    fn check_target(&self, host: Host<'_>) -> Result<(), Refusal> {
        let host = match host {
            Host::Many => return Err(Refusal::bad("more than one host")),
            Host::None if self.minor > 0 => return Err(Refusal::bad("no host")),
            Host::None => None,
            Host::One(host) => Some(host),
        };
        host.map(check_host).transpose()?;
        match self.target {
            _ if self.method == b"CONNECT" => {
                Err(Refusal::fatal(StatusCode::NOT_IMPLEMENTED, "no tunnels are made here"))
            }
            b"*" if self.method == b"OPTIONS" => Ok(()),
            [b'/', ..] => check_path(self.target),
            url => {
                let (authority, path) = split_url(url)?;
                check_host(authority)?;
                if let Some(host) = host
                    && !same_host(host, authority)
                {
                    return Err(Refusal::bad("the host is not the target's"));
                }
                match path.first() {
                    None => Ok(()),
                    Some(b'?') => check_path(&[b"/", path].concat()),
                    _ => check_path(path),
                }
            }
        }
    }
}

#[derive(Clone, Copy, Default)]
enum Host<'a> {
    #[default]
    None,
    One(&'a [u8]),
    Many,
}

/// What the header lines say about the framing.
#[derive(Default)]
struct Fields<'a> {
    host: Host<'a>,
    length: Option<u64>,
    coding: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    fn read(&mut self, line: &'a [u8]) -> Result<(), Refusal> {
        let (name, value) = split_field(line)?;
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        if is(b"host") {
            self.host = match self.host {
                Host::None => Host::One(value),
                _ => Host::Many,
            };
        } else if is(b"content-length") {
            let length = content_length(value)?;
            if self.length.replace(length).is_some() {
                return Err(Refusal::bad("more than one content-length"));
            }
        } else if is(b"transfer-encoding") {
            if self.coding.replace(value).is_some() {
                return Err(Refusal::bad("more than one transfer-encoding"));
            }
        } else if is(b"content_length") || is(b"transfer_encoding") {
            // What some gateway behind us might take for the real ones.
            return Err(Refusal::bad("a framing field in disguise"));
        }
        Ok(())
    }

    fn framing(&self, start: &Start<'_>) -> Result<Framing, Refusal> {
        let framing = match (self.coding, self.length) {
            (Some(_), Some(_)) => return Err(Refusal::bad("both content-length and transfer-encoding")),
            (Some(_), None) if start.minor == 0 => {
                return Err(Refusal::bad("HTTP/1.0 has no transfer-encoding"));
            }
            (Some(coding), None) => {
                check_coding(coding)?;
                Framing::Chunked
            }
            (None, length) => Framing::Length(length.unwrap_or(0)),
        };
        if start.method == b"TRACE" && framing != Framing::Length(0) {
            return Err(Refusal::bad("TRACE has no body"));
        }
        Ok(framing)
    }
}

/// A header or trailer line's name and value, without the space around the value.
pub(crate) fn split_field(line: &[u8]) -> Result<(&[u8], &[u8]), Refusal> {
    if let Some(b' ' | b'\t') = line.first() {
        return Err(Refusal::bad("a header line that begins with space"));
    }
    let colon = line.iter().position(|&byte| byte == b':').ok_or(Refusal::bad("a header line without a colon"))?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if !is_token(name) {
        return Err(Refusal::bad("a header name that is none"));
    }
    if value.iter().any(|&byte| (byte < b' ' && byte != b'\t') || byte == 0x7f) {
        return Err(Refusal::bad("a control character in a header"));
    }
    Ok((name, trim(value)))
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Digits, and as few as it takes: `010` is eight to some.
fn content_length(value: &[u8]) -> Result<u64, Refusal> {
    let wrong = Refusal::bad("a content-length that is no number");
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) || (value.len() > 1 && value[0] == b'0') {
        return Err(wrong);
    }
    // hyper keeps the two largest numbers for itself.
    std::str::from_utf8(value)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .filter(|&length: &u64| length < u64::MAX - 2)
        .ok_or(wrong)
}

/// `chunked`, alone: RFC 9112 §6.1, §6.3.
fn check_coding(value: &[u8]) -> Result<(), Refusal> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let mut codings: Vec<&[u8]> = value.split(|&byte| byte == b',').map(trim).collect();
    let last = codings.pop().unwrap_or_default();
    let known = |coding: &&[u8]| is_token(coding) && !coding.eq_ignore_ascii_case(b"chunked");
    if last.eq_ignore_ascii_case(b"chunked") && codings.iter().all(known) {
        return Err(Refusal::fatal(StatusCode::NOT_IMPLEMENTED, "chunked is the only transfer coding spoken here"));
    }
    Err(Refusal::bad("the body's end cannot be told: chunked is not the last transfer coding"))
}
