//! Instances and calls. A call is begun and polled once on the scheduler its
//! process is on; while it goes on, the process comes back to poll it again.

use std::time::Duration;

use rustler::types::map::MapIterator;
use rustler::{Atom, Encoder, Env, ListIterator, LocalPid, ResourceArc, Term, TermType, schedule};
use workbooks_engine::{Component, Error, Instance, Kind, Limits, Source, Step, stats as engine_stats};

use crate::atoms;
use crate::error;
use crate::resources::{ComponentResource, InstanceResource};
use crate::sink::Terms;
use crate::source::Value;

/// What a normal scheduler copies in well under a millisecond.
const LARGE_BYTES: usize = 256 * 1024;
const LARGE_ITEMS: usize = 2_000;

/// Makes an instance that ends with the process `owner`: `{:ok, instance, step}`, where the step is as for `call`.
#[rustler::nif]
fn instantiate<'a>(
    env: Env<'a>,
    component: ResourceArc<ComponentResource>,
    owner: LocalPid,
    memory: usize,
    table_elements: usize,
    timeout: i64,
) -> Term<'a> {
    let limits = Limits { memory, table_elements };
    match Instance::begin(&component.0, limits, milliseconds(timeout)) {
        Ok(instance) => {
            let resource = InstanceResource::new(env, instance, owner);
            let step = timed(env, &resource, || poll_once(env, &resource));
            (atoms::ok(), resource, step).encode(env)
        }
        Err(wrong) => error::encode(env, &wrong),
    }
}

/// Begins a call and polls it once: `{:ok, result}`, `:yield` (go on with
/// `poll`), `{:host, import, arguments}` (go on with `reply` or `fail`),
/// `:dirty` (not begun: use `call_dirty`) or `{:error, …}`. `timeout` is in
/// milliseconds; negative is none.
#[rustler::nif]
fn call<'a>(
    env: Env<'a>,
    instance: ResourceArc<InstanceResource>,
    name: Term<'a>,
    values: Term<'a>,
    timeout: i64,
) -> Term<'a> {
    timed(env, &instance, || match find(instance.instance.component(), name) {
        Ok(function) if starts_dirty(&instance, function, values) => atoms::dirty().encode(env),
        Ok(function) => begin(env, &instance, function, values, timeout),
        Err(wrong) => error::encode(env, &wrong),
    })
}

/// As `call`, on a scheduler where a whole slice disturbs nobody.
#[rustler::nif(schedule = "DirtyCpu")]
fn call_dirty<'a>(
    env: Env<'a>,
    instance: ResourceArc<InstanceResource>,
    name: Term<'a>,
    values: Term<'a>,
    timeout: i64,
) -> Term<'a> {
    match find(instance.instance.component(), name) {
        Ok(function) => begin(env, &instance, function, values, timeout),
        Err(wrong) => error::encode(env, &wrong),
    }
}

/// Gives a call that yielded its next slice.
#[rustler::nif(schedule = "DirtyCpu")]
fn poll<'a>(env: Env<'a>, instance: ResourceArc<InstanceResource>) -> Term<'a> {
    poll_once(env, &instance)
}

/// Answers a host call and lets the guest go on. `{:error, {:type, …}}` leaves it
/// waiting: answer again, or `fail`. `:dirty` took nothing: use `reply_dirty`.
#[rustler::nif]
fn reply<'a>(env: Env<'a>, instance: ResourceArc<InstanceResource>, value: Term<'a>) -> Term<'a> {
    if is_large(value) {
        return atoms::dirty().encode(env);
    }
    timed(env, &instance, || answer_host(env, &instance, value))
}

/// As `reply`, for an answer of any size.
#[rustler::nif(schedule = "DirtyCpu")]
fn reply_dirty<'a>(env: Env<'a>, instance: ResourceArc<InstanceResource>, value: Term<'a>) -> Term<'a> {
    answer_host(env, &instance, value)
}

fn answer_host<'a>(env: Env<'a>, instance: &ResourceArc<InstanceResource>, value: Term<'a>) -> Term<'a> {
    match instance.instance.reply(Value(value)) {
        Ok(()) => poll_once(env, instance),
        Err(wrong) => error::encode(env, &wrong),
    }
}

/// Ends the call because its host function failed.
#[rustler::nif]
fn fail<'a>(env: Env<'a>, instance: ResourceArc<InstanceResource>) -> Term<'a> {
    timed(env, &instance, || match instance.instance.fail() {
        Ok(()) => poll_once(env, &instance),
        Err(wrong) => error::encode(env, &wrong),
    })
}

/// Ends the instance.
#[rustler::nif]
fn close(instance: ResourceArc<InstanceResource>) -> Atom {
    instance.instance.close();
    atoms::ok()
}

/// `:idle`, `:running` or `:closed`.
#[rustler::nif]
fn state(instance: ResourceArc<InstanceResource>) -> Atom {
    match instance.instance.state() {
        "idle" => atoms::idle(),
        "running" => atoms::running(),
        _ => atoms::closed(),
    }
}

/// Bytes of linear memory the instance holds.
#[rustler::nif]
fn memory_size(instance: ResourceArc<InstanceResource>) -> usize {
    instance.instance.memory()
}

/// The engine's counters as a map.
#[rustler::nif]
fn stats(env: Env) -> Term {
    let now = engine_stats();
    let keys = [atoms::stores(), atoms::fibers(), atoms::compiling(), atoms::calls(), atoms::traps()];
    let keys = keys.map(|key| key.encode(env));
    let values = [
        now.stores.encode(env),
        now.fibers.encode(env),
        now.compiling.encode(env),
        now.calls.encode(env),
        now.traps.encode(env),
    ];
    Term::map_from_term_arrays(env, &keys, &values).unwrap_or_else(|_| Term::map_new(env))
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

fn begin<'a>(
    env: Env<'a>,
    instance: &ResourceArc<InstanceResource>,
    function: usize,
    values: Term<'a>,
    timeout: i64,
) -> Term<'a> {
    match Arguments::of(values) {
        Some(values) => {
            let step = instance.instance.call(function, values, milliseconds(timeout), &Terms(env));
            answer(env, instance, step)
        }
        None => error::encode(env, &Error::new(Kind::Type, "the arguments are not a list")),
    }
}

/// A proper list's items with their number, read where they stand.
struct Arguments<'a> {
    items: ListIterator<'a>,
    left: usize,
}

impl<'a> Arguments<'a> {
    fn of(list: Term<'a>) -> Option<Self> {
        // An improper list has no length.
        let left = list.list_length().ok()?;
        Some(Arguments { items: list.decode().ok()?, left })
    }
}

impl<'a> Iterator for Arguments<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        self.left = self.left.checked_sub(1)?;
        self.items.next().map(Value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Arguments<'_> {}

fn poll_once<'a>(env: Env<'a>, instance: &ResourceArc<InstanceResource>) -> Term<'a> {
    answer(env, instance, instance.instance.poll(&Terms(env)))
}

fn answer<'a>(env: Env<'a>, instance: &ResourceArc<InstanceResource>, step: Step<Term<'a>>) -> Term<'a> {
    match step {
        Step::Done(value) => {
            InstanceResource::forget_caller(instance, env);
            (atoms::ok(), value).encode(env)
        }
        Step::Failed(wrong) => {
            InstanceResource::forget_caller(instance, env);
            error::encode(env, &wrong)
        }
        Step::Yield => {
            InstanceResource::watch_caller(instance, env);
            atoms::r#yield().encode(env)
        }
        Step::Host { import, values } => {
            InstanceResource::watch_caller(instance, env);
            (atoms::host(), import, values).encode(env)
        }
    }
}

/// The export's place, by its name or by a list of its interface's and its own.
fn find<'a>(component: &Component, name: Term<'a>) -> Result<usize, Error> {
    let wrong =
        || Error::new(Kind::Export, "an export's name is a string, or a list of an interface's name and its own");
    let text = |term: Term<'a>| Value(term).text();
    if let Some(function) = Value(name).bytes().and_then(|name| component.find_name(name)) {
        return Ok(function);
    }
    if let Some(name) = text(name) {
        return component.find(&[name]);
    }
    let path: Vec<Term> = name.decode().map_err(|_| wrong())?;
    let path: Vec<&str> = path.into_iter().map(text).collect::<Option<_>>().ok_or_else(wrong)?;
    component.find(&path)
}

/// Whether this call would hold a normal scheduler for long: it did lately, or its
/// arguments alone take a while to pass.
fn starts_dirty<'a>(instance: &ResourceArc<InstanceResource>, function: usize, values: Term<'a>) -> bool {
    let export = instance.instance.component().exports().get(function);
    export.is_some_and(|export| (export.takes_any_size() && is_large(values)) || export.starts_slow())
}

/// More than a normal scheduler should copy: measured where it stands, strings by
/// their bytes, lists by their items, two levels down.
fn is_large(term: Term) -> bool {
    let large = |term: &Term| match term.get_type() {
        TermType::Binary => Value(*term).bytes().is_some_and(|bytes| bytes.len() > LARGE_BYTES),
        TermType::List => term.list_length().is_ok_and(|length| length > LARGE_ITEMS),
        _ => false,
    };
    let below = |term: &Term| match term.get_type() {
        TermType::List => Value(*term).list().is_some_and(|items| items.iter().any(|item| large(&item.0))),
        TermType::Tuple => Value(*term).tuple().is_some_and(|items| items.iter().any(|item| large(&item.0))),
        TermType::Map => MapIterator::new(*term).is_some_and(|mut entries| entries.any(|(_, value)| large(&value))),
        _ => false,
    };
    match Value(term).list() {
        Some(items) => items.iter().any(|item| large(&item.0) || below(&item.0)),
        None => large(&term) || below(&term),
    }
}

fn milliseconds(timeout: i64) -> Option<Duration> {
    u64::try_from(timeout).ok().map(Duration::from_millis)
}

/// Tells the scheduler how much of the process's timeslice (about a millisecond,
/// two ticks) went by: without that, a process that calls guests in a loop starves
/// its neighbours. Of calls shorter than a tick every so many see one, so that the
/// sum is right, and no call has to read a clock.
fn timed<'a>(env: Env<'a>, instance: &ResourceArc<InstanceResource>, work: impl FnOnce() -> Term<'a>) -> Term<'a> {
    let begun = instance.instance.ticks();
    let answer = work();
    let ticks = instance.instance.ticks().saturating_sub(begun);
    if ticks > 0 {
        schedule::consume_timeslice(env, i32::try_from(ticks * 50).unwrap_or(100).clamp(1, 100));
    }
    answer
}
