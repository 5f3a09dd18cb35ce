use std::sync::Arc;
use std::time::{Duration, Instant};

use workbooks_engine::{CallOptions, Kind, Shape, Status, Step, componentize};

use crate::plain::{
    Int, Plainly, Text, begin, call, compiled, component, drive, failed, host_call, instance, number, within,
};

const LOOPING: &str = r#"
(module
  (func (export "spin") (loop (br 0)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "boom") unreachable))"#;

const ASKING: &str = r#"
(module
  (import "ask" "ask" (func $ask (param i64) (result i64)))
  (func (export "run") (param i64) (result i64) (i64.add (call $ask (local.get 0)) (i64.const 1))))"#;

const ASKING_WIT: &str = "package t:t; world w { import ask: interface { ask: func(x: s64) -> s64; } \
                          export run: func(x: s64) -> s64; }";

#[test]
fn a_call_ends_with_its_result() {
    let instance = instance(&component(LOOPING));
    assert_eq!(number(&instance, "add", &[1, 2]).expect("a sum"), 3);
}

#[test]
fn a_slice_ends_within_a_tick_or_two_and_the_call_at_its_deadline() {
    let instance = instance(&component(LOOPING));
    let begun = Instant::now();
    let mut step = begin(&instance, "spin", &[], within(300));
    let mut slices = 0;
    while let Step::Yield = step {
        slices += 1;
        step = instance.poll(&Plainly);
    }
    assert_eq!(failed(step).kind, Kind::Timeout);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    // Hundreds on a quiet machine; several on any, or the guest was not interrupted at all.
    assert!(slices >= 3, "{slices} slices");
    assert_eq!(number(&instance, "add", &[1, 2]).expect_err("closed").kind, Kind::Closed);
}

#[test]
fn the_epoch_goes_on_after_a_rest() {
    let instance = instance(&component(LOOPING));
    // Longer than the ticker stays awake without polls: what is tested is the rest itself.
    std::thread::sleep(Duration::from_millis(400));
    assert!(matches!(begin(&instance, "spin", &[], within(20)), Step::Yield));
    assert_eq!(drive(&instance).expect_err("no end").kind, Kind::Timeout);
}

#[test]
fn an_export_that_overran_its_slice_is_slow_for_a_while() {
    let component = component(LOOPING);
    let spin = component.find(&["spin"]).expect("spin");
    let slow = || component.functions()[spin].starts_slow();
    assert!(!slow());
    let instance = instance(&component);
    let _ = begin(&instance, "spin", &[], within(10));
    assert!(slow());
    let asked = (0..100).take_while(|_| slow()).count();
    assert!(asked < 100, "never tried again");
}

#[test]
fn a_host_function_answers_or_fails() {
    let component = compiled(&componentize(ASKING.as_bytes(), Shape::World(ASKING_WIT)).expect("a component"));
    let instance = instance(&component);

    let asked = host_call(&instance, begin(&instance, "run", &[Int(5)], CallOptions::default()));
    assert_eq!((asked.import, asked.values.as_slice()), (0, [Int(5)].as_slice()));
    assert!(asked.other.is_none());
    // Polling without an answer does not run the guest.
    assert_eq!(failed(instance.poll(&Plainly)).kind, Kind::Busy);
    // A wrong answer leaves the guest waiting for a right one.
    assert_eq!(instance.reply(Text("no")).expect_err("a type").kind, Kind::Type);
    instance.reply(Int(41)).expect("taken");
    assert_eq!(drive(&instance).expect("an end"), [Int(42)]);

    host_call(&instance, begin(&instance, "run", &[Int(5)], CallOptions::default()));
    instance.fail().expect("told");
    assert_eq!(drive(&instance).expect_err("failed").kind, Kind::HostError);
    assert_eq!(instance.status(), Status::Closed);
}

#[test]
fn nobody_answers_a_question_that_was_not_asked() {
    let instance = instance(&component(LOOPING));
    assert_eq!(instance.reply(Int(1)).expect_err("nothing asked").kind, Kind::Closed);
    assert_eq!(instance.fail().expect_err("nothing asked").kind, Kind::Closed);
    assert_eq!(failed(instance.poll(&Plainly)).kind, Kind::Closed);
}

#[test]
fn closing_from_another_thread_ends_the_call_within_slices() {
    let instance = instance(&component(LOOPING));
    assert!(matches!(begin(&instance, "spin", &[], CallOptions::default()), Step::Yield));
    let theirs = instance.clone();
    let polling = std::thread::spawn(move || drive(&theirs));
    while instance.status() != Status::Running {
        std::thread::yield_now();
    }
    instance.close();
    let error = polling.join().expect("no panic").expect_err("closed");
    assert!(matches!(error.kind, Kind::Cancelled | Kind::Closed), "{error:?}");
}

#[test]
fn a_trap_has_its_code_and_frames() {
    let error = call(&instance(&component(LOOPING)), "boom", &[]).expect_err("a trap");
    assert_eq!((error.kind, error.code.as_deref()), (Kind::Trap, Some("unreachable")));
    assert_eq!(error.frames.len(), 1);
}

#[test]
fn wrong_arguments_name_the_parameter() {
    let instance = instance(&component(LOOPING));
    let error = number(&instance, "add", &[1, 1 << 40]).expect_err("too large");
    assert_eq!(error.kind, Kind::Type);
    assert_eq!(error.message, "argument p1 of add: expected s32, got Int(1099511627776)");
    assert_eq!(number(&instance, "add", &[1]).expect_err("too few").kind, Kind::Type);
    assert_eq!(number(&instance, "nope", &[]).expect_err("unknown").kind, Kind::Export);
}

#[test]
fn closing_while_short_calls_go_on_closes() {
    let component = component(LOOPING);
    for _ in 0..200 {
        let instance = Arc::new(instance(&component));
        let theirs = instance.clone();
        let calling = std::thread::spawn(move || while number(&theirs, "add", &[1, 2]).is_ok() {});
        instance.close();
        calling.join().expect("no panic");
        assert_eq!(instance.status(), Status::Closed);
    }
}
