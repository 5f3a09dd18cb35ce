//! The tables, the lock, and the statements over them.

use std::thread::sleep;
use std::time::{Duration, Instant};

use tokio_postgres::types::Type;

use super::session::{Answer, Parameter, Session};
use crate::engine::Page;
use crate::error::{Error, Kind, Result};

/// How long a session of this very process may take to end.
const OWN: Duration = Duration::from_secs(5);

/// Rows of a page at most, whatever their size.
const ROWS: i64 = 5_000;

/// The format of what is written; that of the embedded store, which backups are in.
pub(super) const FORMAT: i64 = 1;

/// The statements for the tables of one schema.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    name: String,
    pub(super) records: String,
    pub(super) meta: String,
    get: String,
    page: String,
    commit: String,
    insert: String,
}

/// What a commit changes, each key once.
#[derive(Default)]
pub(super) struct Changes<'a> {
    pub(super) deleted: (Vec<&'a str>, Vec<&'a [u8]>),
    pub(super) put: (Vec<&'a str>, Vec<&'a [u8]>, Vec<&'a [u8]>),
}

impl Schema {
    pub(super) fn new(name: &str) -> Result<Schema> {
        let letters = name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let first = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        if !letters || !first || name.len() > 48 || name.starts_with("pg_") {
            let message = "a schema's name is 1 to 48 of a-z 0-9 _, the first no digit, and not pg_…";
            return Err(Error::new(Kind::BadValue, message));
        }
        let (records, meta) = (format!("\"{name}\".records"), format!("\"{name}\".meta"));
        Ok(Schema {
            get: format!("SELECT value FROM {records} WHERE tab = $1 AND key = $2"),
            // As many rows as their bytes allow: their sizes are known without fetching them.
            page: format!(
                "SELECT key, value FROM (
                   SELECT key, value, sum(size) OVER (ORDER BY key) - size AS before FROM (
                     SELECT key, value, octet_length(key)::bigint + octet_length(value) AS size
                     FROM {records} WHERE tab = $1 AND key > $2 ORDER BY key LIMIT $4) AS next) AS summed
                 WHERE before < greatest($3::bigint, 1) ORDER BY key"
            ),
            // One statement, so one transaction and one round trip: nothing of it is done unless
            // the revision is the one that is expected.
            commit: format!(
                "WITH counted AS (UPDATE {meta} SET value = $1::bigint WHERE name = 'revision' AND value = $1::bigint - 1 RETURNING 1),
                 deleted AS (DELETE FROM {records} AS r USING unnest($2::text[], $3::bytea[]) AS d(tab, key)
                   WHERE r.tab = d.tab AND r.key = d.key AND EXISTS (SELECT FROM counted)),
                 put AS (INSERT INTO {records} SELECT * FROM unnest($4::text[], $5::bytea[], $6::bytea[]) AS p(tab, key, value)
                   WHERE EXISTS (SELECT FROM counted) ON CONFLICT (tab, key) DO UPDATE SET value = excluded.value)
                 SELECT count(*) FROM counted"
            ),
            insert: format!("INSERT INTO {records} SELECT $1, * FROM unnest($2::bytea[], $3::bytea[])"),
            name: name.into(),
            records,
            meta,
        })
    }

    /// What the lock is on: the server keeps the locks of each database apart.
    fn lock_name(&self) -> String {
        format!("workbooks:{}", self.name)
    }

    /// Takes the lock, which the session holds until it ends. `before` is the server's number of
    /// the session that had it before this one, should that one still be at it.
    pub(super) fn lock(&self, session: &Session, own_name: &str, before: Option<i32>, shown: &str) -> Result<i32> {
        let patience = Instant::now() + OWN;
        loop {
            let statement = "SELECT pg_try_advisory_lock(hashtextextended($1, 0)), pg_backend_pid()";
            let row = session.row(statement, &[(&self.lock_name(), Type::TEXT)])?;
            if session.column(&row, 0)? {
                return Ok(session.column(&row, 1)?);
            }
            let (pid, holder) = self.holder(session)?;
            let own = holder.starts_with(own_name);
            // Without a number it was given back just now.
            let other = pid.is_some() && pid != before && !own;
            if other || Instant::now() > patience {
                let advice =
                    if own { "close it there first" } else { "stop that one, or give this one a schema of its own" };
                let message = format!(
                    "schema {} of {shown} is open in {holder} (session {}): {advice}",
                    self.name,
                    pid.unwrap_or(0)
                );
                return Err(Error::new(Kind::Locked, message));
            }
            if pid.is_some() && pid == before {
                session.rows("SELECT pg_terminate_backend($1)", &[(&pid, Type::INT4)])?;
            }
            sleep(Duration::from_millis(20));
        }
    }

    fn holder(&self, session: &Session) -> Result<(Option<i32>, String)> {
        let statement =
            "SELECT l.pid, coalesce(a.application_name, ''), coalesce(a.client_addr::text, 'a local process')
             FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
             WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended($1, 0)";
        let rows = session.rows(statement, &[(&self.lock_name(), Type::TEXT)])?;
        // It may have been given back meanwhile.
        let Some(row) = rows.first() else { return Ok((None, "another process".into())) };
        let (name, address): (&str, &str) = (session.column(row, 1)?, session.column(row, 2)?);
        Ok((session.column(row, 0)?, format!("{name} at {address}")))
    }

    /// Makes the tables, if they are not there. Answers the revision.
    pub(super) fn prepare(&self, session: &Session, shown: &str) -> Result<u64> {
        let there = "SELECT to_regnamespace($1) IS NOT NULL, to_regclass($2) IS NOT NULL, to_regclass($3) IS NOT NULL";
        let row = session.row(
            there,
            &[&format!("\"{}\"", self.name), &self.meta, &self.records].map(|name| (name as _, Type::TEXT)),
        )?;
        let there: [bool; 3] = [session.column(&row, 0)?, session.column(&row, 1)?, session.column(&row, 2)?];
        match there {
            [_, true, true] => {}
            [schema, false, false] => {
                // The right to make one is asked for even where there is one.
                let make = if schema { String::new() } else { format!("CREATE SCHEMA \"{}\";", self.name) };
                session.batch(&format!(
                    "BEGIN; {make} {};
                     CREATE TABLE {} (name text PRIMARY KEY, value bigint NOT NULL);
                     INSERT INTO {} VALUES ('format', {FORMAT}), ('revision', 0); COMMIT",
                    self.create_records(),
                    self.meta,
                    self.meta
                ))?;
            }
            _ => {
                let what = "one of the tables records and meta is there, and the other is gone";
                return Err(self.damaged(shown, what));
            }
        }
        let (format, revision) = self.read_meta(session, shown)?;
        if format > FORMAT {
            let message = format!(
                "schema {} of {shown} is of format {format}, and this version knows none after {FORMAT}: use the version that wrote it, or a newer one",
                self.name
            );
            return Err(Error::new(Kind::Version, message));
        }
        Ok(revision)
    }

    fn create_records(&self) -> String {
        format!(
            "CREATE TABLE {} (tab text NOT NULL, key bytea NOT NULL, value bytea NOT NULL, PRIMARY KEY (tab, key))",
            self.records
        )
    }

    /// The format and the revision.
    pub(super) fn read_meta(&self, session: &Session, shown: &str) -> Result<(i64, u64)> {
        let statement =
            format!("SELECT name, value FROM {} WHERE name IN ('format', 'revision') ORDER BY name", self.meta);
        let rows = session.rows(&statement, &[])?;
        let [format, revision] = rows.as_slice() else {
            return Err(self.damaged(shown, "its table meta does not hold the format and the revision"));
        };
        let (format, revision): (i64, i64) = (session.column(format, 1)?, session.column(revision, 1)?);
        match u64::try_from(revision) {
            Ok(revision) if format > 0 => Ok((format, revision)),
            _ => Err(self.damaged(shown, "the format and the revision in its table meta are none")),
        }
    }

    fn damaged(&self, shown: &str, what: &str) -> Error {
        let message = format!(
            "schema {} of {shown} is damaged: {what}. It was left as it is; restore a backup with Workbooks.Storage.restore/2 into another schema",
            self.name
        );
        Error::new(Kind::Damaged, message)
    }

    pub(super) fn get(&self, session: &Session, table: &str, key: &[u8]) -> Answer<Option<Vec<u8>>> {
        match session.rows(&self.get, &[(&table, Type::TEXT), (&key, Type::BYTEA)])?.first() {
            Some(row) => Ok(Some(session.column(row, 0)?)),
            None => Ok(None),
        }
    }

    pub(super) fn page(&self, session: &Session, table: &str, after: Option<&[u8]>, max_bytes: usize) -> Answer<Page> {
        // Every key is longer than none.
        let after = after.unwrap_or_default();
        let most = i64::try_from(max_bytes).unwrap_or(i64::MAX);
        let mut page = Page::default();
        let mut bytes = 0;
        let parameters: [Parameter; 4] =
            [(&table, Type::TEXT), (&after, Type::BYTEA), (&most, Type::INT8), (&ROWS, Type::INT8)];
        for row in session.rows(&self.page, &parameters)? {
            let (key, value): (Vec<u8>, Vec<u8>) = (session.column(&row, 0)?, session.column(&row, 1)?);
            bytes += key.len() + value.len();
            page.rows.push((key, value));
        }
        // Whether there is one more is what the next page says.
        if bytes >= max_bytes || page.rows.len() >= ROWS as usize {
            page.next = page.rows.last().map(|(key, _)| key.clone());
        }
        Ok(page)
    }

    /// Whether the revision was the one before `revision`, and all of it is written.
    pub(super) fn commit(&self, session: &Session, revision: u64, changes: &Changes) -> Answer<bool> {
        let Changes { deleted, put } = changes;
        let revision = i64::try_from(revision).unwrap_or(i64::MAX);
        let parameters: [Parameter; 6] = [
            (&revision, Type::INT8),
            (&deleted.0, Type::TEXT_ARRAY),
            (&deleted.1, Type::BYTEA_ARRAY),
            (&put.0, Type::TEXT_ARRAY),
            (&put.1, Type::BYTEA_ARRAY),
            (&put.2, Type::BYTEA_ARRAY),
        ];
        let row = session.row(&self.commit, &parameters)?;
        session.column(&row, 0).map(|count: i64| count == 1)
    }

    /// The names of the tables of records.
    pub(super) fn tables(&self, session: &Session) -> Result<Vec<String>> {
        let rows = session.rows(&format!("SELECT DISTINCT tab FROM {} ORDER BY tab", self.records), &[])?;
        rows.iter().map(|row| Ok(session.column(row, 0)?)).collect()
    }

    pub(super) fn insert(&self, session: &Session, table: &str, rows: &[(Vec<u8>, Vec<u8>)]) -> Result<()> {
        let keys: Vec<&[u8]> = rows.iter().map(|(key, _)| key.as_slice()).collect();
        let values: Vec<&[u8]> = rows.iter().map(|(_, value)| value.as_slice()).collect();
        session
            .rows(&self.insert, &[(&table, Type::TEXT), (&keys, Type::BYTEA_ARRAY), (&values, Type::BYTEA_ARRAY)])?;
        Ok(())
    }

    /// Keeps the records under another name, and makes an empty table in their place.
    pub(super) fn set_aside(&self, session: &Session, time: u64) -> Result<()> {
        session.batch(&format!(
            "ALTER TABLE {} RENAME CONSTRAINT records_pkey TO records_before_{time}_pkey;
             ALTER TABLE {} RENAME TO records_before_{time}; {}",
            self.records,
            self.records,
            self.create_records()
        ))?;
        Ok(())
    }
}
