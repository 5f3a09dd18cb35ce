//! Time and chance, which QuickJS would take from the moment its context was made:
//! that moment is when the component was built.

use std::cell::Cell;
use std::rc::Rc;

use rquickjs::object::{Accessor, Property};
use rquickjs::{Ctx, Error, Function, Object};

use crate::Host;

/// Gives the context a `performance` and a `Math.random` that ask the host, when they
/// are first called and not before.
pub(crate) fn install<'js>(ctx: &Ctx<'js>, host: &Rc<dyn Host>) -> Result<(), Error> {
    performance(ctx, host)?;
    random(ctx, host)
}

fn performance<'js>(ctx: &Ctx<'js>, host: &Rc<dyn Host>) -> Result<(), Error> {
    let origin = Rc::new(Cell::new(None::<f64>));
    let performance = Object::new(ctx.clone())?;

    let (start, clock) = (origin.clone(), host.clone());
    let now = Function::new(ctx.clone(), move || {
        let now = clock.now_us();
        let origin = start.get().unwrap_or(now);
        start.set(Some(origin));
        (now - origin) / 1000.0
    })?;
    performance.set("now", now.with_name("now")?)?;

    let clock = host.clone();
    let time_origin = move || {
        let start = origin.get().unwrap_or_else(|| clock.now_us());
        origin.set(Some(start));
        start / 1000.0
    };
    performance.prop("timeOrigin", Accessor::from(time_origin).enumerable())?;
    ctx.globals().set("performance", performance)
}

fn random<'js>(ctx: &Ctx<'js>, host: &Rc<dyn Host>) -> Result<(), Error> {
    let state = Cell::new(None::<u64>);
    let host = host.clone();
    let random = Function::new(ctx.clone(), move || {
        let (next, bits) = split_mix(state.get().unwrap_or_else(|| host.seed()));
        state.set(Some(next));
        // The 53 upper bits, as a fraction.
        (bits >> 11) as f64 / (1u64 << 53) as f64
    })?;
    let math: Object = ctx.globals().get("Math")?;
    math.prop("random", Property::from(random.with_name("random")?).writable().configurable())
}

/// `SplitMix64`: any seed is as good as another, nought too.
fn split_mix(state: u64) -> (u64, u64) {
    let next = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = next;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (next, bits ^ (bits >> 31))
}
