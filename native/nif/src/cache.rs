//! The cache of compiled programs, as Elixir sees it.

use std::path::PathBuf;

use rustler::{Atom, Encoder, Env, Term};
use workbooks_engine::Settings;

use crate::atoms;
use crate::error;
use crate::runtime;

/// Takes settings: a folder or `nil`, and bounds in bytes. Looks at no disk.
#[rustler::nif]
fn cache_configure(env: Env, folder: Option<String>, memory_bytes: u64, disk_bytes: u64) -> Term {
    let settings = Settings { memory_bytes, folder: folder.map(PathBuf::from), disk_bytes };
    let configured = runtime::cache().map(|cache| cache.configure(&settings));
    error::encode_result(env, configured.map(|()| atoms::ok()))
}

/// The cache's counters as a map.
#[rustler::nif]
fn cache_stats(env: Env) -> Term {
    let now = runtime::cache().map(workbooks_engine::Cache::stats).unwrap_or_default();
    let numbers: [(Atom, u64); 11] = [
        (atoms::memory_bytes(), now.memory_bytes),
        (atoms::memory_entries(), now.memory_entries),
        (atoms::disk_bytes(), now.disk_bytes),
        (atoms::hits(), now.hits),
        (atoms::disk_hits(), now.disk_hits),
        (atoms::misses(), now.misses),
        (atoms::joined(), now.joined),
        (atoms::compilations(), now.compilations),
        (atoms::evictions(), now.evictions),
        (atoms::disk_evictions(), now.disk_evictions),
        (atoms::refused(), now.refused),
    ];
    let folder = now.folder.map(|folder| folder.display().to_string());
    let texts = [(atoms::folder(), folder), (atoms::problem(), now.problem)];
    let numbers = numbers.iter().map(|(key, number)| (key.encode(env), number.encode(env)));
    let texts = texts.iter().map(|(key, text)| (key.encode(env), text.encode(env)));
    let (keys, values): (Vec<Term>, Vec<Term>) = numbers.chain(texts).unzip();
    Term::map_from_term_arrays(env, &keys, &values).unwrap_or_else(|_| Term::map_new(env))
}

/// Forgets the programs in memory.
#[rustler::nif(schedule = "DirtyIo")]
fn cache_clear_memory(env: Env) -> Term {
    let cleared = runtime::cache().map(workbooks_engine::Cache::clear_memory);
    error::encode_result(env, cleared.map(|()| atoms::ok()))
}

/// Removes the files on disk.
#[rustler::nif(schedule = "DirtyIo")]
fn cache_clear_disk(env: Env) -> Term {
    let cleared = runtime::cache().and_then(workbooks_engine::Cache::clear_disk);
    error::encode_result(env, cleared.map(|()| atoms::ok()))
}
