//! `setTimeout` and its kin. Nothing waits on a timer but the engine, when nothing else is
//! left to do.

use std::rc::Rc;

use rquickjs::{Ctx, Error, Function, Object};

use crate::Host;
use crate::script::{self, Script};

const NAMES: [&str; 4] = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"];

/// The timers of a context.
pub(crate) struct Timers(Script);

impl Timers {
    /// Gives the context its timers.
    pub(crate) fn install(ctx: &Ctx<'_>, host: &Rc<dyn Host>) -> Result<Self, Error> {
        let host = host.clone();
        let script = Script::install(&ctx.globals(), &NAMES, move |ctx| {
            let (clock, waiting) = (host.clone(), host.clone());
            let now = Function::new(ctx.clone(), move || clock.now_us())?;
            let wait = Function::new(ctx.clone(), move |us: f64| waiting.wait_until(us))?;
            script::run(ctx, "timers", include_str!("timers.js"), (now, wait))
        })?;
        Ok(Self(script))
    }

    /// Waits for the timer that is due next and calls its function; false where there is none.
    pub(crate) fn fire(&self, ctx: &Ctx<'_>) -> Result<bool, Error> {
        self.ask(ctx, "fire").map(|fired| fired.unwrap_or_default())
    }

    /// Clears them all.
    pub(crate) fn forget(&self, ctx: &Ctx<'_>) -> Result<(), Error> {
        self.ask(ctx, "forget").map(|_| ())
    }

    fn ask(&self, ctx: &Ctx<'_>, name: &str) -> Result<Option<bool>, Error> {
        let ask = |timers: Object| timers.get::<_, Function>(name)?.call(());
        self.0.made(ctx)?.map(ask).transpose()
    }
}
