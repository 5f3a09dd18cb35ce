//! The embedded store: one redb file in a folder of its own, and the lock beside it.

mod backend;
mod check;
mod file_writer;
mod files;
mod format;
mod lock;
mod restore;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use redb::{Database, ReadTransaction, ReadableDatabase, TableDefinition, TableError, TableHandle};

pub(crate) use file_writer::FileWriter;
pub(crate) use format::Meta;
pub use format::Migration;
pub(crate) use lock::host;
pub(crate) use restore::Backup;

use crate::engine::{Engine, Info, Op, Page};
use crate::error::{Error, Kind, Result};
use crate::store::{self, Store};
use backend::{Backend, Fault};
use check::damaged;
use lock::Lock;

const READERS: usize = 2;

/// A page of a backup, in bytes.
const BACKUP_PAGE: usize = 1 << 20;

/// The store in a folder.
pub struct Embedded {
    path: PathBuf,
    file: Arc<File>,
    migrations: &'static [Migration],
    state: RwLock<State>,
    /// As of the last commit that is known to be durable.
    revision: AtomicU64,
    lock: Mutex<Option<Lock>>,
}

enum State {
    Open {
        database: Database,
        backend: Backend,
    },
    /// Something went wrong: to be opened again, with all its checks, before it is used.
    Suspect,
    /// The system lost what it was given to keep: what it still shows may not be on the disk.
    Lost(Error),
    Closed,
}

/// A key, and its new value if it has one.
type Change<'a> = (&'a [u8], Option<&'a [u8]>);

/// Why a commit did not come to its end.
struct Failure {
    error: Error,
    /// The disk took the bytes, then did not keep them.
    lost: bool,
}

impl Embedded {
    /// Opens the store in `folder`, which is made if it is not there; `opened` is told on a
    /// thread of the store's.
    ///
    /// # Errors
    /// When no thread is to be had; `opened` is then not called.
    pub fn open<D>(folder: PathBuf, opened: D) -> Result<()>
    where
        D: FnOnce(Result<Store>) + Send + 'static,
    {
        Embedded::open_with(folder, format::MIGRATIONS, opened)
    }

    /// As `open`, with other steps from one format to the next than those of this version.
    ///
    /// # Errors
    /// As for [`Embedded::open`].
    pub fn open_with<D>(folder: PathBuf, migrations: &'static [Migration], opened: D) -> Result<()>
    where
        D: FnOnce(Result<Store>) + Send + 'static,
    {
        store::open(READERS, move || Embedded::new(&folder, migrations), opened)
    }

    /// Makes the store in `folder` of a backup. One that is there is in the way, or with `replace`
    /// kept under another name.
    ///
    /// # Errors
    /// When no thread is to be had; `done` is then not called.
    pub fn restore<D>(backup: PathBuf, folder: PathBuf, replace: bool, done: D) -> Result<()>
    where
        D: FnOnce(Result<()>) + Send + 'static,
    {
        store::once("restoring a backup", move || restore::into_folder(&backup, &folder, replace), done)
    }

    fn new(folder: &Path, migrations: &'static [Migration]) -> Result<Embedded> {
        files::make_folder(folder)?;
        let lock = Lock::take(folder)?;
        let path = folder.join("store.redb");
        for left_over in [".new", ".copy"] {
            files::remove(&files::beside(&path, left_over))?;
        }
        if there(&path, lock.made())? {
            let store = Embedded::existing(path, migrations)?;
            lock.set_made()?;
            return Ok(store.locked(lock));
        }
        let meta = Meta { format: format::current(migrations), revision: 0 };
        FileWriter::create(&path)?.finish(meta)?;
        lock.set_made()?;
        Ok(Embedded::existing(path, migrations)?.locked(lock))
    }

    fn locked(self, lock: Lock) -> Embedded {
        Embedded { lock: Mutex::new(Some(lock)), ..self }
    }

    fn existing(path: PathBuf, migrations: &'static [Migration]) -> Result<Embedded> {
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(|error| Error::file(&path, &error))?;
        // Beside the lock's own file, against whoever opens this one with another tool.
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("{} is locked by another process: close it there", path.display());
                return Err(Error::new(Kind::Locked, message));
            }
            Err(TryLockError::Error(error)) => return Err(Error::file(&path, &error)),
        }
        let store = Embedded {
            path,
            file: Arc::new(file),
            migrations,
            state: RwLock::new(State::Suspect),
            revision: AtomicU64::new(0),
            lock: Mutex::new(None),
        };
        let (state, revision) = store.checked()?;
        store.revision.store(revision, SeqCst);
        Ok(Embedded { state: RwLock::new(state), ..store })
    }

    /// Opens the file with all its checks: the database, and the revision it is at.
    fn checked(&self) -> Result<(State, u64)> {
        let (database, backend) = check::open(&self.path, &self.file, damaged)?;
        let mut meta = format::of(&self.path, &database, self.migrations, damaged)?;
        // As far as this comes, it is the way of any recovery: the next one goes on from there.
        backend.step_out().map_err(|error| Error::file(&self.path, &error))?;
        if meta.format < format::current(self.migrations) {
            format::keep_copy(&self.path, meta)?;
            meta = format::migrate(&self.path, &database, meta, self.migrations)?;
        }
        Ok((State::Open { database, backend }, meta.revision))
    }

    /// Runs `work` on the database. After a failure it is opened again before it is used again.
    fn with<T>(&self, work: impl FnOnce(&Database) -> std::result::Result<T, redb::Error>) -> Result<T> {
        self.ready()?;
        let failure = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            match &*state {
                State::Open { database, backend } => match work(database) {
                    Ok(value) => return Ok(value),
                    Err(error) => self.failure(backend, error).error,
                },
                State::Lost(error) => return Err(error.clone()),
                State::Suspect => return Err(self.opening_again()),
                State::Closed => return Err(Error::closed()),
            }
        };
        self.distrust();
        Err(failure)
    }

    /// Opens a store that is suspect.
    fn ready(&self) -> Result<()> {
        if !matches!(*self.state.read().unwrap_or_else(PoisonError::into_inner), State::Suspect) {
            return Ok(());
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Suspect) {
            let (open, revision) = self.checked()?;
            self.revision.store(revision, SeqCst);
            *state = open;
        }
        Ok(())
    }

    fn set_state(&self, next: State) {
        let last = std::mem::replace(&mut *self.state.write().unwrap_or_else(PoisonError::into_inner), next);
        // A database that failed may fail once more on its way out.
        let _ = catch_unwind(AssertUnwindSafe(move || drop(last)));
    }

    fn failure(&self, backend: &Backend, error: redb::Error) -> Failure {
        let fault = backend.take_fault();
        let lost = fault.as_ref().is_some_and(|fault| fault.syncing);
        let error = match (fault, error) {
            (Some(Fault { error, .. }), _) => Error::file(&self.path, &error),
            (None, redb::Error::Corrupted(what)) => damaged(&self.path, &what),
            (None, redb::Error::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                damaged(&self.path, "it is shorter than it was")
            }
            (None, redb::Error::DatabaseClosed) => self.opening_again(),
            (None, error) => Error::new(Kind::Io, format!("{}: {error}", self.path.display())),
        };
        Failure { error, lost }
    }

    fn opening_again(&self) -> Error {
        Error::new(Kind::Io, format!("{} had to be opened again after a failure: try again", self.path.display()))
    }

    fn try_commit(&self, ops: &[Op], revision: u64) -> std::result::Result<(), Failure> {
        let known = |error| Failure { error, lost: false };
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Open { database, backend } => {
                write(database, ops, revision).map_err(|error| self.failure(backend, error))
            }
            State::Lost(error) => Err(known(error.clone())),
            // A reader met a failure just now.
            State::Suspect => Err(known(self.opening_again())),
            State::Closed => Err(known(Error::closed())),
        }
    }
}

/// Whether there is a store to open, not one to be made.
fn there(path: &Path, made: bool) -> Result<bool> {
    let advice = "put it back, or restore a backup with Workbooks.Storage.restore/2";
    match path.metadata() {
        Ok(metadata) if metadata.len() > 0 => Ok(true),
        Ok(_) => Err(damaged(path, "it is empty")),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(path, &error)),
        Err(_) if made => Err(Error::new(
            Kind::Missing,
            format!(
                "{} is gone, and there was a store here: {advice}; to begin with an empty one, remove store.lock",
                path.display()
            ),
        )),
        Err(_) => Ok(false),
    }
}

fn write(database: &Database, ops: &[Op], revision: u64) -> std::result::Result<(), redb::Error> {
    // A table is opened once in a transaction; the order within each is kept.
    let mut tables: BTreeMap<&str, Vec<Change>> = BTreeMap::new();
    for op in ops {
        let (table, key, value) = match op {
            Op::Put { table, key, value } => (table, key, Some(value.as_slice())),
            Op::Delete { table, key } => (table, key, None),
        };
        tables.entry(table).or_default().push((key, value));
    }
    let mut transaction = database.begin_write()?;
    transaction.set_two_phase_commit(true);
    for (name, changes) in tables {
        let mut table = transaction.open_table(definition(name))?;
        for (key, value) in changes {
            match value {
                Some(value) => drop(table.insert(key, value)?),
                None => drop(table.remove(key)?),
            }
        }
    }
    format::write_revision(&transaction, revision)?;
    Ok(transaction.commit()?)
}

fn definition(name: &str) -> TableDefinition<'_, &'static [u8], &'static [u8]> {
    TableDefinition::new(name)
}

/// The records after `after` in one moment's state.
pub(crate) fn page_of(
    transaction: &ReadTransaction,
    table: &str,
    after: Option<&[u8]>,
    max_bytes: usize,
) -> std::result::Result<Page, redb::Error> {
    let table = match transaction.open_table(definition(table)) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(Page::default()),
        Err(error) => return Err(error.into()),
    };
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut page = Page::default();
    let mut bytes = 0;
    for row in table.range::<&[u8]>((from, Bound::Unbounded))? {
        // There is one more: the page ends before it.
        if bytes >= max_bytes && !page.rows.is_empty() {
            page.next = page.rows.last().map(|(key, _)| key.clone());
            break;
        }
        let (key, value) = row?;
        let (key, value) = (key.value().to_vec(), value.value().to_vec());
        bytes += key.len() + value.len();
        page.rows.push((key, value));
    }
    Ok(page)
}

/// The names of the tables of records.
pub(crate) fn tables_of(transaction: &ReadTransaction) -> std::result::Result<Vec<String>, redb::Error> {
    Ok(transaction.list_tables()?.map(|table| table.name().to_string()).filter(|name| !name.contains('/')).collect())
}

impl Engine for Embedded {
    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.with(|database| match database.begin_read()?.open_table(definition(table)) {
            Ok(table) => Ok(table.get(key)?.map(|value| value.value().to_vec())),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        })
    }

    fn commit(&self, ops: &[Op]) -> Result<()> {
        self.ready()?;
        let before = self.revision.load(SeqCst);
        let revision = before + 1;
        match self.try_commit(ops, revision) {
            Ok(()) => {
                self.revision.store(revision, SeqCst);
                Ok(())
            }
            Err(Failure { error, lost: true }) => {
                let reopen = "the disk did not keep what it was given: see to it, then open the store again";
                let message = format!("{}: {reopen}", self.path.display());
                self.set_state(State::Lost(Error::new(Kind::Closed, message)));
                Err(error.unknown())
            }
            Err(Failure { error, .. }) if error.kind == Kind::Closed => Err(error),
            Err(Failure { error, .. }) => {
                self.distrust();
                // Whether it came to the disk is what the file says.
                match self.ready() {
                    Ok(()) if self.revision.load(SeqCst) == revision => Ok(()),
                    Ok(()) => Err(error),
                    Err(_) => Err(error.unknown()),
                }
            }
        }
    }

    fn page(&self, table: &str, after: Option<&[u8]>, max_bytes: usize) -> Result<Page> {
        self.with(|database| page_of(&database.begin_read()?, table, after, max_bytes))
    }

    fn backup(&self, to: &Path, stop: &AtomicBool) -> Result<()> {
        // What is read from now on is of this moment; the database is free for others.
        let snapshot = self.with(|database| Ok(database.begin_read()?))?;
        let broken = |error: redb::Error| {
            let message = format!("{}: {error}; no backup was made, try again", self.path.display());
            Error::new(Kind::Io, message)
        };
        let meta = format::read(&snapshot).map_err(broken)?;
        let meta = meta.ok_or_else(|| damaged(&self.path, "what stands beside the records is gone"))?;
        let mut writer = FileWriter::create(to)?;
        for table in tables_of(&snapshot).map_err(broken)? {
            let mut after = None;
            loop {
                if stop.load(SeqCst) {
                    return Err(Error::closed());
                }
                let page = page_of(&snapshot, &table, after.as_deref(), BACKUP_PAGE).map_err(broken)?;
                writer.add(&table, page.rows)?;
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        writer.finish(meta)
    }

    fn info(&self) -> Result<Info> {
        self.ready()?;
        let bytes = self.file.metadata().map_err(|error| Error::file(&self.path, &error))?.len();
        Ok(Info {
            backend: "embedded",
            place: self.path.display().to_string(),
            bytes,
            format: format::current(self.migrations),
            revision: self.revision.load(SeqCst),
        })
    }

    fn distrust(&self) {
        if matches!(*self.state.read().unwrap_or_else(PoisonError::into_inner), State::Open { .. }) {
            self.set_state(State::Suspect);
        }
    }

    fn close(&self) -> Result<()> {
        self.set_state(State::Closed);
        // Closing the file would free it too, but that is for whoever holds it last.
        let _ = self.file.unlock();
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
        Ok(())
    }
}
