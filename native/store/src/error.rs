//! The one error type: a kind a program matches on, a message a person acts on.

use std::fmt;
use std::io;
use std::path::Path;

/// What kind of failure it was. The Elixir side documents the same names, and a test there keeps
/// the two together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A table or a key that is none.
    BadName,
    /// An option that is none.
    BadValue,
    /// A key, a value or a batch beyond its limit.
    TooLarge,
    /// There is something in the way already.
    Conflict,
    /// No such file.
    NotFound,
    /// Somebody else has the store open.
    Locked,
    /// The store is not what was written; its file was left as it is.
    Damaged,
    /// There was a store here, and its file is gone.
    Missing,
    /// The store was written by a newer version.
    Version,
    /// The disk is full.
    Full,
    /// The store may not be written to.
    ReadOnly,
    /// A file could not be read or written.
    Io,
    /// The database does not answer now.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// The store was closed, or must be opened again.
    Closed,
    /// Too much work is waiting already.
    Overloaded,
    /// A fault of this library. Please report it.
    Internal,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Kind; 17] = [
        Kind::BadName,
        Kind::BadValue,
        Kind::TooLarge,
        Kind::Conflict,
        Kind::NotFound,
        Kind::Locked,
        Kind::Damaged,
        Kind::Missing,
        Kind::Version,
        Kind::Full,
        Kind::ReadOnly,
        Kind::Io,
        Kind::Unavailable,
        Kind::Timeout,
        Kind::Closed,
        Kind::Overloaded,
        Kind::Internal,
    ];

    /// The kind's name, as an atom would spell it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::BadName => "bad_name",
            Kind::BadValue => "bad_value",
            Kind::TooLarge => "too_large",
            Kind::Conflict => "conflict",
            Kind::NotFound => "not_found",
            Kind::Locked => "locked",
            Kind::Damaged => "damaged",
            Kind::Missing => "missing",
            Kind::Version => "version",
            Kind::Full => "full",
            Kind::ReadOnly => "read_only",
            Kind::Io => "io",
            Kind::Unavailable => "unavailable",
            Kind::Timeout => "timeout",
            Kind::Closed => "closed",
            Kind::Overloaded => "overloaded",
            Kind::Internal => "internal",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A failure, with what is known about it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What a program matches on.
    pub kind: Kind,
    /// What a person reads: what happened and what to do next.
    pub message: String,
    /// Whether a commit that failed so may have become durable all the same.
    pub unknown: bool,
}

/// What most of this crate answers.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error whose effect is known: there was none.
    pub fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), unknown: false }
    }

    /// What the system said of a file.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Error {
        let kind = file_kind(error);
        let advice = match kind {
            Kind::Full => ": make room on that disk, then try again",
            Kind::ReadOnly => {
                ": the store's folder and files must be writable for this user, on a disk mounted for writing"
            }
            _ => "",
        };
        Error::new(kind, format!("{}: {}{advice}", path.display(), described(error)))
    }

    /// The same failure of a commit of which nobody knows whether it was written.
    pub(crate) fn unknown(self) -> Error {
        let message = format!("{}; whether it was written is not known", self.message);
        Error { message, unknown: true, ..self }
    }

    pub(crate) fn closed() -> Error {
        Error::new(Kind::Closed, "the store was closed: open it again")
    }

    pub(crate) fn panicked(what: &str) -> Error {
        Error::new(Kind::Internal, format!("{what}: a fault inside the storage engine, please report it"))
    }
}

/// What the system's error means for a store.
pub(crate) fn file_kind(error: &io::Error) -> Kind {
    use io::ErrorKind as E;
    match error.kind() {
        E::StorageFull | E::QuotaExceeded | E::FileTooLarge => Kind::Full,
        E::ReadOnlyFilesystem | E::PermissionDenied => Kind::ReadOnly,
        E::NotFound => Kind::NotFound,
        _ => Kind::Io,
    }
}

/// The system's words without Rust's "(os error 28)".
pub(crate) fn described(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}
