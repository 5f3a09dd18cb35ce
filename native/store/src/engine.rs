//! What a store can do, whatever it keeps its records in, and the limits that hold for all.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::error::{Error, Kind, Result};

/// The longest key.
pub const MAX_KEY: usize = 1024;
/// The longest value.
pub const MAX_VALUE: usize = 64 << 20;
/// The most that one commit may hold, keys and values together.
pub const MAX_COMMIT: usize = 256 << 20;
/// The longest name of a table.
pub const MAX_TABLE: usize = 32;

/// One change of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// The key has this value from now on.
    Put {
        /// The table's name.
        table: String,
        /// The key.
        key: Vec<u8>,
        /// Its value.
        value: Vec<u8>,
    },
    /// The key has no value any more.
    Delete {
        /// The table's name.
        table: String,
        /// The key.
        key: Vec<u8>,
    },
}

/// Records of a table in the order of their keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Keys and values.
    pub rows: Vec<(Vec<u8>, Vec<u8>)>,
    /// The key after which the next page begins, if there is one.
    pub next: Option<Vec<u8>>,
}

/// What is known about an open store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// `embedded` or `postgres`.
    pub backend: &'static str,
    /// The file, or the database without its password.
    pub place: String,
    /// What it takes on disk.
    pub bytes: u64,
    /// The version of what is written.
    pub format: u32,
    /// How many commits there were.
    pub revision: u64,
}

/// Where records are kept. Every call blocks until it is done, from any thread.
pub(crate) trait Engine: Send + Sync {
    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// All of the changes or none, durable when it answers.
    fn commit(&self, ops: &[Op]) -> Result<()>;

    /// The records after `after`, until they are `max_bytes`; one at least.
    fn page(&self, table: &str, after: Option<&[u8]>, max_bytes: usize) -> Result<Page>;

    /// All records of one moment, into a new file in the embedded store's format. Given up when
    /// `stop` becomes true.
    fn backup(&self, to: &Path, stop: &AtomicBool) -> Result<()>;

    fn info(&self) -> Result<Info>;

    /// After a panic: nothing in memory is trusted any more.
    fn distrust(&self);

    /// Frees everything, the lock last. Every other call answers `closed` from then on.
    fn close(&self) -> Result<()>;
}

pub(crate) fn check_table(table: &str) -> Result<()> {
    let letters = table.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
    if letters && (1..=MAX_TABLE).contains(&table.len()) {
        Ok(())
    } else {
        Err(Error::new(Kind::BadName, format!("a table's name is 1 to {MAX_TABLE} of a-z and _")))
    }
}

pub(crate) fn check_key(key: &[u8]) -> Result<()> {
    match key.len() {
        0 => Err(Error::new(Kind::BadName, "a key has at least one byte")),
        1..=MAX_KEY => Ok(()),
        length => Err(Error::new(Kind::TooLarge, format!("a key of {length} bytes: the most are {MAX_KEY}"))),
    }
}

pub(crate) fn check_ops(ops: &[Op]) -> Result<()> {
    let mut total = 0usize;
    for op in ops {
        let (table, key, value) = match op {
            Op::Put { table, key, value } => (table, key, value.len()),
            Op::Delete { table, key } => (table, key, 0),
        };
        check_table(table)?;
        check_key(key)?;
        if value > MAX_VALUE {
            return Err(Error::new(Kind::TooLarge, format!("a value of {value} bytes: the most are {MAX_VALUE}")));
        }
        total = total.saturating_add(key.len() + value);
    }
    if total > MAX_COMMIT {
        let message = format!("a transaction of {total} bytes: the most are {MAX_COMMIT}");
        return Err(Error::new(Kind::TooLarge, message));
    }
    Ok(())
}
