//! Errors as terms: `{:error, {kind, message, details}}`.

use rustler::{Atom, Encoder, Env, Term};
use workbooks_engine::{Error, Frame, Kind};

use crate::atoms;

/// The engine's error as the tuple `Workbooks.Wasm.Error` is made from.
pub fn encode<'a>(env: Env<'a>, error: &Error) -> Term<'a> {
    let mut keys: Vec<Term> = Vec::new();
    let mut values: Vec<Term> = Vec::new();
    if let Some(code) = &error.code {
        keys.push(atoms::code().encode(env));
        // Codes are the engine's own few.
        values.push(Atom::from_str(env, code).map_or_else(|_| code.encode(env), |atom| atom.encode(env)));
    }
    if !error.frames.is_empty() {
        keys.push(atoms::frames().encode(env));
        values.push(error.frames.iter().map(|at| frame(env, at)).collect::<Vec<_>>().encode(env));
    }
    let details = Term::map_from_term_arrays(env, &keys, &values).unwrap_or_else(|_| Term::map_new(env));
    (atoms::error(), (kind(env, error.kind), error.message.as_str(), details)).encode(env)
}

fn frame<'a>(env: Env<'a>, frame: &Frame) -> Term<'a> {
    let source = frame.source.as_ref();
    let fields = [
        (atoms::function(), frame.function.encode(env)),
        (atoms::index(), frame.index.encode(env)),
        (atoms::module(), frame.module.encode(env)),
        (atoms::offset(), frame.offset.encode(env)),
        (atoms::file(), source.map(|source| &source.file).encode(env)),
        (atoms::line(), source.and_then(|source| source.line).encode(env)),
        (atoms::column(), source.and_then(|source| source.column).encode(env)),
    ];
    let keys = fields.map(|(key, _)| key.encode(env));
    let values = fields.map(|(_, value)| value);
    Term::map_from_term_arrays(env, &keys, &values).unwrap_or_else(|_| Term::map_new(env))
}

/// `Ok` as `{:ok, value}`.
pub fn encode_result<'a, T: Encoder>(env: Env<'a>, result: Result<T, Error>) -> Term<'a> {
    match result {
        Ok(value) => (atoms::ok(), value).encode(env),
        Err(error) => encode(env, &error),
    }
}

fn kind<'a>(env: Env<'a>, kind: Kind) -> Term<'a> {
    Atom::from_str(env, kind.name()).map_or_else(|_| kind.name().encode(env), |atom| atom.encode(env))
}

/// Every kind the engine knows, for the test that holds the Elixir list to it.
#[rustler::nif]
fn error_kinds(env: Env) -> Term {
    Kind::ALL.iter().map(|of| kind(env, *of)).collect::<Vec<_>>().encode(env)
}
