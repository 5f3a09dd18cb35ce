//! A backup's records, into a database.

use std::path::Path;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio_postgres::types::Type;

use super::Postgres;
use super::session::Session;
use crate::embedded::Backup;
use crate::error::{Error, Kind, Result};

/// What one statement takes.
const PAGE: usize = 4 << 20;

pub(super) fn into_database(backup: &Path, store: &Postgres, replace: bool) -> Result<()> {
    let backup = Backup::open(backup)?;
    let mut writer = store.writer.lock().unwrap_or_else(PoisonError::into_inner);
    let session = store.writer_session(&mut writer)?;
    // All of it or nothing: with an error the session ends, and with it the transaction.
    session.batch("SET idle_in_transaction_session_timeout = 0; BEGIN")?;
    fill(&backup, store, &session, replace)?;
    session.batch("COMMIT")?;
    writer.client = Some(session.into_client());
    Ok(())
}

fn fill(backup: &Backup, store: &Postgres, session: &Session, replace: bool) -> Result<()> {
    let schema = &store.schema;
    let row = session.row(&format!("SELECT EXISTS (SELECT FROM {})", schema.records), &[])?;
    if session.column(&row, 0)? {
        if !replace {
            let message = format!(
                "{} holds records already: restore with replace: true, which keeps them in a table records_before_…",
                store.address.shown
            );
            return Err(Error::new(Kind::Conflict, message));
        }
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        schema.set_aside(session, time)?;
    }
    for table in backup.tables()? {
        let mut after = None;
        loop {
            let page = backup.page(&table, after.as_deref(), PAGE)?;
            schema.insert(session, &table, &page.rows)?;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    // Never one that was there before: who still knows that one would take this for it.
    let revision = backup.meta.revision.max(store.revision.load(SeqCst)) + 1;
    let statement = format!("UPDATE {} SET value = $1 WHERE name = 'revision'", schema.meta);
    session.rows(&statement, &[(&i64::try_from(revision).unwrap_or(i64::MAX), Type::INT8)])?;
    Ok(())
}
