//! SQLite, with a write-ahead log that is synced at each commit.

use std::path::Path;

use rusqlite::Connection;

use crate::store::{Each, Failure, Record, Store};

struct Sqlite {
    connection: Connection,
}

pub fn open(folder: &Path, checked: bool) -> Result<Box<dyn Store>, Failure> {
    let connection = Connection::open(folder.join("sqlite"))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA locking_mode = EXCLUSIVE;
         CREATE TABLE IF NOT EXISTS records (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    )?;
    if checked {
        let answer: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if answer != "ok" {
            return Err(answer.into());
        }
    }
    Ok(Box::new(Sqlite { connection }))
}

impl Store for Sqlite {
    fn write(&mut self, records: &[Record]) -> Result<(), Failure> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO records VALUES (?1, ?2)")?;
            for (key, value) in records {
                insert.execute((key, value))?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn read_all(&self, each: &mut Each<'_>) -> Result<(), Failure> {
        let mut select = self.connection.prepare_cached("SELECT key, value FROM records")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?)?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        self.connection.close().map_err(|(_, error)| error.into())
    }
}
