//! fjall: a journal, and sorted tables that are merged in the background.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use crate::store::{Each, Failure, Record, Store};

struct Fjall {
    database: Database,
    records: Keyspace,
}

pub fn open(folder: &Path) -> Result<Box<dyn Store>, Failure> {
    let database = Database::builder(folder.join("fjall")).open()?;
    let records = database.keyspace("records", KeyspaceCreateOptions::default)?;
    Ok(Box::new(Fjall { database, records }))
}

impl Store for Fjall {
    fn write(&mut self, records: &[Record]) -> Result<(), Failure> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for (key, value) in records {
            batch.insert(&self.records, key.as_slice(), value.as_slice());
        }
        Ok(batch.commit()?)
    }

    fn read_all(&self, each: &mut Each<'_>) -> Result<(), Failure> {
        for entry in self.records.iter() {
            let (key, value) = entry.into_inner()?;
            each(&key, &value)?;
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Failure> {
        Ok(self.records.rotate_memtable_and_wait()?)
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }
}
