//! Memories, globals and tables from outside, at rest and while the guest waits for a host function.

use workbooks_engine::{CallOptions, Kind, Limits};

use crate::plain::{
    Int, Plain, Plainly, Text, Token, begin, component, drive, host_call, instance, instance_within, program,
};

const MODULE: &str = r#"
(module
  (import "env" "wait" (func $wait (param i32)))
  (memory (export "memory") 1 3)
  (memory (export "second") 1)
  (global (export "g") (mut i64) (i64.const 1))
  (global (export "c") i32 (i32.const 2))
  (global (export "x") (mut externref) (ref.null extern))
  (table (export "t") 2 5 externref)
  (func (export "run") (result i32)
    (i32.store8 (i32.const 3) (i32.const 11))
    (call $wait (i32.const 3))
    (i32.load8_u (i32.const 4)))
  (func (export "grow") (result i32)
    (call $wait (i32.const 0))
    (i32.store8 (i32.const 65536) (i32.const 1))
    (memory.size 0))
  (func (export "spin") (loop (br 0))))"#;

fn read(instance: &workbooks_engine::Instance, offset: u64, length: u64) -> Result<Vec<u8>, workbooks_engine::Error> {
    instance.memory_read(None, offset, length, <[u8]>::to_vec)
}

#[test]
fn memory_is_read_and_written_within_its_bounds() {
    let instance = instance(&program(MODULE));
    instance.memory_write(None, 65534, &[1, 2]).expect("written");
    assert_eq!(read(&instance, 65533, 3).expect("read"), [0, 1, 2]);
    assert!(read(&instance, 65536, 0).expect("nothing").is_empty());
    for (offset, length) in [(65536, 1), (0, 65537), (0, 1 << 60), (1 << 63, 1), (u64::MAX, u64::MAX), (65537, 0)] {
        assert_eq!(read(&instance, offset, length).expect_err("outside").kind, Kind::Limit, "{offset} {length}");
    }
    // All or nothing.
    assert_eq!(instance.memory_write(None, 65535, &[7, 7]).expect_err("outside").kind, Kind::Limit);
    assert_eq!(read(&instance, 65535, 1).expect("read"), [2]);
    assert_eq!(instance.memory_read(Some("second"), 65534, 2, <[u8]>::to_vec).expect("read"), [0, 0]);
    assert_eq!(instance.memory_len(Some("g")).expect_err("a global").kind, Kind::NotFound);
    assert_eq!(instance.memory_len(Some("nope")).expect_err("nothing").kind, Kind::NotFound);
}

#[test]
fn memory_grows_to_its_types_end_and_the_stores() {
    let instance = instance_within(&program(MODULE), Limits { memory: 4 << 16, ..Limits::default() });
    assert_eq!(instance.memory_grow(None, 1).expect("granted"), 1);
    assert_eq!(instance.memory_len(None).expect("a size"), 2 << 16);
    // Three pages of this one, one of the other.
    assert_eq!(instance.memory_grow(Some("second"), 2).expect_err("too much").kind, Kind::MemoryLimit);
    assert_eq!(instance.memory_grow(None, 2).expect_err("its type").kind, Kind::MemoryLimit);
    assert_eq!(instance.memory_grow(None, u64::MAX).expect_err("its type").kind, Kind::MemoryLimit);
    assert_eq!(instance.memory_grow(None, 1).expect("granted"), 2);
    assert_eq!(instance.memory(), 4 << 16);
}

#[test]
fn memory_is_there_while_the_guest_waits() {
    let instance = instance(&program(MODULE));
    let asked = host_call(&instance, begin(&instance, "run", &[], CallOptions::default()));
    assert_eq!(asked.values.as_slice(), [Int(3)]);
    assert_eq!(read(&instance, 3, 1).expect("read"), [11]);
    instance.memory_write(None, 4, &[42]).expect("written");
    instance.global_set("g", Int(-9)).expect("set");
    assert_eq!(instance.global_get("g", &Plainly).expect("a global"), Int(-9));
    assert_eq!(instance.table_grow("t", 1, Plain::Nothing).expect("grown"), 2);
    // The guest waits still, and an answer that was given is not visited away.
    instance.reply(Plain::Nothing).expect("taken");
    assert_eq!(read(&instance, 3, 1).expect_err("answered").kind, Kind::Busy);
    assert_eq!(drive(&instance).expect("an end"), [Int(42)]);
    assert_eq!(instance.table_len("t").expect("a size"), 3);

    host_call(&instance, begin(&instance, "grow", &[], CallOptions::default()));
    assert_eq!(instance.memory_grow(None, 1).expect("grown"), 1);
    instance.reply(Plain::Nothing).expect("taken");
    assert_eq!(drive(&instance).expect("an end"), [Int(2)]);
}

#[test]
fn a_running_guest_is_left_alone() {
    let instance = instance(&program(MODULE));
    begin(&instance, "spin", &[], CallOptions::default());
    assert_eq!(read(&instance, 0, 1).expect_err("running").kind, Kind::Busy);
    assert_eq!(instance.global_get("g", &Plainly).expect_err("running").kind, Kind::Busy);
    instance.close();
    assert_eq!(read(&instance, 0, 1).expect_err("closed").kind, Kind::Closed);
    assert_eq!(instance.global_set("g", Int(1)).expect_err("closed").kind, Kind::Closed);
}

#[test]
fn globals_keep_their_types() {
    let instance = instance(&program(MODULE));
    instance.global_set("g", Int(i128::from(u64::MAX))).expect("set");
    assert_eq!(instance.global_get("g", &Plainly).expect("a global"), Int(-1));
    assert_eq!(instance.global_set("g", Text("1")).expect_err("no number").kind, Kind::Type);
    assert_eq!(instance.global_set("c", Int(1)).expect_err("constant").kind, Kind::Type);
    assert_eq!(instance.global_get("c", &Plainly).expect("a global"), Int(2));
    for name in ["memory", "nope"] {
        assert_eq!(instance.global_get(name, &Plainly).expect_err("none").kind, Kind::NotFound);
        assert_eq!(instance.global_set(name, Int(1)).expect_err("none").kind, Kind::NotFound);
    }
}

#[test]
fn tables_keep_their_bounds() {
    let instance = instance_within(&program(MODULE), Limits { table_elements: 4, ..Limits::default() });
    let token = Token::new(8);
    instance.table_set("t", 1, Plain::Token(&token)).expect("set");
    assert_eq!(instance.table_get("t", 1, &Plainly).expect("it"), Plain::Seen(8));
    assert_eq!(instance.table_get("t", 0, &Plainly).expect("null"), Plain::Nothing);
    for index in [2, u64::MAX] {
        assert_eq!(instance.table_get("t", index, &Plainly).expect_err("past the end").kind, Kind::Limit);
        assert_eq!(instance.table_set("t", index, Plain::Nothing).expect_err("past the end").kind, Kind::Limit);
    }
    assert_eq!(instance.table_grow("t", 3, Plain::Nothing).expect_err("its limit").kind, Kind::Limit);
    assert_eq!(instance.table_grow("t", u64::MAX, Plain::Nothing).expect_err("its limit").kind, Kind::Limit);
    assert_eq!(instance.table_grow("t", 2, Plain::Token(&token)).expect("grown"), 2);
    assert_eq!(instance.table_get("t", 3, &Plainly).expect("it"), Plain::Seen(8));
    assert_eq!(instance.table_len("g").expect_err("a global").kind, Kind::NotFound);
}

#[test]
fn a_components_memory_is_its_own() {
    let instance = instance(&component(r#"(module (func (export "f")) (memory (export "memory") 1))"#));
    assert_eq!(instance.memory_len(None).expect_err("none").kind, Kind::NotFound);
    assert_eq!(instance.memory_len(Some("memory")).expect_err("none").kind, Kind::NotFound);
    assert_eq!(instance.global_get("g", &Plainly).expect_err("none").kind, Kind::NotFound);
}

#[test]
fn what_is_put_in_and_taken_out_again_is_not_kept() {
    // Room for some thousands of held things, were they never let go.
    let instance = instance_within(&program(MODULE), Limits { memory: 4 << 16, ..Limits::default() });
    let token = Token::new(1);
    for round in 0..100_000 {
        instance.global_set("x", Plain::Token(&token)).unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert_eq!(instance.global_get("x", &Plainly).expect("it"), Plain::Seen(1));
    }
    assert!(token.held() < 50_000, "{} are held", token.held());
}
