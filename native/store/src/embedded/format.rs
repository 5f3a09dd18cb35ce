//! What is written beside the records: the format's version and the number of commits; and how an
//! older format becomes this one.

use std::path::Path;

use redb::{Database, ReadableDatabase, TableDefinition, TableError, WriteTransaction};

use super::check::Blame;
use super::files;
use crate::error::{Error, Kind, Result};

/// No table of records is called so: their names have no "/".
const META: TableDefinition<&str, u64> = TableDefinition::new("workbooks/meta");
const FORMAT: &str = "format";
const REVISION: &str = "revision";

/// Makes of a store of one format one of the next, in one transaction.
pub type Migration = fn(&WriteTransaction) -> std::result::Result<(), redb::Error>;

/// From format 1 to 2, from 2 to 3, and so on.
pub(super) const MIGRATIONS: &[Migration] = &[];

/// What stands beside the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) format: u32,
    pub(crate) revision: u64,
}

pub(super) fn current(migrations: &[Migration]) -> u32 {
    migrations.len() as u32 + 1
}

pub(super) fn write(transaction: &WriteTransaction, meta: Meta) -> std::result::Result<(), redb::Error> {
    let mut table = transaction.open_table(META)?;
    table.insert(FORMAT, u64::from(meta.format))?;
    table.insert(REVISION, meta.revision)?;
    Ok(())
}

pub(super) fn write_revision(transaction: &WriteTransaction, revision: u64) -> std::result::Result<(), redb::Error> {
    transaction.open_table(META)?.insert(REVISION, revision)?;
    Ok(())
}

/// None when nothing of this kind is written there.
pub(super) fn read(transaction: &redb::ReadTransaction) -> std::result::Result<Option<Meta>, redb::Error> {
    let table = match transaction.open_table(META) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let number = |name| table.get(name).map(|found| found.map(|found| found.value()));
    let (Some(format), Some(revision)) = (number(FORMAT)?, number(REVISION)?) else { return Ok(None) };
    Ok(u32::try_from(format).ok().map(|format| Meta { format, revision }))
}

/// What stands beside the records of a database that was found whole.
pub(super) fn of(path: &Path, database: &Database, migrations: &[Migration], blame: Blame) -> Result<Meta> {
    let meta = database.begin_read().map_err(redb::Error::from).and_then(|transaction| read(&transaction));
    let meta = meta.map_err(|error| blame(path, &error.to_string()))?;
    match meta {
        None | Some(Meta { format: 0, .. }) => Err(blame(path, "it is a database of something else")),
        Some(Meta { format, .. }) if format > current(migrations) => Err(Error::new(
            Kind::Version,
            format!(
                "{} is of format {format}, and this version knows none after {}: use the version that wrote it, or a newer one",
                path.display(),
                current(migrations)
            ),
        )),
        Some(meta) => Ok(meta),
    }
}

/// Brings a database up to the current format, a step a transaction.
pub(super) fn migrate(path: &Path, database: &Database, meta: Meta, migrations: &[Migration]) -> Result<Meta> {
    let mut meta = meta;
    while let Some(migration) = migrations.get(meta.format as usize - 1) {
        let next = Meta { format: meta.format + 1, revision: meta.revision + 1 };
        step(database, *migration, next).map_err(|error| {
            let message = format!(
                "{} could not be brought from format {} to {}: {error}; it is as it was",
                path.display(),
                meta.format,
                next.format
            );
            Error::new(Kind::Internal, message)
        })?;
        meta = next;
    }
    Ok(meta)
}

fn step(database: &Database, migration: Migration, next: Meta) -> std::result::Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_two_phase_commit(true);
    migration(&transaction)?;
    write(&transaction, next)?;
    Ok(transaction.commit()?)
}

/// Keeps a copy of a store that is about to be changed for good.
pub(super) fn keep_copy(path: &Path, meta: Meta) -> Result<()> {
    let copy = files::unused(path, &format!(".format-{}", meta.format));
    let new = files::beside(path, ".copy");
    files::copy(path, &new)?;
    files::publish(&new, &copy)
}
