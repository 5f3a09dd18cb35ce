//! A request and its answer.

use std::panic::RefUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustler::{Atom, Binary, Encoder, Env, LocalPid, Monitor, Resource, ResourceArc, Term};
use workbooks_http::{Body, Head, Request, Responder, Stream};

use super::bytes::{bytes, headers};
use super::mail::Mail;
use super::{done, failed, head, over};
use crate::atoms;

/// A request, and what it is answered with, once. It ends with the process that took its head, and the
/// body with it: the client's next request waits until nobody holds the body of this one.
pub struct ExchangeResource {
    head: Mutex<Option<Head>>,
    body: Mutex<Option<Body>>,
    place: Mutex<Place>,
    /// All was said: who watches needs not be told that the client left.
    said: Arc<AtomicBool>,
}

enum Place {
    Asked(Responder),
    Begun(Stream),
    Over,
}

// A panic leaves it in one of its places.
impl RefUnwindSafe for ExchangeResource {}

#[rustler::resource_impl]
impl Resource for ExchangeResource {
    const IMPLEMENTS_DOWN: bool = true;

    fn down<'a>(&'a self, _env: Env<'a>, _pid: LocalPid, _monitor: Monitor) {
        drop(self.take());
        self.close();
    }
}

impl ExchangeResource {
    pub fn new(request: Request, responder: Responder) -> ResourceArc<ExchangeResource> {
        let Request { head, body } = request;
        ResourceArc::new(ExchangeResource {
            head: Mutex::new(Some(head)),
            body: Mutex::new((!body.is_empty()).then_some(body)),
            place: Mutex::new(Place::Asked(responder)),
            said: Arc::default(),
        })
    }

    /// What `ask` finds of the body, unless all is over.
    pub fn with_body<T>(&self, ask: impl FnOnce(&Body) -> T) -> Option<T> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(ask)
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is there, which is then over. It is dropped by the caller, when the lock is free again.
    fn take(&self) -> Place {
        std::mem::replace(&mut *self.lock(), Place::Over)
    }

    /// Nobody reads the body any more.
    fn close(&self) {
        let body = self.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(body);
    }
}

const SPENT: &str = "the request is answered already, or its process has ended";
const NOT_BEGUN: &str = "the answer has not begun, or is over";

/// What came before the body, and whether there is a body, for the process that answers. If it ends
/// without an answer, the client is told so.
#[rustler::nif]
fn http_head<'a>(env: Env<'a>, exchange: ResourceArc<ExchangeResource>) -> Term<'a> {
    let head = exchange.head.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(head) = head else { return over(env, SPENT) };
    if exchange.monitor(Some(env), &env.pid()).is_none() {
        return over(env, SPENT);
    }
    let has_body = exchange.with_body(|_| ()).is_some();
    (head::encode(env, &head), has_body).encode(env)
}

/// Answers in one piece.
#[rustler::nif]
fn http_respond<'a>(
    env: Env<'a>,
    exchange: ResourceArc<ExchangeResource>,
    status: u16,
    lines: Vec<(Binary<'a>, Binary<'a>)>,
    body: Binary<'a>,
) -> Term<'a> {
    match exchange.take() {
        Place::Asked(responder) => {
            exchange.said.store(true, Relaxed);
            let answered = responder.respond(status, headers(&lines), bytes(body));
            exchange.close();
            done(env, answered)
        }
        // An answer that has begun is not whole without its end.
        Place::Begun(_) | Place::Over => over(env, SPENT),
    }
}

/// Begins an answer whose body follows in chunks.
#[rustler::nif]
fn http_begin<'a>(
    env: Env<'a>,
    exchange: ResourceArc<ExchangeResource>,
    status: u16,
    lines: Vec<(Binary<'a>, Binary<'a>)>,
) -> Term<'a> {
    let Place::Asked(responder) = exchange.take() else { return over(env, SPENT) };
    match responder.begin(status, headers(&lines)) {
        Ok(stream) => {
            *exchange.lock() = Place::Begun(stream);
            atoms::ok().encode(env)
        }
        Err(error) => failed(env, &error),
    }
}

/// Some more of it: the message `:ok` comes when the next may follow.
#[rustler::nif]
fn http_chunk<'a>(
    env: Env<'a>,
    reference: Term<'a>,
    exchange: ResourceArc<ExchangeResource>,
    data: Binary<'a>,
) -> Term<'a> {
    let mail = Mail::new(env, reference);
    let data = bytes(data);
    let taken = match &*exchange.lock() {
        Place::Begun(stream) => Some(stream.chunk(data, Box::new(move |taken| mail.send(move |env| done(env, taken))))),
        _ => None,
    };
    taken.map_or_else(|| over(env, NOT_BEGUN), |taken| done(env, taken))
}

/// The end of what was begun.
#[rustler::nif]
fn http_finish<'a>(env: Env<'a>, exchange: ResourceArc<ExchangeResource>) -> Term<'a> {
    match exchange.take() {
        Place::Begun(stream) => {
            exchange.said.store(true, Relaxed);
            let finished = stream.finish(Vec::new());
            exchange.close();
            done(env, finished)
        }
        Place::Asked(_) | Place::Over => over(env, NOT_BEGUN),
    }
}

/// Lifts the limit of the request's time, and sends a message when the client goes away.
#[rustler::nif]
fn http_watch<'a>(env: Env<'a>, reference: Term<'a>, exchange: ResourceArc<ExchangeResource>) -> Atom {
    let watch = Watch { mail: Some(Mail::new(env, reference)), said: exchange.said.clone() };
    let watch = Box::new(move || drop(watch));
    match &*exchange.lock() {
        Place::Asked(responder) => {
            responder.take_time();
            responder.on_disconnect(watch);
        }
        Place::Begun(stream) => {
            stream.take_time();
            stream.on_disconnect(watch);
        }
        Place::Over => {}
    }
    atoms::ok()
}

/// Says that the client is gone when it is called or dropped, unless all was said by then.
struct Watch {
    mail: Option<Mail>,
    said: Arc<AtomicBool>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Some(mail) = self.mail.take() else { return };
        if self.said.load(Relaxed) { mail.discard() } else { mail.send(|env| atoms::gone().encode(env)) }
    }
}

/// Lets go of it: what is not answered is a 500, what was begun is broken off.
#[rustler::nif]
fn http_release(exchange: ResourceArc<ExchangeResource>) -> Atom {
    drop(exchange.take());
    exchange.close();
    atoms::ok()
}
