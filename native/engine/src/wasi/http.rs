//! Incoming HTTP: a component that exports `wasi:http/incoming-handler` answers a request.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame};
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime::component::Instance;
use wasmtime_wasi_http::p2::bindings::Proxy;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;
use wasmtime_wasi_http::{Error as HttpError, WasiBody};

use super::stdin::AskStdin;
use super::{Error, HasWasi, Kind};

/// What is asked for at once of a body that the host is asked for.
const ASKED: usize = 64 << 10;

/// A request, as plain data.
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// An absolute URL, or a path; whose host is then what the header `host` says, or `localhost`.
    pub url: String,
    /// Names and values, in their order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What is sent along.
    pub body: RequestBody,
}

/// What is sent along with a request.
pub enum RequestBody {
    /// These bytes.
    Bytes(Bytes),
    /// The host is asked when the guest reads.
    Asked(Arc<dyn AskStdin>),
}

/// The guest's answer.
#[derive(Debug)]
pub struct Response {
    /// Its status code.
    pub status: u16,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, Vec<u8>)>,
    /// All of it.
    pub body: Vec<u8>,
    /// Headers that came after the body.
    pub trailers: Vec<(String, Vec<u8>)>,
}

/// What became of a request.
pub(crate) enum Handled {
    /// The guest answered.
    Answered(Response),
    /// It did not; it can be asked again.
    Failed(Error),
    /// It trapped, or ended itself.
    Trapped(wasmtime::Error),
}

/// Has the guest answer. The body is taken in while the guest writes it, up to `limit` bytes.
///
/// What fails without a trap is of [`Kind::Export`] when there is no handler,
/// [`Kind::Type`] when the request is none, [`Kind::Limit`] when the body is too long,
/// [`Kind::Io`] when the guest's answer is an error or no answer.
pub(crate) async fn handle<T: HasWasi + Send + 'static>(
    store: &mut Store<T>,
    instance: &Instance,
    request: Request,
    limit: u64,
) -> Handled {
    let proxy = match Proxy::new(&mut *store, instance) {
        Ok(proxy) => proxy,
        Err(error) => {
            let message = format!("the component exports no wasi:http/incoming-handler: {error:#}");
            return Handled::Failed(Error::new(Kind::Export, message));
        }
    };
    let (scheme, request) = match incoming(request) {
        Ok(request) => request,
        Err(error) => return Handled::Failed(error),
    };
    let (sender, receiver) = oneshot::channel();
    let mut http = store.data_mut().wasi().http();
    let made = http.new_incoming_request(scheme, request).and_then(|request| {
        let out = http.new_response_outparam(sender)?;
        Ok((request, out))
    });
    let (request, out) = match made {
        Ok(made) => made,
        Err(error) => return Handled::Trapped(error),
    };

    // Unconstrained: one poll after the guest's end takes in all that the guest wrote.
    let answered = AtomicBool::new(false);
    let mut collecting = pin!(tokio::task::unconstrained(collect(receiver, limit, &answered)));
    let mut collected = None;
    let called = {
        let mut call = pin!(proxy.wasi_http_incoming_handler().call_handle(&mut *store, request, out));
        std::future::poll_fn(|cx| {
            let called = call.as_mut().poll(cx);
            if collected.is_none()
                && let Poll::Ready(response) = collecting.as_mut().poll(cx)
            {
                collected = Some(response);
            }
            called
        })
        .await
    };
    match (called, collected) {
        (Err(error), _) => Handled::Trapped(error),
        (Ok(()), Some(Ok(response))) => Handled::Answered(response),
        (Ok(()), Some(Err(error))) => Handled::Failed(error),
        // Nobody is left who could write more.
        (Ok(()), None) if answered.load(Relaxed) => {
            let message = "the guest left its answer's body unfinished: it must drop or finish the outgoing-body";
            Handled::Failed(Error::new(Kind::Io, message))
        }
        (Ok(()), None) => Handled::Failed(no_answer()),
    }
}

fn no_answer() -> Error {
    Error::new(Kind::Io, "the guest gave no answer: it returned without a call of response-outparam.set")
}

async fn collect(
    receiver: oneshot::Receiver<Result<hyper::Response<HyperOutgoingBody>, ErrorCode>>,
    limit: u64,
    answered: &AtomicBool,
) -> Result<Response, Error> {
    let answer = receiver.await.map_err(|_| no_answer())?;
    answered.store(true, Relaxed);
    let answer = answer.map_err(|code| Error::new(Kind::Io, format!("the guest answered with an error: {code:?}")))?;
    let (parts, mut body) = answer.into_parts();
    let mut response = Response {
        status: parts.status.as_u16(),
        headers: pairs(&parts.headers),
        body: Vec::new(),
        trailers: Vec::new(),
    };
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|error| Error::new(Kind::Io, format!("the guest broke its answer's body off: {error}")))?;
        match frame.into_data() {
            Ok(data) => {
                if (response.body.len() as u64).saturating_add(data.len() as u64) > limit {
                    let message = format!("the answer's body is longer than its limit of {limit} bytes");
                    return Err(Error::new(Kind::Limit, message));
                }
                response.body.extend_from_slice(&data);
            }
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    response.trailers = pairs(&trailers);
                }
            }
        }
    }
    Ok(response)
}

fn pairs(headers: &http::HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.as_str().to_string(), value.as_bytes().to_vec())).collect()
}

fn incoming(request: Request) -> Result<(Scheme, http::Request<WasiBody>), Error> {
    let bad = |what: &str, error: &dyn std::fmt::Display| Error::new(Kind::Type, format!("{what}: {error}"));
    let mut builder = http::Request::builder().method(request.method.as_str());
    let mut host = None;
    for (name, value) in &request.headers {
        let value = http::HeaderValue::from_bytes(value)
            .map_err(|error| bad(&format!("the header {name:?} has a value that HTTP does not allow"), &error))?;
        if name.eq_ignore_ascii_case("host") {
            host = value.to_str().ok().map(str::to_string);
        }
        builder = builder.header(name.as_str(), value);
    }
    let uri: http::Uri =
        request.url.parse().map_err(|error| bad(&format!("{:?} is no URL and no path", request.url), &error))?;
    let scheme = match uri.scheme_str() {
        Some("https") => Scheme::Https,
        Some("http") | None => Scheme::Http,
        Some(other) => Scheme::Other(other.to_string()),
    };
    let mut parts = uri.into_parts();
    if parts.authority.is_none() {
        let host = host.unwrap_or_else(|| "localhost".to_string());
        let authority = host.parse().map_err(|error| bad(&format!("the host {host:?} is none"), &error))?;
        parts.authority = Some(authority);
        parts.scheme = Some(http::uri::Scheme::HTTP);
    }
    let uri = http::Uri::from_parts(parts).map_err(|error| bad("the URL is none", &error))?;
    let body = match request.body {
        RequestBody::Bytes(bytes) => Full::new(bytes).map_err(HttpError::from).boxed_unsync(),
        RequestBody::Asked(ask) => AskedBody(ask).boxed_unsync(),
    };
    let request = builder.uri(uri).body(body).map_err(|error| bad("the request is none", &error))?;
    Ok((scheme, request))
}

struct AskedBody(Arc<dyn AskStdin>);

impl Body for AskedBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        loop {
            match self.0.poll_read(ASKED, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(bytes)) if bytes.is_empty() => {}
                Poll::Ready(Some(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
            }
        }
    }
}
