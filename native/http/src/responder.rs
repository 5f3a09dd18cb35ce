//! What a handler answers with.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};

use crate::answer::Outgoing;
use crate::error::{Error, Kind};
use crate::exchange::{Accepted, Disconnected, Exchange};

/// Header lines of an answer: names and values.
pub type Headers = Vec<(Bytes, Bytes)>;

/// The one answer to one request. Dropped without an answer, it is a 500, or says what was wrong
/// with the request's body if that is why.
///
/// Framing is not the handler's: `transfer-encoding`, `connection` and their like are dropped
/// from its headers (but for `connection: close`, which is obeyed), and so is the body of what has
/// none: answers to `HEAD`, 204, 205, 304.
pub struct Responder {
    exchange: Option<Arc<Exchange>>,
}

/// An answer that has begun, whose body follows in chunks. Dropped before [`Stream::finish`], the
/// connection or stream is reset, so that the client does not take a part for the whole.
pub struct Stream {
    exchange: Option<Arc<Exchange>>,
}

impl Responder {
    pub(crate) fn new(exchange: Arc<Exchange>) -> Self {
        Self { exchange: Some(exchange) }
    }

    /// Answers in one piece. A `content-length` among the headers counts for `HEAD` alone. After
    /// an error the client gets a 500, if it is still there.
    pub fn respond(mut self, status: u16, headers: Headers, body: Bytes) -> Result<(), Error> {
        let Some(exchange) = self.exchange.as_ref() else { return Err(Error::gone()) };
        let (mut response, given) = head(status, headers)?;
        let length = body.len() as u64;
        *response.body_mut() = match Content::of(&exchange.method, response.status()) {
            Content::Body => Outgoing::Full(body),
            Content::LengthAlone => {
                set_length(&mut response, given.unwrap_or(length));
                Outgoing::Empty
            }
            Content::None => Outgoing::Empty,
        };
        exchange.answer(response)?;
        self.exchange = None;
        Ok(())
    }

    /// Begins an answer. With a `content-length` the chunks must add up to it; without, they are
    /// as many as they are.
    pub fn begin(mut self, status: u16, headers: Headers) -> Result<Stream, Error> {
        let Some(exchange) = self.exchange.as_ref() else { return Err(Error::gone()) };
        let (mut response, given) = head(status, headers)?;
        let content = Content::of(&exchange.method, response.status());
        if let (Some(length), Content::Body | Content::LengthAlone) = (given, &content) {
            set_length(&mut response, length);
        }
        exchange.begin(response, !matches!(content, Content::Body), given)?;
        Ok(Stream { exchange: self.exchange.take() })
    }

    /// Breaks the connection or stream off, without an answer.
    pub fn abort(mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.abort();
        }
    }

    /// Has `callback` called, once, if the client goes away before the answer's end, or is told
    /// that its time is over. It is called on one of the server's threads and must not block; at
    /// once if that has happened already. With HTTP/1 a client that leaves is not noticed while
    /// some of its body is unread, nor behind a request that it sent ahead.
    pub fn on_disconnect(&self, callback: Disconnected) {
        if let Some(exchange) = &self.exchange {
            exchange.on_disconnect(callback);
        }
    }

    /// Lifts the limit of the request's time, for what goes on as long as somebody listens.
    pub fn take_time(&self) {
        if let Some(exchange) = &self.exchange {
            exchange.take_time();
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.forsaken();
        }
    }
}

impl Stream {
    /// Sends some more. `accepted` is called, on one of the server's threads, when it has been
    /// taken for writing, and the next may come; or with an error if it never will be. It must
    /// not block. After an error from here it is not called.
    pub fn chunk(&self, bytes: Bytes, accepted: Accepted) -> Result<(), Error> {
        let Some(exchange) = &self.exchange else { return Err(Error::gone()) };
        exchange.chunk(bytes, accepted)
    }

    /// Ends the answer. With HTTP/1 trailers are sent to clients that said `te: trailers`, if the
    /// headers named them in `trailer`.
    pub fn finish(mut self, trailers: Headers) -> Result<(), Error> {
        let Some(exchange) = self.exchange.take() else { return Err(Error::gone()) };
        let mut map = HeaderMap::new();
        for (name, value) in trailers {
            let (name, value) = field(&name, value)?;
            map.append(name, value);
        }
        exchange.finish((!map.is_empty()).then_some(map))
    }

    /// Breaks the answer off: the client sees that it is not whole.
    pub fn abort(self) {}

    /// As [`Responder::on_disconnect`].
    pub fn on_disconnect(&self, callback: Disconnected) {
        if let Some(exchange) = &self.exchange {
            exchange.on_disconnect(callback);
        }
    }

    /// As [`Responder::take_time`].
    pub fn take_time(&self) {
        if let Some(exchange) = &self.exchange {
            exchange.take_time();
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.abort();
        }
    }
}

/// What follows the head of an answer: RFC 9110 §6.4.1.
enum Content {
    Body,
    /// Of `HEAD`: how long the body of `GET` would be.
    LengthAlone,
    None,
}

impl Content {
    fn of(method: &Method, status: StatusCode) -> Self {
        match status {
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED => Self::None,
            _ if method == Method::HEAD => Self::LengthAlone,
            _ => Self::Body,
        }
    }
}

/// The head of an answer without framing, and the `content-length` that it had.
fn head(status: u16, headers: Headers) -> Result<(Response<Outgoing>, Option<u64>), Error> {
    let status =
        StatusCode::from_u16(status).ok().filter(|status| (200..600).contains(&status.as_u16())).ok_or_else(|| {
            Error::new(Kind::Answer, format!("{status} is no status of an answer: give one from 200 to 599"))
        })?;
    let mut response = Response::new(Outgoing::Empty);
    *response.status_mut() = status;
    let mut length = None;
    let map = response.headers_mut();
    map.reserve(headers.len() + 2);
    for (name, value) in headers {
        let (name, value) = field(&name, value)?;
        match name {
            header::CONTENT_LENGTH => {
                let number = value.to_str().ok().and_then(|text| text.parse().ok());
                length = Some(number.ok_or_else(|| {
                    Error::new(Kind::Answer, format!("content-length is {value:?}, and must be a number"))
                })?);
            }
            header::CONNECTION => {
                let close = value
                    .to_str()
                    .is_ok_and(|text| text.split(',').any(|option| option.trim().eq_ignore_ascii_case("close")));
                if close {
                    map.insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
            }
            header::TRANSFER_ENCODING | header::UPGRADE => {}
            _ if name == "keep-alive" || name == "proxy-connection" => {}
            _ => {
                map.append(name, value);
            }
        }
    }
    Ok((response, length))
}

fn field(name: &[u8], value: Bytes) -> Result<(HeaderName, HeaderValue), Error> {
    let parsed = HeaderName::from_bytes(name)
        .map_err(|_| Error::new(Kind::Answer, format!("{:?} is no header's name", String::from_utf8_lossy(name))))?;
    let value = HeaderValue::from_maybe_shared(value)
        .map_err(|_| Error::new(Kind::Answer, format!("the value of {parsed} has a character that none may have")))?;
    Ok((parsed, value))
}

fn set_length(response: &mut Response<Outgoing>, length: u64) {
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
}
