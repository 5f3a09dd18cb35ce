//! Components on the engine with the component model's asynchronous part.

use workbooks_engine::{CallOptions, Instance, Kind, Program, Shape, Status, Step, Variant, componentize};

use crate::plain::{
    HOST, Int, Plainly, Text, answering, begin, call, drive, engine, host_call, made, number, setup, within,
};

fn concurrent(bytes: &[u8]) -> Instance {
    let engine = engine().with(Variant { concurrent: true, ..Variant::default() }).expect("an engine");
    made(&engine.compile(bytes).expect("it compiles"), &setup(HOST)).expect("made")
}

const ASKING: &str = r#"
(module
  (import "ask" "ask" (func $ask (param i64) (result i64)))
  (func (export "run") (param i64) (result i64) (i64.add (call $ask (local.get 0)) (i64.const 1)))
  (func (export "spin") (loop (br 0)))
  (func (export "boom") unreachable)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

const WORLD: &str = "package t:t; world w { import ask: interface { ask: func(x: s64) -> s64; }
  export run: func(x: s64) -> s64; export spin: func(); export boom: func(); export add: func(a: s32, b: s32) -> s32; }";

fn asking() -> Instance {
    concurrent(&componentize(ASKING.as_bytes(), Shape::World(WORLD)).expect("a component"))
}

#[test]
fn plain_components_run_there_as_elsewhere() {
    let instance = asking();
    for n in 0..100 {
        assert_eq!(number(&instance, "add", &[n, 1]).expect("a sum"), n + 1);
    }
    let error = call(&instance, "boom", &[]).expect_err("a trap");
    assert_eq!((error.kind, error.code.as_deref()), (Kind::Trap, Some("unreachable")));
    assert_eq!(instance.status(), Status::Closed);
}

#[test]
fn a_guest_that_goes_on_is_not_mistaken_for_one_that_waits() {
    let instance = asking();
    let mut step = begin(&instance, "spin", &[], within(30));
    let mut slices = 0;
    while let Step::Yield = step {
        slices += 1;
        step = instance.poll(&Plainly);
    }
    assert!(slices >= 2, "{slices} slices");
    assert!(matches!(step, Step::Failed(error) if error.kind == Kind::Timeout));
}

#[test]
fn a_host_function_is_asked_and_answers() {
    let instance = asking();
    let step = begin(&instance, "run", &[Int(5)], CallOptions::default());
    let mut asked = Vec::new();
    let ended = answering(&instance, step, |call| {
        asked.push(call.values[0]);
        Some(Int(41))
    });
    assert_eq!((ended.expect("an end"), asked), (vec![Int(42)], vec![Int(5)]));

    host_call(&instance, begin(&instance, "run", &[Int(5)], CallOptions::default()));
    assert_eq!(instance.reply(Text("no")).expect_err("a type").kind, Kind::Type);
    instance.fail().expect("told");
    assert_eq!(drive(&instance).expect_err("failed").kind, Kind::HostError);
}

#[test]
fn an_instance_that_ends_while_it_waits_ends_its_guest() {
    let instance = asking();
    host_call(&instance, begin(&instance, "run", &[Int(5)], CallOptions::default()));
    instance.close();
    assert_eq!(drive(&instance).expect_err("closed").kind, Kind::Closed);
    drop(asking());
}

/// Lifted asynchronously: it returns its result by a call, at once or after it yielded.
const ASYNC: &str = r#"
(component
  (core func $return (canon task.return (result s32)))
  (core module $m
    (import "" "return" (func $return (param i32)))
    (global $n (mut i32) (i32.const 0))
    (func (export "now") (param i32 i32) (result i32)
      (call $return (i32.add (local.get 0) (local.get 1))) (i32.const 0))
    (func (export "later") (param i32) (result i32) (global.set $n (local.get 0)) (i32.const 1))
    (func (export "callback") (param i32 i32 i32) (result i32)
      (if (result i32) (i32.eqz (global.get $n))
        (then (call $return (i32.const 99)) (i32.const 0))
        (else (global.set $n (i32.sub (global.get $n) (i32.const 1))) (i32.const 1)))))
  (core instance $i (instantiate $m (with "" (instance (export "return" (func $return))))))
  (func (export "now") async (param "a" s32) (param "b" s32) (result s32)
    (canon lift (core func $i "now") async (callback (func $i "callback"))))
  (func (export "later") async (param "turns" s32) (result s32)
    (canon lift (core func $i "later") async (callback (func $i "callback")))))"#;

#[test]
fn asynchronous_functions_return_in_their_own_time() {
    let instance = concurrent(ASYNC.as_bytes());
    assert!(matches!(instance.program(), Program::Component(_)));
    assert_eq!(number(&instance, "now", &[2, 3]).expect("a sum"), 5);
    assert_eq!(number(&instance, "later", &[3]).expect("a number"), 99);
    assert_eq!(number(&instance, "now", &[20, 3]).expect("a sum"), 23);
}
