//! What Elixir holds by reference.

use std::panic::RefUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use rustler::{Env, LocalPid, Monitor, Resource, ResourceArc};
use workbooks_engine::{Instance, Job, Program, Reference};

/// A compiled component or core module.
pub struct ProgramResource(pub Program);

// A panic leaves it as it was: it is never changed.
impl RefUnwindSafe for ProgramResource {}

#[rustler::resource_impl]
impl Resource for ProgramResource {}

/// A reference into a store.
pub struct ReferenceResource(pub Reference);

impl RefUnwindSafe for ReferenceResource {}

#[rustler::resource_impl]
impl Resource for ReferenceResource {}

/// A guest's resource.
pub struct HandleResource(pub workbooks_engine::Resource);

impl RefUnwindSafe for HandleResource {}

#[rustler::resource_impl]
impl Resource for HandleResource {}

/// Work under way on a compile thread.
pub struct JobResource(pub Arc<Job>);

impl RefUnwindSafe for JobResource {}

#[rustler::resource_impl]
impl Resource for JobResource {}

/// An instance. It ends with the process that made it and, during a call, with
/// the process that makes the call: nobody else would poll it.
pub struct InstanceResource {
    pub instance: Instance,
    /// The process it ends with; nobody, for one that was met in another's call, or while suspended.
    owner: Mutex<Option<Caller>>,
    /// Whether a NaN comes back with its bits in the call under way.
    pub nan_payload: AtomicBool,
    /// Whether there is a monitor in `caller`: most calls end before one is needed.
    watched: AtomicBool,
    caller: Mutex<Option<Caller>>,
}

/// A process that the instance ends with, and how to stop watching it.
struct Caller {
    pid: LocalPid,
    monitor: Monitor,
}

// The engine's instance recovers from a panic inside a poll by ending itself.
impl RefUnwindSafe for InstanceResource {}

#[rustler::resource_impl]
impl Resource for InstanceResource {
    const IMPLEMENTS_DOWN: bool = true;

    fn down<'a>(&'a self, _env: Env<'a>, _pid: LocalPid, monitor: Monitor) {
        let is = |process: &Mutex<Option<Caller>>| {
            let process = process.lock().unwrap_or_else(PoisonError::into_inner);
            process.as_ref().is_some_and(|current| current.monitor == monitor)
        };
        if is(&self.caller) || is(&self.owner) {
            self.instance.close();
        }
    }
}

impl InstanceResource {
    /// Wraps `instance`, which ends with `owner`.
    pub fn new(env: Env, instance: Instance, owner: LocalPid) -> ResourceArc<InstanceResource> {
        let resource = InstanceResource::unowned(instance);
        InstanceResource::own(&resource, env, owner);
        resource
    }

    /// Wraps `instance`, which ends with nobody.
    pub fn unowned(instance: Instance) -> ResourceArc<InstanceResource> {
        ResourceArc::new(InstanceResource {
            instance,
            owner: Mutex::new(None),
            nan_payload: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            caller: Mutex::new(None),
        })
    }

    /// From now on the instance ends with `pid` in its owner's stead.
    pub fn own(resource: &ResourceArc<InstanceResource>, env: Env, pid: LocalPid) {
        InstanceResource::disown(resource, env);
        let monitor = resource.monitor(Some(env), &pid);
        match monitor {
            Some(monitor) => {
                let mut owner = resource.owner.lock().unwrap_or_else(PoisonError::into_inner);
                *owner = Some(Caller { pid, monitor });
            }
            None => resource.instance.close(),
        }
    }

    /// The instance ends with nobody any more.
    pub fn disown(resource: &ResourceArc<InstanceResource>, env: Env) {
        let owner = resource.owner.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Caller { monitor, .. }) = owner {
            resource.demonitor(Some(env), &monitor);
        }
    }

    fn owner(&self) -> Option<LocalPid> {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|owner| owner.pid)
    }

    /// From now on the instance ends with the calling process too.
    pub fn watch_caller(resource: &ResourceArc<InstanceResource>, env: Env) {
        let pid = env.pid();
        if resource.watched.load(Relaxed) || resource.owner() == Some(pid) {
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
