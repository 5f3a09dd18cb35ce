//! The store in a PostgreSQL database: for those who outgrow one machine's disk, not for several
//! writers at once. One session holds a lock and makes all commits, so that who has lost the lock
//! cannot commit; a few others read.

mod address;
mod restore;
mod schema;
mod session;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::embedded::{FileWriter, Meta};
use crate::engine::{Engine, Info, Op, Page};
use crate::error::{Error, Kind, Result};
use crate::store::{self, Store};
use address::Address;
use schema::{Changes, Schema};
use session::{Answer, Failure, Limits, Session};

/// A page of a backup, in bytes.
const BACKUP_PAGE: usize = 4 << 20;

/// The most sessions that read.
const MAX_POOL: usize = 64;

/// Which database, and how long to wait for it.
#[derive(Clone)]
pub struct Settings {
    /// `postgres://user:password@host:port/database?sslmode=…`.
    pub url: String,
    /// The schema that the tables are in.
    pub schema: String,
    /// Sessions that read.
    pub pool: usize,
    /// For a session to begin.
    pub connect: Duration,
    /// For a statement.
    pub statement: Duration,
}

/// The store in a database.
pub struct Postgres {
    runtime: Runtime,
    address: Address,
    schema: Schema,
    limits: Limits,
    writer: Mutex<Writer>,
    /// Sessions that read, and have nothing to do now; there are no more than threads that read.
    idle: Mutex<Vec<Client>>,
    revision: AtomicU64,
    /// Whether there is a commit of which it is not known whether it was made: it may still come,
    /// so nothing is read until that is settled.
    unsettled: AtomicBool,
    /// Why nothing is answered any more.
    refused: Mutex<Option<Error>>,
}

struct Writer {
    /// None when it was lost.
    client: Option<Client>,
    /// The server's number of the session that has or had the lock.
    session: Option<i32>,
    /// The revision of a commit of which it is not known whether it was made.
    pending: Option<u64>,
}

impl Postgres {
    /// Opens the store in a database, in which its tables are made if they are not there;
    /// `opened` is told on a thread of the store's.
    ///
    /// # Errors
    /// When no thread is to be had; `opened` is then not called.
    pub fn open<D>(settings: Settings, opened: D) -> Result<()>
    where
        D: FnOnce(Result<Store>) + Send + 'static,
    {
        store::open(settings.pool.clamp(1, MAX_POOL), move || Postgres::new(&settings), opened)
    }

    /// Writes the records of a backup into a database. Those that are there are in the way, or
    /// with `replace` kept under another name.
    ///
    /// # Errors
    /// When no thread is to be had; `done` is then not called.
    pub fn restore<D>(backup: PathBuf, settings: Settings, replace: bool, done: D) -> Result<()>
    where
        D: FnOnce(Result<()>) + Send + 'static,
    {
        let work = move || {
            let store = Postgres::new(&settings)?;
            let restored = restore::into_database(&backup, &store, replace);
            store.close()?;
            restored
        };
        store::once("restoring a backup", work, done)
    }

    fn new(settings: &Settings) -> Result<Postgres> {
        let limits = Limits { connect: settings.connect, statement: settings.statement };
        let address = Address::parse(&settings.url, settings.connect)?;
        let schema = Schema::new(&settings.schema)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("workbooks-postgres")
            .enable_all()
            .build()
            .map_err(|error| Error::new(Kind::Overloaded, format!("no thread for the database's client: {error}")))?;
        let (client, session, revision) = {
            let session = Session::connect(&runtime, &address, limits)?;
            let number = schema.lock(&session, &address.name, None, &address.shown)?;
            let revision = schema.prepare(&session, &address.shown)?;
            (session.into_client(), number, revision)
        };
        let writer = Writer { client: Some(client), session: Some(session), pending: None };
        Ok(Postgres {
            runtime,
            address,
            schema,
            limits,
            writer: Mutex::new(writer),
            idle: Mutex::new(Vec::new()),
            revision: AtomicU64::new(revision),
            unsettled: AtomicBool::new(false),
            refused: Mutex::new(None),
        })
    }

    fn session(&self, client: Client) -> Session<'_> {
        Session::of(&self.runtime, &self.address, self.limits, client)
    }

    fn connect(&self) -> Result<Session<'_>> {
        Session::connect(&self.runtime, &self.address, self.limits)
    }

    fn allowed(&self) -> Result<()> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone().map_or(Ok(()), Err)
    }

    fn refuse(&self, error: &Error) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
    }

    /// Asks one of the sessions that read. One that had nothing to do for long may have been lost
    /// without anybody's notice: then a new one is asked.
    fn read<T>(&self, ask: impl Fn(&Session) -> Answer<T>) -> Result<T> {
        self.allowed()?;
        self.settled()?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(client) = idle.filter(|client| !client.is_closed()) {
            let session = self.session(client);
            match ask(&session) {
                Err(Failure { lost: true, error }) if error.kind != Kind::Timeout => {}
                answer => return self.put_back(session, answer),
            }
        }
        let session = self.connect()?;
        let answer = ask(&session);
        self.put_back(session, answer)
    }

    fn settled(&self) -> Result<()> {
        if self.unsettled.load(SeqCst) {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let session = self.writer_session(&mut writer)?;
            writer.client = Some(session.into_client());
        }
        Ok(())
    }

    fn put_back<T>(&self, session: Session<'_>, answer: Answer<T>) -> Result<T> {
        if !matches!(answer, Err(Failure { lost: true, .. })) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session.into_client());
        }
        Ok(answer?)
    }

    /// One attempt. It is lost when the connection was, and its effect is known unless it says so.
    fn try_commit(&self, writer: &mut Writer, changes: &Changes) -> Answer<()> {
        let final_answer = |error| Failure { error, lost: false };
        let session = self.writer_session(writer).map_err(final_answer)?;
        let revision = self.revision.load(SeqCst) + 1;
        match self.schema.commit(&session, revision, changes) {
            Ok(true) => {
                writer.client = Some(session.into_client());
                self.revision.store(revision, SeqCst);
                Ok(())
            }
            Ok(false) => {
                let shown = &self.address.shown;
                let message = format!("somebody else writes to {shown}, past its lock: open the store again");
                let error = Error::new(Kind::Closed, message);
                self.refuse(&error);
                Err(final_answer(error))
            }
            Err(Failure { error, lost: false }) => {
                writer.client = Some(session.into_client());
                Err(final_answer(error))
            }
            Err(Failure { error, .. }) => {
                drop(session);
                self.unsettle(writer, revision);
                // Whether it was made is what the database says.
                match self.writer_session(writer) {
                    Ok(session) => {
                        writer.client = Some(session.into_client());
                        if self.revision.load(SeqCst) == revision { Ok(()) } else { Err(Failure { error, lost: true }) }
                    }
                    Err(_) => Err(final_answer(error.unknown())),
                }
            }
        }
    }

    /// A session with the lock, in a database that nobody else has written to meanwhile.
    fn writer_session(&self, writer: &mut Writer) -> Result<Session<'_>> {
        if let Some(client) = writer.client.take().filter(|client| !client.is_closed()) {
            return Ok(self.session(client));
        }
        let session = self.connect()?;
        // Once it has the lock the session before it has ended, and nothing of that is on its way.
        let number = self.schema.lock(&session, &self.address.name, writer.session, &self.address.shown)?;
        writer.session = Some(number);
        let (_, revision) = self.schema.read_meta(&session, &self.address.shown)?;
        let known = self.revision.load(SeqCst);
        if revision != known && Some(revision) != writer.pending {
            let message = format!(
                "somebody else wrote to {} while the connection was lost: open the store again",
                self.address.shown
            );
            let error = Error::new(Kind::Closed, message);
            self.refuse(&error);
            return Err(error);
        }
        writer.pending = None;
        self.unsettled.store(false, SeqCst);
        self.revision.store(revision, SeqCst);
        Ok(session)
    }

    /// The commit that makes this revision may be made, or not.
    fn unsettle(&self, writer: &mut Writer, revision: u64) {
        writer.pending = Some(revision);
        self.unsettled.store(true, SeqCst);
    }
}

/// What is left of the changes when each key is changed once, the last time that it is.
fn changes(ops: &[Op]) -> Changes<'_> {
    let mut last: HashMap<(&str, &[u8]), Option<&[u8]>> = HashMap::with_capacity(ops.len());
    for op in ops {
        match op {
            Op::Put { table, key, value } => last.insert((table, key), Some(value)),
            Op::Delete { table, key } => last.insert((table, key), None),
        };
    }
    let mut changes = Changes::default();
    for ((table, key), value) in last {
        match value {
            Some(value) => {
                changes.put.0.push(table);
                changes.put.1.push(key);
                changes.put.2.push(value);
            }
            None => {
                changes.deleted.0.push(table);
                changes.deleted.1.push(key);
            }
        }
    }
    changes
}

impl Engine for Postgres {
    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.read(|session| self.schema.get(session, table, key))
    }

    fn commit(&self, ops: &[Op]) -> Result<()> {
        self.allowed()?;
        let changes = changes(ops);
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match self.try_commit(&mut writer, &changes) {
            // The connection was lost, and it is known that nothing was written.
            Err(Failure { lost: true, error }) if !error.unknown => Ok(self.try_commit(&mut writer, &changes)?),
            answer => Ok(answer?),
        }
    }

    fn page(&self, table: &str, after: Option<&[u8]>, max_bytes: usize) -> Result<Page> {
        self.read(|session| self.schema.page(session, table, after, max_bytes))
    }

    fn backup(&self, to: &Path, stop: &AtomicBool) -> Result<()> {
        self.allowed()?;
        let session = self.connect()?;
        // Between its statements it writes to a file, however long that takes.
        session
            .batch("SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let (format, revision) = self.schema.read_meta(&session, &self.address.shown)?;
        let mut writer = FileWriter::create(to)?;
        for table in self.schema.tables(&session)? {
            let mut after = None;
            loop {
                if stop.load(SeqCst) {
                    return Err(Error::closed());
                }
                let page = self.schema.page(&session, &table, after.as_deref(), BACKUP_PAGE)?;
                writer.add(&table, page.rows)?;
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        writer.finish(Meta { format: format as u32, revision })
    }

    fn info(&self) -> Result<Info> {
        let statement = "SELECT pg_total_relation_size($1::text::regclass)";
        let bytes = self.read(|session| {
            let row = session.row(statement, &[(&self.schema.records, Type::TEXT)])?;
            session.column::<i64>(&row, 0)
        })?;
        Ok(Info {
            backend: "postgres",
            place: self.address.shown.clone(),
            bytes: bytes.unsigned_abs(),
            format: schema::FORMAT as u32,
            revision: self.revision.load(SeqCst),
        })
    }

    fn distrust(&self) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.client = None;
        self.unsettle(&mut writer, self.revision.load(SeqCst) + 1);
        drop(writer);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn close(&self) -> Result<()> {
        self.refuse(&Error::closed());
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let client = self.writer.lock().unwrap_or_else(PoisonError::into_inner).client.take();
        if let Some(client) = client {
            // The lock ends with the session, which takes the server a moment after the
            // connection is gone; asked for, it is given back at once.
            let _ = self.session(client).rows("SELECT pg_advisory_unlock_all()", &[]);
        }
        Ok(())
    }
}
