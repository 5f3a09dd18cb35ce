//! Native code in a folder, one sealed file a program, named by its key.
//!
//! Files are written under a temporary name and renamed, so that several virtual
//! machines may share the folder. A file is trusted only when the user this runs as
//! owns it, nobody else may write it, and its seal is unbroken.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use super::key::hex;
use super::seal::{self, Key};

/// Temporary files this old are of a writer that was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A folder of native code.
pub(crate) struct Disk {
    folder: PathBuf,
    bound: u64,
    /// What was there at the last look, and what was written since.
    bytes: AtomicU64,
    since_look: AtomicU64,
    evicted: AtomicU64,
}

/// What became of a look.
pub(crate) enum Found {
    /// Bytes whose seal is unbroken.
    Whole(Vec<u8>),
    Missing,
    /// There was a file, but not one to be trusted. It is gone now.
    Refused,
}

/// Why a file was not read.
enum Unread {
    /// It is no plain file that is this user's alone.
    NotOurs,
    /// It is not there, or the system gave an error.
    Failed,
}

impl From<io::Error> for Unread {
    fn from(_: io::Error) -> Self {
        Unread::Failed
    }
}

struct File {
    path: PathBuf,
    length: u64,
    used: SystemTime,
}

impl Disk {
    /// Makes the folder where it is missing and counts what is in it.
    ///
    /// # Errors
    /// Why this folder will not do, in words.
    pub(crate) fn open(folder: &Path, bound: u64) -> Result<Disk, String> {
        system::make(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let disk = Disk {
            folder: folder.to_path_buf(),
            bound,
            bytes: AtomicU64::new(0),
            since_look: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
        };
        disk.shrink().map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(disk)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    pub(crate) fn evicted(&self) -> u64 {
        self.evicted.load(Relaxed)
    }

    /// The file of this key, read and checked, and marked as used just now.
    pub(crate) fn read(&self, key: &Key) -> Found {
        let path = self.folder.join(hex(key));
        let found = match system::read(&path, self.bound.saturating_add(seal::LENGTH as u64)) {
            Ok(bytes) => bytes,
            // What cannot be read now, for want of file descriptors for one, may be whole.
            Err(Unread::Failed) => return Found::Missing,
            Err(Unread::NotOurs) => return self.refuse(&path),
        };
        match seal::read(&found) {
            Ok(sealed) if sealed.seal.key == *key => Found::Whole(found),
            _ => self.refuse(&path),
        }
    }

    /// Takes a file away that is no use.
    pub(crate) fn forget(&self, key: &Key) {
        self.refuse(&self.folder.join(hex(key)));
    }

    fn refuse(&self, path: &Path) -> Found {
        let length = fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
        if fs::remove_file(path).is_ok() {
            let _ = self.bytes.try_update(Relaxed, Relaxed, |bytes| Some(bytes.saturating_sub(length)));
        }
        Found::Refused
    }

    /// Writes sealed code, whole or not at all, and keeps to the bound.
    pub(crate) fn write(&self, key: &Key, sealed: &[u8]) -> io::Result<()> {
        static WRITERS: AtomicU64 = AtomicU64::new(0);
        let length = sealed.len() as u64;
        if length > self.bound {
            return Ok(());
        }
        let name = hex(key);
        let writer = WRITERS.fetch_add(1, Relaxed);
        let temporary = self.folder.join(format!("{name}.{}-{writer}.tmp", std::process::id()));
        let path = self.folder.join(&name);
        let replaced = fs::symlink_metadata(&path).map_or(0, |metadata| metadata.len());
        if let Err(error) = system::write(&temporary, sealed).and_then(|()| fs::rename(&temporary, &path)) {
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        let bytes = self.bytes.fetch_add(length, Relaxed) + length;
        let _ = self.bytes.try_update(Relaxed, Relaxed, |bytes| Some(bytes.saturating_sub(replaced)));
        // Others may write here too: look again before much has been added blindly.
        let since = self.since_look.fetch_add(length, Relaxed) + length;
        if bytes > self.bound || since > self.bound / 16 {
            self.shrink()?;
        }
        Ok(())
    }

    /// Counts what there is; beyond the bound, what was not used for longest goes,
    /// with some more, so that not every write has to look.
    fn shrink(&self) -> io::Result<()> {
        let mut files = self.files()?;
        let mut bytes: u64 = files.iter().map(|file| file.length).sum();
        if bytes > self.bound {
            files.sort_by_key(|file| file.used);
            for file in files {
                if bytes <= self.bound / 8 * 7 {
                    break;
                }
                if fs::remove_file(&file.path).is_ok() {
                    bytes -= file.length;
                    self.evicted.fetch_add(1, Relaxed);
                }
            }
        }
        self.bytes.store(bytes, Relaxed);
        self.since_look.store(0, Relaxed);
        Ok(())
    }

    /// Removes every file of the cache's; what else is in the folder stays.
    pub(crate) fn clear(&self) -> io::Result<()> {
        for file in self.files()? {
            match fs::remove_file(&file.path) {
                // Somebody else was faster.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.bytes.store(0, Relaxed);
        Ok(())
    }

    /// The files named by a key. Temporary ones that nobody writes any more go.
    fn files(&self) -> io::Result<Vec<File>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            // Another virtual machine may have taken it away in between.
            let Ok(metadata) = entry.metadata() else { continue };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if is_key(name) {
                files.push(File { path: entry.path(), length: metadata.len(), used });
            } else if name.ends_with(".tmp")
                && name.split('.').next().is_some_and(is_key)
                && used.elapsed().is_ok_and(|age| age > ABANDONED)
            {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(files)
    }
}

fn is_key(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Files that are this user's alone.
#[cfg(unix)]
mod system {
    use std::fs::{DirBuilder, OpenOptions};
    use std::io::{self, Read, Write};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
    use std::path::Path;
    use std::time::SystemTime;

    use super::Unread;

    /// Writing by the group or by others.
    const WRITABLE_BY_OTHERS: u32 = 0o022;

    fn is_ours(metadata: &std::fs::Metadata) -> bool {
        // SAFETY: it takes nothing, cannot fail and touches no memory.
        let me = unsafe { libc::geteuid() };
        metadata.uid() == me && metadata.mode() & WRITABLE_BY_OTHERS == 0
    }

    pub(super) fn make(folder: &Path) -> io::Result<()> {
        if let Some(above) = folder.parent() {
            std::fs::create_dir_all(above)?;
        }
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let metadata = std::fs::metadata(folder)?;
        if !metadata.is_dir() {
            return Err(io::Error::other("not a folder"));
        }
        if !is_ours(&metadata) {
            return Err(io::Error::other("another user owns it or may write in it: chmod 700 it, or name another"));
        }
        Ok(())
    }

    pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
        // Neither a link to elsewhere nor a pipe that never opens.
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
            Err(error) if error.raw_os_error() == Some(libc::ELOOP) => return Err(Unread::NotOurs),
            opened => opened?,
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() || !is_ours(&metadata) || metadata.len() > most {
            return Err(Unread::NotOurs);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).map_err(io::Error::other)?);
        (&file).take(most).read_to_end(&mut bytes)?;
        // Its time of modification is that of its last use: many disks keep no other.
        let _ = file.set_modified(SystemTime::now());
        Ok(bytes)
    }

    pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.set_modified(SystemTime::now())
    }
}

/// Where nobody can say whose a file is, none is trusted.
#[cfg(not(unix))]
mod system {
    use std::io;
    use std::path::Path;

    fn none<T>() -> io::Result<T> {
        Err(io::Error::other("native code is kept on disk only on Unix"))
    }

    pub(super) fn make(_folder: &Path) -> io::Result<()> {
        none()
    }

    pub(super) fn read(_path: &Path, _most: u64) -> Result<Vec<u8>, super::Unread> {
        Err(super::Unread::Failed)
    }

    pub(super) fn write(_path: &Path, _bytes: &[u8]) -> io::Result<()> {
        none()
    }
}
