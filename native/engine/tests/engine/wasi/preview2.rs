//! Components.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use wasmtime::component::Linker;
use wasmtime::{Config, Engine};

use super::harness::{Data, component, drive, engine, instance, run, run_as_component};
use super::preview1::{CAT, CHANCE, CREATE, READ, Slow, WRITE, folder, opener, program, sleeper};
use super::source::{Preopen, Stdin, WasiOptions, add_to_component_linker, exit_code, is_wasi_import, not_granted};

#[test]
fn what_is_an_import_of_wasi() {
    for path in [
        "wasi:cli/environment@0.2.0",
        "wasi:http/types@0.2.3",
        "wasi:io/streams",
        "wasi:clocks/system-clock@0.3.0",
        "wasi_snapshot_preview1",
        "wasi_unstable",
    ] {
        assert!(is_wasi_import(path), "{path}");
    }
    for path in ["wasi:nn/tensor@0.2.0", "my:cli/environment@0.2.0", "env", "wasi:cli", "wasi_ephemeral_nn"] {
        assert!(!is_wasi_import(path), "{path}");
    }
    let error = not_granted("wasi:cli/environment@0.2.0");
    assert!(error.message.contains("wasi:cli/environment@0.2.0") && error.message.contains("`wasi: []`"));
}

#[test]
fn an_interface_of_ones_own_takes_the_place_of_wasis() {
    let mut linker: Linker<Data> = Linker::new(engine());
    linker
        .instance("wasi:clocks/monotonic-clock@0.2.0")
        .and_then(|mut clock| clock.func_wrap("now", |_, (): ()| Ok((42_u64,))))
        .expect("ours links");
    add_to_component_linker(&mut linker, &|name| name == "wasi:clocks/monotonic-clock", false).expect("WASI links");
    let mut linker: Linker<Data> = Linker::new(engine());
    add_to_component_linker(&mut linker, &|_| false, false).expect("WASI links");
    assert!(add_to_component_linker(&mut linker, &|_| false, false).is_err(), "it is there already");
}

#[test]
fn preview_3_links_where_the_engine_supports_it() {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    let engine = Engine::new(&config).expect("an engine");
    let mut linker: Linker<Data> = Linker::new(&engine);
    add_to_component_linker(&mut linker, &|_| false, true).expect("WASI links");
}

fn slept(options: WasiOptions, nanoseconds: u64) -> u64 {
    let component = component(include_str!("sleeper.wat"), "sleeper");
    let (mut store, instance) = instance(&component, options);
    let sleep = instance.get_typed_func::<(u64,), (u64,)>(&mut store, "sleep").expect("an export");
    drive(sleep.call_async(&mut store, (nanoseconds,))).expect("it ends well").0
}

#[test]
fn sleep_takes_virtual_time_where_that_is_asked_for() {
    let hour = 3_600_000_000_000;
    let began = Instant::now();
    assert_eq!(slept(WasiOptions { deterministic: Some(1), ..Default::default() }, hour), hour + 1_000);
    assert!(began.elapsed() < Duration::from_secs(60));
    assert!(slept(WasiOptions::default(), 20_000_000) >= 20_000_000);
}

#[test]
fn a_program_reads_and_writes_as_a_component_too() {
    let bytes = Bytes::from_static(b"some \xff bytes");
    let ran = run_as_component(&program(CAT), WasiOptions { stdin: Stdin::Bytes(bytes), ..Default::default() });
    ran.result.as_ref().expect("it ends well");
    assert_eq!(ran.stdout(), b"some \xff bytes");

    let stdin = Stdin::Asked(Arc::new(Slow::default()));
    let ran = run_as_component(&program(CAT), WasiOptions { stdin, ..Default::default() });
    ran.result.as_ref().expect("it ends well");
    assert_eq!(ran.stdout(), b"more than five!");
}

#[test]
fn a_component_exits_well_or_not() {
    // Preview 2 as it is stable knows no more than that.
    for (status, expected) in [(0, 0), (1, 1), (3, 1)] {
        let text = program(&format!(r#"(func (export "_start") (call $proc_exit (i32.const {status})))"#));
        let ran = run_as_component(&text, WasiOptions::default());
        assert_eq!(exit_code(&ran.result.expect_err("an exit")), Some(expected));
    }
}

#[test]
fn a_component_sees_the_same_chance_with_the_same_seed() {
    let with = |seed| {
        let options = WasiOptions { deterministic: Some(seed), ..Default::default() };
        run_as_component(&program(CHANCE), options).stdout()
    };
    assert_eq!(with(7).len(), 56);
    assert_eq!(with(7), with(7));
    assert_ne!(with(7)[..32], with(8)[..32]);
}

#[test]
fn a_component_that_polls_sleeps_in_virtual_time() {
    let hour = 3_600_000_000_000;
    let options = WasiOptions { deterministic: Some(1), ..Default::default() };
    let ran = run_as_component(&sleeper(hour), options);
    ran.result.as_ref().expect("it ends well");
    let slept = u64::from_le_bytes(ran.stdout().try_into().expect("eight bytes"));
    assert!((hour..hour + 1_000_000).contains(&slept), "{slept}");
}

#[test]
fn a_component_opens_what_a_module_opens() {
    let folder = folder("component");
    let data = folder.join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    std::fs::write(data.join("inside"), "inside").expect("a file");
    std::fs::write(folder.join("outside"), "outside").expect("a file");
    for (path, flags, rights, writable) in [
        ("inside", 0, READ, false),
        ("inside", 0, READ | WRITE, false),
        ("new", CREATE, READ | WRITE, false),
        ("../outside", 0, READ, true),
        ("new", CREATE, READ | WRITE, true),
    ] {
        let options = || {
            let preopens = vec![Preopen { guest: "/data".into(), host: data.clone(), writable }];
            WasiOptions { preopens, ..Default::default() }
        };
        let ran = run_as_component(&opener(path, flags, rights), options());
        let as_module = run(&opener(path, flags, rights), options());
        let opened = exit_code(&as_module.result.as_ref().expect_err("an exit")) == Some(0);
        assert_eq!(exit_code(ran.result.as_ref().expect_err("an exit")), Some(i32::from(!opened)), "{path}");
        assert_eq!(ran.stdout(), as_module.stdout(), "{path}");
    }
    std::fs::remove_dir_all(folder).ok();
}
