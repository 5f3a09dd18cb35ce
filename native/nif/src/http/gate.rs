//! Where requests come into the VM: each is one message to one of some acceptors, in turn.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{PoisonError, RwLock};

use rustler::env::OwnedEnv;
use rustler::{Atom, Encoder, Env, Resource, ResourceArc};
use workbooks_http::{Handler, Request, Responder};

use super::exchange::ExchangeResource;
use super::head;
use crate::atoms;

/// The acceptors of a server, by their numbers. It outlives them, and the server too.
pub struct GateResource {
    acceptors: RwLock<Vec<Option<rustler::LocalPid>>>,
    turn: AtomicUsize,
}

#[rustler::resource_impl]
impl Resource for GateResource {}

/// A gate for so many acceptors, none of which is there yet.
#[rustler::nif]
fn http_gate(acceptors: usize) -> ResourceArc<GateResource> {
    ResourceArc::new(GateResource { acceptors: RwLock::new(vec![None; acceptors]), turn: AtomicUsize::new(0) })
}

/// The calling process is the acceptor of this number from now on, in the place of another that died.
#[rustler::nif]
fn http_accept(env: Env, gate: ResourceArc<GateResource>, number: usize) -> Atom {
    let pid = env.pid();
    match gate.acceptors.write().unwrap_or_else(PoisonError::into_inner).get_mut(number) {
        Some(place) => {
            *place = Some(pid);
            atoms::ok()
        }
        None => atoms::error(),
    }
}

/// Hands requests to the acceptors of a gate.
pub struct Porter(pub ResourceArc<GateResource>);

impl Handler for Porter {
    fn handle(&self, request: Request, responder: Responder) {
        let Request { head, body } = request;
        let body = (!body.is_empty()).then_some(body);
        let has_body = body.is_some();
        let exchange = ResourceArc::new(ExchangeResource::new(responder, body));
        let mut letter = OwnedEnv::new();
        let turn = self.0.turn.fetch_add(1, Relaxed);
        // One that died has not been followed by another yet; the next may serve. If nobody does, the
        // responder falls here, and the client is told.
        for step in 0.. {
            let pid = {
                let acceptors = self.0.acceptors.read().unwrap_or_else(PoisonError::into_inner);
                if step == acceptors.len() {
                    return;
                }
                acceptors[(turn.wrapping_add(step)) % acceptors.len()]
            };
            let Some(pid) = pid else { continue };
            let sent = letter.send_and_clear(&pid, |env| {
                (atoms::http_request(), head::encode(env, &head), has_body, &exchange).encode(env)
            });
            if sent.is_ok() {
                return;
            }
        }
    }
}
