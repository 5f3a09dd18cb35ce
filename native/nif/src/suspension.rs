//! Calls that wait for the answer of a host function in nobody's process.

use std::panic::RefUnwindSafe;
use std::time::Duration;

use rustler::{Encoder, Env, Resource, ResourceArc, Term};
use workbooks_engine::Suspended;

use crate::atoms;
use crate::error;
use crate::resources::InstanceResource;

/// A suspended call. It keeps its instance.
pub struct SuspensionResource(Suspended);

impl RefUnwindSafe for SuspensionResource {}

#[rustler::resource_impl]
impl Resource for SuspensionResource {}

/// Leaves a call that waits for a host function to whoever takes it up again within
/// `ttl` milliseconds (negative: any time). It ends with no process meanwhile.
#[rustler::nif]
fn suspend<'a>(env: Env<'a>, instance: ResourceArc<InstanceResource>, ttl: i64) -> Term<'a> {
    InstanceResource::forget_caller(&instance, env);
    InstanceResource::disown(&instance, env);
    let ttl = u64::try_from(ttl).ok().map(Duration::from_millis);
    let suspended = Suspended::new(instance.instance.clone(), ttl);
    ResourceArc::new(SuspensionResource(suspended)).encode(env)
}

/// Takes a suspended call up again: from now on its instance ends with the calling process. `:ok`, or why not.
#[rustler::nif]
fn take_up<'a>(
    env: Env<'a>,
    suspension: ResourceArc<SuspensionResource>,
    instance: ResourceArc<InstanceResource>,
) -> Term<'a> {
    match suspension.0.take_up() {
        Ok(()) => {
            InstanceResource::own(&instance, env, env.pid());
            atoms::ok().encode(env)
        }
        Err(wrong) => error::encode(env, &wrong),
    }
}

/// The answer did not fit: the call is suspended as before.
#[rustler::nif]
fn put_back<'a>(
    env: Env<'a>,
    suspension: ResourceArc<SuspensionResource>,
    instance: ResourceArc<InstanceResource>,
) -> Term<'a> {
    InstanceResource::disown(&instance, env);
    suspension.0.put_back();
    atoms::ok().encode(env)
}
