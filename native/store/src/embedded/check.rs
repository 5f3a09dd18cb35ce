//! Opening a file without believing it.
//!
//! Every commit here is a two-phase one, whose primary slot redb takes at its word: a damaged page
//! under it is damage, never a torn commit to be rolled back. Three things it leaves open are
//! closed here. The header's byte of flags is under no checksum: whether commits are two-phase is
//! not asked of it but said, and so is that the layout must be found anew from the file's length.
//! And where its first bit names the older of two sound slots, the newer one is tried first: if all
//! of it verifies it is the last that was made durable, whatever became of the bit.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use redb::{Database, DatabaseError, StorageError};
use xxhash_rust::xxh3::xxh3_128;

use super::backend::{Backend, Fault, GOD_BYTE};
use crate::error::{Error, Kind, Result, described};

// The header as redb's file format has it.
const HEADER: usize = 320;
const PRIMARY: u8 = 1;
const RECOVERY_REQUIRED: u8 = 2;
const TWO_PHASE: u8 = 4;
const SLOTS: [usize; 2] = [64, 192];
const TRANSACTION_ID: usize = 104;
const CHECKSUM: usize = 112;

/// What redb may keep of the file in memory. Reads come from elsewhere; this is for opening,
/// for the inner pages of the trees, and for what a commit changes.
const CACHE: usize = 64 << 20;

/// How a file is called what it is.
pub(super) type Blame = fn(&Path, &str) -> Error;

/// The database in `file`, all of whose records were verified. The file is not written to,
/// whatever becomes of the database, before its backend steps out of the shadow.
pub(super) fn open(path: &Path, file: &Arc<File>, blame: Blame) -> Result<(Database, Backend)> {
    let mut header = [0; HEADER];
    file.read_exact_at(&mut header, 0).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => blame(path, "it is shorter than a header"),
        _ => Error::file(path, &error),
    })?;
    let god = header[GOD_BYTE] | TWO_PHASE | RECOVERY_REQUIRED;
    let (primary, secondary) = if god & PRIMARY == 0 { (0, 1) } else { (1, 0) };
    // A slot that is not sound has no number to go by: the primary's is damage, which redb says.
    if let (Some(newest), Some(named)) = (transaction_id(&header, secondary), transaction_id(&header, primary))
        && newest > named
    {
        match attempt(path, file, god ^ PRIMARY, blame) {
            // It was never whole: what a crash left of a commit on its way.
            Err(error) if error.kind == Kind::Damaged => {}
            newest => return newest,
        }
    }
    attempt(path, file, god, blame)
}

/// The number of a slot's commit, if the slot is what was written.
fn transaction_id(header: &[u8; HEADER], slot: usize) -> Option<u64> {
    let slot = header.get(SLOTS[slot]..)?;
    let sum = u128::from_le_bytes(slot.get(CHECKSUM..CHECKSUM + 16)?.try_into().ok()?);
    let id = u64::from_le_bytes(slot.get(TRANSACTION_ID..TRANSACTION_ID + 8)?.try_into().ok()?);
    (xxh3_128(slot.get(..CHECKSUM)?) == sum).then_some(id)
}

fn attempt(path: &Path, file: &Arc<File>, god: u8, blame: Blame) -> Result<(Database, Backend)> {
    let backend = Backend::shadowed(file.clone(), god).map_err(|error| Error::file(path, &error))?;
    let theirs = backend.clone();
    let open = move || {
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
        builder.create_with_backend(theirs)
    };
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Ok(database)) => Ok((database, backend)),
        Ok(Err(error)) => Err(match (backend.take_fault(), error) {
            (Some(Fault { error, .. }), _) => Error::file(path, &error),
            (None, DatabaseError::Storage(StorageError::Io(error))) => blame(path, &described(&error)),
            (None, DatabaseError::Storage(StorageError::Corrupted(what))) => blame(path, &what),
            (None, error) => blame(path, &error.to_string()),
        }),
        Err(_) => Err(blame(path, "what its pages say contradicts itself")),
    }
}

/// What a person needs to know of a file that is not what was written.
pub(super) fn damaged(path: &Path, what: &str) -> Error {
    let what = what.trim_end_matches('.');
    let message = format!(
        "{} is damaged: {what}. It was left as it is; put a backup in its place with Workbooks.Storage.restore/2",
        path.display()
    );
    Error::new(Kind::Damaged, message)
}
