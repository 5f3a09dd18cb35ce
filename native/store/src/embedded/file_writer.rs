//! A whole store written into a new file: an empty one, or a backup.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, TableDefinition};

use super::backend::Backend;
use super::files;
use super::format::{self, Meta};
use crate::error::{Error, Kind, Result};

/// What one transaction takes up of memory, or a little more.
const CHUNK: usize = 8 << 20;
const CACHE: usize = 32 << 20;

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// A file on its way, under another name until it is finished.
pub(crate) struct FileWriter {
    path: PathBuf,
    new: PathBuf,
    backend: Backend,
    database: Option<Database>,
    table: String,
    rows: Rows,
    bytes: usize,
}

impl FileWriter {
    /// Begins what is to be called `path`, where nothing may be yet.
    pub(crate) fn create(path: &Path) -> Result<FileWriter> {
        if path.symlink_metadata().is_ok() {
            return Err(files::exists(path));
        }
        let new = files::beside(path, ".new");
        let backend = Backend::direct(Arc::new(files::fresh(&new)?));
        let mut builder = Database::builder();
        let database = builder.set_cache_size(CACHE).create_with_backend(backend.clone());
        let mut writer = FileWriter {
            path: path.to_path_buf(),
            new,
            backend,
            database: None,
            table: String::new(),
            rows: Rows::new(),
            bytes: 0,
        };
        match database {
            Ok(database) => writer.database = Some(database),
            Err(error) => return Err(writer.failed(&error.into())),
        }
        Ok(writer)
    }

    /// Adds records of a table.
    pub(crate) fn add(&mut self, table: &str, rows: Rows) -> Result<()> {
        if self.table != table {
            self.flush()?;
            self.table = table.to_string();
        }
        for (key, value) in rows {
            self.bytes += key.len() + value.len();
            self.rows.push((key, value));
            if self.bytes > CHUNK {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Makes all of it durable and gives the file its name.
    pub(crate) fn finish(mut self, meta: Meta) -> Result<()> {
        self.flush()?;
        self.transact(|transaction| format::write(transaction, meta))?;
        if let Some(database) = self.database.take() {
            database.close().map_err(|error| self.failed(&error.into()))?;
        }
        self.backend.sync_all().map_err(|error| Error::file(&self.new, &error))?;
        files::publish(&self.new, &self.path)
    }

    fn flush(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if rows.is_empty() {
            return Ok(());
        }
        self.transact(|transaction| {
            let mut table = transaction.open_table(TableDefinition::<&[u8], &[u8]>::new(&self.table))?;
            for (key, value) in &rows {
                table.insert(key.as_slice(), value.as_slice())?;
            }
            Ok(())
        })
    }

    fn transact<F>(&self, write: F) -> Result<()>
    where
        F: FnOnce(&redb::WriteTransaction) -> std::result::Result<(), redb::Error>,
    {
        let Some(database) = &self.database else { return Err(Error::closed()) };
        let written = (|| {
            let mut transaction = database.begin_write()?;
            transaction.set_two_phase_commit(true);
            write(&transaction)?;
            Ok(transaction.commit()?)
        })();
        written.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &redb::Error) -> Error {
        match self.backend.take_fault() {
            Some(fault) => Error::file(&self.new, &fault.error),
            None => Error::new(Kind::Io, format!("{}: {error}", self.new.display())),
        }
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        // Finished, it has another name.
        drop(self.database.take());
        let _ = files::remove(&self.new);
    }
}
