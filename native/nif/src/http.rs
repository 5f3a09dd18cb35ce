//! The HTTP server's seam: requests become messages, answers become calls. What is asked for with a
//! reference is answered by one message `{reference, …}`, whatever happens.

mod body;
mod bytes;
mod exchange;
mod gate;
mod head;
mod mail;
mod server;
mod settings;

use rustler::{Atom, Encoder, Env, Term};
use workbooks_http::{Error, Kind};

use crate::atoms;

/// `:ok`, or the error as `{:error, kind, message}`.
fn done<'a>(env: Env<'a>, result: Result<(), Error>) -> Term<'a> {
    match result {
        Ok(()) => atoms::ok().encode(env),
        Err(error) => failed(env, &error),
    }
}

fn failed<'a>(env: Env<'a>, error: &Error) -> Term<'a> {
    (atoms::error(), kind(env, error.kind()), error.to_string()).encode(env)
}

/// Of what is over: nobody is there to be told.
fn over<'a>(env: Env<'a>, message: &str) -> Term<'a> {
    (atoms::error(), kind(env, Kind::Gone), message).encode(env)
}

fn kind<'a>(env: Env<'a>, kind: Kind) -> Term<'a> {
    Atom::from_str(env, kind.name()).map_or_else(|_| kind.name().encode(env), |atom| atom.encode(env))
}

/// Every kind of error there is, for the test that holds the Elixir list to it.
#[rustler::nif]
fn http_error_kinds(env: Env) -> Term {
    Kind::ALL.iter().map(|of| kind(env, *of)).collect::<Vec<_>>().encode(env)
}
