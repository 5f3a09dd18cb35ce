//! The server, from outside: real sockets, port 0, raw bytes.

mod support;

mod answers;
mod bodies;
mod conformance;
mod crowds;
mod desync;
mod drain;
mod http2;
mod limits;
mod sockets;
mod tls;
