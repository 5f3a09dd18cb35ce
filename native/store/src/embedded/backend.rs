//! The file under redb, and a shadow over it.
//!
//! Opening a database writes: flags in its header, and what a recovery takes. A damaged file must
//! stay as it is, so until redb has found everything whole its writes are only kept in mind, and
//! read back from there. Then they are done for real, in their order, and the shadow is gone.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use redb::StorageBackend;

/// Where the header is told apart from what follows it; only byte 9 of it is ever changed here.
pub(super) const GOD_BYTE: usize = 9;

/// What redb did while it opened the file.
#[derive(Debug)]
enum Step {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
}

#[derive(Debug)]
struct Shadow {
    /// What byte 9 of the file is taken for.
    god: u8,
    len: u64,
    steps: Vec<Step>,
}

/// What a system call that failed was about, and what it said.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) syncing: bool,
    pub(super) error: io::Error,
}

/// The file as redb sees it. Clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Backend {
    file: Arc<File>,
    /// redb keeps no error of the system's as it was: the last one is here.
    fault: Arc<Mutex<Option<Fault>>>,
    shadow: Arc<RwLock<Option<Shadow>>>,
}

impl Backend {
    /// A backend that leaves the file alone, and takes its byte 9 for `god`.
    pub(super) fn shadowed(file: Arc<File>, god: u8) -> io::Result<Backend> {
        let len = file.metadata()?.len();
        let shadow = Shadow { god, len, steps: Vec::new() };
        Ok(Backend { file, fault: Arc::default(), shadow: Arc::new(RwLock::new(Some(shadow))) })
    }

    /// A backend that writes to the file.
    pub(super) fn direct(file: Arc<File>) -> Backend {
        Backend { file, fault: Arc::default(), shadow: Arc::default() }
    }

    /// Does what was only kept in mind. From now on the file is written to.
    pub(super) fn step_out(&self) -> io::Result<()> {
        let mut shadow = self.shadow.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(shadow) = shadow.take() {
            for step in shadow.steps {
                match step {
                    Step::Write(at, bytes) => self.file.write_all_at(&bytes, at),
                    Step::SetLen(len) => self.file.set_len(len),
                    Step::Sync => self.file.sync_data(),
                }?;
            }
        }
        Ok(())
    }

    /// As `sync_data`, with what the file system keeps of the file.
    pub(super) fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// What the system last refused, told once.
    pub(super) fn take_fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn noting<T>(&self, syncing: bool, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            // redb wants one of its own; the system's number makes an equal one.
            let copy = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(Fault { syncing, error });
            copy
        })
    }

    /// In the shadow, what `then` makes of it; else None.
    fn shadowing<T>(&self, then: impl FnOnce(&mut Shadow) -> T) -> Option<T> {
        // Only opening takes the way of a writer.
        if self.shadow.read().unwrap_or_else(PoisonError::into_inner).is_none() {
            return None;
        }
        self.shadow.write().unwrap_or_else(PoisonError::into_inner).as_mut().map(then)
    }
}

impl Shadow {
    fn read(&self, file: &File, at: u64, out: &mut [u8]) -> io::Result<()> {
        if at.checked_add(out.len() as u64).is_none_or(|end| end > self.len) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it refers to a page beyond its end"));
        }
        read_zeros(file, at, out)?;
        if let Some(byte) = (GOD_BYTE as u64).checked_sub(at).and_then(|at| out.get_mut(at as usize)) {
            *byte = self.god;
        }
        for step in &self.steps {
            match step {
                Step::Write(from, bytes) => overlay(at, out, *from, bytes),
                // What was cut off is nought, should it come back.
                Step::SetLen(len) => {
                    let kept = usize::try_from(len.saturating_sub(at)).unwrap_or(usize::MAX).min(out.len());
                    if let Some(cut) = out.get_mut(kept..) {
                        cut.fill(0);
                    }
                }
                Step::Sync => {}
            }
        }
        Ok(())
    }
}

/// Copies what of `bytes`, which begin at `from`, lies in `out`, which begins at `at`.
fn overlay(at: u64, out: &mut [u8], from: u64, bytes: &[u8]) {
    let start = at.max(from);
    let end = (at + out.len() as u64).min(from + bytes.len() as u64);
    if start < end {
        let length = (end - start) as usize;
        let (to, of) = ((start - at) as usize, (start - from) as usize);
        if let (Some(to), Some(of)) = (out.get_mut(to..to + length), bytes.get(of..of + length)) {
            to.copy_from_slice(of);
        }
    }
}

/// As `read_exact_at`, with noughts for what is beyond the end.
fn read_zeros(file: &File, at: u64, out: &mut [u8]) -> io::Result<()> {
    let mut done = 0;
    while done < out.len() {
        match file.read_at(&mut out[done..], at + done as u64) {
            Ok(0) => {
                out[done..].fill(0);
                break;
            }
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        match self.shadowing(|shadow| shadow.len) {
            Some(len) => Ok(len),
            None => self.noting(false, self.file.metadata()).map(|metadata| metadata.len()),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let shadow = self.shadow.read().unwrap_or_else(PoisonError::into_inner);
        let read = match &*shadow {
            Some(shadow) => shadow.read(&self.file, offset, out),
            None => self.file.read_exact_at(out, offset),
        };
        match read {
            // Beyond the end is where a damaged page points: no fault of the disk's.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(error),
            read => self.noting(false, read),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let shadowed = self.shadowing(|shadow| {
            shadow.len = len;
            shadow.steps.push(Step::SetLen(len));
        });
        match shadowed {
            Some(()) => Ok(()),
            None => self.noting(false, self.file.set_len(len)),
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        match self.shadowing(|shadow| shadow.steps.push(Step::Sync)) {
            Some(()) => Ok(()),
            None => self.noting(true, self.file.sync_data()),
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        match self.shadowing(|shadow| shadow.steps.push(Step::Write(offset, data.to_vec()))) {
            Some(()) => Ok(()),
            None => self.noting(false, self.file.write_all_at(data, offset)),
        }
    }
}
