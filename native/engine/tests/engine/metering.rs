//! Fuel, metrics, and what is counted.

use std::time::Duration;

use workbooks_engine::{CallOptions, Instance, Kind, Limits, Program, Setup, Shape, Status, Variant, componentize};

use crate::plain::{HOST, Int, Plain, answering, begin, drive_on, engine, made, number, program, setup};

const MODULE: &str = r#"
(module
  (import "env" "f" (func $f))
  (memory (export "memory") 1)
  (func (export "spin") (loop (br 0)))
  (func (export "turns") (param i32)
    (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0))))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "ask") (param i32) (loop (call $f) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "grow") (drop (memory.grow (i32.const 2)))))"#;

fn metered(bytes: &[u8]) -> Program {
    let engine = engine().with(Variant { fuel: true, ..Variant::default() }).expect("an engine");
    engine.compile(bytes).expect("it compiles")
}

fn fuelled(fuel: u64) -> CallOptions {
    CallOptions { fuel: Some(fuel), metrics: true, ..CallOptions::default() }
}

fn used(instance: &Instance, turns: i128) -> u64 {
    drive_on(instance, begin(instance, "turns", &[Int(turns)], fuelled(1 << 40))).expect("an end");
    instance.metrics().expect("metrics").fuel.expect("metered")
}

#[test]
fn fuel_ends_what_does_not_end() {
    let instance = made(&metered(MODULE.as_bytes()), &setup(HOST)).expect("made");
    // Without any said there is no end of it.
    assert_eq!(number(&instance, "add", &[1, 2]).expect("a sum"), 3);
    let error = drive_on(&instance, begin(&instance, "spin", &[], fuelled(100_000))).expect_err("its end");
    assert_eq!((error.kind, error.code.as_deref()), (Kind::Fuel, Some("out_of_fuel")));
    assert_eq!(instance.status(), Status::Closed);
}

#[test]
fn fuel_is_counted_call_by_call() {
    let instance = made(&metered(MODULE.as_bytes()), &setup(HOST)).expect("made");
    let (few, many) = (used(&instance, 10), used(&instance, 1010));
    assert!(few > 0);
    assert_eq!((many - few) % 1000, 0, "every turn costs the same");
    assert!(many - few >= 1000);
    assert_eq!(used(&instance, 10), few);
}

#[test]
fn a_component_is_metered_too() {
    let wat = r#"(module (func (export "spin") (loop (br 0))))"#;
    let component = metered(&componentize(wat.as_bytes(), Shape::Numbers).expect("a component"));
    let instance = made(&component, &setup(&[])).expect("made");
    let error = drive_on(&instance, begin(&instance, "spin", &[], fuelled(100_000))).expect_err("its end");
    assert_eq!(error.kind, Kind::Fuel);
}

#[test]
fn start_code_uses_the_stores_fuel() {
    let module = metered(b"(module (func $start (loop (br 0))) (start $start))");
    let error = made(&module, &Setup { fuel: Some(1000), ..setup(&[]) }).err().expect("its end");
    assert_eq!(error.kind, Kind::Fuel);
}

#[test]
fn fuel_is_refused_where_nothing_meters() {
    let program = program(MODULE);
    let error = Instance::instantiate(&program, &Setup { fuel: Some(1), ..setup(HOST) }).err().expect("refused");
    assert_eq!(error.kind, Kind::Fuel);
    let instance = made(&program, &setup(HOST)).expect("made");
    let error = drive_on(&instance, begin(&instance, "add", &[Int(1), Int(2)], fuelled(1))).expect_err("refused");
    assert_eq!(error.kind, Kind::Fuel);
    assert_eq!(number(&instance, "add", &[1, 2]).expect("a sum"), 3);
}

#[test]
fn metrics_say_what_a_call_used() {
    let instance = made(&program(MODULE), &setup(HOST)).expect("made");
    assert!(instance.metrics().is_none());
    let metrics = CallOptions { metrics: true, ..CallOptions::default() };
    let run = |name: &str, values: &[Plain]| {
        let step = begin(&instance, name, values, metrics);
        answering(&instance, step, |_| Some(Plain::Nothing)).expect("an end");
        instance.metrics().expect("metrics")
    };
    let asking = run("ask", &[Int(3)]);
    assert_eq!((asking.host_calls, asking.fuel, asking.memory_peak), (3, None, 1 << 16));
    assert_eq!(run("ask", &[Int(2)]).host_calls, 2);
    assert_eq!(run("grow", &[]).memory_peak, 3 << 16);
    let busy = run("turns", &[Int(20_000_000)]);
    assert!(busy.cpu > Duration::from_millis(1), "{busy:?}");
    assert!(busy.wall >= busy.cpu, "{busy:?}");
}

#[test]
fn host_calls_are_limited_over_the_stores_life() {
    let limits = Limits { host_calls: 3, ..Limits::default() };
    let instance = made(&program(MODULE), &Setup { limits, ..setup(HOST) }).expect("made");
    let ask = |times: i128| {
        let step = begin(&instance, "ask", &[Int(times)], CallOptions::default());
        answering(&instance, step, |_| Some(Plain::Nothing))
    };
    ask(2).expect("within");
    let error = ask(2).expect_err("beyond");
    assert_eq!(error.kind, Kind::Limit, "{error}");
    assert_eq!(instance.status(), Status::Idle);
    assert_eq!(ask(1).expect_err("beyond").kind, Kind::Limit);
    assert_eq!(number(&instance, "add", &[1, 2]).expect("a sum"), 3);
}

#[test]
fn what_a_store_may_have_is_limited() {
    let refused = |text: &str, limits: Limits| {
        made(&program(text), &Setup { limits, ..setup(&[]) }).err().unwrap_or_else(|| panic!("{text} was made")).kind
    };
    let fine = Limits::default();
    assert_eq!(refused("(module (memory 2))", Limits { memory: 1 << 16, ..fine }), Kind::MemoryLimit);
    assert_eq!(refused("(module (table 9 funcref))", Limits { table_elements: 8, ..fine }), Kind::Limit);
    assert_eq!(refused("(module (table 1 funcref) (table 1 funcref))", Limits { tables: 1, ..fine }), Kind::Limit);
    assert_eq!(refused("(module (memory 1) (memory 1))", Limits { memories: 1, ..fine }), Kind::Limit);
    let two = "(component (core module $m) (core instance (instantiate $m)) (core instance (instantiate $m)))";
    assert_eq!(refused(two, Limits { instances: 1, ..fine }), Kind::Limit);
}
