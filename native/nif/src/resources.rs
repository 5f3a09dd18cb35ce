//! What Elixir holds by reference.

use std::panic::RefUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use rustler::{Env, LocalPid, Monitor, Resource, ResourceArc};
use workbooks_engine::{Component, Instance, Job};

/// A compiled component.
pub struct ComponentResource(pub Component);

// A panic leaves it as it was: it is never changed.
impl RefUnwindSafe for ComponentResource {}

#[rustler::resource_impl]
impl Resource for ComponentResource {}

/// Work under way on a compile thread.
pub struct JobResource(pub Arc<Job>);

impl RefUnwindSafe for JobResource {}

#[rustler::resource_impl]
impl Resource for JobResource {}

/// An instance. It ends with the process that made it and, during a call, with
/// the process that makes the call: nobody else would poll it.
pub struct InstanceResource {
    pub instance: Instance,
    owner: LocalPid,
    /// Whether there is a monitor in `caller`: most calls end before one is needed.
    watched: AtomicBool,
    caller: Mutex<Option<Monitor>>,
}

// The engine's instance recovers from a panic inside a poll by ending itself.
impl RefUnwindSafe for InstanceResource {}

#[rustler::resource_impl]
impl Resource for InstanceResource {
    const IMPLEMENTS_DOWN: bool = true;

    fn down<'a>(&'a self, _env: Env<'a>, pid: LocalPid, monitor: Monitor) {
        let calling = {
            let caller = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
            caller.is_some_and(|current| current == monitor)
        };
        if calling || pid == self.owner {
            self.instance.close();
        }
    }
}

impl InstanceResource {
    /// Wraps `instance`, which ends with `owner`.
    pub fn new(env: Env, instance: Instance, owner: LocalPid) -> ResourceArc<InstanceResource> {
        let resource = ResourceArc::new(InstanceResource {
            instance,
            owner,
            watched: AtomicBool::new(false),
            caller: Mutex::new(None),
        });
        if resource.monitor(Some(env), &owner).is_none() {
            resource.instance.close();
        }
        resource
    }

    /// From now on the instance ends with the calling process too.
    pub fn watch_caller(resource: &ResourceArc<InstanceResource>, env: Env) {
        let caller = env.pid();
        if caller == resource.owner {
            return;
        }
        let mut watched = resource.caller.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.is_none() {
            *watched = resource.monitor(Some(env), &caller);
            resource.watched.store(true, Relaxed);
        }
    }

    /// The call is over.
    pub fn forget_caller(resource: &ResourceArc<InstanceResource>, env: Env) {
        if !resource.watched.swap(false, Relaxed) {
            return;
        }
        let watched = resource.caller.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(monitor) = watched {
            resource.demonitor(Some(env), &monitor);
        }
    }
}
