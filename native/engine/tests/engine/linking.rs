//! Several core instances in one store.

use std::sync::Arc;

use workbooks_engine::{CallOptions, Engine, Given, Instance, Kind, Limits, Opaque, Setup, Status};

use crate::plain::{
    HOST, Int, Plain, Plainly, answering, begin, call, drive, engine, failed, host_call, instance, instance_within,
    made, number, program, setup,
};

const OWNER: &str = r#"
(module
  (import "env" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1 4)
  (global (export "g") (mut i32) (i32.const 5))
  (table (export "t") 4 funcref)
  (tag (export "e") (param i32))
  (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "through") (param i32) (result i32) (call $ask (local.get 0)))
  (func (export "throw") (throw 0 (i32.const 3)))
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "pick") (param i32 i32) (result i32)
    (call_indirect (param i32) (result i32) (local.get 1) (local.get 0))))"#;

const GUEST: &str = r#"
(module
  (import "o" "memory" (memory 1))
  (import "o" "g" (global $g (mut i32)))
  (import "o" "t" (table $t 4 funcref))
  (import "o" "double" (func $double (param i32) (result i32)))
  (import "o" "through" (func $through (param i32) (result i32)))
  (import "env" "mine" (func $mine (param i32) (result i32)))
  (elem (table $t) (i32.const 1) func $triple)
  (func $triple (param i32) (result i32) (call $mine (i32.mul (local.get 0) (i32.const 3))))
  (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "bump") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))
  (func (export "quadruple") (param i32) (result i32) (call $double (call $double (local.get 0))))
  (func (export "around") (param i32) (result i32) (call $through (local.get 0)))
  (func (export "boom") unreachable))"#;

/// An owner of a store, and a guest that takes all it can of it.
fn linked() -> (Instance, Instance) {
    let owner = instance(&program(OWNER));
    let imports = [
        Given::Export(&owner, "memory"),
        Given::Export(&owner, "g"),
        Given::Export(&owner, "t"),
        Given::Export(&owner, "double"),
        Given::Export(&owner, "through"),
        Given::Host,
    ];
    let host: Opaque = Arc::new("the guest's");
    let guest = made(&program(GUEST), &Setup { host: Some(host), ..setup(&imports) }).expect("linked");
    (owner, guest)
}

#[test]
fn memory_global_table_and_functions_are_shared() {
    let (owner, guest) = linked();
    assert!(owner.is_beside(&guest));
    call(&guest, "poke", &[Int(9), Int(77)]).expect("poked");
    assert_eq!(number(&owner, "peek", &[9]).expect("a byte"), 77);
    assert_eq!(number(&guest, "bump", &[]).expect("a number"), 6);
    assert_eq!(owner.global_get("g", &Plainly).expect("a global"), Int(6));
    assert_eq!(number(&guest, "quadruple", &[5]).expect("a number"), 20);
    assert_eq!(owner.table_len("t").expect("a table"), 4);
    assert_eq!(owner.table_get("t", 0, &Plainly).expect("null"), Plain::Nothing);
    assert_eq!(owner.table_get("t", 1, &Plainly).expect("a function").as_reference().kind(), "func");
}

#[test]
fn a_host_function_of_another_instance_is_told_apart() {
    let (owner, guest) = linked();
    // The first one's, reached by a call of the second; and the other way round.
    let asked = host_call(&guest, begin(&guest, "around", &[Int(4)], CallOptions::default()));
    assert_eq!((asked.import, asked.values.as_slice()), (0, [Int(4)].as_slice()));
    let (importer, host) = asked.other.expect("another's");
    assert!(importer.is_beside(&owner) && importer.program().find(&["through"]).is_ok());
    assert!(host.is_none());
    guest.reply(Int(40)).expect("taken");
    assert_eq!(drive(&guest).expect("an end"), [Int(40)]);

    let asked = host_call(&owner, begin(&owner, "pick", &[Int(1), Int(5)], CallOptions::default()));
    assert_eq!((asked.import, asked.values.as_slice()), (5, [Int(15)].as_slice()));
    let (importer, host) = asked.other.expect("another's");
    assert!(importer.program().find(&["quadruple"]).is_ok());
    assert_eq!(host.expect("the guest's").downcast_ref::<&str>(), Some(&"the guest's"));
    // Its own memory and globals are there to be read meanwhile.
    assert_eq!(importer.memory_len(None).expect_err("it exports none").kind, Kind::NotFound);
    assert_eq!(owner.memory_len(None).expect("a size"), 1 << 16);
    owner.reply(Int(1)).expect("taken");
    assert_eq!(drive(&owner).expect("an end"), [Int(1)]);

    // Its own: no other.
    assert!(host_call(&owner, begin(&owner, "through", &[Int(4)], CallOptions::default())).other.is_none());
}

#[test]
fn one_store_is_in_one_call_at_a_time() {
    let (owner, guest) = linked();
    host_call(&owner, begin(&owner, "through", &[Int(1)], CallOptions::default()));
    assert_eq!((guest.status(), owner.status()), (Status::Running, Status::Running));
    assert_eq!(failed(begin(&guest, "bump", &[], CallOptions::default())).kind, Kind::Busy);
    let beside = Setup { beside: Some(&owner), ..setup(&[]) };
    assert_eq!(Instance::instantiate(&program("(module)"), &beside).err().expect("busy").kind, Kind::Busy);
    owner.reply(Int(2)).expect("taken");
    assert_eq!(drive(&owner).expect("an end"), [Int(2)]);
    assert_eq!(number(&guest, "bump", &[]).expect("a number"), 6);
}

#[test]
fn a_trap_of_one_leaves_all_usable_and_a_close_ends_all() {
    let (owner, guest) = linked();
    assert_eq!(call(&guest, "boom", &[]).expect_err("a trap").kind, Kind::Trap);
    assert_eq!(number(&owner, "double", &[2]).expect("a number"), 4);
    guest.close();
    assert_eq!(owner.status(), Status::Closed);
    assert_eq!(number(&owner, "double", &[2]).expect_err("closed").kind, Kind::Closed);
}

#[test]
fn an_exception_crosses_instances_by_its_tag() {
    let owner = instance(&program(OWNER));
    let catching = program(
        r#"(module (import "o" "e" (tag $e (param i32))) (import "o" "throw" (func $throw))
             (func (export "catch") (result i32) (block $h (result i32)
               (try_table (catch $e $h) (call $throw)) (i32.const 0))))"#,
    );
    let imports = [Given::Export(&owner, "e"), Given::Export(&owner, "throw")];
    let catching = made(&catching, &setup(&imports)).expect("linked");
    assert_eq!(number(&catching, "catch", &[]).expect("caught"), 3);
}

#[test]
fn what_does_not_fit_does_not_link_and_disturbs_nobody() {
    let owner = instance(&program(OWNER));
    let refused = |text: &str, given: Given| {
        let imports = [given];
        let error = made(&program(text), &setup(&imports)).err().expect("refused");
        assert_eq!(error.kind, Kind::Link, "{text}: {error}");
        assert_eq!(number(&owner, "double", &[2]).expect("a number"), 4);
    };
    refused(r#"(module (import "o" "x" (memory 1)))"#, Given::Export(&owner, "nope"));
    refused(r#"(module (import "o" "x" (memory 1)))"#, Given::Export(&owner, "g"));
    refused(r#"(module (import "o" "x" (memory 9)))"#, Given::Export(&owner, "memory"));
    refused(r#"(module (import "o" "x" (func (param i64))))"#, Given::Export(&owner, "double"));
    refused(r#"(module (import "o" "x" (global i32)))"#, Given::Export(&owner, "g"));
    refused("(component)", Given::Export(&owner, "g"));

    let stranger = instance(&program(OWNER));
    let both = [Given::Export(&owner, "memory"), Given::Export(&stranger, "memory")];
    let two = program(r#"(module (import "a" "m" (memory 1)) (import "b" "m" (memory 1)))"#);
    assert_eq!(made(&two, &setup(&both)).err().expect("two stores").kind, Kind::Link);

    let metered = engine().with(workbooks_engine::Variant { fuel: true, ..Default::default() }).expect("an engine");
    let other = metered.compile(b"(module)").expect("it compiles");
    let beside = Setup { beside: Some(&owner), ..setup(&[]) };
    assert_eq!(made(&other, &beside).err().expect("another engine").kind, Kind::Link);
}

#[test]
fn a_start_that_traps_beside_others_leaves_what_it_wrote() {
    let owner = instance(&program(OWNER));
    let text = r#"(module (import "o" "t" (table $t 4 funcref)) (import "env" "f" (func $f (param i32) (result i32)))
      (elem (table $t) (i32.const 2) func $mine) (func $mine (param i32) (result i32) (call $f (local.get 0)))
      (func $start unreachable) (start $start))"#;
    let imports = [Given::Export(&owner, "t"), Given::Host];
    let host: Opaque = Arc::new("the failed one's");
    let setup = Setup { host: Some(host), ..setup(&imports) };
    assert_eq!(made(&program(text), &setup).err().expect("a trap").kind, Kind::Trap);
    // Its function is in the owner's table and calls its import still.
    let asked = host_call(&owner, begin(&owner, "pick", &[Int(2), Int(8)], CallOptions::default()));
    let (_, host) = asked.other.expect("the failed one");
    assert_eq!((asked.import, host.expect("given").downcast_ref::<&str>()), (1, Some(&"the failed one's")));
    owner.reply(Int(9)).expect("taken");
    assert_eq!(drive(&owner).expect("an end"), [Int(9)]);
    // The next one has a place of its own.
    let next = program(r#"(module (import "env" "f" (func $f)) (func (export "run") (call $f)))"#);
    let next = made(&next, &Setup { beside: Some(&owner), ..crate::plain::setup(HOST) }).expect("made");
    let step = begin(&next, "run", &[], CallOptions::default());
    answering(&next, step, |call| {
        assert!(call.other.is_none() && call.import == 0);
        Some(Plain::Nothing)
    })
    .expect("an end");
}

#[test]
fn those_beside_share_the_limits() {
    let limits = Limits { memory: 3 << 16, instances: 3, ..Limits::default() };
    let owner = instance_within(&program("(module (memory (export \"memory\") 2))"), limits);
    let beside = Setup { beside: Some(&owner), ..setup(&[]) };
    let error = made(&program("(module (memory 2))"), &beside).err().expect("too much");
    assert_eq!(error.kind, Kind::MemoryLimit);
    assert_eq!(owner.memory_len(None).expect("alive"), 2 << 16);
    let mut made_beside = 0;
    let error = loop {
        match made(&program("(module)"), &beside) {
            Ok(_) => made_beside += 1,
            Err(error) => break error,
        }
        assert!(made_beside < 10, "no limit");
    };
    assert_eq!(error.kind, Kind::Limit, "{error}");
    assert_eq!(owner.memory_len(None).expect("alive"), 2 << 16);
}

#[test]
fn a_full_pool_is_told_and_leaves_stores_alone() {
    // An engine of its own, whose pool nobody else uses.
    let engine = Engine::new().expect("an engine");
    let module = engine.compile(br#"(module (memory (export "memory") 1))"#).expect("it compiles");
    let mut all = Vec::new();
    let error = loop {
        match made(&module, &setup(&[])) {
            Ok(instance) => all.push(instance),
            Err(error) => break error,
        }
        assert!(all.len() < 10_000, "no end");
    };
    assert!(error.is_pool_full(), "{error}");
    assert_eq!(error.kind, Kind::Overloaded);
    // The same code runs outside the pool.
    let outside = made(&module.overflow().expect("a copy"), &setup(&[])).expect("made");
    assert_eq!(outside.memory_len(None).expect("a size"), 1 << 16);
    // A store that has a place keeps it when there is none for another beside.
    let beside = Setup { beside: Some(&all[0]), ..setup(&[]) };
    assert_eq!(made(&module, &beside).err().expect("full").kind, Kind::Overloaded);
    assert_eq!(all[0].status(), Status::Idle);
    assert_eq!(all[0].memory_len(None).expect("a size"), 1 << 16);
    // A place that comes free is taken again.
    all.truncate(all.len() - 1);
    made(&module, &setup(&[])).expect("a place");
}

#[test]
fn what_was_given_is_let_go_when_the_store_ends() {
    let owner = instance(&program("(module)"));
    let given: Opaque = Arc::new(());
    let beside = Setup { beside: Some(&owner), host: Some(given.clone()), ..setup(&[]) };
    let guest = made(&program("(module)"), &beside).expect("made");
    assert_eq!(Arc::strong_count(&given), 3);
    guest.close();
    drop(beside);
    assert_eq!(Arc::strong_count(&given), 1, "a host function that holds its instance would keep it for good");
}
