//! How much of everything one client, and all of them, may have.

use std::time::Duration;

use crate::error::{Error, Kind};

/// The limits of a server. [`Limits::default`] suits a site that faces the world.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request line; beyond it 414. 8,000 is what RFC 9112 recommends at least.
    pub request_line: usize,
    /// Bytes of all header lines together; beyond it 431.
    pub header_bytes: usize,
    /// Header lines; beyond it 431.
    pub header_count: usize,
    /// Bytes of a request's body; beyond it 413.
    pub body_bytes: u64,
    /// From a request's first byte to the end of its headers; beyond it 408. A new connection, and
    /// a TLS handshake, have as long.
    pub header_time: Duration,
    /// Between two reads of a body that is asked for; beyond it the reader is told. A client
    /// that takes less than 16 KiB of an answer in this time is cut off.
    pub body_gap: Duration,
    /// For a connection with no request on it.
    pub idle_time: Duration,
    /// From a request's headers to its answer's end; beyond it 503, or the connection is cut.
    pub request_time: Duration,
    /// Connections at once; beyond it 503 and the connection is closed.
    pub connections: usize,
    /// Requests being answered at once; beyond it 503 with `retry-after`.
    pub in_flight: usize,
    /// HTTP/2 requests at once on one connection.
    pub h2_streams: u32,
    /// HTTP/2 requests that one client may take back within ten seconds; beyond it the
    /// connection is cut.
    pub h2_resets: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_line: 8 * 1024,
            header_bytes: 32 * 1024,
            header_count: 100,
            body_bytes: 64 * 1024 * 1024,
            header_time: Duration::from_secs(10),
            body_gap: Duration::from_secs(30),
            idle_time: Duration::from_secs(60),
            request_time: Duration::from_secs(300),
            connections: 16_384,
            in_flight: 1_024,
            h2_streams: 100,
            h2_resets: 200,
        }
    }
}

impl Limits {
    pub(crate) fn check(&self) -> Result<(), Error> {
        // http's Uri ends at 65,534 bytes, and HTTP/2's sizes are 32 bits.
        between("request_line", self.request_line, 64, 60_000)?;
        between("header_bytes", self.header_bytes, 256, 16 * 1024 * 1024)?;
        between("header_count", self.header_count, 1, 10_000)?;
        between("connections", self.connections, 1, usize::MAX)?;
        between("in_flight", self.in_flight, 1, usize::MAX)?;
        between("h2_streams", self.h2_streams as usize, 1, 100_000)?;
        for (name, time) in [
            ("header_time", self.header_time),
            ("body_gap", self.body_gap),
            ("idle_time", self.idle_time),
            ("request_time", self.request_time),
        ] {
            // A clock's end is not met by adding this much to it.
            if time.is_zero() || time > Duration::from_secs(365 * 24 * 3600) {
                return Err(Error::new(
                    Kind::Config,
                    format!("{name} is {time:?}, and must be more than nothing and at most a year"),
                ));
            }
        }
        Ok(())
    }

    /// What hyper may hold of a connection: room for a head, or for some of a body.
    pub(crate) fn buffer(&self) -> usize {
        (self.request_line + self.header_bytes + 8 * 1024).max(64 * 1024)
    }
}

fn between(name: &str, value: usize, least: usize, most: usize) -> Result<(), Error> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::new(Kind::Config, format!("{name} is {value}, and must be from {least} to {most}")))
}
