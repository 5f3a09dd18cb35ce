//! Which certificate is shown to whom, and how they are replaced while the server runs.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};

use crate::error::{Error, Kind};

/// A certificate, its key, and the host names it is shown for.
#[derive(Clone)]
pub struct Certificate {
    /// Host names: `example.org`, or `*.example.org` for all names one label deeper. With none it
    /// is the default, shown to whoever names another host or none.
    pub hosts: Vec<String>,
    /// The chain in PEM, the server's own certificate first.
    pub chain: Vec<u8>,
    /// Its private key in PEM.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// The certificates in use.
pub(crate) struct Certificates {
    shown: RwLock<Arc<Shown>>,
}

#[derive(Default)]
struct Shown {
    named: HashMap<String, Arc<CertifiedKey>>,
    default: Option<Arc<CertifiedKey>>,
}

impl Certificates {
    pub(crate) fn new(certificates: &[Certificate]) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self { shown: RwLock::new(Arc::new(Shown::read(certificates)?)) }))
    }

    /// Shows others from now on; connections that are open keep theirs. All or none.
    pub(crate) fn replace(&self, certificates: &[Certificate]) -> Result<(), Error> {
        let shown = Arc::new(Shown::read(certificates)?);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = shown;
        Ok(())
    }

    pub(crate) fn acceptor(self: &Arc<Self>, h2: bool) -> Result<TlsAcceptor, Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::new(Kind::Certificate, format!("TLS cannot be set up: {error}")))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Resolver(self.clone())));
        config.alpn_protocols =
            if h2 { vec![b"h2".to_vec(), b"http/1.1".to_vec()] } else { vec![b"http/1.1".to_vec()] };
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl Shown {
    fn read(certificates: &[Certificate]) -> Result<Self, Error> {
        let mut shown = Self::default();
        for certificate in certificates {
            let key = Arc::new(certified_key(certificate)?);
            if certificate.hosts.is_empty() {
                if shown.default.replace(key).is_some() {
                    return Err(Error::new(Kind::Certificate, "more than one certificate without host names"));
                }
                continue;
            }
            for host in &certificate.hosts {
                let name = host.trim_end_matches('.').to_ascii_lowercase();
                if shown.named.insert(name, key.clone()).is_some() {
                    return Err(Error::new(Kind::Certificate, format!("more than one certificate for {host}")));
                }
            }
        }
        Ok(shown)
    }

    fn find(&self, host: Option<&str>) -> Option<Arc<CertifiedKey>> {
        host.and_then(|host| {
            let host = host.to_ascii_lowercase();
            self.named.get(&host).or_else(|| {
                let (_, parent) = host.split_once('.')?;
                self.named.get(&format!("*.{parent}"))
            })
        })
        .or(self.default.as_ref())
        .cloned()
    }
}

fn certified_key(certificate: &Certificate) -> Result<CertifiedKey, Error> {
    let whose = match certificate.hosts.first() {
        Some(host) => host.as_str(),
        None => "everybody",
    };
    let wrong = |what: &str, error: &dyn std::fmt::Display| {
        Error::new(Kind::Certificate, format!("the {what} for {whose} cannot be used: {error}"))
    };
    let chain = CertificateDer::pem_slice_iter(&certificate.chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong("certificate", &error))?;
    if chain.is_empty() {
        return Err(wrong("certificate", &"there is none in the PEM"));
    }
    let key = PrivateKeyDer::from_pem_slice(&certificate.key).map_err(|error| wrong("key", &error))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => wrong("key", &"it is not the certificate's"),
        error => wrong("key", &error),
    })
}

struct Resolver(Arc<Certificates>);

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolver")
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.shown.read().unwrap_or_else(PoisonError::into_inner).clone();
        shown.find(hello.server_name())
    }
}
