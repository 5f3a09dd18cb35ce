//! A connection, with a deadline on all that is asked of it.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Row};

use super::address::{Address, cause};
use crate::error::{Error, Kind, Result};

/// The server gives up first, and says so: then it is known that nothing was done.
const GRACE: Duration = Duration::from_secs(5);

/// What every session of ours waits for at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) connect: Duration,
    pub(super) statement: Duration,
}

/// One connection. All of its calls block.
pub(super) struct Session<'a> {
    runtime: &'a Runtime,
    address: &'a Address,
    limits: Limits,
    client: Client,
}

/// Why something was not done, and whether the connection is still of use.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) lost: bool,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        failure.error
    }
}

/// A value in a statement, and its type.
pub(super) type Parameter<'p> = (&'p (dyn ToSql + Sync), Type);

pub(super) type Answer<T> = std::result::Result<T, Failure>;

impl<'a> Session<'a> {
    pub(super) fn connect(runtime: &'a Runtime, address: &'a Address, limits: Limits) -> Result<Session<'a>> {
        let connecting = async {
            match &address.tls {
                None => {
                    let (client, connection) = address.config.connect(NoTls).await?;
                    // Its end is the client's to notice.
                    tokio::spawn(async move { drop(connection.await) });
                    Ok(client)
                }
                Some(tls) => {
                    let (client, connection) = address.config.connect(tls.clone()).await?;
                    tokio::spawn(async move { drop(connection.await) });
                    Ok(client)
                }
            }
        };
        let client = match wait(runtime, limits.connect, connecting) {
            Some(connected) => connected.map_err(|error| described(address, &error))?,
            None => {
                let message = format!("{} does not answer within {:?}", address.shown, limits.connect);
                return Err(Error::new(Kind::Unavailable, message));
            }
        };
        let session = Session { runtime, address, limits, client };
        let milliseconds = limits.statement.as_millis();
        session.batch(&format!(
            "SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds};
             SET idle_in_transaction_session_timeout = {milliseconds};
             SET synchronous_commit = on; SET client_min_messages = warning"
        ))?;
        Ok(session)
    }

    pub(super) fn of(runtime: &'a Runtime, address: &'a Address, limits: Limits, client: Client) -> Session<'a> {
        Session { runtime, address, limits, client }
    }

    pub(super) fn into_client(self) -> Client {
        self.client
    }

    /// Statements without parameters.
    pub(super) fn batch(&self, statements: &str) -> Answer<()> {
        self.call(self.client.batch_execute(statements))
    }

    /// One round trip: the types of the parameters are given, not asked for.
    pub(super) fn rows(&self, statement: &str, parameters: &[Parameter]) -> Answer<Vec<Row>> {
        self.call(self.client.query_typed(statement, parameters))
    }

    /// The one row that such a statement has.
    pub(super) fn row(&self, statement: &str, parameters: &[Parameter]) -> Answer<Row> {
        let rows = self.rows(statement, parameters)?;
        rows.into_iter().next().ok_or_else(|| {
            let message = format!("{} gave no answer where it always has one", self.address.shown);
            Failure { error: Error::new(Kind::Unavailable, message), lost: false }
        })
    }

    /// A column of a row, which is of the type that the statement gave it.
    pub(super) fn column<'r, T>(&self, row: &'r Row, column: usize) -> Answer<T>
    where
        T: tokio_postgres::types::FromSql<'r>,
    {
        row.try_get(column).map_err(|error| Failure { error: described(self.address, &error), lost: false })
    }

    fn call<T>(&self, call: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>) -> Answer<T> {
        match wait(self.runtime, self.limits.statement + GRACE, call) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => {
                // What is fatal to the session is the last that it says.
                let going_on = error
                    .as_db_error()
                    .is_some_and(|theirs| !matches!(theirs.parsed_severity(), Some(Severity::Fatal | Severity::Panic)));
                let lost = !going_on || self.client.is_closed();
                Err(Failure { error: described(self.address, &error), lost })
            }
            None => {
                let message =
                    format!("{} does not answer within {:?}", self.address.shown, self.limits.statement + GRACE);
                Err(Failure { error: Error::new(Kind::Timeout, message), lost: true })
            }
        }
    }
}

fn wait<T>(runtime: &Runtime, limit: Duration, call: impl Future<Output = T>) -> Option<T> {
    runtime.block_on(async { tokio::time::timeout(limit, call).await.ok() })
}

fn described(address: &Address, error: &tokio_postgres::Error) -> Error {
    let Some(theirs) = error.as_db_error() else {
        let message = format!("{}: {}", address.shown, cause(error));
        let advice = match address.tls {
            Some(_) if message.contains("does not support TLS") => {
                ": say sslmode=disable in the URL if it is to be asked in the clear"
            }
            _ => "",
        };
        return Error::new(Kind::Unavailable, format!("{message}{advice}"));
    };
    let code = theirs.code();
    let kind = match code {
        code if *code == SqlState::DISK_FULL => Kind::Full,
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION || *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            Kind::ReadOnly
        }
        code if *code == SqlState::QUERY_CANCELED || *code == SqlState::LOCK_NOT_AVAILABLE => Kind::Timeout,
        code if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED => Kind::Damaged,
        _ => Kind::Unavailable,
    };
    Error::new(kind, format!("{}: {} ({})", address.shown, theirs.message(), code.code()))
}
