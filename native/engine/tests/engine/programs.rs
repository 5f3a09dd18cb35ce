//! What bytes become, and for which variant of the engine.

use workbooks_engine::{Kind, Program, Variant};

use crate::plain::{begin, component, drive, engine, instance, number, within};

const ADD: &str = r#"
(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// Lifts a function without waiting for its result: the component model's asynchronous part.
pub const ASYNC: &str = r#"
(component
  (core module $m (func (export "f") (result i32) unreachable)
                  (func (export "cb") (param i32 i32 i32) (result i32) unreachable))
  (core instance $i (instantiate $m))
  (func (export "f") async (canon lift (core func $i "f") async (callback (func $i "cb")))))"#;

/// More memories than a place in the pool has.
pub fn many_memories() -> String {
    format!("(module {})", "(memory 1)".repeat(40))
}

fn plain() -> Variant {
    Variant::default()
}

#[test]
fn bytes_say_themselves_what_they_are() {
    let compile = |text: &str| engine().compile(text.as_bytes()).expect("it compiles");
    assert!(matches!(compile("(component)"), Program::Component(_)));
    assert!(matches!(compile("(module)"), Program::Module(_)));
    assert!(matches!(engine().compile(b"\0asm\x01\0\0\0").expect("it compiles"), Program::Module(_)));
    for rubbish in [&b""[..], b"\0asm", b"\0asm\x01\0\0\0\xff", b"(module (func (result i32)))", b"(nonsense)"] {
        assert_eq!(engine().compile(rubbish).expect_err("refused").kind, Kind::Compile);
    }
}

#[test]
fn the_plain_engine_takes_what_the_specification_has() {
    for text in [
        "(module (type (struct (field (mut i32)))) (func (result anyref) (struct.new_default 0)))",
        "(module (type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0))))",
        "(module (tag $e) (func (throw $e)))",
        "(module (memory i64 1) (func (result i32) (i32.load (i64.const 0))))",
        "(module (memory 1) (memory 2) (func (result i32) (memory.size 1)))",
        "(module (func $f (return_call $f)))",
        "(module (func (param v128 v128 v128) (result v128)
           (i32x4.relaxed_trunc_f32x4_s (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))))",
        "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))",
        "(component (type (list u8 4)))",
    ] {
        let program = engine().compile(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(program.variant(), plain(), "{text}");
    }
    // Without shared memories there is nothing to be atomic for.
    assert!(engine().compile(b"(module (memory 1 1 shared))").is_err());
}

#[test]
fn an_asynchronous_component_is_compiled_for_the_engine_that_has_it() {
    let program = engine().compile(ASYNC.as_bytes()).expect("it compiles");
    assert_eq!(program.variant(), Variant { concurrent: true, ..plain() });
    let blob = program.serialize().expect("native code");
    // SAFETY: made just now by this engine.
    let loaded = unsafe { engine().load(&blob) }.expect("loaded");
    assert_eq!(loaded.variant(), program.variant());
    // What is wrong in every variant keeps the plain engine's words.
    let broken = ASYNC.replace("unreachable", "i64.const 1");
    assert_eq!(engine().compile(broken.as_bytes()).expect_err("refused").kind, Kind::Compile);
}

#[test]
fn what_has_no_room_in_the_pool_is_allocated_by_itself() {
    let program = engine().compile(many_memories().as_bytes()).expect("it compiles");
    assert_eq!(program.variant(), Variant { on_demand: true, ..plain() });
}

#[test]
fn metering_is_another_engine() {
    let metered = engine().with(Variant { fuel: true, ..plain() }).expect("an engine");
    assert_eq!(metered.variant(), Variant { fuel: true, ..plain() });
    let program = metered.compile(ADD.as_bytes()).expect("it compiles");
    assert!(program.variant().fuel);
    assert!(!engine().compile(ADD.as_bytes()).expect("it compiles").variant().fuel);
    let both = metered.compile(ASYNC.as_bytes()).expect("it compiles");
    assert_eq!(both.variant(), Variant { fuel: true, concurrent: true, on_demand: false });
}

#[test]
fn code_of_the_pool_runs_outside_it() {
    let outside = component(ADD).overflow().expect("a copy");
    assert_eq!(outside.variant(), Variant { on_demand: true, ..plain() });
    assert_eq!(number(&instance(&outside), "add", &[2, 3]).expect("a sum"), 5);
    // A copy's copy is itself, and its epoch advances too: the loop below ends.
    assert!(outside.overflow().is_ok());

    let spin = component(r#"(module (func (export "spin") (loop (br 0))))"#);
    let instance = instance(&spin.overflow().expect("a copy"));
    begin(&instance, "spin", &[], within(20));
    assert_eq!(drive(&instance).expect_err("no end").kind, Kind::Timeout);

    let module = engine().compile(ADD.as_bytes()).expect("it compiles");
    let outside = module.overflow().expect("a copy");
    assert!(outside.variant().on_demand);
    assert_eq!(number(&crate::plain::instance(&outside), "add", &[2, 3]).expect("a sum"), 5);
}
