//! The one error type: a kind a program matches on, a message a person acts on.

use thiserror::Error as ThisError;

/// What kind of failure it was. The Elixir side documents the same names, and a test there keeps
/// the two together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A setting is out of its range, or contradicts another.
    Config,
    /// The address could not be listened on.
    Bind,
    /// A certificate or its key is not usable.
    Certificate,
    /// The threads of the server could not be started.
    Runtime,
    /// The answer is no answer: its status or a header.
    Answer,
    /// The answer's body is not as long as its `content-length` promised.
    Length,
    /// Asked again before the last asking was answered.
    Busy,
    /// The client went away.
    Gone,
    /// Somebody took too long.
    Timeout,
    /// The request's body is larger than allowed.
    TooLarge,
    /// The request's body breaks the rules of its framing.
    Malformed,
    /// The request's body ended before its end.
    Incomplete,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Kind; 12] = [
        Kind::Config,
        Kind::Bind,
        Kind::Certificate,
        Kind::Runtime,
        Kind::Answer,
        Kind::Length,
        Kind::Busy,
        Kind::Gone,
        Kind::Timeout,
        Kind::TooLarge,
        Kind::Malformed,
        Kind::Incomplete,
    ];

    /// The kind's name, as an atom would spell it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Config => "config",
            Kind::Bind => "bind",
            Kind::Certificate => "certificate",
            Kind::Runtime => "runtime",
            Kind::Answer => "answer",
            Kind::Length => "length",
            Kind::Busy => "busy",
            Kind::Gone => "gone",
            Kind::Timeout => "timeout",
            Kind::TooLarge => "too_large",
            Kind::Malformed => "malformed",
            Kind::Incomplete => "incomplete",
        }
    }
}

/// A failure, to be matched on by [`Error::kind`] and read by a person.
#[derive(Clone, Debug, ThisError)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    message: String,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn gone() -> Self {
        Self::new(Kind::Gone, "the client went away")
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}
