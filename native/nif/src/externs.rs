//! Memories, globals and tables of core instances.

use rustler::{Binary, Encoder, Env, OwnedBinary, ResourceArc, Term};
use workbooks_engine::Error;

use crate::atoms;
use crate::error;
use crate::resources::InstanceResource;
use crate::sink::Terms;
use crate::source::Value;

type Target = ResourceArc<InstanceResource>;

/// A memory's size in bytes: `{:ok, bytes}`.
#[rustler::nif]
fn memory_len<'a>(env: Env<'a>, instance: Target, name: Option<&'a str>) -> Term<'a> {
    error::encode_result(env, instance.instance.memory_len(name))
}

/// Grows a memory: `{:ok, pages before}`. On a dirty scheduler: growing may move it.
#[rustler::nif(schedule = "DirtyCpu")]
fn memory_grow<'a>(env: Env<'a>, instance: Target, name: Option<&'a str>, pages: u64) -> Term<'a> {
    error::encode_result(env, instance.instance.memory_grow(name, pages))
}

/// `{:ok, bytes}`; for what is copied in well under a millisecond.
#[rustler::nif]
fn memory_read<'a>(env: Env<'a>, instance: Target, name: Option<&'a str>, offset: u64, length: u64) -> Term<'a> {
    read(env, &instance, name, offset, length)
}

/// As `memory_read`, for any number of bytes.
#[rustler::nif(schedule = "DirtyCpu")]
fn memory_read_dirty<'a>(env: Env<'a>, instance: Target, name: Option<&'a str>, offset: u64, length: u64) -> Term<'a> {
    read(env, &instance, name, offset, length)
}

fn read<'a>(env: Env<'a>, instance: &Target, name: Option<&str>, offset: u64, length: u64) -> Term<'a> {
    let copied = instance.instance.memory_read(name, offset, length, OwnedBinary::from_slice);
    error::encode_result(env, copied.map(|bytes| bytes.release(env)))
}

/// Writes all of `bytes` or nothing: `:ok`.
#[rustler::nif]
fn memory_write<'a>(env: Env<'a>, instance: Target, name: Option<&'a str>, offset: u64, bytes: Binary<'a>) -> Term<'a> {
    done(env, instance.instance.memory_write(name, offset, bytes.as_slice()))
}

/// As `memory_write`, for any number of bytes.
#[rustler::nif(schedule = "DirtyCpu")]
fn memory_write_dirty<'a>(
    env: Env<'a>,
    instance: Target,
    name: Option<&'a str>,
    offset: u64,
    bytes: Binary<'a>,
) -> Term<'a> {
    done(env, instance.instance.memory_write(name, offset, bytes.as_slice()))
}

#[rustler::nif]
fn global_get<'a>(env: Env<'a>, instance: Target, name: &'a str) -> Term<'a> {
    error::encode_result(env, instance.instance.global_get(name, &Terms::new(env, true)))
}

#[rustler::nif]
fn global_set<'a>(env: Env<'a>, instance: Target, name: &'a str, value: Term<'a>) -> Term<'a> {
    done(env, instance.instance.global_set(name, Value(value)))
}

#[rustler::nif]
fn table_size<'a>(env: Env<'a>, instance: Target, name: &'a str) -> Term<'a> {
    error::encode_result(env, instance.instance.table_len(name))
}

#[rustler::nif]
fn table_get<'a>(env: Env<'a>, instance: Target, name: &'a str, index: u64) -> Term<'a> {
    error::encode_result(env, instance.instance.table_get(name, index, &Terms::new(env, false)))
}

#[rustler::nif]
fn table_set<'a>(env: Env<'a>, instance: Target, name: &'a str, index: u64, value: Term<'a>) -> Term<'a> {
    done(env, instance.instance.table_set(name, index, Value(value)))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_grow<'a>(env: Env<'a>, instance: Target, name: &'a str, delta: u64, value: Term<'a>) -> Term<'a> {
    error::encode_result(env, instance.instance.table_grow(name, delta, Value(value)))
}

fn done(env: Env<'_>, result: Result<(), Error>) -> Term<'_> {
    match result {
        Ok(()) => atoms::ok().encode(env),
        Err(wrong) => error::encode(env, &wrong),
    }
}
