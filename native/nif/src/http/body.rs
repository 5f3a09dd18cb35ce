//! Bodies of requests, read piece by piece.

use rustler::{Encoder, Env, NewBinary, ResourceArc, Term};
use workbooks_http::{Bytes, Chunk};

use super::exchange::ExchangeResource;
use super::mail::Mail;
use super::{done, failed, over};
use crate::atoms;

/// Asks for at most `most` bytes: the message has `{:data, bytes}`, `{:end, trailers}` or an error.
#[rustler::nif]
fn http_read<'a>(env: Env<'a>, reference: Term<'a>, exchange: ResourceArc<ExchangeResource>, most: usize) -> Term<'a> {
    let mail = Mail::new(env, reference);
    let read = exchange.with_body(|body| {
        body.read(
            most,
            Box::new(move |found| {
                mail.send(move |env| match found {
                    Ok(Chunk::Data(data)) => (atoms::data(), binary(env, &data)).encode(env),
                    Ok(Chunk::End(trailers)) => (atoms::end(), pairs(env, &trailers)).encode(env),
                    Err(error) => failed(env, &error),
                });
            }),
        )
    });
    read.map_or_else(|| over(env, "the request is over, and its body with it"), |read| done(env, read))
}

fn pairs<'a>(env: Env<'a>, pairs: &[(Bytes, Bytes)]) -> Vec<(Term<'a>, Term<'a>)> {
    pairs.iter().map(|(name, value)| (binary(env, name), binary(env, value))).collect()
}

pub fn binary<'a>(env: Env<'a>, bytes: &[u8]) -> Term<'a> {
    NewBinary::from_slice(env, bytes).into()
}
