//! Work for the compile threads: asked for here, answered by a message.

use std::path::Path;

use rustler::env::OwnedEnv;
use rustler::{Binary, Encoder, Env, OwnedBinary, ResourceArc, Term};
use workbooks_engine::{Error, Kind, Shape, componentize};

use crate::error;
use crate::resources::{ComponentResource, JobResource};
use crate::runtime;

/// Queues the compilation of a component, binary or text. The caller receives
/// `{reference, {:ok, component}}` or `{reference, {:error, …}}`.
#[rustler::nif(name = "compile")]
fn compile_nif<'a>(env: Env<'a>, reference: Term<'a>, bytes: Binary<'a>) -> Term<'a> {
    submit(
        env,
        reference,
        bytes,
        |bytes| runtime::engine()?.compile(bytes),
        |env, component| ResourceArc::new(ComponentResource(component)).encode(env),
    )
}

/// As `compile`, for the component's native code as a binary.
#[rustler::nif]
fn precompile<'a>(env: Env<'a>, reference: Term<'a>, bytes: Binary<'a>) -> Term<'a> {
    let work = |bytes: &[u8]| runtime::engine()?.compile(bytes)?.serialize();
    submit(env, reference, bytes, work, binary)
}

/// As `compile`, for the component (a binary) around a core module. What is not
/// given is an empty string: `name` and `func` for one function, or `wit` for a world.
#[rustler::nif(name = "componentize")]
fn componentize_nif<'a>(
    env: Env<'a>,
    reference: Term<'a>,
    bytes: Binary<'a>,
    name: String,
    func: String,
    wit: String,
) -> Term<'a> {
    let work = move |bytes: &[u8]| {
        let shape = match (wit.as_str(), name.as_str()) {
            ("", "") => Shape::Numbers,
            ("", name) => Shape::Function { name, func: &func },
            (wit, _) => Shape::World(wit),
        };
        componentize(bytes, shape)
    };
    submit(env, reference, bytes, work, binary)
}

/// Calls queued work off: true when its message will not come.
#[rustler::nif]
fn cancel(job: ResourceArc<JobResource>) -> bool {
    job.0.cancel()
}

/// Maps a component's native code from a file.
#[rustler::nif(schedule = "DirtyIo")]
fn load_file<'a>(env: Env<'a>, path: &str) -> Term<'a> {
    // SAFETY: Elixir documents that the file must be one that `serialize` wrote.
    let loaded = runtime::engine().and_then(|engine| unsafe { engine.load_file(Path::new(path)) });
    error::encode_result(env, loaded.map(|component| ResourceArc::new(ComponentResource(component))))
}

/// Takes in a component's native code.
#[rustler::nif(schedule = "DirtyIo")]
fn load<'a>(env: Env<'a>, code: Binary<'a>) -> Term<'a> {
    // SAFETY: as above.
    let loaded = runtime::engine().and_then(|engine| unsafe { engine.load(code.as_slice()) });
    error::encode_result(env, loaded.map(|component| ResourceArc::new(ComponentResource(component))))
}

/// A component's native code.
#[rustler::nif(schedule = "DirtyCpu")]
fn serialize<'a>(env: Env<'a>, component: ResourceArc<ComponentResource>) -> Term<'a> {
    error::encode_result(env, component.0.serialize().map(|code| binary(env, code)))
}

fn binary(env: Env<'_>, bytes: Vec<u8>) -> Term<'_> {
    OwnedBinary::from_slice(&bytes).release(env).encode(env)
}

/// Runs `work` over `bytes` on a compile thread and sends what `encode` makes
/// of its answer. The bytes are shared with the caller, not copied.
fn submit<'a, T, W, E>(env: Env<'a>, reference: Term<'a>, bytes: Binary<'a>, work: W, encode: E) -> Term<'a>
where
    T: Send + 'static,
    W: FnOnce(&[u8]) -> Result<T, Error> + Send + 'static,
    E: for<'b> FnOnce(Env<'b>, T) -> Term<'b> + Send + 'static,
{
    let caller = env.pid();
    let input = OwnedEnv::new();
    let bytes = input.save(bytes);
    let mut answer = OwnedEnv::new();
    let reference = answer.save(reference);
    let work = move || {
        input.run(|env| match Binary::from_term(bytes.load(env)) {
            Ok(bytes) => work(bytes.as_slice()),
            Err(_) => Err(Error::new(Kind::Internal, "the bytes to compile are gone")),
        })
    };
    let deliver = move |result: Result<T, Error>| {
        // A caller that is gone needs no answer.
        let _ = answer.send_and_clear(&caller, |env| {
            let result = error::encode_result(env, result.map(|value| encode(env, value)));
            (reference.load(env), result).encode(env)
        });
    };
    let job = runtime::queue().and_then(|queue| queue.submit(work, deliver));
    error::encode_result(env, job.map(|job| ResourceArc::new(JobResource(job))))
}
