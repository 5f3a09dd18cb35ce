//! Core modules by themselves: values, traps, exceptions, host functions.

use workbooks_engine::{CallOptions, ExternType, Given, Instance, Kind, Program, Status, Step};

use crate::plain::{
    HOST, Int, Plain, Plainly, Text, answering, begin, call, drive, failed, host_call, instance, made, number, program,
    setup,
};

const MODULE: &str = r#"
(module
  (tag $oops (param i32))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func (export "all") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
    (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "three64") (param i64 i64 i64) (result i64)
    (i64.sub (local.get 0) (i64.add (local.get 1) (local.get 2))))
  (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
  (func (export "half32") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
  (func (export "one") (result i32) (i32.const 1))
  (func (export "take") (param i32))
  (func (export "boom") unreachable)
  (func $deep (export "deep") (call $deep))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "throw") (param i32) (throw $oops (local.get 0)))
  (func (export "spin") (loop (br 0))))"#;

fn ints(values: &[i128]) -> Vec<Plain<'static>> {
    values.iter().map(|n| Int(*n)).collect()
}

#[test]
fn numbers_go_in_and_come_out() {
    let instance = instance(&program(MODULE));
    assert_eq!(number(&instance, "add", &[1, 2]).expect("a sum"), 3);
    // Signed or unsigned, it comes back signed.
    assert_eq!(number(&instance, "add", &[0xffff_ffff, 0]).expect("a sum"), -1);
    assert_eq!(number(&instance, "add", &[i128::from(i32::MIN), -1]).expect("a sum"), i128::from(i32::MAX));
    assert_eq!(number(&instance, "three64", &[i128::from(u64::MAX), 1, 1]).expect("a number"), -3);
    assert_eq!(number(&instance, "one", &[]).expect("a number"), 1);
    assert_eq!(call(&instance, "half", &[Plain::Float(5.0)]).expect("a half"), [Plain::Float(2.5)]);
    assert_eq!(call(&instance, "half32", &[Plain::Float(5.0)]).expect("a half"), [Plain::Float(2.5)]);
    assert_eq!(call(&instance, "nothing", &[]).expect("nothing"), []);
    assert_eq!(call(&instance, "take", &[Int(1)]).expect("nothing"), []);
}

#[test]
fn several_results_come_in_order() {
    let instance = instance(&program(MODULE));
    assert_eq!(call(&instance, "swap", &[Int(1), Int(2)]).expect("two"), ints(&[2, 1]));
    let bytes: Vec<u8> = (0..16).collect();
    let given = [Int(-1), Int(-2), Plain::Float(1.5), Plain::Float(2.5), Plain::Bytes(&bytes)];
    let mut back = call(&instance, "all", &given).expect("five");
    back.reverse();
    assert_eq!(back, given);
}

#[test]
fn a_nan_keeps_its_bits() {
    let instance = instance(&program(
        r#"(module (func (export "same") (param f32 f64) (result f32 f64) (local.get 0) (local.get 1))
                   (func (export "one") (param f64) (result f64) (local.get 0)))"#,
    ));
    let given = [Plain::Nan(0x7fa0_0001), Plain::Nan(0xfff4_0000_0000_0001)];
    assert_eq!(call(&instance, "same", &given).expect("both"), given);
    assert_eq!(call(&instance, "one", &given[1..]).expect("it"), given[1..]);
    let wide = call(&instance, "same", &[Plain::Nan(1 << 40), Plain::Nan(0)]).expect_err("no 32 bits");
    assert_eq!(wide.kind, Kind::Type);
}

#[test]
fn what_does_not_fit_is_named_and_calls_nothing() {
    let instance = instance(&program(MODULE));
    let wrong = |name: &str, values: &[Plain]| {
        let error = call(&instance, name, values).expect_err("refused");
        assert_eq!(error.kind, Kind::Type, "{error}");
        error.message
    };
    assert_eq!(wrong("add", &ints(&[1, 1 << 32])), "argument p1 of add: expected i32, got Int(4294967296)");
    assert_eq!(wrong("add", &[Int(1), Text("2")]), "argument p1 of add: expected i32, got Text(\"2\")");
    assert_eq!(wrong("three64", &ints(&[0, 0, -1 - (1 << 63)])).split(':').next(), Some("argument p2 of three64"));
    assert_eq!(wrong("half", &[Int(1)]), "argument p0 of half: expected f64, got Int(1)");
    assert!(wrong("add", &ints(&[1])).starts_with("add takes 2 argument(s)"));
    assert!(
        wrong("all", &[Int(0), Int(0), Plain::Float(0.0), Plain::Float(0.0), Plain::Bytes(&[0; 15])]).contains("v128")
    );
    assert_eq!(call(&instance, "nope", &[]).expect_err("unknown").kind, Kind::Export);
    assert_eq!(failed(instance.call(99, [Int(1)].into_iter(), CallOptions::default(), &Plainly)).kind, Kind::Export);
    assert_eq!(instance.status(), Status::Idle);
}

#[test]
fn a_trap_leaves_the_instance_usable() {
    let instance = instance(&program(MODULE));
    for (name, values, code) in [
        ("boom", &[][..], "unreachable"),
        ("deep", &[], "stack_overflow"),
        ("divide", &[1, 0], "integer_division_by_zero"),
        ("divide", &[i128::from(i32::MIN), -1], "integer_overflow"),
        ("throw", &[7], "uncaught_exception"),
    ] {
        let error = call(&instance, name, &ints(values)).expect_err("a trap");
        assert_eq!((error.kind, error.code.as_deref()), (Kind::Trap, Some(code)), "{name}: {error}");
        assert_eq!(instance.status(), Status::Idle);
        assert_eq!(number(&instance, "add", &[2, 3]).expect("a sum"), 5, "after {name}");
    }
}

#[test]
fn the_end_of_its_time_ends_a_module() {
    let instance = instance(&program(MODULE));
    let error = drive_from(&instance, begin(&instance, "spin", &[], crate::plain::within(20)));
    assert_eq!(error.kind, Kind::Timeout);
    assert_eq!(instance.status(), Status::Closed);
    assert_eq!(number(&instance, "add", &[2, 3]).expect_err("closed").kind, Kind::Closed);
}

fn drive_from(instance: &Instance, step: Step<Plain<'static>>) -> workbooks_engine::Error {
    crate::plain::drive_on(instance, step).expect_err("a failure")
}

const ASKING: &str = r#"
(module
  (import "env" "two" (func $two (param i32 f64) (result i64 i32)))
  (import "env" "tell" (func $tell (param i32)))
  (func (export "run") (param i32) (result i64 i32)
    (call $tell (i32.const 7))
    (call $two (local.get 0) (f64.const 0.5)))
  (func (export "tell") (call $tell (i32.const 1))))"#;

#[test]
fn host_functions_answer_with_nothing_one_or_several() {
    let instance = instance(&program(ASKING));
    let step = begin(&instance, "run", &[Int(3)], CallOptions::default());
    let mut calls = Vec::new();
    let values = answering(&instance, step, |call| {
        calls.push((call.import, call.values.to_vec()));
        assert!(call.other.is_none());
        Some(if call.import == 0 { Plain::Tuple(&[Int(1), Int(2)]) } else { Plain::Nothing })
    });
    assert_eq!(values.expect("two"), ints(&[1, 2]));
    assert_eq!(calls, [(1, ints(&[7])), (0, vec![Int(3), Plain::Float(0.5)])]);

    // An answer that does not fit is refused, and the guest goes on waiting.
    host_call(&instance, begin(&instance, "run", &[Int(3)], CallOptions::default()));
    instance.reply(Plain::Nothing).expect("nothing is expected");
    assert_eq!(host_call(&instance, instance.poll(&Plainly)).import, 0);
    for wrong in [Int(1), Plain::Tuple(&[Int(1)]), Plain::Tuple(&[Int(1), Text("2")])] {
        assert_eq!(instance.reply(wrong).expect_err("refused").kind, Kind::Type);
    }
    instance.reply(Plain::Tuple(&[Int(1), Int(2)])).expect("taken");
    assert_eq!(drive(&instance).expect("two"), ints(&[1, 2]));
}

#[test]
fn a_host_function_that_fails_ends_the_call_alone() {
    let instance = instance(&program(ASKING));
    let step = begin(&instance, "tell", &[], CallOptions::default());
    assert_eq!(answering(&instance, step, |_| None).expect_err("failed").kind, Kind::HostError);
    assert_eq!(instance.status(), Status::Idle);
    let step = begin(&instance, "tell", &[], CallOptions::default());
    assert_eq!(answering(&instance, step, |_| Some(Plain::Nothing)).expect("told"), []);
}

#[test]
fn start_code_may_call_the_host_and_may_trap() {
    let asking = program(r#"(module (import "env" "f" (func $f)) (func $start (call $f)) (start $start))"#);
    let instance = Instance::instantiate(&asking, &setup(HOST)).expect("linked");
    assert_eq!(host_call(&instance, instance.poll(&Plainly)).import, 0);
    instance.reply(Plain::Nothing).expect("taken");
    assert_eq!(drive(&instance).expect("made"), []);
    assert_eq!(instance.status(), Status::Idle);

    let trapping = program("(module (func $start unreachable) (start $start))");
    let error = made(&trapping, &setup(HOST)).err().expect("a trap");
    assert_eq!((error.kind, error.code.as_deref()), (Kind::Trap, Some("unreachable")));
    let data = program(r#"(module (memory 1) (data (i32.const 65536) "x"))"#);
    assert_eq!(made(&data, &setup(HOST)).err().expect("a trap").code.as_deref(), Some("out_of_bounds"));
}

#[test]
fn an_import_that_is_given_nothing_does_not_link() {
    for imports in [&[][..], &[Given::Nothing], &[Given::Host], &[Given::Nothing, Given::Host]] {
        let error = Instance::instantiate(&program(ASKING), &setup(imports)).err().expect("refused");
        assert_eq!(error.kind, Kind::Link);
        assert!(error.message.contains("env"), "{error}");
    }
    let memory = program(r#"(module (import "env" "memory" (memory 1)))"#);
    assert_eq!(Instance::instantiate(&memory, &setup(HOST)).err().expect("refused").kind, Kind::Link);
}

#[test]
fn one_name_may_mean_two_types() {
    let module = program(
        r#"(module (import "env" "f" (func $a (param i32))) (import "env" "f" (func $b (param f64)))
             (func (export "run") (call $a (i32.const 1)) (call $b (f64.const 2))))"#,
    );
    let instance = instance(&module);
    let mut calls = Vec::new();
    let step = begin(&instance, "run", &[], CallOptions::default());
    answering(&instance, step, |call| {
        calls.push((call.import, call.values.to_vec()));
        Some(Plain::Nothing)
    })
    .expect("an end");
    assert_eq!(calls, [(0, ints(&[1])), (1, vec![Plain::Float(2.0)])]);
}

#[test]
fn a_module_says_what_it_has() {
    let text = r#"(module
      (import "env" "f" (func (param i32) (result i64)))
      (memory (export "memory") 1 2)
      (global (export "g") (mut f32) (f32.const 0))
      (table (export "t") 3 funcref)
      (tag (export "e") (param i32)))"#;
    let Program::Module(module) = program(text) else { panic!("no module") };
    assert_eq!(module.imports()[0].path(), ["env", "f"]);
    assert!(matches!(module.imports()[0].ty(), ExternType::Func(f) if f.params().len() == 1 && f.results().len() == 1));
    let [(_, memory), (_, global), (_, table), (_, tag)] = module.exports() else { panic!("four exports") };
    assert!(matches!(memory, ExternType::Memory(memory) if (memory.min, memory.max) == (1, Some(2))));
    assert!(matches!(global, ExternType::Global(ty, true) if ty.to_string() == "f32"));
    assert!(matches!(table, ExternType::Table(table) if table.element.to_string() == "funcref" && table.min == 3));
    assert!(matches!(tag, ExternType::Tag(params) if params.len() == 1));
}

#[test]
fn a_missing_export_is_told_with_a_few_of_those_there_are() {
    let functions: String = (0..5000).map(|n| format!(r#"(func (export "function{n:04}"))"#)).collect();
    let error = program(&format!("(module {functions})")).find(&["nope"]).expect_err("unknown");
    assert_eq!(error.kind, Kind::Export);
    assert!(error.message.contains("function0000"), "{error}");
    assert!(error.message.len() < 2000, "{} bytes", error.message.len());
}
