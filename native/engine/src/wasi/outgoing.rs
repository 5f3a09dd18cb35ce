//! Outgoing HTTP: a request goes to an address that was checked, or not at all.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use wasmtime_wasi::runtime::spawn;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::network::{Network, Refused};

/// Where the guest names no time of its own.
const CONNECT: Duration = Duration::from_secs(30);
const FIRST_BYTE: Duration = Duration::from_secs(60);
const BETWEEN_BYTES: Duration = Duration::from_secs(60);

/// What wasmtime asks about HTTP.
pub(crate) struct Outgoing(Arc<Network>);

impl Outgoing {
    pub(crate) fn new(network: Arc<Network>) -> Outgoing {
        Outgoing(network)
    }
}

type Answer = (Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Answer, Error>> + Send> {
        Box::new(send(self.0.clone(), request, options.unwrap_or_default()))
    }
}

async fn send(network: Arc<Network>, mut request: Request<WasiBody>, options: RequestOptions) -> Result<Answer, Error> {
    let authority = request.uri().authority().cloned().ok_or(Error::HttpRequestUriInvalid)?;
    // "a@b" names b to one reader and a to another.
    if authority.as_str().contains('@') {
        return Err(Error::HttpRequestUriInvalid);
    }
    let tls = request.uri().scheme() == Some(&Scheme::HTTPS);
    let connecting = async {
        let stream = connect(&network, &authority, tls).await?;
        let handshake = hyper::client::conn::http1::Builder::new().handshake(TokioIo::new(stream));
        Ok(handshake.await?)
    };
    let (mut sender, connection) = timeout(options.connect_timeout.unwrap_or(CONNECT), connecting)
        .await
        .map_err(|_| Error::ConnectionTimeout)
        .flatten()?;
    // It works while the request is sent, and until the guest lets go of the response.
    let connection = spawn(async move { connection.await.map_err(Error::from) });

    let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    let response = timeout(options.first_byte_timeout.unwrap_or(FIRST_BYTE), sender.send_request(request))
        .await
        .map_err(|_| Error::ConnectionReadTimeout)??;
    let between = options.between_bytes_timeout.unwrap_or(BETWEEN_BYTES);
    let response = response.map(|body| Timed { body, between, over: None }.boxed_unsync());
    Ok((response, Box::new(connection)))
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn connect(network: &Network, authority: &Authority, tls: bool) -> Result<Box<dyn Stream>, Error> {
    let (scheme, default) = if tls { ("https", 443) } else { ("http", 80) };
    let port = match authority.port() {
        Some(port) => port.as_u16(),
        // A colon that no number follows.
        None if authority.as_str().len() > authority.host().len() => return Err(Error::HttpRequestUriInvalid),
        None => default,
    };
    let addresses = network.reach(scheme, authority.host(), port).await.map_err(|refused| match refused {
        Refused::NotGranted => Error::HttpRequestDenied,
        Refused::Special => Error::DestinationIpProhibited,
        Refused::Unresolved => Error::DnsError { rcode: Some("the name does not resolve".into()), info_code: None },
    })?;
    // Addresses, not a name: nothing is resolved again. They are tried one after the other.
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(Error::Connect)?;
    stream.set_nodelay(true).map_err(Error::Connect)?;
    if !tls {
        return Ok(Box::new(stream));
    }
    let host = authority.host();
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let name = ServerName::try_from(host.to_string())?;
    let connector = TlsConnector::from(tls_config()?);
    Ok(Box::new(connector.connect(name, stream).await.map_err(Error::Tls)?))
}

/// The roots that browsers trust. Made once: it takes a thousand certificates' parsing.
fn tls_config() -> Result<Arc<ClientConfig>, Error> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::InternalError(Some(error.to_string())))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(CONFIG.get_or_init(|| Arc::new(config)).clone())
}

/// A body whose every piece comes in time. The time between two pieces begins when the
/// guest waits for the next: what it takes for itself is not the other side's.
struct Timed {
    body: Incoming,
    between: Duration,
    over: Option<Pin<Box<Sleep>>>,
}

impl Body for Timed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.over = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
        }
        let between = self.between;
        let over = self.over.get_or_insert_with(|| Box::pin(tokio::time::sleep(between)));
        over.as_mut().poll(cx).map(|()| Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
