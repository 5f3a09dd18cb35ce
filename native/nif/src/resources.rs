//! What Elixir holds by reference.

use std::panic::RefUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use rustler::{Env, LocalPid, Monitor, Resource, ResourceArc};
use workbooks_engine::{Component, Instance, Job, Module};

/// A compiled component.
pub struct ComponentResource(pub Component);

// A panic leaves it as it was: it is never changed.
impl RefUnwindSafe for ComponentResource {}

#[rustler::resource_impl]
impl Resource for ComponentResource {}

/// A compiled core module.
pub struct ModuleResource(pub Module);

// As above.
impl RefUnwindSafe for ModuleResource {}

#[rustler::resource_impl]
impl Resource for ModuleResource {}

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
    caller: Mutex<Option<Caller>>,
}

/// The process in a call that outlived its first slice.
struct Caller {
    pid: LocalPid,
    monitor: Monitor,
}

// The engine's instance recovers from a panic inside a poll by ending itself.
impl RefUnwindSafe for InstanceResource {}

#[rustler::resource_impl]
impl Resource for InstanceResource {
    const IMPLEMENTS_DOWN: bool = true;

    fn down<'a>(&'a self, _env: Env<'a>, pid: LocalPid, monitor: Monitor) {
        let calling = {
            let caller = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
            caller.as_ref().is_some_and(|current| current.monitor == monitor)
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
        let pid = env.pid();
        if pid == resource.owner {
            return;
        }
        let mut caller = resource.caller.lock().unwrap_or_else(PoisonError::into_inner);
        if caller.is_none() {
            *caller = resource.monitor(Some(env), &pid).map(|monitor| Caller { pid, monitor });
            resource.watched.store(caller.is_some(), Relaxed);
            if caller.is_none() {
                // It is on its way out already.
                resource.instance.close();
            }
        }
    }

    /// The calling process is in no call any more. Another one's call goes on: its
    /// monitor stays.
    pub fn forget_caller(resource: &ResourceArc<InstanceResource>, env: Env) {
        if !resource.watched.load(Relaxed) {
            return;
        }
        let mut caller = resource.caller.lock().unwrap_or_else(PoisonError::into_inner);
        if caller.as_ref().is_some_and(|caller| caller.pid == env.pid())
            && let Some(Caller { monitor, .. }) = caller.take()
        {
            resource.watched.store(false, Relaxed);
            resource.demonitor(Some(env), &monitor);
        }
    }
}
