//! Counters, and the floors that benchmarks measure against.

use rustler::{Atom, Encoder, Env, Term};
use workbooks_engine::{set_most_stores, stats as engine_stats};

use crate::atoms;

/// The engine's counters as a map.
#[rustler::nif]
fn stats(env: Env) -> Term {
    let now = engine_stats();
    let counters = [
        (atoms::stores(), now.stores),
        (atoms::fibers(), now.fibers),
        (atoms::suspended(), now.suspended),
        (atoms::compiling(), now.compiling),
        (atoms::calls(), now.calls.cast_signed()),
        (atoms::dirty_calls(), now.dirty_calls.cast_signed()),
        (atoms::yields(), now.yields.cast_signed()),
        (atoms::traps(), now.traps.cast_signed()),
    ];
    let keys = counters.map(|(key, _)| key.encode(env));
    let values = counters.map(|(_, value)| value.encode(env));
    Term::map_from_term_arrays(env, &keys, &values).unwrap_or_else(|_| Term::map_new(env))
}

/// Stores that may be alive at once.
#[rustler::nif]
fn max_stores(most: i64) -> Atom {
    set_most_stores(most);
    atoms::ok()
}

/// An empty call on a normal scheduler: the floor `bench/` measures against.
#[rustler::nif]
fn noop<'a>(values: Term<'a>) -> Term<'a> {
    values
}

/// An empty call on a dirty scheduler.
#[rustler::nif(schedule = "DirtyCpu")]
fn noop_dirty<'a>(values: Term<'a>) -> Term<'a> {
    values
}
