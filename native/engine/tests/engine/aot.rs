use std::path::{Path, PathBuf};

use workbooks_engine::seal::{self, Broken};
use workbooks_engine::{Kind, Program};

use crate::plain::{component, engine, instance, number};

const ADD: &str = r#"
(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// A component's code, sealed.
fn code() -> Vec<u8> {
    component(ADD).serialize().expect("native code")
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("workbooks-{name}-{}.cwasm", std::process::id()));
    std::fs::write(&path, bytes).expect("written");
    path
}

#[test]
fn native_code_from_a_file_runs() {
    let path = file("runs", &code());
    // SAFETY: the file was written just now from a component of this engine.
    let loaded = unsafe { engine().load_file(&path) };
    std::fs::remove_file(&path).expect("removed");
    let instance = instance(&loaded.expect("loaded"));
    assert_eq!(number(&instance, "add", &[2, 3]).expect("a sum"), 5);
}

#[test]
fn a_core_module_loads_as_one() {
    let module = engine().compile(ADD.as_bytes()).expect("it compiles");
    let blob = module.serialize().expect("native code");
    let path = file("module", &blob);
    // SAFETY: made just now by this engine.
    let loaded = unsafe { [engine().load(&blob), engine().load_file(&path)] };
    std::fs::remove_file(&path).expect("removed");
    for program in loaded {
        assert!(matches!(program.expect("loaded"), Program::Module(_)));
    }
}

#[test]
fn native_code_for_another_machine_is_refused_not_run() {
    let foreign = for_another_machine();
    let path = file("foreign", &foreign);
    // SAFETY: code that an engine refuses is not run.
    let refused = unsafe { [engine().load(&foreign), engine().load_file(&path)] };
    std::fs::remove_file(&path).expect("removed");
    for refused in refused {
        let refused = refused.expect_err("refused");
        assert_eq!(refused.kind, Kind::Compile);
        assert!(refused.message.starts_with("this native code is not for this engine and machine"), "{refused}");
    }
}

#[test]
fn what_is_no_native_code_is_refused() {
    let code = code();
    // SAFETY: code that an engine refuses is not run.
    let refuse = |bytes: &[u8]| unsafe { engine().load(bytes) }.expect_err("refused");
    for bytes in [&b"rubbish"[..], b"", &[0; 4096], &code[1..], &code[..code.len() - 1], &code[..code.len() / 2]] {
        assert_eq!(refuse(bytes).kind, Kind::Compile);
    }
    let mut altered = code.clone();
    altered[code.len() / 2] ^= 1;
    assert!(refuse(&altered).message.ends_with("it was altered or damaged"), "{}", refuse(&altered));

    let load_file = |path: &Path| unsafe { engine().load_file(path) }.expect_err("refused");
    assert_eq!(load_file(Path::new("/nowhere/x.cwasm")).kind, Kind::NotFound);
    let path = file("truncated", &code[100..]);
    assert!(load_file(&path).message.ends_with("it is not as long as it says"));
    std::fs::write(&path, b"short").expect("written");
    assert_eq!(load_file(&path).kind, Kind::Compile);
    std::fs::remove_file(&path).expect("removed");
}

#[test]
fn a_seal_with_any_bit_flipped_is_broken() {
    let sealed = seal::seal((0..=255).collect(), seal::What::Module, 1, [7; 32]);
    let read = seal::read(&sealed).expect("whole");
    assert_eq!((read.code.len(), read.seal.variant, read.seal.key), (256, 1, [7; 32]));
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut altered = sealed.clone();
            altered[at] ^= 1 << bit;
            assert!(seal::read(&altered).is_err(), "byte {at}, bit {bit}");
        }
        assert!(seal::read(&sealed[..at]).is_err(), "the first {at} bytes");
        assert!(at == 0 || seal::read(&sealed[at..]).is_err(), "all but the first {at} bytes");
    }
}

#[test]
fn a_seal_of_a_later_version_says_which() {
    let mut sealed = seal::seal(vec![1, 2, 3], seal::What::Component, 0, seal::NO_KEY);
    sealed[3 + 8] = 9;
    assert_eq!(seal::read(&sealed), Err(Broken::Version(9)));
}

/// This machine's code with one CPU feature more than it has, sealed as if it were
/// right: the settings an artifact was made with stand in it by name, so the name of
/// one this CPU has is overwritten by one no CPU has.
fn for_another_machine() -> Vec<u8> {
    let blob = code();
    let mut code = seal::read(&blob).expect("whole").code.to_vec();
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
    seal::seal(code, seal::What::Component, 0, seal::NO_KEY)
}
