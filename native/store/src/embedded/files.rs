//! Files that are there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Kind, Result};

/// A folder for this user alone, if it is not there yet.
pub(super) fn make_folder(folder: &Path) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| Error::file(folder, &error))
}

/// An empty file for this user alone, in place of what was left of an earlier attempt.
pub(super) fn fresh(path: &Path) -> Result<File> {
    remove(path)?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| Error::file(path, &error))
}

/// Removes a file that may be there.
pub(super) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(path, &error)),
        _ => Ok(()),
    }
}

/// `path` with more at its end.
pub(super) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    PathBuf::from(name)
}

/// Gives a finished file its name, where nothing may be yet, and makes that durable.
pub(super) fn publish(from: &Path, to: &Path) -> Result<()> {
    // A link is made or refused in one step; some file systems have none.
    match fs::hard_link(from, to) {
        Ok(()) => remove(from)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(exists(to)),
        Err(_) if to.symlink_metadata().is_ok() => return Err(exists(to)),
        Err(_) => fs::rename(from, to).map_err(|error| Error::file(to, &error))?,
    }
    sync_folder_of(to)
}

/// The answer when a file would have to be overwritten.
pub(super) fn exists(path: &Path) -> Error {
    Error::new(Kind::Conflict, format!("{} is there already: name a file that is not", path.display()))
}

/// Gives a finished file the name of another, which is kept under the name `old`.
pub(super) fn replace(from: &Path, to: &Path, old: &Path) -> Result<()> {
    if fs::hard_link(to, old).or_else(|_| fs::rename(to, old)).is_err() {
        let message = format!("{} could not be kept as {}: nothing was changed", to.display(), old.display());
        return Err(Error::new(Kind::Io, message));
    }
    fs::rename(from, to).map_err(|error| Error::file(to, &error))?;
    sync_folder_of(to)
}

/// `path` with `more` at its end, and if that is taken the time too.
pub(super) fn unused(path: &Path, more: &str) -> PathBuf {
    let mut name = beside(path, more);
    while name.symlink_metadata().is_ok() {
        name = beside(&name, &format!("-{}", now()));
    }
    name
}

/// Copies a file's bytes into a new one that is durable.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut source = File::open(from).map_err(|error| Error::file(from, &error))?;
    let mut copy = fresh(to)?;
    io::copy(&mut source, &mut copy).and_then(|_| copy.sync_all()).map_err(|error| Error::file(to, &error))
}

/// Makes the names in a file's folder durable.
pub(super) fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| Error::file(folder, &error))
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
