//! A component that answers requests.

use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

use super::error::Kind;
use super::harness::{component, drive, instance};
use super::source::{AskStdin, Handled, Request, RequestBody, Response, WasiOptions, handle};

fn post(url: &str, body: RequestBody) -> Request {
    let headers = vec![("x-name".to_string(), b"value".to_vec())];
    Request { method: "POST".into(), url: url.into(), headers, body }
}

fn answered(request: Request, limit: u64) -> Result<Response, workbooks_engine::Error> {
    let component = component(include_str!("echo.wat"), "echo");
    let (mut store, instance) = instance(&component, WasiOptions::default());
    match drive(handle(&mut store, &instance, request, limit)) {
        Handled::Answered(response) => Ok(response),
        Handled::Failed(error) => Err(error),
        Handled::Trapped(error) => panic!("it trapped: {error:?}"),
    }
}

#[test]
fn a_body_comes_back_while_the_guest_writes_it() {
    let body: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    let request = post("http://example.org/a?b", RequestBody::Bytes(body.clone().into()));
    let response = answered(request, 1 << 30).expect("an answer");
    assert_eq!(response.status, 201);
    assert!(response.body == body);
    assert_eq!(response.trailers, []);
}

struct Pieces(AtomicUsize);

impl AskStdin for Pieces {
    fn poll_read(&self, _max: usize, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let at = self.0.fetch_add(1, Relaxed);
        if at.is_multiple_of(2) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready((at < 6).then(|| Bytes::from(format!("piece {at} "))))
    }
}

#[test]
fn a_body_is_asked_for_piece_by_piece() {
    let request = post("/path", RequestBody::Asked(Arc::new(Pieces(AtomicUsize::new(0)))));
    let response = answered(request, 1 << 30).expect("an answer");
    assert_eq!(response.body, b"piece 1 piece 3 piece 5 ");
}

#[test]
fn what_is_no_request_and_what_is_too_long() {
    let bytes = |length: usize| RequestBody::Bytes(vec![b'a'; length].into());
    assert_eq!(answered(post("http://example.org/", bytes(100)), 99).expect_err("too long").kind, Kind::Limit);
    assert!(answered(post("http://example.org/", bytes(100)), 100).is_ok());
    assert_eq!(answered(post("not a url", bytes(0)), 99).expect_err("no URL").kind, Kind::Type);
    let mut request = post("/", bytes(0));
    request.headers.push(("bad name".into(), Vec::new()));
    assert_eq!(answered(request, 99).expect_err("no header").kind, Kind::Type);
}

#[test]
fn a_component_without_a_handler_says_so() {
    let component = component(include_str!("sleeper.wat"), "sleeper");
    let (mut store, instance) = instance(&component, WasiOptions::default());
    match drive(handle(&mut store, &instance, post("/", RequestBody::Bytes(Bytes::new())), 1)) {
        Handled::Failed(error) => assert_eq!(error.kind, Kind::Export),
        _ => panic!("there is no handler"),
    }
}

/// What becomes of a request that a handler with this body is given.
fn handled(body: &str) -> Handled {
    let text = format!(
        r#"(module
          (import "wasi:http/types@0.2.0" "[constructor]fields" (func $fields (result i32)))
          (import "wasi:http/types@0.2.0" "[constructor]outgoing-response" (func $response (param i32) (result i32)))
          (import "wasi:http/types@0.2.0" "[method]outgoing-response.body" (func $body (param i32 i32)))
          (import "wasi:http/types@0.2.0" "[static]response-outparam.set"
            (func $set (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
          (import "wasi:http/types@0.2.0" "[resource-drop]response-outparam" (func $forget (param i32)))
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
          (func $answer (param $out i32) (param $failed i32) (param $what i32)
            (call $set (local.get $out) (local.get $failed) (local.get $what) (i32.const 0) (i64.const 0)
              (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
          (func (export "wasi:http/incoming-handler@0.2.0#handle") (param $request i32) (param $out i32)
            (local $response i32) {body}))"#
    );
    let (mut store, instance) = instance(&component(&text, "echo"), WasiOptions::default());
    drive(handle(&mut store, &instance, post("/", RequestBody::Bytes(Bytes::new())), 100))
}

#[test]
fn a_handler_that_does_not_answer_is_told_from_one_that_does() {
    let failed = |body: &str| match handled(body) {
        Handled::Failed(error) => (error.kind, error.message),
        Handled::Answered(response) => panic!("it answered: {response:?}"),
        Handled::Trapped(error) => panic!("it trapped: {error:?}"),
    };
    for body in ["", "(call $forget (local.get $out))"] {
        let (kind, message) = failed(body);
        assert_eq!(kind, Kind::Io);
        assert!(message.contains("gave no answer"), "{message}");
    }
    let (kind, message) = failed("(call $answer (local.get $out) (i32.const 1) (i32.const 33))");
    assert_eq!(kind, Kind::Io);
    assert!(message.contains("HttpResponseTimeout"), "{message}");
    let (_, message) = failed(
        "(local.set $response (call $response (call $fields)))
         (call $body (local.get $response) (i32.const 0))
         (call $answer (local.get $out) (i32.const 0) (local.get $response))",
    );
    assert!(message.contains("unfinished"), "{message}");
    assert!(matches!(handled("unreachable"), Handled::Trapped(_)));
    let answer = "(call $answer (local.get $out) (i32.const 0) (call $response (call $fields)))";
    assert!(matches!(handled(answer), Handled::Answered(Response { status: 200, .. })));
    assert!(matches!(handled(&format!("{answer} unreachable")), Handled::Trapped(_)));
}
