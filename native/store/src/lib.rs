//! Where state is kept: records (a key's value in a named table), changed in transactions that are
//! durable once they are acknowledged.
//!
//! Two engines keep them: [`Embedded`] in a file of its own, [`Postgres`] in a database. Exactly
//! one [`Store`] has either open at a time. A backup of either is a file of the embedded one, and
//! can be restored into either.

mod embedded;
mod engine;
mod error;
mod postgres;
mod store;

pub use embedded::{Embedded, Migration};
pub use engine::{Info, MAX_COMMIT, MAX_KEY, MAX_TABLE, MAX_VALUE, Op, Page};
pub use error::{Error, Kind, Result};
pub use postgres::{Postgres, Settings};
pub use store::Store;
