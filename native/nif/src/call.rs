//! Instances and calls. A call is begun and polled once on the scheduler its
//! process is on; while it goes on, the process comes back to poll it again.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use rustler::types::atom;
use rustler::types::map::MapIterator;
use rustler::types::tuple::make_tuple;
use rustler::{Atom, Encoder, Env, ListIterator, LocalPid, NifResult, ResourceArc, Term, TermType, schedule};
use workbooks_engine::{
    CallOptions, Error, Given, HostCall, Instance, Kind, Limits, Program, ReadFrom, Setup, Sink, Source, Status, Step,
    count_dirty_call,
};

use crate::atoms;
use crate::error;
use crate::held::Held;
use crate::notify;
use crate::resources::{HandleResource, InstanceResource, ProgramResource};
use crate::sink::Terms;
use crate::source::Value;
use crate::wasi;

/// What a normal scheduler copies in well under a millisecond.
const LARGE_BYTES: usize = 256 * 1024;
const LARGE_ITEMS: usize = 2_000;

/// Of limits those of what a store holds: memory, table elements, instances, tables, memories.
type Holds = (usize, usize, usize, usize, usize);
/// And of what it does: host calls, bytes of output, bytes of values.
type Does = (u64, usize, usize);

/// Makes an instance that ends with the process `owner`: `{:ok, instance, step}`, where the step is as for `call`.
///
/// `beside` is an instance whose store it joins, or nil. `imports` says of each import
/// `:host`, `{instance, name}` for an export of another, or nil. `host` comes back with
/// the calls of host functions that other instances' calls reach. `limits` are
/// `{{memory, table_elements, instances, tables, memories}, {host_calls, output_bytes, value_bytes}}`.
/// `wasi` is a map of `Workbooks.Wasm.WASI.Grants` or nil.
#[rustler::nif]
#[allow(clippy::too_many_arguments, reason = "the seam is flat: what is behind it has structs")]
fn instantiate<'a>(
    env: Env<'a>,
    program: ResourceArc<ProgramResource>,
    owner: LocalPid,
    beside: Option<ResourceArc<InstanceResource>>,
    imports: Vec<Term<'a>>,
    host: Term<'a>,
    limits: (Holds, Does),
    fuel: Option<u64>,
    timeout: i64,
    wasi: Term<'a>,
) -> NifResult<Term<'a>> {
    let exports: Vec<Option<(ResourceArc<InstanceResource>, &str)>> =
        imports.iter().map(|given| given.decode().ok()).collect();
    let given: Vec<Given> = imports
        .iter()
        .zip(&exports)
        .map(|(given, export)| match export {
            Some((instance, name)) => Given::Export(&instance.instance, name),
            None if *given == atoms::host().encode(env) => Given::Host,
            None => Given::Nothing,
        })
        .collect();
    let ((memory, table_elements, instances, tables, memories), (host_calls, output_bytes, value_bytes)) = limits;
    let setup = Setup {
        imports: &given,
        beside: beside.as_ref().map(|beside| &beside.instance),
        host: (!Value(host).is_none()).then(|| Held::opaque(host)),
        limits: Limits { memory, table_elements, instances, tables, memories, host_calls, output_bytes, value_bytes },
        fuel,
        timeout: milliseconds(timeout),
        wasi: wasi::optional(wasi)?,
    };
    Ok(match Instance::instantiate(&program.0, &setup) {
        Ok(instance) => {
            let resource = InstanceResource::new(env, instance, owner);
            let step = timed(env, &resource, || poll_once(env, &resource));
            (atoms::ok(), resource, step).encode(env)
        }
        Err(wrong) => error::encode(env, &wrong),
    })
}

/// Begins a call and polls it once: `{:ok, result}`, `:yield` (go on with
/// `poll`), `:pending` (go on with `arm`), `{:host, import, arguments}` or the same with
/// `{instance, program, host}` of another instance (go on with `reply` or `fail`),
/// `{:read, :stdin | :body, bytes at most}` (go on with `reply_input`),
/// `:dirty` (not begun: use `call_dirty`) or `{:error, …}`; each may come inside
/// `{:output, [{:stdout | :stderr, bytes}], step}`. `timeout` is in
/// milliseconds; negative is none.
#[rustler::nif]
fn call<'a>(
    env: Env<'a>,
    instance: ResourceArc<InstanceResource>,
    name: Term<'a>,
    values: Term<'a>,
    timeout: i64,
) -> Term<'a> {
    timed(env, &instance, || match find(instance.instance.program(), name) {
        Ok(function) if starts_dirty(&instance, function, values) => atoms::dirty().encode(env),
        Ok(function) => begin(
            env,
            &instance,
            function,
            values,
            CallOptions { timeout: milliseconds(timeout), ..CallOptions::default() },
        ),
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
    count_dirty_call();
    match find(instance.instance.program(), name) {
        Ok(function) => begin(
            env,
            &instance,
            function,
            values,
            CallOptions { timeout: milliseconds(timeout), ..CallOptions::default() },
        ),
        Err(wrong) => error::encode(env, &wrong),
    }
}

/// As `call`, with more options than a timeout: `{timeout, fuel | nil, metrics?, nan_payload?}`.
/// `name` may be a function's reference. What is large is begun all the same.
#[rustler::nif]
fn call_with<'a>(
    env: Env<'a>,
    instance: ResourceArc<InstanceResource>,
    name: Term<'a>,
    values: Term<'a>,
    options: (i64, Option<u64>, bool, bool),
) -> Term<'a> {
    timed(env, &instance, || begin_with(env, &instance, name, values, options))
}

/// As `call_with`, on a scheduler where a whole slice disturbs nobody.
#[rustler::nif(schedule = "DirtyCpu")]
fn call_with_dirty<'a>(
    env: Env<'a>,
    instance: ResourceArc<InstanceResource>,
    name: Term<'a>,
    values: Term<'a>,
    options: (i64, Option<u64>, bool, bool),
) -> Term<'a> {
    count_dirty_call();
    begin_with(env, &instance, name, values, options)
}

fn begin_with<'a>(
    env: Env<'a>,
    instance: &ResourceArc<InstanceResource>,
    name: Term<'a>,
    values: Term<'a>,
    (timeout, fuel, metrics, nan_payload): (i64, Option<u64>, bool, bool),
) -> Term<'a> {
    let options = CallOptions { timeout: milliseconds(timeout), fuel, metrics };
    instance.nan_payload.store(nan_payload, Relaxed);
    if let Some(reference) = Value(name).reference() {
        return match Arguments::of(values) {
            Some(values) => {
                let step = instance.instance.call_reference(reference, values, options, &sink_for(env, instance));
                answer(env, instance, step)
            }
            None => no_list(env),
        };
    }
    match find(instance.instance.program(), name) {
        Ok(function) => begin(env, instance, function, values, options),
        Err(wrong) => error::encode(env, &wrong),
    }
}

/// Whether `call` would answer `:dirty`.
#[rustler::nif]
fn wants_dirty<'a>(instance: ResourceArc<InstanceResource>, name: Term<'a>, values: Term<'a>) -> bool {
    find(instance.instance.program(), name).is_ok_and(|function| starts_dirty(&instance, function, values))
}

/// What the last call with metrics used, as a map.
#[rustler::nif]
fn metrics<'a>(env: Env<'a>, instance: ResourceArc<InstanceResource>) -> Term<'a> {
    let Some(used) = instance.instance.metrics() else { return atom::nil().encode(env) };
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let keys = [atoms::fuel(), atoms::wall_us(), atoms::cpu_us(), atoms::memory_peak(), atoms::host_calls()];
    let values = [
        used.fuel.encode(env),
        micros(used.wall).encode(env),
        micros(used.cpu).encode(env),
        used.memory_peak.encode(env),
        used.host_calls.encode(env),
    ];
    let keys = keys.map(|key| key.encode(env));
    Term::map_from_term_arrays(env, &keys, &values).unwrap_or_else(|_| Term::map_new(env))
}

/// Begins to drop a guest's resource, destructor and all: steps as for `call`.
#[rustler::nif]
fn drop_resource<'a>(
    env: Env<'a>,
    instance: ResourceArc<InstanceResource>,
    resource: ResourceArc<HandleResource>,
    timeout: i64,
) -> Term<'a> {
    timed(env, &instance, || {
        let options = CallOptions { timeout: milliseconds(timeout), ..CallOptions::default() };
        let sink = sink_for(env, &instance);
        answer(env, &instance, instance.instance.drop_resource(&resource.0, options, &sink))
    })
}

/// Has the process told by `{reference, :wake}` when a guest that is `:pending` can go
/// on: `{:armed, milliseconds left | nil}`, or `:poll` when it can already.
#[rustler::nif]
fn arm<'a>(env: Env<'a>, instance: ResourceArc<InstanceResource>, reference: Term<'a>) -> Term<'a> {
    match instance.instance.arm(notify::sender(env, reference)) {
        (true, left) => {
            let left = left.map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX).saturating_add(1));
            (atoms::armed(), left).encode(env)
        }
        (false, _) => atoms::poll().encode(env),
    }
}

/// The time of a call that waits for a host function begins anew.
#[rustler::nif]
fn restart_clock(instance: ResourceArc<InstanceResource>, timeout: i64) -> Atom {
    instance.instance.restart_clock(milliseconds(timeout));
    atoms::ok()
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

/// `:idle`, `:running`, `:suspended` or `:closed`.
#[rustler::nif]
fn state(instance: ResourceArc<InstanceResource>) -> Atom {
    match instance.instance.status() {
        Status::Idle => atoms::idle(),
        Status::Running => atoms::running(),
        Status::Suspended => atoms::suspended(),
        Status::Closed => atoms::closed(),
    }
}

/// Bytes of linear memory the instance holds.
#[rustler::nif]
fn memory_size(instance: ResourceArc<InstanceResource>) -> usize {
    instance.instance.memory()
}

fn begin<'a>(
    env: Env<'a>,
    instance: &ResourceArc<InstanceResource>,
    function: usize,
    values: Term<'a>,
    options: CallOptions,
) -> Term<'a> {
    match Arguments::of(values) {
        Some(values) => {
            let step = instance.instance.call(function, values, options, &sink_for(env, instance));
            answer(env, instance, step)
        }
        None => no_list(env),
    }
}

fn no_list(env: Env<'_>) -> Term<'_> {
    error::encode(env, &Error::new(Kind::Type, "the arguments are not a list"))
}

pub fn sink_for<'a>(env: Env<'a>, instance: &ResourceArc<InstanceResource>) -> Terms<'a> {
    Terms::new(env, instance.nan_payload.load(Relaxed))
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
    answer(env, instance, instance.instance.poll(&sink_for(env, instance)))
}

/// A step as a term: itself, or `{:output, [{stream, bytes}], step}` when the guest wrote something meanwhile.
pub fn answer<'a>(env: Env<'a>, instance: &ResourceArc<InstanceResource>, step: Step<Term<'a>>) -> Term<'a> {
    let step = encode_step(env, instance, step);
    match wasi::written(env, instance) {
        None => step,
        Some(chunks) => (atoms::output(), chunks, step).encode(env),
    }
}

fn encode_step<'a>(env: Env<'a>, instance: &ResourceArc<InstanceResource>, step: Step<Term<'a>>) -> Term<'a> {
    match step {
        Step::Done(values) => {
            InstanceResource::forget_caller(instance, env);
            (atoms::ok(), result(env, &values)).encode(env)
        }
        Step::Failed(wrong) => {
            InstanceResource::forget_caller(instance, env);
            error::encode(env, &wrong)
        }
        Step::Yield => {
            InstanceResource::watch_caller(instance, env);
            atoms::r#yield().encode(env)
        }
        Step::Pending => {
            InstanceResource::watch_caller(instance, env);
            atoms::pending().encode(env)
        }
        Step::Read(input, most) => {
            InstanceResource::watch_caller(instance, env);
            let input = match input {
                ReadFrom::Stdin => atoms::stdin(),
                ReadFrom::Body => atoms::body(),
            };
            (atoms::read(), input, most).encode(env)
        }
        Step::Host(HostCall { import, values, other }) => {
            InstanceResource::watch_caller(instance, env);
            let values = values.as_slice();
            match other {
                None => (atoms::host(), import, values).encode(env),
                Some((other, host)) => {
                    let host = host.map(|host| sink_for(env, instance).opaque(&host));
                    let program = ResourceArc::new(ProgramResource(other.program().clone()));
                    let other = (InstanceResource::unowned(other), program, host);
                    (atoms::host(), import, values, other).encode(env)
                }
            }
        }
    }
}

/// No result is nil, one is itself, several are a tuple.
fn result<'a>(env: Env<'a>, values: &[Term<'a>]) -> Term<'a> {
    match values {
        [] => atom::nil().encode(env),
        [value] => *value,
        values => make_tuple(env, values),
    }
}

/// The export's place, by its name or by a list of its interface's and its own.
fn find<'a>(program: &Program, name: Term<'a>) -> Result<usize, Error> {
    let wrong =
        || Error::new(Kind::Export, "an export's name is a string, or a list of an interface's name and its own");
    let text = |term: Term<'a>| Value(term).text();
    if let Some(function) = Value(name).bytes().and_then(|name| program.find_name(name)) {
        return Ok(function);
    }
    if let Some(name) = text(name) {
        return program.find(&[name]);
    }
    let path: Vec<Term> = name.decode().map_err(|_| wrong())?;
    let path: Vec<&str> = path.into_iter().map(text).collect::<Option<_>>().ok_or_else(wrong)?;
    program.find(&path)
}

/// Whether this call would hold a normal scheduler for long: it did lately, or its
/// arguments alone take a while to pass.
fn starts_dirty<'a>(instance: &ResourceArc<InstanceResource>, function: usize, values: Term<'a>) -> bool {
    let export = instance.instance.program().functions().get(function);
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

pub fn milliseconds(timeout: i64) -> Option<Duration> {
    u64::try_from(timeout).ok().map(Duration::from_millis)
}

/// Tells the scheduler how much of the process's timeslice (about a millisecond,
/// two ticks) went by: without that, a process that calls guests in a loop starves
/// its neighbours. Of calls shorter than a tick every so many see one, so that the
/// sum is right, and no call has to read a clock.
pub fn timed<'a>(env: Env<'a>, instance: &ResourceArc<InstanceResource>, work: impl FnOnce() -> Term<'a>) -> Term<'a> {
    let begun = instance.instance.ticks();
    let answer = work();
    let ticks = instance.instance.ticks().saturating_sub(begun);
    if ticks > 0 {
        schedule::consume_timeslice(env, i32::try_from(ticks * 50).unwrap_or(100).clamp(1, 100));
    }
    answer
}
