use workbooks_engine::{Kind, Shape, Signature, componentize};

use crate::plain::compiled;

fn exports(wat: &str, shape: Shape) -> Vec<String> {
    let bytes = componentize(wat.as_bytes(), shape).expect("a component");
    let component = compiled(&bytes);
    component
        .functions()
        .iter()
        .map(|function| function.signature())
        .map(|f| {
            let params: Vec<String> = f.params().iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
            let result = f.results().first().map(|ty| format!(" -> {ty}")).unwrap_or_default();
            format!("{}({}){result}", f.name(), params.join(", "))
        })
        .collect()
}

#[test]
fn functions_of_numbers_are_exported_under_wit_names() {
    let wat = r#"(module
      (func (export "movingAverage") (param i32 f32) (result f64) (f64.const 0))
      (func (export "to_text") (result i64) (i64.const 0))
      (func (export "interface"))
      (func (export "two") (result i32 i32) (i32.const 0) (i32.const 0))
      (func (export "9lives"))
      (memory (export "memory") 1))"#;
    assert_eq!(
        exports(wat, Shape::Numbers),
        ["moving-average(p0: s32, p1: f32) -> f64", "to-text() -> s64", "interface()"]
    );
}

#[test]
fn one_function_with_its_own_type() {
    let wat = r#"(module
      (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func (export "text_length") (param i32 i32) (result i32) (local.get 1)))"#;
    let shape = Shape::Function { name: "text_length", func: "func(text: string) -> u32" };
    assert_eq!(exports(wat, shape), ["text-length(text: string) -> u32"]);
}

#[test]
fn records_are_named_types_of_the_world() {
    let wat = r#"(module (memory (export "memory") 1)
      (func (export "mirror_point") (param f64 f64) (result i32) (i32.const 0)))"#;
    let wit = "package a:b; world w { record point { x: f64, y: f64 } export mirror-point: func(p: point) -> point; }";
    let [export] = exports(wat, Shape::World(wit)).try_into().expect("one export");
    assert!(export.starts_with("mirror-point(p: record"), "{export}");
}

#[test]
fn only_names_that_the_world_has_are_given() {
    let wat = r#"(module
      (func (export "getThing") (result i32) (i32.const 0))
      (func (export "get_thing") (result i32) (i32.const 1))
      (func (export "get-other") (result i32) (i32.const 0))
      (func (export "get_other") (result i32) (i32.const 1)))"#;
    assert_eq!(exports(wat, Shape::Numbers), ["get-thing() -> s32", "get-other() -> s32"]);
    let wit =
        "package a:b; interface i { use-it: func() -> s32; } world w { export i; export get-thing: func() -> s32; }";
    let wat = r#"(module
      (func (export "a:b/i#use_it") (result i32) (i32.const 0))
      (func (export "not_wanted") (result i32) (i32.const 0))
      (func (export "cabi_post_get_thing") (param i32))
      (func (export "getThing") (result i32) (i32.const 0)))"#;
    assert_eq!(exports(wat, Shape::World(wit)).len(), 2);
}

#[test]
fn an_imported_function_may_be_spelt_as_compilers_do() {
    let wit = "package a:b; world w { import do-twice: func(x: s32) -> s32; export run: func() -> s32; }";
    for (module, name) in [("$root", "do-twice"), ("$root", "do_twice"), ("env", "do_twice"), ("env", "doTwice")] {
        let wat = format!(
            r#"(module
              (import "{module}" "{name}" (func $f (param i32) (result i32)))
              (func (export "run") (result i32) (call $f (i32.const 21))))"#
        );
        let component = compiled(&componentize(wat.as_bytes(), Shape::World(wit)).expect("a component"));
        assert_eq!(component.import(0).map(Signature::name).as_deref(), Some("do-twice"), "{module} {name}");
    }
}

const PREVIEW_1: &str = r#"(import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
      (memory (export "memory") 1)"#;

#[test]
fn what_the_module_asks_of_preview_1_the_component_asks_of_preview_2() {
    let wat = format!(r#"(module {PREVIEW_1} (func (export "next_number") (result i32) (i32.const 1)))"#);
    let typed = Shape::Function { name: "next_number", func: "func() -> u32" };
    for (shape, expected) in [(Shape::Numbers, "next-number() -> s32"), (typed, "next-number() -> u32")] {
        assert_eq!(exports(&wat, shape), [expected]);
    }
    let also = wat.replace("(memory", r#"(import "env" "f" (func)) (memory"#);
    // Imports come before what is defined.
    let also = componentize(also.as_bytes(), Shape::Numbers).expect_err("refused");
    assert_eq!(also.kind, Kind::Import);
}

#[test]
fn a_program_with_a_start_is_run() {
    for more in ["", r#"(func (export "add") (result i32) (i32.const 1))"#] {
        let wat = format!(r#"(module {PREVIEW_1} (func (export "_start")) {more})"#);
        let exports = exports(&wat, Shape::Numbers);
        assert!(matches!(&exports[..], [run] if run.starts_with("wasi:cli/run@0.2")), "{exports:?}");
    }
    // Nothing of WASI's: what is offered is the function.
    let wat = r#"(module (func (export "_start")) (func (export "add") (result i32) (i32.const 1)))"#;
    assert_eq!(exports(wat, Shape::Numbers), ["add() -> s32"]);
    let wat = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (func (export "_start")))"#;
    let error = componentize(wat.as_bytes(), Shape::Numbers).expect_err("refused");
    assert!(error.message.contains("export one as `memory`"), "{error}");
}

#[test]
fn what_cannot_be_wrapped_says_why() {
    let kind = |wat: &str, shape| componentize(wat.as_bytes(), shape).expect_err("refused");
    let imports = kind(r#"(module (import "env" "f" (func)))"#, Shape::Numbers);
    assert_eq!(imports.kind, Kind::Import);
    assert!(imports.message.contains("imports f from env"), "{imports}");
    let nothing = kind(r#"(module (func (export "two") (result i32 i32) unreachable))"#, Shape::Numbers);
    assert_eq!(nothing.kind, Kind::Compile);
    assert!(nothing.message.contains("exports: two"), "{nothing}");
    let syntax = kind("(module\n  (func (export", Shape::Numbers);
    assert!(syntax.message.contains("<anon>:2"), "{syntax}");
    let mismatch =
        kind(r#"(module (func (export "f") (param i64)))"#, Shape::Function { name: "f", func: "func(x: s32)" });
    assert_eq!(mismatch.kind, Kind::Compile);
    let not_wit = kind(r#"(module (func (export "f")))"#, Shape::Function { name: "f", func: "func(x: nonsense)" });
    assert_eq!(not_wit.kind, Kind::Compile);
    assert_eq!(kind("\0asm\u{1}\0\0\0\u{9}", Shape::Numbers).kind, Kind::Compile);
}

#[test]
fn a_component_comes_back_as_it_is() {
    let once = componentize(b"(component)", Shape::Numbers).expect("a component");
    assert_eq!(componentize(&once, Shape::Numbers).expect("the same"), once);
}
