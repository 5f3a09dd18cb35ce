use std::sync::Arc;
use std::time::{Duration, Instant};

use workbooks_engine::{Kind, Shape, Step, componentize};

use crate::plain::{Plain, Plainly, call, compiled, component, drive, instance};

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
    assert_eq!(call(&instance, "add", &[1, 2], 1000).expect("a sum"), Some(Plain::Int(3)));
}

#[test]
fn a_slice_ends_within_a_tick_or_two_and_the_call_at_its_deadline() {
    let instance = instance(&component(LOOPING));
    let spin = instance.component().find(&["spin"]).expect("spin");
    let begun = Instant::now();
    let mut step = instance.call(spin, std::iter::empty::<Plain>(), Some(Duration::from_millis(300)), &Plainly);
    let mut slices = 0;
    let error = loop {
        match step {
            Step::Yield => slices += 1,
            Step::Failed(error) => break error,
            other => panic!("{other:?}"),
        }
        step = instance.poll(&Plainly);
    };
    assert_eq!(error.kind, Kind::Timeout);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    // Hundreds on a quiet machine; several on any, or the guest was not interrupted at all.
    assert!(slices >= 3, "{slices} slices");
    assert_eq!(call(&instance, "add", &[1, 2], 1000).expect_err("closed").kind, Kind::Closed);
}

#[test]
fn the_epoch_goes_on_after_a_rest() {
    let instance = instance(&component(LOOPING));
    // Longer than the ticker stays awake without polls.
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(call(&instance, "spin", &[], 20).expect_err("no end").kind, Kind::Timeout);
}

#[test]
fn an_export_that_overran_its_slice_is_slow_for_a_while() {
    let component = component(LOOPING);
    let spin = component.find(&["spin"]).expect("spin");
    assert!(!component.exports()[spin].starts_slow());
    let _ = call(&instance(&component), "spin", &[], 10);
    assert!(component.exports()[spin].starts_slow());
    let asked = (0..100).take_while(|_| component.exports()[spin].starts_slow()).count();
    assert!(asked < 100, "never tried again");
}

#[test]
fn a_host_function_answers_or_fails() {
    let bytes = componentize(ASKING.as_bytes(), Shape::World(ASKING_WIT)).expect("a component");
    let component = compiled(&bytes);
    let instance = instance(&component);
    let run = component.find(&["run"]).expect("run");

    let step = instance.call(run, [Plain::Int(5)].into_iter(), None, &Plainly);
    let Step::Host { import: 0, values } = step else { panic!("no host call") };
    assert_eq!(values, [Plain::Int(5)]);
    // Polling without an answer does not run the guest.
    assert!(matches!(instance.poll(&Plainly), Step::Failed(error) if error.kind == Kind::Busy));
    // A wrong answer leaves the guest waiting for a right one.
    assert_eq!(instance.reply(Plain::Text("no")).expect_err("a type").kind, Kind::Type);
    instance.reply(Plain::Int(41)).expect("taken");
    assert_eq!(drive(&instance).expect("an end"), Some(Plain::Int(42)));

    assert!(matches!(instance.call(run, [Plain::Int(5)].into_iter(), None, &Plainly), Step::Host { .. }));
    instance.fail().expect("told");
    assert_eq!(drive(&instance).expect_err("failed").kind, Kind::HostError);
    assert_eq!(instance.state(), "closed");
}

#[test]
fn nobody_answers_a_question_that_was_not_asked() {
    let instance = instance(&component(LOOPING));
    assert_eq!(instance.reply(Plain::Int(1)).expect_err("nothing asked").kind, Kind::Closed);
    assert_eq!(instance.fail().expect_err("nothing asked").kind, Kind::Closed);
    assert!(matches!(instance.poll(&Plainly), Step::Failed(error) if error.kind == Kind::Closed));
}

#[test]
fn closing_from_another_thread_ends_the_call_within_slices() {
    let instance = Arc::new(instance(&component(LOOPING)));
    let spin = instance.component().find(&["spin"]).expect("spin");
    assert!(matches!(instance.call(spin, std::iter::empty::<Plain>(), None, &Plainly), Step::Yield));
    let theirs = instance.clone();
    let polling = std::thread::spawn(move || drive(&theirs));
    std::thread::sleep(Duration::from_millis(5));
    instance.close();
    let error = polling.join().expect("no panic").expect_err("closed");
    assert!(matches!(error.kind, Kind::Cancelled | Kind::Closed), "{error:?}");
}

#[test]
fn a_trap_has_its_code_and_frames() {
    let error = call(&instance(&component(LOOPING)), "boom", &[], 1000).expect_err("a trap");
    assert_eq!((error.kind, error.code), (Kind::Trap, Some("unreachable")));
    assert_eq!(error.frames.len(), 1);
}

#[test]
fn wrong_arguments_name_the_parameter() {
    let instance = instance(&component(LOOPING));
    let error = call(&instance, "add", &[1, 1 << 40], 1000).expect_err("too large");
    assert_eq!(error.kind, Kind::Type);
    assert_eq!(error.message, "argument p1 of add: expected s32, got Int(1099511627776)");
    assert_eq!(call(&instance, "add", &[1], 1000).expect_err("too few").kind, Kind::Type);
    assert_eq!(call(&instance, "nope", &[], 1000).expect_err("unknown").kind, Kind::Export);
}

#[test]
fn closing_while_short_calls_go_on_closes() {
    let component = component(LOOPING);
    for _ in 0..200 {
        let instance = Arc::new(instance(&component));
        let theirs = instance.clone();
        let calling = std::thread::spawn(move || while call(&theirs, "add", &[1, 2], 1000).is_ok() {});
        instance.close();
        calling.join().expect("no panic");
        assert_eq!(instance.state(), "closed");
    }
}
