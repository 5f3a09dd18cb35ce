//! What a server is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::error::{Error, Kind};
use crate::limits::Limits;
use crate::tls::Certificate;

/// Where a server listens.
#[derive(Clone, Debug)]
pub enum Listen {
    /// A TCP address; port 0 takes a free one, which [`crate::Server::address`] then tells.
    Tcp {
        /// The address.
        address: SocketAddr,
        /// Whether it speaks TLS, by the configured certificates.
        tls: bool,
    },
    /// A unix socket. One left over by a process that is gone is replaced; one in use is not.
    Unix {
        /// Where the socket lies.
        path: PathBuf,
        /// Its permissions, such as `0o600`.
        mode: u32,
    },
}

/// What a server is told when it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens; at least one.
    pub listen: Vec<Listen>,
    /// What it shows to whom over TLS; can be replaced while it runs.
    pub certificates: Vec<Certificate>,
    /// Whether HTTP/2 is offered over TLS.
    pub h2: bool,
    /// Whether HTTP/2 is spoken without TLS, to clients that know it beforehand.
    pub h2c: bool,
    /// Threads of the server's own runtime.
    pub threads: usize,
    /// How much of everything.
    pub limits: Limits,
}

impl Config {
    /// Plain HTTP at `address`, with the default limits.
    pub fn tcp(address: SocketAddr) -> Self {
        Self::at(Listen::Tcp { address, tls: false })
    }

    /// At one place, with the default limits.
    pub fn at(listen: Listen) -> Self {
        Self {
            listen: vec![listen],
            certificates: Vec::new(),
            h2: true,
            h2c: false,
            threads: 2,
            limits: Limits::default(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.listen.is_empty() {
            return Err(Error::new(Kind::Config, "nowhere to listen: give at least one address or socket"));
        }
        let tls = self.listen.iter().any(|place| matches!(place, Listen::Tcp { tls: true, .. }));
        if tls && self.certificates.is_empty() {
            return Err(Error::new(Kind::Config, "TLS needs a certificate, and none is given"));
        }
        if !(1..=64).contains(&self.threads) {
            return Err(Error::new(Kind::Config, format!("threads is {}, and must be from 1 to 64", self.threads)));
        }
        self.limits.check()
    }
}
