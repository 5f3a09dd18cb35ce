//! The storage: asked for here, done on its threads, answered by a message
//! `{reference, {:ok, value}}` or `{reference, {:error, {kind, message, details}}}`.

use std::panic::RefUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::time::Duration;

use rustler::env::OwnedEnv;
use rustler::types::atom;
use rustler::{
    Atom, Binary, Decoder, Encoder, Env, LocalPid, Monitor, NewBinary, NifResult, Resource, ResourceArc, Term,
};
use workbooks_store::{Embedded, Error, Info, Kind, Op, Page, Postgres, Settings, Store};

use crate::atoms;

/// An open store. It ends with the process that opened it.
pub struct StoreResource(Store);

// A job that panics is answered for by the store's threads.
impl RefUnwindSafe for StoreResource {}

#[rustler::resource_impl]
impl Resource for StoreResource {
    const IMPLEMENTS_DOWN: bool = true;

    fn down<'a>(&'a self, _env: Env<'a>, _pid: LocalPid, _monitor: Monitor) {
        // Nobody waits for it; it is done on the store's own threads.
        let _ = self.0.close(drop);
    }
}

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const ANSWERED: u8 = 2;
const CANCELLED: u8 = 3;

/// What was asked for, and how far it is.
pub struct RequestResource(AtomicU8);

impl RefUnwindSafe for RequestResource {}

#[rustler::resource_impl]
impl Resource for RequestResource {}

impl RequestResource {
    /// False when it was called off: it is then not to be begun.
    fn begin(&self) -> bool {
        self.0.compare_exchange(WAITING, BEGUN, SeqCst, SeqCst).is_ok()
    }

    /// False when it was called off: nobody waits for the answer.
    fn answer(&self) -> bool {
        self.0.swap(ANSWERED, SeqCst) != CANCELLED
    }
}

/// Opens a store: `{:embedded, folder}` or `{:postgres, url, schema, pool, connect_ms, statement_ms}`.
#[rustler::nif]
fn store_open<'a>(env: Env<'a>, reference: Term<'a>, options: Term<'a>) -> NifResult<Term<'a>> {
    let request = Request::new(env, reference);
    let owner = env.pid();
    let resource = request.resource.clone();
    let deliver = request.answer(move |env, store| {
        let store = ResourceArc::new(StoreResource(store));
        // Gone already, it will not hear of it either: the store is closed with its last holder.
        let _ = store.monitor(None, &owner);
        store.encode(env)
    });
    let begun = match Place::decode(options)? {
        Place::Folder(folder) => Embedded::open(folder, deliver),
        Place::Database(settings) => Postgres::open(settings, deliver),
    };
    Ok(taken(env, begun, resource))
}

/// Makes a store out of a backup: `:restored`. The options are those of `store_open`.
#[rustler::nif]
fn store_restore<'a>(
    env: Env<'a>,
    reference: Term<'a>,
    backup: &str,
    options: Term<'a>,
    replace: bool,
) -> NifResult<Term<'a>> {
    let request = Request::new(env, reference);
    let resource = request.resource.clone();
    let deliver = request.answer(|env, ()| atoms::ok().encode(env));
    let begun = match Place::decode(options)? {
        Place::Folder(folder) => Embedded::restore(backup.into(), folder, replace, deliver),
        Place::Database(settings) => Postgres::restore(backup.into(), settings, replace, deliver),
    };
    Ok(taken(env, begun, resource))
}

/// A value, or nil.
#[rustler::nif]
fn store_get<'a>(
    env: Env<'a>,
    reference: Term<'a>,
    store: ResourceArc<StoreResource>,
    table: String,
    key: Binary<'a>,
) -> Term<'a> {
    let request = Request::new(env, reference);
    let resource = request.resource.clone();
    let deliver = request.answer(|env, value: Option<Vec<u8>>| match value {
        Some(value) => binary(env, &value),
        None => atom::nil().encode(env),
    });
    taken(env, store.0.get(table, key.as_slice().to_vec(), deliver), resource)
}

/// Writes a list of `{:put, table, key, value}` and `{:delete, table, key}`: all of it or nothing.
#[rustler::nif(schedule = "DirtyCpu")]
fn store_commit<'a>(
    env: Env<'a>,
    reference: Term<'a>,
    store: ResourceArc<StoreResource>,
    operations: Vec<Operation>,
) -> Term<'a> {
    let request = Request::new(env, reference);
    let resource = request.resource.clone();
    let theirs = request.resource.clone();
    let operations = move || {
        if theirs.begin() {
            Ok(operations.into_iter().map(|Operation(op)| op).collect())
        } else {
            Err(Error::new(Kind::Timeout, "called off"))
        }
    };
    let deliver = request.answer(|env, ()| atoms::ok().encode(env));
    taken(env, store.0.commit(operations, deliver), resource)
}

/// `{rows, next | nil}`: the rows after a key (or nil), some `bytes` of them.
#[rustler::nif]
fn store_page<'a>(
    env: Env<'a>,
    reference: Term<'a>,
    store: ResourceArc<StoreResource>,
    table: String,
    after: Option<Binary<'a>>,
    bytes: usize,
) -> Term<'a> {
    let request = Request::new(env, reference);
    let resource = request.resource.clone();
    let deliver = request.answer(|env, Page { rows, next }: Page| {
        // Each a binary of its own: none keeps the others alive.
        let rows: Vec<_> = rows.iter().map(|(key, value)| (binary(env, key), binary(env, value))).collect();
        (rows, next.map(|next| binary(env, &next))).encode(env)
    });
    taken(env, store.0.page(table, after.map(|key| key.as_slice().to_vec()), bytes, deliver), resource)
}

/// Writes all there is at one moment into a new file.
#[rustler::nif]
fn store_backup<'a>(env: Env<'a>, reference: Term<'a>, store: ResourceArc<StoreResource>, path: &str) -> Term<'a> {
    let request = Request::new(env, reference);
    let resource = request.resource.clone();
    let deliver = request.answer(|env, ()| atoms::ok().encode(env));
    taken(env, store.0.backup(path.into(), deliver), resource)
}

/// What is known about it, as a map.
#[rustler::nif]
fn store_info<'a>(env: Env<'a>, reference: Term<'a>, store: ResourceArc<StoreResource>) -> Term<'a> {
    let request = Request::new(env, reference);
    let resource = request.resource.clone();
    taken(env, store.0.info(request.answer(info)), resource)
}

/// Closes it; the answer comes when another may open it.
#[rustler::nif]
fn store_close<'a>(env: Env<'a>, reference: Term<'a>, store: ResourceArc<StoreResource>) -> Term<'a> {
    let request = Request::new(env, reference);
    let resource = request.resource.clone();
    taken(env, store.0.close(request.answer(|env, ()| atoms::ok().encode(env))), resource)
}

/// Calls a request off: `:never` when it is not begun and will not be, `:begun` when it goes on
/// without its message, `:answered` when that is there or on its way.
#[rustler::nif]
fn store_cancel(request: ResourceArc<RequestResource>) -> Atom {
    match request.0.compare_exchange(WAITING, CANCELLED, SeqCst, SeqCst) {
        Ok(_) => atoms::never(),
        Err(BEGUN) if request.0.compare_exchange(BEGUN, CANCELLED, SeqCst, SeqCst).is_ok() => atoms::begun(),
        Err(_) => atoms::answered(),
    }
}

/// Every kind of error there is, for the test that holds the Elixir list to it.
#[rustler::nif]
fn store_error_kinds(env: Env) -> Term {
    Kind::ALL.iter().map(|of| kind(env, *of)).collect::<Vec<_>>().encode(env)
}

/// A request of the calling process.
struct Request {
    caller: LocalPid,
    message: OwnedEnv,
    reference: rustler::env::SavedTerm,
    resource: ResourceArc<RequestResource>,
}

impl Request {
    fn new(env: Env, reference: Term) -> Request {
        let message = OwnedEnv::new();
        let reference = message.save(reference);
        let resource = ResourceArc::new(RequestResource(AtomicU8::new(WAITING)));
        Request { caller: env.pid(), message, reference, resource }
    }

    /// What sends the answer, with what `encode` makes of it.
    fn answer<T, E>(self, encode: E) -> impl FnOnce(Result<T, Error>) + Send + 'static
    where
        E: for<'b> FnOnce(Env<'b>, T) -> Term<'b> + Send + 'static,
    {
        let Request { caller, mut message, reference, resource } = self;
        move |result| {
            if resource.answer() {
                // A caller that is gone needs no answer.
                let _ = message.send_and_clear(&caller, |env| {
                    let result = match result {
                        Ok(value) => (atoms::ok(), encode(env, value)).encode(env),
                        Err(error) => refusal(env, &error),
                    };
                    (reference.load(env), result).encode(env)
                });
            }
        }
    }
}

/// `{:ok, request}`, or why the request is not taken: then there will be no message.
fn taken<'a>(env: Env<'a>, taken: Result<(), Error>, request: ResourceArc<RequestResource>) -> Term<'a> {
    match taken {
        Ok(()) => (atoms::ok(), request).encode(env),
        Err(error) => refusal(env, &error),
    }
}

fn refusal<'a>(env: Env<'a>, error: &Error) -> Term<'a> {
    let mut details = Term::map_new(env);
    if error.unknown {
        details = details.map_put(atoms::unknown(), true).unwrap_or(details);
    }
    (atoms::error(), (kind(env, error.kind), error.message.as_str(), details)).encode(env)
}

fn kind<'a>(env: Env<'a>, kind: Kind) -> Term<'a> {
    Atom::from_str(env, kind.name()).map_or_else(|_| kind.name().encode(env), |atom| atom.encode(env))
}

fn info<'a>(env: Env<'a>, info: Info) -> Term<'a> {
    let backend = if info.backend == "embedded" { atoms::embedded() } else { atoms::postgres() };
    let fields = [
        (atoms::backend(), backend.encode(env)),
        (atoms::path(), info.place.encode(env)),
        (atoms::bytes(), info.bytes.encode(env)),
        (atoms::format(), info.format.encode(env)),
        (atoms::revision(), info.revision.encode(env)),
    ];
    let keys = fields.map(|(key, _)| key.encode(env));
    let values = fields.map(|(_, value)| value);
    Term::map_from_term_arrays(env, &keys, &values).unwrap_or_else(|_| Term::map_new(env))
}

fn binary<'a>(env: Env<'a>, bytes: &[u8]) -> Term<'a> {
    NewBinary::from_slice(env, bytes).into()
}

/// One change, decoded and copied: on a dirty scheduler.
struct Operation(Op);

impl<'a> Decoder<'a> for Operation {
    fn decode(term: Term<'a>) -> NifResult<Operation> {
        if let Ok((put, table, key, value)) = term.decode::<(Atom, String, Binary, Binary)>()
            && put == atoms::put()
        {
            let (key, value) = (key.as_slice().to_vec(), value.as_slice().to_vec());
            return Ok(Operation(Op::Put { table, key, value }));
        }
        match term.decode::<(Atom, String, Binary)>()? {
            (delete, table, key) if delete == atoms::delete() => {
                Ok(Operation(Op::Delete { table, key: key.as_slice().to_vec() }))
            }
            _ => Err(rustler::Error::BadArg),
        }
    }
}

/// Where a store is.
enum Place {
    Folder(PathBuf),
    Database(Settings),
}

impl Place {
    fn decode(term: Term) -> NifResult<Place> {
        if let Ok((embedded, folder)) = term.decode::<(Atom, String)>()
            && embedded == atoms::embedded()
        {
            return Ok(Place::Folder(folder.into()));
        }
        match term.decode::<(Atom, String, String, usize, u64, u64)>()? {
            (postgres, url, schema, pool, connect, statement) if postgres == atoms::postgres() => {
                let (connect, statement) = (Duration::from_millis(connect), Duration::from_millis(statement));
                Ok(Place::Database(Settings { url, schema, pool, connect, statement }))
            }
            _ => Err(rustler::Error::BadArg),
        }
    }
}
