//! Calls that wait for a host function's answer in nobody's hands.

use std::time::{Duration, Instant};

use workbooks_engine::{CallOptions, Instance, Kind, Status, Suspended};

use crate::plain::{Int, LONG, begin, drive, host_call, instance, number, program};

const ASKING: &str = r#"
(module
  (import "env" "ask" (func $ask (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) (i32.add (call $ask (local.get 0)) (i32.const 1)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// An instance in a call that waits for its host function.
fn waiting() -> Instance {
    let instance = instance(&program(ASKING));
    host_call(&instance, begin(&instance, "run", &[Int(1)], CallOptions::default()));
    instance
}

/// Until another thread has seen to it: bounded, so that it fails instead of hanging.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LONG, "not {what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_suspended_call_goes_on_in_other_hands() {
    let instance = waiting();
    let suspended = Suspended::new(instance.clone(), None);
    assert_eq!(instance.status(), Status::Suspended);
    let ended = std::thread::spawn(move || {
        suspended.take_up().expect("taken up");
        assert_eq!(instance.status(), Status::Running);
        // It is one's only once.
        let again = suspended.take_up().expect_err("taken up before");
        assert_eq!(again.kind, Kind::Closed);
        assert!(again.message.contains("resumed before"), "{again}");
        instance.reply(Int(41)).expect("taken");
        let ended = drive(&instance);
        // What was taken up ends with nobody but its call.
        drop(suspended);
        assert_eq!(number(&instance, "add", &[1, 2]).expect("a sum"), 3);
        ended
    });
    assert_eq!(ended.join().expect("no panic").expect("an end"), [Int(42)]);
}

#[test]
fn a_suspended_call_that_is_dropped_ends() {
    let instance = waiting();
    drop(Suspended::new(instance.clone(), None));
    assert_eq!(instance.status(), Status::Closed);
}

#[test]
fn time_to_live_ends_it() {
    let instance = waiting();
    let suspended = Suspended::new(instance.clone(), Some(Duration::from_millis(5)));
    until("ended by its time", || instance.status() == Status::Closed);
    let late = suspended.take_up().expect_err("too late");
    assert_eq!(late.kind, Kind::Closed);
    assert!(late.message.contains("within its time"), "{late}");
}

#[test]
fn those_with_less_time_end_first() {
    let (long, short, never) = (waiting(), waiting(), waiting());
    let kept = [
        Suspended::new(long.clone(), Some(LONG)),
        Suspended::new(never.clone(), Some(Duration::MAX)),
        Suspended::new(short.clone(), Some(Duration::from_millis(1))),
    ];
    until("ended by its time", || short.status() == Status::Closed);
    assert_eq!((long.status(), never.status()), (Status::Suspended, Status::Suspended));
    drop(kept);
}

#[test]
fn what_is_put_back_is_taken_up_again() {
    let instance = waiting();
    let suspended = Suspended::new(instance.clone(), None);
    suspended.take_up().expect("taken up");
    suspended.put_back();
    assert_eq!(instance.status(), Status::Suspended);
    suspended.take_up().expect("taken up again");
    instance.reply(Int(1)).expect("taken");
    assert_eq!(drive(&instance).expect("an end"), [Int(2)]);
}

#[test]
fn what_is_put_back_too_late_has_ended() {
    let instance = waiting();
    let suspended = Suspended::new(instance.clone(), Some(Duration::from_millis(20)));
    suspended.take_up().expect("taken up");
    // Its time goes by while it is in somebody's hands: another's, begun after it, tells when.
    let later = waiting();
    let _later = Suspended::new(later.clone(), Some(Duration::from_millis(20)));
    until("ended by its time", || later.status() == Status::Closed);
    assert_eq!(instance.status(), Status::Running);
    suspended.put_back();
    assert_eq!(instance.status(), Status::Closed);
    assert_eq!(suspended.take_up().expect_err("too late").kind, Kind::Closed);
}

#[test]
fn one_of_many_hands_takes_it_up() {
    for _ in 0..200 {
        let instance = waiting();
        let suspended = Suspended::new(instance.clone(), Some(Duration::from_micros(300)));
        let taken = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..2).map(|_| scope.spawn(|| suspended.take_up().is_ok())).collect();
            hands.into_iter().map(|hand| hand.join().expect("no panic")).filter(|taken| *taken).count()
        });
        if taken == 1 {
            instance.reply(Int(1)).expect("the call is whole");
            assert_eq!(drive(&instance).expect("an end"), [Int(2)]);
        } else {
            assert_eq!(taken, 0);
            until("ended by its time", || instance.status() == Status::Closed);
        }
    }
}
