//! A secret on its way from one process to another: in the message there is only a box, which
//! nobody but its reader can empty, once. Whatever prints, copies or keeps the message has nothing.

use std::panic::RefUnwindSafe;
use std::sync::{Mutex, PoisonError};

use rustler::{Binary, Encoder, Env, LocalPid, NewBinary, Resource, ResourceArc, Term};
use zeroize::Zeroizing;

use crate::atoms;

/// Bytes for one process, wiped when they were taken or nobody has the box any more.
pub struct BoxResource {
    reader: LocalPid,
    bytes: Mutex<Option<Zeroizing<Vec<u8>>>>,
}

// A panic leaves it full or empty.
impl RefUnwindSafe for BoxResource {}

#[rustler::resource_impl]
impl Resource for BoxResource {}

/// A box with a copy of `bytes`, for the process `reader`. Copying and wiping what is large takes
/// milliseconds.
#[rustler::nif(schedule = "DirtyCpu")]
fn box_new(bytes: Binary, reader: LocalPid) -> ResourceArc<BoxResource> {
    let bytes = Mutex::new(Some(Zeroizing::new(bytes.as_slice().to_vec())));
    ResourceArc::new(BoxResource { reader, bytes })
}

/// `{:ok, bytes}` for its reader, the first time; else `:error`.
#[rustler::nif(schedule = "DirtyCpu")]
fn box_take<'a>(env: Env<'a>, from: ResourceArc<BoxResource>) -> Term<'a> {
    if env.pid() != from.reader {
        return atoms::error().encode(env);
    }
    match from.bytes.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(bytes) => (atoms::ok(), Term::from(NewBinary::from_slice(env, &bytes))).encode(env),
        None => atoms::error().encode(env),
    }
}
