//! What a server counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The counters, as they are written.
#[derive(Default, Debug)]
pub(crate) struct Counters {
    pub connections: AtomicU64,
    pub in_flight: AtomicU64,
    pub accepted: AtomicU64,
    pub requests: AtomicU64,
    pub refused_connections: AtomicU64,
    pub refused_requests: AtomicU64,
    pub bad_requests: AtomicU64,
    pub timeouts: AtomicU64,
    pub disconnects: AtomicU64,
    pub panics: AtomicU64,
    pub tls_failures: AtomicU64,
    pub accept_errors: AtomicU64,
    /// Clients being told that they are too many.
    pub turning_away: AtomicU64,
}

/// The counters, as they were at one time. All but the first two only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections that are open.
    pub connections: u64,
    /// Requests that are being answered.
    pub in_flight: u64,
    /// Connections taken.
    pub accepted: u64,
    /// Requests handed to the handler.
    pub requests: u64,
    /// Connections turned away because there were too many.
    pub refused_connections: u64,
    /// Requests turned away because there were too many.
    pub refused_requests: u64,
    /// Requests that were none: 400, 413, 414, 431, 501, 505 and their like.
    pub bad_requests: u64,
    /// Times that somebody took too long.
    pub timeouts: u64,
    /// Requests whose client went away before the answer's end.
    pub disconnects: u64,
    /// Panics of handlers and callbacks.
    pub panics: u64,
    /// TLS handshakes that came to nothing.
    pub tls_failures: u64,
    /// Times that the system had no connection to give, for want of file descriptors mostly.
    pub accept_errors: u64,
}

impl Counters {
    pub(crate) fn add(&self, counter: impl Fn(&Self) -> &AtomicU64) {
        counter(self).fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self) -> Stats {
        Stats {
            connections: self.connections.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            accepted: self.accepted.load(Relaxed),
            requests: self.requests.load(Relaxed),
            refused_connections: self.refused_connections.load(Relaxed),
            refused_requests: self.refused_requests.load(Relaxed),
            bad_requests: self.bad_requests.load(Relaxed),
            timeouts: self.timeouts.load(Relaxed),
            disconnects: self.disconnects.load(Relaxed),
            panics: self.panics.load(Relaxed),
            tls_failures: self.tls_failures.load(Relaxed),
            accept_errors: self.accept_errors.load(Relaxed),
        }
    }
}

/// One of a limited number, given back when dropped.
pub(crate) struct Seat {
    counters: Arc<Counters>,
    counter: fn(&Counters) -> &AtomicU64,
}

impl Seat {
    /// One more, unless there are `most` already.
    pub(crate) fn take(counters: &Arc<Counters>, counter: fn(&Counters) -> &AtomicU64, most: usize) -> Option<Self> {
        let most = most as u64;
        counter(counters)
            .fetch_update(Relaxed, Relaxed, |taken| (taken < most).then_some(taken + 1))
            .ok()
            .map(|_| Self { counters: counters.clone(), counter })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        (self.counter)(&self.counters).fetch_sub(1, Relaxed);
    }
}
