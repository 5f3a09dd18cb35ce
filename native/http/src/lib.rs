//! hyper as Workbooks uses it: listeners, connections, bodies and their limits. It owns framing
//! and nothing else; what a path means, who may ask and what is answered is the handler's. Nothing
//! here knows who that is: no BEAM type, no WebAssembly.
//!
//! ```
//! use std::sync::Arc;
//! use workbooks_http::{Bytes, Config, Request, Responder, Server};
//!
//! let handler = |request: Request, responder: Responder| {
//!     let line = format!("{} {}\n", request.head.method(), request.head.path());
//!     // A client that is gone does not miss its answer.
//!     let _ = responder.respond(200, Vec::new(), Bytes::from(line));
//! };
//! let server = Server::start(Config::tcp(([127, 0, 0, 1], 0).into()), Arc::new(handler))?;
//! println!("listening on {}", server.address());
//! server.stop();
//! # Ok::<(), workbooks_http::Error>(())
//! ```
//!
//! # How a request goes
//!
//! ```text
//! listener ─▶ connection ─▶ (tls) ─▶ pipe ─▶ guard ─▶ hyper ─▶ service ─▶ Handler::handle
//!    │             │                  │        │                  │            │
//!  too many:    leash: the time    a peer   HTTP/1's         refusals,     Request: head, body
//!   503, bye    of a request       too slow heads and     requests too     Responder ─▶ Stream
//!               pulls it           to read  chunks, read  many: 503            │
//!                                  is cut   strictly                           ▼
//! client ◀──────────────────────── pipe ◀──────────── hyper ◀── answer ◀── exchange
//! ```
//!
//! A server has a small tokio runtime of its own. `listener` takes connections while there are
//! seats; each is a task in `connection`, which decides between HTTP/1.1 and HTTP/2 (by ALPN, or
//! without TLS by prior knowledge, where [`Config::h2c`] says so). `guard` reads HTTP/1 strictly before hyper
//! reads it; `service` turns hyper's requests into [`Request`]s. From there the two sides of an
//! `exchange` meet: the handler's [`Responder`] or [`Stream`], and hyper, which waits for a head
//! and then takes chunks as the client takes them.
//!
//! Nobody waits for anybody on a thread: what takes time ends in a callback. Callbacks come on the
//! runtime's threads, must be cheap, and may not block; their panics are caught and counted.
//!
//! - **Bodies of requests are pulled** ([`Body::read`]). What nobody asks for stays with the client,
//!   but for one buffer of hyper's (64 KiB, or room for the largest head) and, with HTTP/2, a
//!   stream's window (64 KiB; 1 MiB for a connection). `100 Continue` is sent when the body is
//!   first asked for (HTTP/1.1; hyper sends none over HTTP/2).
//! - **Bodies of answers are pushed, and acknowledged** ([`Stream::chunk`]): a chunk's callback comes
//!   when hyper has taken it into its bounded buffer, so one that waits for it holds no more than
//!   that for a slow client.
//! - **Whoever leaves first, the other is told.** A client that goes away: [`Responder::on_disconnect`], and
//!   errors of the kind [`Kind::Gone`]. A handler that drops its responder: 500, or 408, 413, 400 if the request's
//!   body was why; if the answer had begun, a connection or stream that is reset, so that nobody
//!   takes a part for the whole.
//!
//! # What is refused
//!
//! All [`Limits`] have an answer: 408, 413, 414, 431, 503, a closed connection. HTTP/1 heads and
//! chunked bodies that two parsers could read differently are refused with 400 and the connection
//! is closed, where hyper by itself would let pass: a line that ends with LF alone, `content-length`
//! beside `transfer-encoding` or given twice, lengths with leading noughts, more spaces than one in a
//! request line, a `host` that is missing, doubled or none, a target's fragment, junk in a chunk's
//! line. `CONNECT` is 501, other versions are 505, unknown expectations 417. For HTTP/2 the same
//! holds of hosts and paths. After an answer that ends a connection what the client still sends is
//! read for two seconds, so that the answer is not lost to a reset.
//!
//! hyper's `pipeline_flush` is not used: it swallows the answer to a request that cannot be parsed.
//!
//! # What it leaves alone
//!
//! - Paths are not decoded, and dots in them not resolved; a `%` may stand for nothing.
//! - HTTP/1 gives a handler no upgrades, and no answers of 1xx.
//! - The order of header lines with different names is kept, and that of lines with the same name,
//!   but those come together.
//! - A client that closes its sending half counts as gone: the two cannot be told apart.
//! - With HTTP/2 h2 cuts a `:path` at its `#`, where HTTP/1 is refused. Floods: requests taken back
//!   before they were seen (20 at once), CONTINUATION frames without end and header lists over
//!   [`Limits::header_bytes`] are h2's to count, as 0.4.20 does; requests taken back while a handler is at
//!   work are counted here ([`Limits::h2_resets`]). Work in progress counts against [`Limits::in_flight`] until
//!   the handler lets go of it, whether its client waits or not.

mod answer;
mod body;
mod chunks;
mod config;
mod connection;
mod error;
mod exchange;
mod guard;
mod head;
mod leash;
mod limits;
mod listener;
mod pipe;
mod refusal;
mod request;
mod responder;
mod server;
mod service;
mod stats;
mod target;
mod timer;
mod tls;

pub use body::{Body, Chunk, Read};
pub use bytes::Bytes;
pub use config::{Config, Listen};
pub use error::{Error, Kind};
pub use exchange::{Accepted, Disconnected};
pub use limits::Limits;
pub use request::{Head, Peer, Request, Scheme, Version};
pub use responder::{Headers, Responder, Stream};
pub use server::{Address, Drained, Handler, Server};
pub use stats::Stats;
pub use tls::Certificate;
