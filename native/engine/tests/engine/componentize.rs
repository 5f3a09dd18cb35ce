use workbooks_engine::{Kind, Shape, componentize};

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
