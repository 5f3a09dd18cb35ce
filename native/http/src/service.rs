//! From hyper's request to the handler's, or to a refusal.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use http::header::{CONTENT_LENGTH, COOKIE, EXPECT, HOST, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode, Version};
use hyper::body::{Body as _, Incoming};
use tokio::time::Instant;

use crate::answer::{Abandoned, Answer, Outgoing};
use crate::body::{Body, Source, discard};
use crate::connection::{Resets, Ties};
use crate::exchange::Exchange;
use crate::guard::Wire;
use crate::refusal::Refusal;
use crate::request::{Connection, Head, Request};
use crate::responder::Responder;
use crate::server::Shared;
use crate::stats::Seat;
use crate::target::{check_host, check_path, same_host};

/// Serves the requests of one connection.
pub(crate) struct Service {
    pub shared: Arc<Shared>,
    pub connection: Arc<Connection>,
    pub over: Over,
}

/// What the next HTTP/2 stream hangs on.
pub(crate) type Next = Arc<Mutex<Option<Arc<Ties>>>>;

/// What a connection is made of.
pub(crate) enum Over {
    /// One request after another, all on one leash.
    Http1(Arc<Ties>, Arc<Wire>),
    /// Many at once, each on its own, which waits here for the task that serves it.
    Http2(Arc<Resets>, Next),
}

impl hyper::service::Service<http::Request<Incoming>> for Service {
    type Response = http::Response<Outgoing>;
    type Error = Abandoned;
    type Future = Answer;

    fn call(&self, request: http::Request<Incoming>) -> Answer {
        let deadline = Instant::now() + self.shared.limits.request_time;
        let (ties, wire) = match &self.over {
            Over::Http1(ties, wire) => (ties.clone(), Some(wire.clone())),
            Over::Http2(resets, next) => {
                let ties = Arc::new(Ties::of_stream(resets.clone()));
                ties.leash.hold(Weak::new(), deadline);
                *next.lock().unwrap_or_else(PoisonError::into_inner) = Some(ties.clone());
                (ties, None)
            }
        };
        let method = request.method().clone();
        self.admit(request, &ties, wire, deadline).unwrap_or_else(|refusal| {
            let many = refusal.status == StatusCode::SERVICE_UNAVAILABLE;
            self.shared.counters.add(|counters| if many { &counters.refused_requests } else { &counters.bad_requests });
            ties.answered();
            Answer::now(refusal.response(&method))
        })
    }
}

impl Service {
    fn admit(
        &self,
        request: http::Request<Incoming>,
        ties: &Arc<Ties>,
        wire: Option<Arc<Wire>>,
        deadline: Instant,
    ) -> Result<Answer, Refusal> {
        // A head that was refused has another in its place here.
        if let Some(refusal) = wire.as_ref().and_then(|wire| wire.refusal()) {
            return Err(refusal);
        }
        let (mut parts, incoming) = request.into_parts();
        let shared = &self.shared;
        let seat = match self.seat(&mut parts, &incoming) {
            Ok(seat) => seat,
            Err(refusal) => {
                if parts.version == Version::HTTP_2 {
                    discard(incoming, &shared.runtime);
                }
                return Err(refusal);
            }
        };
        shared.counters.add(|counters| &counters.requests);
        let exchange = Exchange::new(
            parts.method.clone(),
            shared.runtime.clone(),
            shared.counters.clone(),
            ties.clone(),
            seat,
            deadline,
        );
        let source = |incoming| Source {
            incoming,
            rest: bytes::Bytes::new(),
            left: shared.limits.body_bytes,
            gap: shared.limits.body_gap,
            wire,
            exchange: Arc::downgrade(&exchange),
        };
        let body = Body::new(incoming, source, shared.runtime.clone(), shared.counters.clone());
        let request = Request { head: Head::new(parts, self.connection.clone()), body };
        let responder = Responder::new(exchange.clone());
        // A responder that falls with the handler answers 500.
        if catch_unwind(AssertUnwindSafe(|| shared.handler.handle(request, responder))).is_err() {
            shared.counters.add(|counters| &counters.panics);
        }
        Ok(Answer::Later(exchange))
    }

    /// What holds for both versions.
    fn check(&self, parts: &Parts, incoming: &Incoming) -> Result<(), Refusal> {
        if parts.method == Method::CONNECT {
            return Err(Refusal::fatal(StatusCode::NOT_IMPLEMENTED, "no tunnels are made here"));
        }
        if incoming.size_hint().lower() > self.shared.limits.body_bytes {
            return Err(Refusal::fatal(StatusCode::PAYLOAD_TOO_LARGE, "the request's body is larger than allowed"));
        }
        let unknown = |value: &HeaderValue| !value.as_bytes().eq_ignore_ascii_case(b"100-continue");
        if parts.version > Version::HTTP_10 && parts.headers.get_all(EXPECT).iter().any(unknown) {
            return Err(Refusal::fatal(StatusCode::EXPECTATION_FAILED, "100-continue is all that may be expected"));
        }
        Ok(())
    }

    /// A place among those being answered, for a request that may be.
    fn seat(&self, parts: &mut Parts, incoming: &Incoming) -> Result<Seat, Refusal> {
        if parts.version == Version::HTTP_2 {
            self.check_http2(parts)?;
            join_cookies(parts);
        }
        self.check(parts, incoming)?;
        let Shared { counters, limits, .. } = &*self.shared;
        Seat::take(counters, |counters| &counters.in_flight, limits.in_flight)
            .ok_or(Refusal::mild(StatusCode::SERVICE_UNAVAILABLE, "too many requests are being answered"))
    }

    /// What the guard has seen to for HTTP/1, and h2 does not.
    fn check_http2(&self, parts: &Parts) -> Result<(), Refusal> {
        let limits = &self.shared.limits;
        if parts.headers.len() > limits.header_count {
            return Err(Refusal::mild(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too many"));
        }
        let mut hosts = parts.headers.get_all(HOST).iter().map(HeaderValue::as_bytes);
        let (host, more) = (hosts.next(), hosts.next());
        let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
        let asked = authority.or(host).ok_or(Refusal::mild(StatusCode::BAD_REQUEST, "no host"))?;
        check_host(asked)?;
        if more.is_some() || host.is_some_and(|host| !same_host(host, asked)) {
            return Err(Refusal::mild(StatusCode::BAD_REQUEST, "more than one host"));
        }
        let target = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        if target.len() > limits.request_line {
            return Err(Refusal::mild(StatusCode::URI_TOO_LONG, "the path is too long"));
        }
        match parts.method {
            Method::OPTIONS if target == "*" => Ok(()),
            Method::CONNECT => Ok(()),
            _ => check_path(target.as_bytes()),
        }?;
        // h2 counts the body against it, and compares one with itself only.
        if parts.headers.get_all(CONTENT_LENGTH).iter().count() > 1 {
            return Err(Refusal::mild(StatusCode::BAD_REQUEST, "more than one content-length"));
        }
        Ok(())
    }
}

/// HTTP/2 may send a cookie in crumbs; everybody else knows one line: RFC 9113 §8.2.3.
fn join_cookies(parts: &mut Parts) {
    if parts.headers.get_all(COOKIE).iter().nth(1).is_none() {
        return;
    }
    let crumbs: Vec<&[u8]> = parts.headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if let Ok(cookie) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        parts.headers.insert(COOKIE, cookie);
    }
}
