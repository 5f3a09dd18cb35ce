//! Where requests come into the VM. They wait in one line; an acceptor that has nothing to do is told
//! by a message when there is one, and takes them from the line until there are none. So a
//! busy server needs few messages, and what is made of a request is made on the scheduler that
//! serves it: memory that one thread takes and another gives back costs both.

use std::collections::VecDeque;
use std::panic::RefUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustler::env::OwnedEnv;
use rustler::{Atom, Encoder, Env, LocalPid, Monitor, Resource, ResourceArc};
use workbooks_http::{Handler, Request, Responder};

use super::exchange::ExchangeResource;
use crate::atoms;
use crate::notify::elsewhere;

/// The line, and a server's acceptors by their numbers. It outlives them, and the server too.
pub struct GateResource(Mutex<Gate>);

struct Gate {
    line: VecDeque<(Request, Responder)>,
    acceptors: Vec<Option<Acceptor>>,
}

struct Acceptor {
    pid: LocalPid,
    /// It takes nothing before it is told.
    idle: bool,
}

// A panic leaves a line and acceptors.
impl RefUnwindSafe for GateResource {}

#[rustler::resource_impl]
impl Resource for GateResource {
    const IMPLEMENTS_DOWN: bool = true;

    fn down<'a>(&'a self, _env: Env<'a>, pid: LocalPid, _monitor: Monitor) {
        let (next, forsaken) = {
            let mut gate = self.lock();
            for place in &mut gate.acceptors {
                if place.as_ref().is_some_and(|acceptor| acceptor.pid == pid) {
                    *place = None;
                }
            }
            // What the others do not take nobody will: those clients are told.
            let forsaken = if gate.is_deserted() { std::mem::take(&mut gate.line) } else { VecDeque::new() };
            (gate.next(), forsaken)
        };
        drop(forsaken);
        if let Some(next) = next {
            elsewhere(Box::new(move || tell(next)));
        }
    }
}

impl GateResource {
    fn lock(&self) -> MutexGuard<'_, Gate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    fn is_deserted(&self) -> bool {
        self.acceptors.iter().all(Option::is_none)
    }

    /// An idle acceptor that is to be told, if somebody waits.
    fn next(&mut self) -> Option<LocalPid> {
        if self.line.is_empty() {
            return None;
        }
        let idle = self.acceptors.iter_mut().flatten().find(|acceptor| acceptor.idle)?;
        idle.idle = false;
        Some(idle.pid)
    }
}

/// Says that somebody waits, from a thread that is no scheduler's.
fn tell(acceptor: LocalPid) {
    // One that died is followed by another, who looks first.
    let _ = OwnedEnv::new().send_and_clear(&acceptor, |env| atoms::http_request().encode(env));
}

/// A gate for so many acceptors, none of which is there yet.
#[rustler::nif]
fn http_gate(acceptors: usize) -> ResourceArc<GateResource> {
    let acceptors = (0..acceptors).map(|_| None).collect();
    ResourceArc::new(GateResource(Mutex::new(Gate { line: VecDeque::new(), acceptors })))
}

/// The calling process is the acceptor of this number from now on. It is to look at once.
#[rustler::nif]
fn http_accept(env: Env, gate: ResourceArc<GateResource>, number: usize) -> Atom {
    let pid = env.pid();
    if gate.monitor(Some(env), &pid).is_none() {
        return atoms::error();
    }
    match gate.lock().acceptors.get_mut(number) {
        Some(place) => {
            *place = Some(Acceptor { pid, idle: false });
            atoms::ok()
        }
        None => atoms::error(),
    }
}

/// At most `most` requests from the line, for the acceptor of this number. After none there will be a
/// message when there are some.
#[rustler::nif]
fn http_take(gate: ResourceArc<GateResource>, number: usize, most: usize) -> Vec<ResourceArc<ExchangeResource>> {
    let taken: Vec<_> = {
        let mut gate = gate.lock();
        if gate.line.is_empty()
            && let Some(Some(acceptor)) = gate.acceptors.get_mut(number)
        {
            acceptor.idle = true;
        }
        let count = most.min(gate.line.len());
        gate.line.drain(..count).collect()
    };
    taken.into_iter().map(|(request, responder)| ExchangeResource::new(request, responder)).collect()
}

/// Brings requests to a gate.
pub struct Porter(pub ResourceArc<GateResource>);

impl Handler for Porter {
    fn handle(&self, request: Request, responder: Responder) {
        let next = {
            let mut gate = self.0.lock();
            if gate.is_deserted() {
                // The responder falls with its lock free: the client is told.
                drop(gate);
                return;
            }
            gate.line.push_back((request, responder));
            gate.next()
        };
        if let Some(next) = next {
            tell(next);
        }
    }
}
