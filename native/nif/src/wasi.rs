//! WASI: what Elixir grants, as the engine takes it, and what guests write.

use rustler::{Atom, Binary, Encoder, Env, Error as NifError, ListIterator, NifResult, OwnedBinary, ResourceArc, Term};
use workbooks_engine::{
    CallOptions, Error, Grants, Kind, Output, Preopen, Request, RequestBody, Stdin, Stream, WasiOptions,
};

use crate::atoms;
use crate::call::{answer, milliseconds, sink_for, timed};
use crate::error;
use crate::resources::InstanceResource;
use crate::source::Value;
use workbooks_engine::Source;

/// The map that `Workbooks.Wasm.WASI.Grants` makes, which has checked it.
pub fn grants(map: Term) -> NifResult<Grants> {
    let get = |key: Atom| map.map_get(key);
    let stdin = get(atoms::stdin())?;
    let (stdin, ask_stdin) = match Binary::from_term(stdin) {
        Ok(bytes) => (Stdin::Bytes(bytes.as_slice().to_vec().into()), false),
        Err(_) => (Stdin::Empty, stdin.decode::<Atom>()? == atoms::ask()),
    };
    let preopens: Vec<(String, String, bool)> = get(atoms::preopens())?.decode()?;
    let options = WasiOptions {
        args: get(atoms::args())?.decode()?,
        env: get(atoms::env())?.decode()?,
        stdin,
        preopens: preopens
            .into_iter()
            .map(|(guest, host, writable)| Preopen { guest, host: host.into(), writable })
            .collect(),
        network: get(atoms::network())?.decode()?,
        listen: get(atoms::listen())?.decode()?,
        deterministic: get(atoms::deterministic())?.decode()?,
    };
    let stdout = output(get(atoms::stdout())?.decode()?);
    let stderr = output(get(atoms::stderr())?.decode()?);
    Ok(Grants { options, stdout, stderr, ask_stdin, p3: get(atoms::p3())?.decode()? })
}

fn output(what: Atom) -> Output {
    if what == atoms::collect() {
        Output::Collect
    } else if what == atoms::queue() {
        Output::Queue
    } else {
        Output::Discard
    }
}

/// What an instance's `:stdout` or `:stderr` collected: `{:ok, binary}`.
#[rustler::nif(schedule = "DirtyCpu")]
fn wasi_output<'a>(env: Env<'a>, instance: ResourceArc<InstanceResource>, stream: Atom) -> Term<'a> {
    let stream = if stream == atoms::stderr() { Stream::Stderr } else { Stream::Stdout };
    let kept = instance.instance.collected(stream, OwnedBinary::from_slice);
    let kept = kept.ok_or_else(|| Error::new(Kind::NotFound, "the instance was given no wasi:"));
    error::encode_result(env, kept.map(|bytes| bytes.release(env)))
}

/// Answers a guest that reads with bytes or `:eof`, and lets it go on: steps as for `call`.
#[rustler::nif]
fn reply_input<'a>(env: Env<'a>, instance: ResourceArc<InstanceResource>, bytes: Term<'a>) -> Term<'a> {
    timed(env, &instance, || match instance.instance.reply_input(Value(bytes).bytes().map(<[u8]>::to_vec)) {
        Ok(()) => answer(env, &instance, instance.instance.poll(&sink_for(env, &instance))),
        Err(wrong) => error::encode(env, &wrong),
    })
}

/// Has a component that serves HTTP answer `{method, url, headers, body}`, where the body is
/// bytes or anything else for one that is read: steps as for `call`.
#[rustler::nif]
fn handle_http<'a>(
    env: Env<'a>,
    instance: ResourceArc<InstanceResource>,
    request: (String, String, Term<'a>, Term<'a>),
    timeout: i64,
) -> NifResult<Term<'a>> {
    let (method, url, pairs, body) = request;
    let mut headers = Vec::new();
    for pair in pairs.decode::<ListIterator>()? {
        let (name, value): (String, Binary) = pair.decode()?;
        headers.push((name, value.as_slice().to_vec()));
    }
    let bytes = Value(body).bytes();
    let ask_body = bytes.is_none();
    let body = RequestBody::Bytes(bytes.unwrap_or_default().to_vec().into());
    let request = Request { method, url, headers, body };
    let options = CallOptions { timeout: milliseconds(timeout), ..CallOptions::default() };
    Ok(timed(env, &instance, || {
        let sink = sink_for(env, &instance);
        answer(env, &instance, instance.instance.handle_http(request, ask_body, options, &sink))
    }))
}

/// `[{:stdout | :stderr, bytes}]` that the guest wrote in the poll that has just ended.
pub fn written<'a>(env: Env<'a>, instance: &ResourceArc<InstanceResource>) -> Option<Vec<Term<'a>>> {
    let chunks = instance.instance.take_output();
    if chunks.is_empty() {
        return None;
    }
    let terms = chunks.into_iter().map(|chunk| {
        let stream = match chunk.stream {
            Stream::Stdout => atoms::stdout(),
            Stream::Stderr => atoms::stderr(),
        };
        (stream, OwnedBinary::from_slice(&chunk.bytes).release(env)).encode(env)
    });
    Some(terms.collect())
}

/// What `instantiate` was given as `wasi`, if anything.
pub fn optional(grants_map: Term) -> NifResult<Option<Grants>> {
    if Value(grants_map).is_none() { Ok(None) } else { grants(grants_map).map(Some).map_err(|_| NifError::BadArg) }
}
