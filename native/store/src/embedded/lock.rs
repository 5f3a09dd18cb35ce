//! `store.lock`: who has the store, and that there is one.
//!
//! The file stays. Its first line says that a store was made here, so that one whose file has
//! vanished is not taken for one that never was; its second line names who holds the lock. Each
//! has its place and is written over in one piece: no crash leaves a file without the first.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::files;
use crate::error::{Error, Kind, Result};

const MADE: &str = "a store was made here";
/// Where the second line begins.
const HOLDER: u64 = 64;
const LINE: usize = 192;

/// How long a store of this very process may take to close.
const OWN: Duration = Duration::from_secs(5);

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    pub(super) fn take(folder: &Path) -> Result<Lock> {
        let path = folder.join("store.lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(|error| Error::file(&path, &error))?;
        let patience = Instant::now() + OWN;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(Error::file(&path, &error)),
                Err(TryLockError::WouldBlock) => {
                    let holder = holder(&file);
                    // The process that had it open was killed, and its store is being closed.
                    if holder != this() || Instant::now() > patience {
                        return Err(locked(folder, &holder));
                    }
                    sleep(Duration::from_millis(5));
                }
            }
        }
        let lock = Lock { file, path };
        lock.write(HOLDER, &this(), LINE)?;
        Ok(lock)
    }

    /// Whether a store was made here at some time.
    pub(super) fn made(&self) -> bool {
        let mut line = [0; MADE.len()];
        self.file.read_exact_at(&mut line, 0).is_ok() && line == *MADE.as_bytes()
    }

    /// From now on there is a store here.
    pub(super) fn set_made(&self) -> Result<()> {
        if self.made() {
            return Ok(());
        }
        self.write(0, MADE, HOLDER as usize)?;
        self.file.sync_all().map_err(|error| Error::file(&self.path, &error))?;
        files::sync_folder_of(&self.path)
    }

    fn write(&self, at: u64, text: &str, length: usize) -> Result<()> {
        let text: String = text.chars().take(length - 1).collect();
        let line = format!("{text:<width$}\n", width = length - 1);
        self.file.write_all_at(line.as_bytes(), at).map_err(|error| Error::file(&self.path, &error))
    }
}

fn holder(file: &File) -> String {
    let mut line = vec![0; LINE];
    let length = file.read_at(&mut line, HOLDER).unwrap_or(0);
    line.truncate(length);
    String::from_utf8_lossy(&line).trim_matches(['\0', ' ', '\n']).to_string()
}

fn this() -> String {
    format!("process {} on {}", std::process::id(), host())
}

fn locked(folder: &Path, holder: &str) -> Error {
    let advice = "stop that one, or give this one a folder of its own";
    let message = match holder {
        "" => format!("the store in {} is open in another process: {advice}", folder.display()),
        holder if holder == this() => {
            format!("the store in {} is open in this very process ({holder}) already: close it first", folder.display())
        }
        holder => format!("the store in {} is open in {holder}: {advice}", folder.display()),
    };
    Error::new(Kind::Locked, message)
}

/// This machine's name.
pub(crate) fn host() -> String {
    let mut name = [0u8; 65];
    // SAFETY: it writes no more than the length it is given.
    let failed = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) } != 0;
    let length = name.iter().position(|byte| *byte == 0).unwrap_or(0);
    if failed || length == 0 {
        return "an unnamed host".into();
    }
    String::from_utf8_lossy(&name[..length]).into_owned()
}
