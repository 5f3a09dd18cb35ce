//! Work for the compile threads: asked for here, answered by a message.

use std::path::Path;

use rustler::env::{OwnedEnv, SavedTerm};
use rustler::{Binary, Encoder, Env, OwnedBinary, ResourceArc, Term};
use workbooks_engine::{Error, Input, Kind, Options, Program, Shape, Variant, componentize, compose};

use crate::atoms;
use crate::error;
use crate::resources::{JobResource, ProgramResource};
use crate::runtime;

/// Queues the compilation of a component or a core module, binary or text. The
/// caller receives `{reference, {:ok, {:component, component}}}`, `{:module, module}`
/// in its stead, or `{reference, {:error, …}}`.
#[rustler::nif(name = "compile")]
fn compile_nif<'a>(env: Env<'a>, reference: Term<'a>, bytes: Binary<'a>, fuel: bool, cached: bool) -> Term<'a> {
    let input = SharedBytes::new(bytes);
    let deliver = answer(env, reference, program);
    let job = runtime::cache().and_then(|cache| cache.submit(input, Options { fuel, cached }, deliver));
    error::encode_result(env, job.map(|job| ResourceArc::new(JobResource(job))))
}

/// As `compile`, for the native code as a binary. Goes past the cache: who wants a
/// file keeps it.
#[rustler::nif]
fn precompile<'a>(env: Env<'a>, reference: Term<'a>, bytes: Binary<'a>, fuel: bool) -> Term<'a> {
    let input = SharedBytes::new(bytes);
    let deliver = answer(env, reference, binary);
    let work = move || {
        let engine = runtime::engine()?.with(Variant { fuel, ..Variant::default() })?;
        input.with(|bytes| engine.compile(bytes)?.serialize())
    };
    let job = runtime::cache().and_then(|cache| cache.compilers().submit(work, deliver));
    error::encode_result(env, job.map(|job| ResourceArc::new(JobResource(job))))
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
    let input = SharedBytes::new(bytes);
    let deliver = answer(env, reference, binary);
    let job = runtime::cache().and_then(|cache| cache.compilers().submit(move || input.with(work), deliver));
    error::encode_result(env, job.map(|job| ResourceArc::new(JobResource(job))))
}

/// As `componentize`, for the component made of a component and those that give its imports.
#[rustler::nif(name = "compose")]
fn compose_nif<'a>(env: Env<'a>, reference: Term<'a>, socket: Binary<'a>, plugs: Vec<Binary<'a>>) -> Term<'a> {
    let socket = SharedBytes::new(socket);
    let plugs: Vec<SharedBytes> = plugs.into_iter().map(SharedBytes::new).collect();
    let work = move || {
        let plugs = plugs.iter().map(|plug| plug.with(|bytes| Ok(bytes.to_vec()))).collect::<Result<Vec<_>, _>>()?;
        socket.with(|socket| compose(socket, plugs.iter().map(Vec::as_slice)))
    };
    let deliver = answer(env, reference, binary);
    let job = runtime::cache().and_then(|cache| cache.compilers().submit(work, deliver));
    error::encode_result(env, job.map(|job| ResourceArc::new(JobResource(job))))
}

/// Calls queued work off: true when its message will not come.
#[rustler::nif]
fn cancel(job: ResourceArc<JobResource>) -> bool {
    job.0.cancel()
}

/// Maps native code from a file: `{:ok, {:component, component}}` or as `compile`.
#[rustler::nif(schedule = "DirtyIo")]
fn load_file<'a>(env: Env<'a>, path: &str) -> Term<'a> {
    // SAFETY: Elixir documents that the file must be one that was made here and is whole.
    let loaded = runtime::engine().and_then(|engine| unsafe { engine.load_file(Path::new(path)) });
    error::encode_result(env, loaded.map(|loaded| program(env, loaded)))
}

/// Takes in native code, once its seal is found unbroken: as `load_file`.
#[rustler::nif(schedule = "DirtyCpu")]
fn load<'a>(env: Env<'a>, code: Binary<'a>) -> Term<'a> {
    // SAFETY: Elixir documents that the code must be of the caller's own making.
    let loaded = runtime::engine().and_then(|engine| unsafe { engine.load(code.as_slice()) });
    error::encode_result(env, loaded.map(|loaded| program(env, loaded)))
}

/// The native code of a component or a core module, sealed.
#[rustler::nif(schedule = "DirtyCpu")]
fn serialize<'a>(env: Env<'a>, program: ResourceArc<ProgramResource>) -> Term<'a> {
    error::encode_result(env, program.0.serialize().map(|code| binary(env, code)))
}

/// The same program for instances outside the pool, once all its places are taken.
#[rustler::nif(schedule = "DirtyCpu")]
fn overflow<'a>(env: Env<'a>, program: ResourceArc<ProgramResource>) -> Term<'a> {
    let copy = program.0.overflow();
    error::encode_result(env, copy.map(|copy| ResourceArc::new(ProgramResource(copy))))
}

fn binary(env: Env<'_>, bytes: Vec<u8>) -> Term<'_> {
    OwnedBinary::from_slice(&bytes).release(env).encode(env)
}

fn program(env: Env<'_>, program: Program) -> Term<'_> {
    let kind = match program {
        Program::Component(_) => atoms::component(),
        Program::Module(_) => atoms::module(),
    };
    (kind, ResourceArc::new(ProgramResource(program))).encode(env)
}

/// A binary of the caller's, held for another thread: shared, not copied.
struct SharedBytes {
    env: OwnedEnv,
    bytes: SavedTerm,
}

impl SharedBytes {
    fn new(bytes: Binary<'_>) -> SharedBytes {
        let env = OwnedEnv::new();
        let bytes = env.save(bytes);
        SharedBytes { env, bytes }
    }

    fn with<T>(&self, work: impl FnOnce(&[u8]) -> Result<T, Error>) -> Result<T, Error> {
        self.env.run(|env| match Binary::from_term(self.bytes.load(env)) {
            Ok(bytes) => work(bytes.as_slice()),
            Err(_) => Err(Error::new(Kind::Internal, "the bytes to compile are gone")),
        })
    }
}

impl Input for SharedBytes {
    fn read(&self, then: &mut dyn FnMut(&[u8])) {
        // Without the bytes, whoever reads says so.
        let _ = self.with(|bytes| {
            then(bytes);
            Ok(())
        });
    }
}

/// Sends the calling process `{reference, result}`, with what `encode` makes of the result.
fn answer<'a, T, E>(env: Env<'a>, reference: Term<'a>, encode: E) -> impl FnOnce(Result<T, Error>) + Send + 'static
where
    T: Send + 'static,
    E: for<'b> FnOnce(Env<'b>, T) -> Term<'b> + Send + 'static,
{
    let caller = env.pid();
    let mut answer = OwnedEnv::new();
    let reference = answer.save(reference);
    move |result| {
        // A caller that is gone needs no answer.
        let _ = answer.send_and_clear(&caller, |env| {
            let result = error::encode_result(env, result.map(|value| encode(env, value)));
            (reference.load(env), result).encode(env)
        });
    }
}
