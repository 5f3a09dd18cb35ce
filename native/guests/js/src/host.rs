//! What the engine asks of whoever runs it.

use std::rc::Rc;

use rquickjs::{Ctx, JsLifetime};

use crate::Level;

/// All that reaches a module from outside, but for its arguments.
pub trait Host {
    /// A call of `console.*`, formatted.
    fn log(&self, level: Level, line: &str);
    /// Microseconds since the Unix epoch.
    fn now_us(&self) -> f64;
    /// Comes back when the clock says that time, in the same microseconds, or later.
    fn wait_until(&self, us: f64);
    /// Where `Math.random` begins.
    fn seed(&self) -> u64;
    /// What can be imported from "host".
    fn functions(&self) -> Vec<String>;
    /// A call of one of these: arguments and result are JSON, an error is its message.
    ///
    /// # Errors
    /// What the function made of it.
    fn call(&self, function: &str, arguments: &str) -> Result<String, String>;
}

/// The host as the context keeps it.
#[derive(Clone)]
pub(crate) struct Shared(pub(crate) Rc<dyn Host>);

// SAFETY: holds nothing of JavaScript's, hence no lifetime to change.
unsafe impl<'js> JsLifetime<'js> for Shared {
    type Changed<'to> = Shared;
}

/// The host of the context's engine; an engine without one was never made.
pub(crate) fn of(ctx: &Ctx<'_>) -> Result<Rc<dyn Host>, rquickjs::Error> {
    match ctx.userdata::<Shared>() {
        Some(shared) => Ok(shared.0.clone()),
        None => Err(rquickjs::Error::Unknown),
    }
}
