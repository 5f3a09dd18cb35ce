//! Servers: their start and end, and what they count.

use std::panic::RefUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustler::{Atom, Encoder, Env, LocalPid, Monitor, Resource, ResourceArc, Term};
use workbooks_http::{Address, Server};

use super::gate::{GateResource, Porter};
use super::head::socket_address;
use super::mail::Mail;
use super::settings::{Certificates, Settings};
use super::{done, failed, over};
use crate::atoms;

const STOPPED: &str = "the server was stopped";

/// A server. It ends with the process that started it.
pub struct ServerResource(Mutex<Option<Server>>);

// A panic leaves it running or stopped.
impl RefUnwindSafe for ServerResource {}

#[rustler::resource_impl]
impl Resource for ServerResource {
    const IMPLEMENTS_DOWN: bool = true;

    fn down<'a>(&'a self, _env: Env<'a>, _pid: LocalPid, _monitor: Monitor) {
        drop(self.take());
    }
}

impl ServerResource {
    fn take(&self) -> Option<Server> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What `ask` finds, while it runs.
    fn running<T>(&self, ask: impl FnOnce(&Server) -> T) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(ask)
    }
}

/// Listens, and hands requests to the gate's acceptors: `{:ok, server, addresses}`.
#[rustler::nif(schedule = "DirtyIo")]
fn http_start<'a>(env: Env<'a>, gate: ResourceArc<GateResource>, settings: Settings) -> Term<'a> {
    let server = match Server::start(settings.0, Arc::new(Porter(gate))) {
        Ok(server) => server,
        Err(error) => return failed(env, &error),
    };
    let addresses: Vec<Term> = server.addresses().iter().map(|at| address(env, at)).collect();
    let server = ResourceArc::new(ServerResource(Mutex::new(Some(server))));
    if server.monitor(Some(env), &env.pid()).is_none() {
        drop(server.take());
    }
    (atoms::ok(), server, addresses).encode(env)
}

fn address<'a>(env: Env<'a>, address: &Address) -> Term<'a> {
    match address {
        Address::Tcp(address) => socket_address(env, address),
        Address::Unix(path) => (atoms::unix(), path.to_string_lossy().as_ref()).encode(env),
    }
}

/// Ends it at once. It may be asked twice.
#[rustler::nif(schedule = "DirtyIo")]
fn http_stop(server: ResourceArc<ServerResource>) -> Atom {
    drop(server.take());
    atoms::ok()
}

/// Takes no more connections; the message `{:drained, cut}` comes when all are answered, or were
/// cut after `deadline` milliseconds.
#[rustler::nif]
fn http_drain<'a>(env: Env<'a>, reference: Term<'a>, server: ResourceArc<ServerResource>, deadline: u64) -> Term<'a> {
    let mail = Mail::new(env, reference);
    let drained = Box::new(move |drained: workbooks_http::Drained| {
        mail.send(move |env| (atoms::drained(), drained.cut).encode(env));
    });
    match server.running(|server| server.drain(Duration::from_millis(deadline), drained)) {
        Some(()) => atoms::ok().encode(env),
        None => over(env, STOPPED),
    }
}

/// Shows other certificates to connections from now on: all of them or, after an error, none.
#[rustler::nif(schedule = "DirtyCpu")]
fn http_set_certificates<'a>(
    env: Env<'a>,
    server: ResourceArc<ServerResource>,
    certificates: Certificates,
) -> Term<'a> {
    match server.running(|server| server.set_certificates(&certificates.0)) {
        Some(result) => done(env, result),
        None => over(env, STOPPED),
    }
}

/// The server's counters as a map.
#[rustler::nif]
fn http_stats<'a>(env: Env<'a>, server: ResourceArc<ServerResource>) -> Term<'a> {
    let Some(now) = server.running(Server::stats) else { return over(env, STOPPED) };
    let counters = [
        (atoms::connections(), now.connections),
        (atoms::in_flight(), now.in_flight),
        (atoms::accepted(), now.accepted),
        (atoms::requests(), now.requests),
        (atoms::refused_connections(), now.refused_connections),
        (atoms::refused_requests(), now.refused_requests),
        (atoms::bad_requests(), now.bad_requests),
        (atoms::timeouts(), now.timeouts),
        (atoms::disconnects(), now.disconnects),
        (atoms::panics(), now.panics),
        (atoms::tls_failures(), now.tls_failures),
        (atoms::accept_errors(), now.accept_errors),
    ];
    let keys = counters.map(|(key, _)| key.encode(env));
    let values = counters.map(|(_, value)| value.encode(env));
    Term::map_from_term_arrays(env, &keys, &values).unwrap_or_else(|_| Term::map_new(env))
}
