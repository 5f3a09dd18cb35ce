//! What a handler is given of a request.

use std::net::SocketAddr;
use std::sync::Arc;

use http::request::Parts;
use http::{Uri, Version as HttpVersion};

use crate::body::Body;

/// A request, read and within the limits.
pub struct Request {
    /// What came before the body.
    pub head: Head,
    /// The body, to be pulled.
    pub body: Body,
}

/// What came before the body.
pub struct Head {
    parts: Parts,
    connection: Arc<Connection>,
}

/// What all requests of one connection have in common.
#[derive(Debug)]
pub(crate) struct Connection {
    pub peer: Peer,
    pub local: Peer,
    pub scheme: Scheme,
    pub server_name: Option<String>,
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address and a port.
    Tcp(SocketAddr),
    /// A unix socket; those have no names to speak of.
    Unix,
}

/// Whether there is TLS in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// None.
    Http,
    /// TLS.
    Https,
}

/// The protocol's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
    /// HTTP/2
    Http2,
}

impl Head {
    pub(crate) fn new(parts: Parts, connection: Arc<Connection>) -> Self {
        Self { parts, connection }
    }

    /// The method, as it was written.
    pub fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    /// The path, escapes and all: `/` at least, or `*` of `OPTIONS *`.
    pub fn path(&self) -> &str {
        match self.parts.uri.path() {
            "" => "/",
            path => path,
        }
    }

    /// What follows the `?`, if there is one.
    pub fn query(&self) -> Option<&str> {
        self.parts.uri.query()
    }

    /// The host the client asked for, with its port if it gave one: of the target, or of `host`.
    /// HTTP/1.0 may have none.
    pub fn host(&self) -> Option<&str> {
        host(&self.parts)
    }

    /// The header lines: names in lower case, in the order they came (those of one name together),
    /// values as they were.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// The first value of a header; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.parts.headers.get(name).map(|value| value.as_bytes())
    }

    /// The protocol's version.
    pub fn version(&self) -> Version {
        match self.parts.version {
            HttpVersion::HTTP_2 => Version::Http2,
            HttpVersion::HTTP_10 => Version::Http10,
            _ => Version::Http11,
        }
    }

    /// Whether it came over TLS.
    pub fn scheme(&self) -> Scheme {
        self.connection.scheme
    }

    /// The host name of the TLS handshake.
    pub fn server_name(&self) -> Option<&str> {
        self.connection.server_name.as_deref()
    }

    /// Where it came from.
    pub fn peer(&self) -> &Peer {
        &self.connection.peer
    }

    /// Where it arrived.
    pub fn local(&self) -> &Peer {
        &self.connection.local
    }
}

pub(crate) fn host(parts: &Parts) -> Option<&str> {
    Uri::authority(&parts.uri)
        .map(|authority| authority.as_str())
        .or_else(|| parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()))
}
