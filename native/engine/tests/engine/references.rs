//! References of core modules: held outside, given back, kept apart.

use workbooks_engine::{CallOptions, Kind, Limits, Status};

use crate::plain::{
    Int, Plain, Plainly, Text, Token, begin, call, drive, drive_on, failed, host_call, instance, instance_within,
    number, program,
};

const MODULE: &str = r#"
(module
  (import "env" "swap" (func $swap (param externref) (result externref)))
  (type $point (struct (field i32)))
  (type $unary (func (param i32) (result i32)))
  (func $inc (export "inc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $none (export "none"))
  (elem declare func $inc $none)
  (global $kept (mut externref) (ref.null extern))
  (func (export "keep") (param externref) (global.set $kept (local.get 0)))
  (func (export "kept") (result externref) (global.get $kept))
  (func (export "same") (param externref) (result externref) (local.get 0))
  (func (export "is_null") (param externref) (result i32) (ref.is_null (local.get 0)))
  (func (export "func") (result funcref) (ref.func $inc))
  (func (export "other_func") (result funcref) (ref.func $none))
  (func (export "apply") (param (ref null $unary) i32) (result i32) (call_ref $unary (local.get 1) (local.get 0)))
  (func (export "any") (param anyref) (result anyref) (local.get 0))
  (func (export "i31") (param i32) (result anyref) (ref.i31 (local.get 0)))
  (func (export "point") (param i32) (result anyref) (struct.new $point (local.get 0)))
  (func (export "x") (param anyref) (result i32) (struct.get $point 0 (ref.cast (ref $point) (local.get 0))))
  (func (export "must") (param (ref extern)) (result i32) (i32.const 1))
  (func (export "through") (param externref) (result externref) (call $swap (local.get 0))))"#;

fn one(instance: &workbooks_engine::Instance, name: &str, values: &[Plain<'_>]) -> Plain<'static> {
    match call(instance, name, values).unwrap_or_else(|error| panic!("{name}: {error}")).as_slice() {
        [value] => *value,
        values => panic!("{name} answered {values:?}"),
    }
}

#[test]
fn a_guest_holds_what_it_cannot_look_into() {
    let instance = instance(&program(MODULE));
    let token = Token::new(3);
    assert_eq!(one(&instance, "same", &[Plain::Token(&token)]), Plain::Seen(3));
    assert_eq!(one(&instance, "any", &[Plain::Token(&token)]), Plain::Seen(3));
    call(&instance, "keep", &[Plain::Token(&token)]).expect("kept");
    assert_eq!(one(&instance, "kept", &[]), Plain::Seen(3));
    assert_eq!(number(&instance, "inc", &[1]).expect("a number"), 2);
    assert_eq!(one(&instance, "kept", &[]), Plain::Seen(3));
    assert!(token.held() > 0);
    assert_eq!(call(&instance, "is_null", &[Plain::Nothing]).expect("a number"), [Int(1)]);
    assert_eq!(call(&instance, "is_null", &[Plain::Token(&token)]).expect("a number"), [Int(0)]);
    assert_eq!(call(&instance, "must", &[Plain::Nothing]).expect_err("no null").kind, Kind::Type);
    instance.close();
    assert_eq!(token.held(), 0, "a store that ended holds nothing");
}

#[test]
fn what_calls_hold_is_let_go() {
    let instance = instance_within(&program(MODULE), Limits { memory: 4 << 16, ..Limits::default() });
    let token = Token::new(1);
    for round in 0..100_000 {
        let same = call(&instance, "same", &[Plain::Token(&token)]);
        assert_eq!(same.unwrap_or_else(|error| panic!("round {round}: {error}")), [Plain::Seen(1)]);
    }
    assert!(token.held() < 50_000, "{} are held", token.held());
}

#[test]
fn a_host_function_takes_and_gives_references() {
    let instance = instance(&program(MODULE));
    let (mine, theirs) = (Token::new(1), Token::new(2));
    let asked = host_call(&instance, begin(&instance, "through", &[Plain::Token(&mine)], CallOptions::default()));
    assert_eq!(asked.values.as_slice(), [Plain::Seen(1)]);
    instance.reply(Plain::Token(&theirs)).expect("taken");
    assert_eq!(drive(&instance).expect("an end"), [Plain::Seen(2)]);
}

#[test]
fn a_function_that_was_come_by_is_called() {
    let instance = instance(&program(MODULE));
    let inc = one(&instance, "func", &[]);
    assert_eq!(inc.as_reference().kind(), "func");
    let call_it = |values: &[Plain]| {
        let step =
            instance.call_reference(inc.as_reference(), values.iter().copied(), CallOptions::default(), &Plainly);
        drive_on(&instance, step)
    };
    assert_eq!(call_it(&[Int(41)]).expect("a number"), [Int(42)]);
    assert_eq!(call_it(&[Text("41")]).expect_err("no number").kind, Kind::Type);
    assert_eq!(call_it(&[]).expect_err("too few").kind, Kind::Type);
    assert_eq!(call(&instance, "apply", &[inc, Int(1)]).expect("a number"), [Int(2)]);
    let point = one(&instance, "point", &[Int(1)]);
    let step =
        instance.call_reference(point.as_reference(), std::iter::empty::<Plain>(), CallOptions::default(), &Plainly);
    assert_eq!(failed(step).kind, Kind::Type);
}

#[test]
fn a_function_of_another_type_is_refused_and_the_instance_lives() {
    let instance = instance(&program(MODULE));
    let none = one(&instance, "other_func", &[]);
    let error = call(&instance, "apply", &[none, Int(1)]).expect_err("another type");
    assert_eq!(error.kind, Kind::Type, "{error}");
    assert_eq!(instance.status(), Status::Idle);
    assert_eq!(number(&instance, "inc", &[1]).expect("a number"), 2);
    let null = call(&instance, "apply", &[Plain::Nothing, Int(1)]).expect_err("a trap");
    assert_eq!(null.code.as_deref(), Some("null_reference"));
}

#[test]
fn references_outlive_their_call_and_say_what_they_are() {
    let instance = instance(&program(MODULE));
    let point = one(&instance, "point", &[Int(17)]);
    assert_eq!((point.as_reference().kind(), point.as_reference().number()), ("struct", None));
    for n in 0..1000 {
        one(&instance, "point", &[Int(n)]);
    }
    assert_eq!(call(&instance, "x", &[point]).expect("a number"), [Int(17)]);
    let small = one(&instance, "i31", &[Int(-5)]);
    assert_eq!((small.as_reference().kind(), small.as_reference().number()), ("i31", Some(-5)));
    assert_eq!(one(&instance, "any", &[small]).as_reference().number(), Some(-5));
    assert_eq!(call(&instance, "x", &[small]).expect_err("a trap").code.as_deref(), Some("cast_failure"));
    // A reference of one hierarchy is none of another.
    assert_eq!(call(&instance, "apply", &[point, Int(1)]).expect_err("no function").kind, Kind::Type);
}

#[test]
fn a_store_takes_its_own_references_alone() {
    let (here, there) = (instance(&program(MODULE)), instance(&program(MODULE)));
    for theirs in [one(&there, "func", &[]), one(&there, "point", &[Int(1)]), one(&there, "i31", &[Int(1)])] {
        let name = if theirs.as_reference().kind() == "func" { "apply" } else { "any" };
        let values = [theirs, Int(1)];
        let values = if name == "any" { &values[..1] } else { &values };
        let error = call(&here, name, values).expect_err("a stranger's");
        assert_eq!(error.kind, Kind::Type);
        assert!(error.message.contains("another store"), "{error}");
    }
    let func = one(&there, "func", &[]);
    let step = here.call_reference(func.as_reference(), [Int(1)].into_iter(), CallOptions::default(), &Plainly);
    assert_eq!(failed(step).kind, Kind::Type);
    // Nor after its own has ended.
    there.close();
    assert_eq!(call(&here, "any", &[func]).expect_err("a stranger's").kind, Kind::Type);
    let step = there.call_reference(func.as_reference(), [Int(1)].into_iter(), CallOptions::default(), &Plainly);
    assert_eq!(failed(step).kind, Kind::Closed);
}
