//! What came before a request's body, as a tuple:
//! `{method, scheme, host | nil, version, path, query, headers, peer}`.

use std::net::{IpAddr, SocketAddr};

use rustler::types::atom::nil;
use rustler::{Encoder, Env, Term};
use workbooks_http::{Head, Peer, Scheme, Version};

use super::body::binary;
use crate::atoms;

pub fn encode<'a>(env: Env<'a>, head: &Head) -> Term<'a> {
    let text = |text: &str| binary(env, text.as_bytes());
    let scheme = match head.scheme() {
        Scheme::Http => atoms::http(),
        Scheme::Https => atoms::https(),
    };
    let version = match head.version() {
        Version::Http10 => atoms::http10(),
        Version::Http11 => atoms::http11(),
        Version::Http2 => atoms::http2(),
    };
    let headers: Vec<_> = head.headers().map(|(name, value)| (text(name), binary(env, value))).collect();
    let fields = [
        text(head.method()),
        scheme.encode(env),
        head.host().map_or_else(|| nil().encode(env), text),
        version.encode(env),
        text(head.path()),
        text(head.query().unwrap_or_default()),
        headers.encode(env),
        match head.peer() {
            Peer::Tcp(address) => socket_address(env, address),
            Peer::Unix => atoms::unix().encode(env),
        },
    ];
    rustler::types::tuple::make_tuple(env, &fields)
}

/// `{address, port}`, as OTP has them.
pub fn socket_address<'a>(env: Env<'a>, address: &SocketAddr) -> Term<'a> {
    let ip = match address.ip() {
        IpAddr::V4(ip) => rustler::types::tuple::make_tuple(env, &ip.octets().map(|part| part.encode(env))),
        IpAddr::V6(ip) => rustler::types::tuple::make_tuple(env, &ip.segments().map(|part| part.encode(env))),
    };
    (ip, address.port()).encode(env)
}
