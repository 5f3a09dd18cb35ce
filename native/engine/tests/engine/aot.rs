use workbooks_engine::Kind;

use crate::plain::{Plain, call, component, engine, instance};

const ADD: &str = r#"
(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

#[test]
fn native_code_from_a_file_runs() {
    let path = std::env::temp_dir().join(format!("workbooks-{}.cwasm", std::process::id()));
    std::fs::write(&path, component(ADD).serialize().expect("native code")).expect("written");
    // SAFETY: the file was written just now from a component of this engine.
    let loaded = unsafe { engine().load_file(&path) };
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(call(&instance(&loaded.expect("loaded")), "add", &[2, 3], 1000).expect("a sum"), Some(Plain::Int(5)));
}

#[test]
fn native_code_for_another_machine_is_refused_not_run() {
    // SAFETY: code that an engine refuses is not run.
    let refused = unsafe { engine().load(&for_another_machine()) }.expect_err("refused");
    assert_eq!(refused.kind, Kind::Compile);
    assert!(refused.message.starts_with("this native code is not for this engine and machine"), "{refused}");
    assert_eq!(unsafe { engine().load(b"rubbish") }.expect_err("refused").kind, Kind::Compile);
    let missing = unsafe { engine().load_file(std::path::Path::new("/nowhere/x.cwasm")) };
    assert_eq!(missing.expect_err("no file").kind, Kind::NotFound);
}

/// This machine's code with one CPU feature more than it has: the settings an
/// artifact was made with stand in it by name, so the name of one this CPU has is
/// overwritten by one no CPU has.
fn for_another_machine() -> Vec<u8> {
    let mut code = component(ADD).serialize().expect("native code");
    let name: &[u8] = b"has_sse41";
    let at = code.windows(name.len()).position(|bytes| bytes == name);
    match at {
        Some(at) => code[at..at + name.len()].copy_from_slice(b"has_xyz41"),
        // Not x86: another target altogether.
        None => {
            let name: &[u8] = std::env::consts::ARCH.as_bytes();
            let at = code.windows(name.len()).position(|bytes| bytes == name).expect("the target's name");
            code[at..at + name.len()].fill(b'x');
        }
    }
    code
}
