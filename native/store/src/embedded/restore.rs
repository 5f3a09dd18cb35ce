//! Backups, read: checked wholly before anything is made of them.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, ReadTransaction, ReadableDatabase};

use super::files;
use super::format::{self, MIGRATIONS, Meta};
use super::lock::Lock;
use super::{check, page_of, tables_of, there};
use crate::engine::Page;
use crate::error::{Error, Kind, Result};

/// A backup that was found whole, in the current format. Its file is not written to.
pub(crate) struct Backup {
    path: PathBuf,
    snapshot: ReadTransaction,
    pub(crate) meta: Meta,
    // The snapshot ends with it.
    _database: Database,
}

impl Backup {
    pub(crate) fn open(path: &Path) -> Result<Backup> {
        let (database, meta) = whole(path)?;
        // Only in the shadow over the file.
        let meta = format::migrate(path, &database, meta, MIGRATIONS)?;
        let snapshot = database.begin_read().map_err(|error| no_backup(path, &error.to_string()))?;
        Ok(Backup { path: path.to_path_buf(), snapshot, meta, _database: database })
    }

    pub(crate) fn tables(&self) -> Result<Vec<String>> {
        tables_of(&self.snapshot).map_err(|error| no_backup(&self.path, &error.to_string()))
    }

    pub(crate) fn page(&self, table: &str, after: Option<&[u8]>, max_bytes: usize) -> Result<Page> {
        page_of(&self.snapshot, table, after, max_bytes).map_err(|error| no_backup(&self.path, &error.to_string()))
    }
}

fn whole(path: &Path) -> Result<(Database, Meta)> {
    let options = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).clone();
    let file = options.open(path).map_err(|error| Error::file(path, &error))?;
    check_is_file(path, &file)?;
    let (database, _) = check::open(path, &Arc::new(file), no_backup)?;
    let meta = format::of(path, &database, MIGRATIONS, no_backup)?;
    Ok((database, meta))
}

fn check_is_file(path: &Path, file: &File) -> Result<()> {
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(no_backup(path, "it is no file")),
        Err(error) => Err(Error::file(path, &error)),
    }
}

fn no_backup(path: &Path, what: &str) -> Error {
    let what = what.trim_end_matches('.');
    Error::new(Kind::Damaged, format!("{} is no whole backup: {what}. Nothing was changed", path.display()))
}

pub(super) fn into_folder(backup: &Path, folder: &Path, replace: bool) -> Result<()> {
    files::make_folder(folder)?;
    let lock = Lock::take(folder)?;
    let path = folder.join("store.redb");
    // What is damaged or gone is what one restores for.
    let there = match there(&path, lock.made()) {
        Err(error) if error.kind == Kind::Missing => false,
        Err(error) if error.kind == Kind::Damaged => true,
        other => other?,
    };
    if there && !replace {
        let message = format!(
            "{} is a store already: restore with replace: true, which keeps it as store.redb.before-…",
            path.display()
        );
        return Err(Error::new(Kind::Conflict, message));
    }
    // What is checked is the copy: what is read next.
    let new = files::beside(&path, ".new");
    let copied = files::copy(backup, &new).and_then(|()| {
        whole(&new).map(drop).map_err(|error| {
            let message = error.message.replace(&new.display().to_string(), &backup.display().to_string());
            Error { message, ..error }
        })
    });
    let placed = copied.and_then(|()| {
        if there {
            files::replace(&new, &path, &files::unused(&path, &format!(".before-{}", files::now())))
        } else {
            files::publish(&new, &path)
        }
    });
    if placed.is_err() {
        files::remove(&new)?;
    }
    placed?;
    lock.set_made()
}
