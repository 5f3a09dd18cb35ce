//! Programs that give back what they are given.

use std::fmt::Write;

use workbooks_engine::{Engine, Given, Instance, Limits, Program, Setup, Shape, Step, componentize};

use crate::node::Arena;

/// What the functions take, one each.
const TYPES: &[&str] = &[
    "bool",
    "s8",
    "u8",
    "s16",
    "u16",
    "s32",
    "u32",
    "s64",
    "u64",
    "f32",
    "f64",
    "char",
    "string",
    "list<u8>",
    "list<string>",
    "list<list<u8>>",
    "list<f32>",
    "list<char>",
    "list<bool>",
    "color",
    "rights",
    "shape",
    "point",
    "tree",
    "thing",
    "tuple<u8, string, f64>",
    "tuple<own-thing, string>",
    "list<tuple<own-thing, color>>",
    "option<s32>",
    "option<option<string>>",
    "option<option<option<bool>>>",
    "list<option<point>>",
    "result",
    "result<string>",
    "result<_, color>",
    "result<list<shape>, option<u64>>",
    "list<tree>",
    "map<string, list<u16>>",
    "list<u16, 3>",
];

const DECLARATIONS: &str = r#"
    resource own-thing;
    enum color { red, deep-blue, nil, true, ok }
    flags rights { read, write, %export, a0, a1, a2, a3, a4, a5, a6, a7 }
    record point { x-axis: f32, y: option<s16>, %record: char }
    variant shape { circle(f64), named(string), empty, pair(tuple<u8, s64>), inside(point) }
    record tree { name: string, colors: list<color>, rights: rights, shape: shape, sub: option<list<point>>, end: result<shape, rights> }
    type thing = own-thing;
"#;

/// Sixteen numbers beside the value: with them it never fits into parameters, and goes through memory.
const WIDE: &str = "tuple<u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64>";

/// For each type an export that answers what it got, and one that asks an import with it.
pub fn component(engine: &Engine) -> Program {
    let (mut types, mut exports, mut core) = (String::new(), String::new(), String::new());
    let (mut asks, mut echoes) = (String::new(), String::new());
    for (i, ty) in TYPES.iter().enumerate() {
        let func = format!("func(x: tuple<{ty}, {WIDE}>) -> tuple<{ty}, {WIDE}>");
        let _ = writeln!(types, "ask{i}: {func};");
        let func = format!("func(x: t{i}) -> t{i}");
        let _ = writeln!(types, "type t{i} = tuple<{ty}, {WIDE}>;");
        let _ = writeln!(exports, "use values.{{t{i}}}; export echo{i}: {func}; export through{i}: {func};");
        let _ = writeln!(asks, r#"(import "fuzz:codec/values" "ask{i}" (func $ask{i} (param i32 i32)))"#);
        let _ = writeln!(
            echoes,
            r#"(func (export "echo{i}") (param i32) (result i32) (local.get 0))
               (func (export "cabi_post_echo{i}") (param i32) (call $reset))
               (func (export "through{i}") (param i32) (result i32)
                 (call $ask{i} (local.get 0) (i32.const 1024)) (i32.const 1024))
               (func (export "cabi_post_through{i}") (param i32) (call $reset))"#
        );
    }
    let _ = write!(
        core,
        r#"(module {asks}
          (memory (export "memory") 1)
          (global $next (mut i32) (i32.const 4096))
          (func $reset (global.set $next (i32.const 4096)))
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
            (global.set $next (i32.add (local.get $at) (local.get 3)))
            (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
              (then (drop (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get 3) (i32.const 65536)))))))
            (local.get $at))
          {echoes})"#
    );
    let wit = format!(
        "package fuzz:codec; interface values {{ {DECLARATIONS} {types} }} world codec {{ import values; {exports} }}"
    );
    let bytes = componentize(core.as_bytes(), Shape::World(&wit)).expect("a component");
    engine.compile(&bytes).expect("it compiles")
}

/// The same for the values of core modules.
pub fn module(engine: &Engine) -> Program {
    let mut wat = String::from("(module");
    let types = ["i32", "i64", "f32", "f64", "v128", "externref", "anyref"];
    for ty in types {
        let _ = write!(wat, r#"(import "ask" "{ty}" (func ${ty} (param {ty}) (result {ty})))"#);
    }
    for ty in types {
        let _ = write!(
            wat,
            r#"(func (export "echo {ty}") (param {ty}) (result {ty}) (local.get 0))
               (func (export "through {ty}") (param {ty}) (result {ty}) (call ${ty} (local.get 0)))"#
        );
    }
    let all = types.join(" ");
    let gets: String = (0..types.len()).map(|i| format!("(local.get {i})")).collect();
    let _ = write!(wat, r#"(func (export "all") (param {all}) (result {all}) {gets}))"#);
    engine.compile(wat.as_bytes()).expect("it compiles")
}

pub fn instance(program: &Program) -> Instance {
    let imports = match program {
        Program::Component(component) => component.imports().len(),
        Program::Module(module) => module.imports().len(),
    };
    let setup = Setup {
        imports: &vec![Given::Host; imports],
        beside: None,
        host: None,
        limits: Limits::default(),
        fuel: None,
        timeout: None,
        wasi: None,
    };
    let instance = Instance::instantiate(program, &setup).expect("it links");
    let arena = Arena::default();
    loop {
        match instance.poll(&arena) {
            Step::Done(_) => return instance,
            Step::Yield => {}
            Step::Failed(error) => panic!("{error:?}"),
            _ => panic!("it asks for something"),
        }
    }
}
