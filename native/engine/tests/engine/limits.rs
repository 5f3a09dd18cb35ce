use workbooks_engine::{Kind, Limits};

use crate::plain::{call, component, instance_within, number};

const GROWING: &str = r#"
(module
  (memory (export "memory") 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "until_it_traps")
    (loop (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable)) (br 0))))"#;

#[test]
fn memory_grows_to_its_limit_and_no_further() {
    let limits = Limits { memory: 4 << 16, ..Limits::default() };
    let instance = instance_within(&component(GROWING), limits);
    assert_eq!(instance.memory(), 1 << 16);
    assert_eq!(number(&instance, "grow", &[3]).expect("granted"), 1);
    assert_eq!(number(&instance, "grow", &[1]).expect("refused"), -1);
    assert_eq!(instance.memory(), 4 << 16);
    let error = call(&instance, "until-it-traps", &[]).expect_err("a trap");
    assert_eq!((error.kind, error.code.as_deref()), (Kind::MemoryLimit, Some("unreachable")));
}

#[test]
fn a_store_that_held_much_is_dropped_elsewhere_and_counted() {
    let component = component(GROWING);
    let instance = instance_within(&component, Limits::default());
    number(&instance, "grow", &[64 * 16]).expect("64 MiB");
    assert!(instance.memory() > 64 << 20);
    drop(instance);
    let gone = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(2));
        // Other tests make and drop stores meanwhile: it is enough that the count comes down.
        workbooks_engine::stats().stores < 1000
    });
    assert!(gone);
}
