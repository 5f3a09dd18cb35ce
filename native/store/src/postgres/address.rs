//! Where the database is: its URL, without ever showing the password in it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio_postgres::config::{Config, Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::embedded::host;
use crate::error::{Error, Kind, Result};

/// What a server takes for an application's name.
const NAME: usize = 63;

/// How to reach the database.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    /// None: in the clear.
    pub(super) tls: Option<MakeRustlsConnect>,
    /// For messages.
    pub(super) shown: String,
    /// Of our sessions, as the server lists them.
    pub(super) name: String,
}

impl Address {
    pub(super) fn parse(url: &str, connect: Duration) -> Result<Address> {
        let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) else {
            return Err(bad("it begins with postgres://"));
        };
        let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (mut mode, mut roots, mut others) = (None, None, Vec::new());
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => roots = Some(value),
                _ => others.push(parameter),
            }
        }
        // Its words name the part that is wrong, not what it is.
        let mut config: Config = format!("postgres://{place}?{}", others.join("&"))
            .parse()
            .map_err(|error: tokio_postgres::Error| bad(&cause(&error)))?;
        if config.get_hosts().is_empty() {
            return Err(bad("it names no host"));
        }
        let encrypted = match mode {
            None => !config.get_hosts().iter().all(is_local),
            Some("disable") => false,
            Some("require" | "verify-full") => true,
            Some(_) => return Err(bad("its sslmode is disable, require or verify-full (which are the same here)")),
        };
        let name: String = format!("workbooks {} {}", std::process::id(), host()).chars().take(NAME).collect();
        config
            .ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable })
            .connect_timeout(connect)
            .application_name(&name);
        let tls = if encrypted { Some(MakeRustlsConnect::new(client(roots)?)) } else { None };
        Ok(Address { shown: shown(&config), config, tls, name })
    }
}

fn bad(why: &str) -> Error {
    let message = format!("the database's URL is postgres://user:password@host:port/database?sslmode=…: {why}");
    Error::new(Kind::BadValue, message)
}

/// What is at the bottom of an error: the layers above it only say where it was.
pub(super) fn cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

/// Without the password.
fn shown(config: &Config) -> String {
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    let port = config.get_ports().first().map(|port| format!(":{port}")).unwrap_or_default();
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("postgres://{user}{}{port}/{database}", hosts.join(","))
}

/// The server must prove who it is, whatever the mode: encryption to anybody is worth little.
fn client(roots: Option<&str>) -> Result<ClientConfig> {
    let mut store = RootCertStore::empty();
    match roots {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let unread = |why: String| Error::new(Kind::BadValue, format!("sslrootcert={path} of the URL: {why}"));
            let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unread(error.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| unread(error.to_string()))?;
                store.add(certificate).map_err(|error| unread(error.to_string()))?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(Kind::Internal, format!("TLS: {error}")))?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}
