//! Strings and bytes, which cross as they are.

use workbooks_engine::{Kind, Shape, componentize};

use crate::plain::{Int, Plain, Text, call, compiled, instance};

/// Gives back what it was given: of strings, bytes, and pairs of them the first.
fn echo(func: &str, core: &str) -> workbooks_engine::Program {
    let wat = format!(
        r#"(module (memory (export "memory") 8)
             (global $free (mut i32) (i32.const 1024))
             (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
               (global.get $free) (global.set $free (i32.add (global.get $free) (local.get 3))))
             (func (export "cabi_post_f") (param i32) (global.set $free (i32.const 1024)))
             (func (export "f") {core}))"#
    );
    compiled(
        &componentize(wat.as_bytes(), Shape::World(&format!("package t:t; world w {{ export f: {func}; }}")))
            .expect("a component"),
    )
}

const ONE: &str = "(param i32 i32) (result i32)
   (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0)";
const TWO: &str = "(param i32 i32 i32 i32) (result i32)
   (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0)";
const SIDES: &str = "(param i32 i32) (result i32)
   (i32.store8 (i32.const 0) (i32.gt_u (local.get 1) (i32.const 3)))
   (i32.store (i32.const 4) (local.get 0)) (i32.store (i32.const 8) (local.get 1)) (i32.const 0)";

#[test]
fn strings_come_back_as_they_went() {
    let instance = instance(&echo("func(x: string) -> string", ONE));
    let long = "wörkbook ".repeat(2000);
    for text in ["", "a", "\u{10ffff}\0ß", &long] {
        assert_eq!(call(&instance, "f", &[Text(text)]).expect("it"), [Text(text)]);
    }
    assert_eq!(call(&instance, "f", &[Int(1)]).expect_err("no text").kind, Kind::Type);
    assert_eq!(call(&instance, "f", &[Plain::Bytes(b"a")]).expect_err("no text").kind, Kind::Type);
}

#[test]
fn bytes_come_back_as_they_went() {
    let instance = instance(&echo("func(x: list<u8>) -> list<u8>", ONE));
    let long: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
    for bytes in [&[][..], &[0], &[255, 0, 128], &long] {
        assert_eq!(call(&instance, "f", &[Plain::Bytes(bytes)]).expect("it"), [Plain::Bytes(bytes)]);
    }
    assert_eq!(call(&instance, "f", &[Plain::List(&[Int(1), Int(255)])]).expect("it"), [Plain::Bytes(&[1, 255])]);
    let error = call(&instance, "f", &[Plain::List(&[Int(1), Int(256)])]).expect_err("no byte");
    assert_eq!(error.kind, Kind::Type);
}

#[test]
fn text_that_is_none_is_a_trap() {
    // A guest may say of any bytes that they are a string; the bytes come from its own memory.
    let text = echo("func(x: list<u8>) -> string", ONE);
    let error = call(&instance(&text), "f", &[Plain::Bytes(&[0xff, 0xfe])]).expect_err("no UTF-8");
    assert_eq!(error.kind, Kind::Trap, "{error}");
}

#[test]
fn pairs_and_results_keep_their_order() {
    for (types, given) in [
        ("a: string, b: string", [Text("first"), Text("second")]),
        ("a: string, b: list<u8>", [Text("first"), Plain::Bytes(b"second")]),
    ] {
        let pair = instance(&echo(&format!("func({types}) -> string"), TWO));
        assert_eq!(call(&pair, "f", &given).expect("the first"), [Text("first")]);
    }
    let bytes = instance(&echo("func(a: list<u8>, b: string) -> list<u8>", TWO));
    assert_eq!(call(&bytes, "f", &[Plain::Bytes(b"first"), Text("second")]).expect("it"), [Plain::Bytes(b"first")]);

    let sides = instance(&echo("func(x: string) -> result<string, string>", SIDES));
    assert_eq!(call(&sides, "f", &[Text("yes")]).expect("it"), [Plain::Fine(&Text("yes"))]);
    assert_eq!(call(&sides, "f", &[Text("no, no")]).expect("it"), [Plain::Wrong(&Text("no, no"))]);
    let sides = instance(&echo("func(x: list<u8>) -> result<list<u8>, string>", SIDES));
    assert_eq!(call(&sides, "f", &[Plain::Bytes(b"yes")]).expect("it"), [Plain::Fine(&Plain::Bytes(b"yes"))]);
    assert_eq!(call(&sides, "f", &[Plain::Bytes(b"no, no")]).expect("it"), [Plain::Wrong(&Text("no, no"))]);
}

#[test]
fn bytes_inside_other_values_are_bytes_too() {
    let records = instance(&echo("func(x: list<tuple<string, list<u8>>>) -> list<tuple<string, list<u8>>>", ONE));
    let given =
        Plain::List(&[Plain::Tuple(&[Text("a"), Plain::Bytes(&[1, 2])]), Plain::Tuple(&[Text(""), Plain::Bytes(&[])])]);
    assert_eq!(call(&records, "f", &[given]).expect("it"), [given]);
    let wrong = Plain::List(&[Plain::Tuple(&[Text("a"), Text("b")])]);
    let error = call(&records, "f", &[wrong]).expect_err("no bytes");
    assert_eq!(error.message, "argument x of f: at [0].1: expected list<u8>, got Text(\"b\")");
}
