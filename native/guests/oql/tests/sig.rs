//! guides/format.md, `:sig:`.

use oql::{Type, parse_sig};

#[test]
fn every_type_of_the_contract() {
    for ty in [
        "bool",
        "s8",
        "s16",
        "s32",
        "s64",
        "u8",
        "u16",
        "u32",
        "u64",
        "f32",
        "f64",
        "char",
        "string",
        "list<u8>",
        "option<list<string>>",
        "result",
        "result<u8>",
        "result<u8, string>",
        "result<_, string>",
        "tuple<u8, f64, string>",
        "record{a: f64, b: string}",
        "list<record{a: list<option<u8>>, }>",
    ] {
        parse_sig(&format!("f(a: {ty}, b-c: {ty}) -> {ty}")).unwrap_or_else(|e| panic!("{ty}: {e}"));
    }
}

#[test]
fn the_contracts_example() {
    let sig = parse_sig("score(items: list<string>) -> list<f64>").unwrap();
    assert_eq!(sig.name, "score");
    assert_eq!(sig.params, [("items".to_string(), Type::List(Box::new(Type::Primitive("string"))))]);
    assert_eq!(sig.result, Some(Type::List(Box::new(Type::Primitive("f64")))));
    assert_eq!(parse_sig("f()").unwrap().result, None);
}

#[test]
fn errors_say_what_and_where() {
    assert_eq!(parse_sig("f(a: u8").unwrap_err(), "expected `)` at the end");
    assert_eq!(parse_sig("f(a u8)").unwrap_err(), "expected `:` at character 5, found `u`");
    assert!(parse_sig("f(a: int)").unwrap_err().starts_with("`int` is no type"));
    assert!(parse_sig(&format!("f(a: {})", "list<".repeat(10_000))).is_err());
}

#[test]
fn functions_of_others_follow_using() {
    let sig = parse_sig("score(items: list<f64>) -> f64 using twice(x: f64) -> f64, stop()").unwrap();
    let using: Vec<(&str, usize, bool)> =
        sig.using.iter().map(|f| (f.name.as_str(), f.params.len(), f.result.is_some())).collect();
    assert_eq!(using, [("twice", 1, true), ("stop", 0, false)]);
    assert_eq!(parse_sig("f() using using()").unwrap().using.len(), 1);
    assert_eq!(parse_sig("using(using: u8)").unwrap().using, []);
    assert_eq!(parse_sig("f() using").unwrap_err(), "expected a function name at the end");
    assert_eq!(parse_sig("f() using a() b()").unwrap_err(), "expected the end at character 15, found `b`");
    assert_eq!(parse_sig("f() using a(), a()").unwrap_err(), "`a` is used twice");
    assert_eq!(parse_sig("f() users()").unwrap_err(), "expected the end at character 5, found `u`");
}
