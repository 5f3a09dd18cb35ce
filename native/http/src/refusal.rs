//! An answer given without asking the handler.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Method, Response, StatusCode};

use crate::answer::Outgoing;

/// Why a request is not handed on: a status, and a line for the person who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    pub why: &'static str,
    /// Whether nothing that follows on the connection can be trusted.
    pub close: bool,
}

impl Refusal {
    /// After which the connection is of no use.
    pub(crate) const fn fatal(status: StatusCode, why: &'static str) -> Self {
        Self { status, why, close: true }
    }

    /// That leaves the connection as it is.
    pub(crate) const fn mild(status: StatusCode, why: &'static str) -> Self {
        Self { status, why, close: false }
    }

    pub(crate) const fn bad(why: &'static str) -> Self {
        Self::fatal(StatusCode::BAD_REQUEST, why)
    }

    pub(crate) fn response(self, method: &Method) -> Response<Outgoing> {
        let text = format!("{}: {}\n", self.status, self.why);
        let length = text.len();
        let head = method == Method::HEAD;
        let mut response = Response::new(if head { Outgoing::Empty } else { Outgoing::Full(Bytes::from(text)) });
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if head {
            headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
