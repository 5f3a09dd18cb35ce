//! redb: a B-tree in one file, copied on write.

use std::path::Path;

use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition};

use crate::store::{Each, Failure, Record, Store};

const TABLE: TableDefinition<&[u8], &[u8]> = TableDefinition::new("records");
// As a store under a mirror needs it: what is read once need not stay.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// What it may be told.
#[derive(Default, Clone, Copy)]
pub struct Way {
    /// All checksums are read when it is opened, not only after a crash.
    pub checked: bool,
    /// The commit is flipped after what it flips to is on the disk, not with it.
    pub two_phase: bool,
    /// With each commit what else a repair has to find out; commits in two phases as well.
    pub quick: bool,
}

struct Redb {
    database: Database,
    way: Way,
}

pub fn open(folder: &Path, way: Way) -> Result<Box<dyn Store>, Failure> {
    let database = Builder::new()
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(way.checked)
        .create(folder.join("redb"))?;
    Ok(Box::new(Redb { database, way }))
}

impl Store for Redb {
    fn write(&mut self, records: &[Record]) -> Result<(), Failure> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_two_phase_commit(self.way.two_phase);
        transaction.set_quick_repair(self.way.quick);
        {
            let mut table = transaction.open_table(TABLE)?;
            for (key, value) in records {
                table.insert(key.as_slice(), value.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn read_all(&self, each: &mut Each<'_>) -> Result<(), Failure> {
        let table = match self.database.begin_read()?.open_table(TABLE) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(()),
            table => table?,
        };
        for entry in table.iter()? {
            let (key, value) = entry?;
            each(key.value(), value.value())?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(self.database.close()?)
    }
}
