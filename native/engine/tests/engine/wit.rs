//! WIT read out of components and texts.

use std::path::Path;

use workbooks_engine::wit::{Document, FunctionKind, Interface, TypeKind, World, read};
use workbooks_engine::{Kind, Shape, componentize};

const WIT: &str = "
package acme:kernel@1.2.0;

/// Counts things.
interface counters {
  /// What a counter may do.
  enum mode { up, down }
  /// A counter.
  resource counter {
    /// Starts there.
    constructor(start: u32);
    /// One more.
    increment: func(by: u32) -> u32;
    merge: static func(a: borrow<counter>, b: borrow<counter>) -> counter;
  }
  count: func(mode: mode, of: list<u8>) -> result<u64, string>;
}

/// The kernel.
world kernel {
  use counters.{mode};
  import log: interface { line: func(text: string); }
  export counters;
  /// Renders.
  export render: func(org: string, in-mode: option<mode>) -> string;
}
";

fn text(wit: &str) -> World {
    read(Document::Text("x.wit", wit), None).expect("a world")
}

fn signatures(interface: &Interface) -> Vec<String> {
    interface.functions.iter().map(ToString::to_string).collect()
}

#[test]
fn text_gives_names_types_and_words() {
    let world = text(WIT);
    assert_eq!((world.name.as_str(), world.docs.as_deref()), ("kernel", Some("The kernel.")));
    let [own, counters] = world.exports.as_slice() else { panic!("{:?}", world.exports) };
    assert_eq!(signatures(own), ["render: func(org: string, in-mode: option<mode>) -> string"]);
    assert_eq!(own.functions[0].docs.as_deref(), Some("Renders."));
    assert_eq!(counters.name.as_deref(), Some("acme:kernel/counters@1.2.0"));
    assert_eq!(counters.docs.as_deref(), Some("Counts things."));
    assert_eq!(
        signatures(counters),
        [
            "constructor(start: u32)",
            "increment: func(by: u32) -> u32",
            "merge: static func(a: borrow<counter>, b: borrow<counter>) -> counter",
            "count: func(mode: mode, of: list<u8>) -> result<u64, string>",
        ]
    );
    assert_eq!(counters.functions[1].name, "[method]counter.increment");
    assert_eq!(counters.functions[1].kind, FunctionKind::Method("counter".into()));
    assert!(matches!(&counters.types[0].kind, TypeKind::Enum(cases) if cases[1].name == "down"));
    assert_eq!(counters.types[1].kind, TypeKind::Resource);
    // What the world uses of an interface it exports, it imports; what it names itself comes first.
    let imports: Vec<_> = world.imports.iter().map(|interface| interface.name.as_deref()).collect();
    assert_eq!(imports, [None, Some("log"), Some("acme:kernel/counters@1.2.0")]);
    assert!(matches!(&world.imports[0].types[0].kind, TypeKind::Alias(_)));
}

#[test]
fn a_component_gives_its_types_their_names() {
    let core = br#"(module
      (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func (export "move") (param f64 f64) (result i32) (i32.const 64)))"#;
    let wit = "package a:b;
      world w { record point { x: f64, y-axis: f64 } export move: func(to: point) -> list<point>; }";
    let bytes = componentize(core, Shape::World(wit)).expect("a component");
    let world = read(Document::Wasm(&bytes), None).expect("a world");
    assert_eq!(signatures(&world.exports[0]), ["move: func(to: point) -> list<point>"]);
    assert_eq!(world.imports[0].types[0].name, "point");
    assert!(matches!(&world.imports[0].types[0].kind, TypeKind::Record(fields) if fields[1].name == "y-axis"));

    // Words in a `package-docs` section are read; words about something else change nothing.
    for (docs, expected) in [
        (r#"{"worlds":{"root":{"docs":"All of it."}}}"#, Some("All of it.")),
        (r#"{"worlds":{"gone":{"docs":"None of it."}}}"#, None),
        ("no JSON", None),
    ] {
        let world = read(Document::Wasm(&with_docs(&bytes, docs)), None).expect("a world");
        assert_eq!(world.docs.as_deref(), expected);
        assert_eq!(signatures(&world.exports[0]).len(), 1);
    }
}

/// The component with a custom section at its end: name and content, each with its length.
fn with_docs(component: &[u8], docs: &str) -> Vec<u8> {
    let len = |len: usize| u8::try_from(len).expect("a short section");
    let content = [&[len(12)], b"package-docs".as_slice(), &[0], docs.as_bytes()].concat();
    [component, &[0, len(content.len())], &content].concat()
}

#[test]
fn a_folder_gives_its_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/js");
    let world = read(Document::Path(&folder), Some("engine")).expect("a world");
    assert!(world.docs.as_deref().is_some_and(|docs| docs.contains("One JavaScript module")));
    assert!(world.files.len() == 1 && world.files[0].ends_with("engine.wit"), "{:?}", world.files);
}

#[test]
fn errors_say_where_and_what_there_is() {
    let fails = |document, world| read(document, world).expect_err("refused");
    let syntax = fails(Document::Text("x.wit", "package a:b;\nworld w {\n  export f: fun();\n}"), None);
    assert_eq!(syntax.kind, Kind::Compile);
    assert!(syntax.message.contains("x.wit:3:16"), "{syntax}");
    let unknown = fails(Document::Text("x.wit", "package a:b;\nworld w { export f: func(x: nope); }"), None);
    assert!(unknown.message.contains("`nope` does not exist") && unknown.message.contains("x.wit:2:29"), "{unknown}");
    let missing = fails(Document::Text("x.wit", "package a:b;\nworld w { import c:d/e; }"), None);
    assert!(missing.message.contains("package 'c:d' not found"), "{missing}");

    let several = "package a:b; world one {} world two {}";
    assert_eq!(
        fails(Document::Text("x.wit", several), None).message,
        "package a:b has several worlds, name one of them: one, two"
    );
    assert_eq!(
        fails(Document::Text("x.wit", several), Some("three")).message,
        "package a:b has no world three: there are one, two"
    );
    assert_eq!(fails(Document::Text("x.wit", several), Some("\u{0}?")).kind, Kind::Export);
    assert_eq!(fails(Document::Text("x.wit", "package a:b;"), None).message, "package a:b has no world");

    assert_eq!(fails(Document::Path(Path::new("/nowhere/x.wit")), None).kind, Kind::NotFound);
    assert!(fails(Document::Wasm(b"(module)"), None).message.contains("componentize"));
    for hostile in [&b""[..], b"\0asm\x0d\0\x01\0\xff", b"\0asm\x0d\0\x01\0\0\xff\xff\xff\xff\x0f", b"(component"] {
        // Nothing that can be read, or a world without anything in it; never a crash.
        if let Ok(world) = read(Document::Wasm(hostile), None) {
            assert_eq!(world.exports, []);
        }
    }
    let deep =
        format!("package a:b; world w {{ export f: func(x: {}u8{}); }}", "list<".repeat(100_000), ">".repeat(100_000));
    assert!(fails(Document::Text("x.wit", &deep), None).message.contains("too deep"));
}
