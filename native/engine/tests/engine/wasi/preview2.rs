//! Components.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use wasmtime::component::Linker;
use wasmtime::{Config, Engine};

use super::harness::{Data, component, drive, engine, instance, run, run_as_component};
use super::preview1::{CAT, CHANCE, CREATE, READ, Slow, WRITE, folder, opener, program, sleeper};
use super::source::{
    Preopen, Stdin, WasiOptions, add_to_component_linker, exit_code, is_wasi_import, not_granted, out_of_handles,
};

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
        let opened = exit_code(as_module.result.as_ref().expect_err("an exit")) == Some(0);
        assert_eq!(exit_code(ran.result.as_ref().expect_err("an exit")), Some(i32::from(!opened)), "{path}");
        assert_eq!(ran.stdout(), as_module.stdout(), "{path}");
    }
    std::fs::remove_dir_all(folder).ok();
}

#[test]
fn a_name_is_resolved_where_it_is_granted() {
    let component = component(include_str!("resolver.wat"), "resolver");
    let resolved = |network: &[&str], name: &str| {
        let network = network.iter().map(ToString::to_string).collect();
        let (mut store, instance) = instance(&component, WasiOptions { network, ..Default::default() });
        let resolve = instance.get_typed_func::<(&str,), (u32,)>(&mut store, "resolve").expect("an export");
        drive(resolve.call_async(&mut store, (name,))).expect("it ends well").0
    };
    const ACCESS_DENIED: u32 = 1;
    const UNRESOLVABLE: u32 = 18;
    assert_eq!(resolved(&[], "localhost"), ACCESS_DENIED);
    assert_eq!(resolved(&["localhost"], "localhost"), ACCESS_DENIED);
    assert!(resolved(&["localhost", "127.0.0.0/8", "::1"], "localhost") > 1000);
    assert_eq!(resolved(&["*.invalid"], "name.invalid"), UNRESOLVABLE);
    // Nothing has to be asked for this; the connection is judged by itself.
    assert_eq!(resolved(&[], "10.0.0.5"), 1001);
}

#[test]
fn of_two_sleeps_the_shorter_ends_first() {
    let text = program(
        r#"(func (export "_start")
          (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1000)))
          (i64.store (i32.const 2000) (i64.const 2))
          (i32.store (i32.const 2016) (i32.const 1))
          (i64.store (i32.const 2024) (i64.const 2000000000000))
          (i64.store (i32.const 2048) (i64.const 1))
          (i32.store (i32.const 2064) (i32.const 1))
          (i64.store (i32.const 2072) (i64.const 1000000000000))
          (call $check (call $poll_oneoff (i32.const 2000) (i32.const 3000) (i32.const 2) (i32.const 4000)))
          (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1008)))
          (i64.store (i32.const 3008) (i64.load32_u (i32.const 4000)))
          (i64.store (i32.const 3016)
            (i64.div_u (i64.sub (i64.load (i32.const 1008)) (i64.load (i32.const 1000))) (i64.const 1000000000)))
          (call $check (call $put (i32.const 1) (i32.const 3000) (i32.const 24))))"#,
    );
    let options = || WasiOptions { deterministic: Some(1), ..Default::default() };
    for ran in [run(&text, options()), run_as_component(&text, options())] {
        ran.result.as_ref().expect("it ends well");
        let output = ran.stdout();
        let numbers: Vec<u64> =
            output.chunks(8).map(|eight| u64::from_le_bytes(eight.try_into().expect("eight bytes"))).collect();
        // Whose it was, how many there were, the seconds that it took.
        assert_eq!(numbers, [1, 1, 1000]);
    }
}

#[test]
fn handles_are_not_without_end() {
    let text = program(
        r#"(data (i32.const 500) "inside")
        (func (export "_start") (loop $again
          (call $check (call $path_open (i32.const 3) (i32.const 1) (i32.const 500) (i32.const 6)
            (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 600)))
          (br $again)))"#,
    );
    let folder = folder("handles");
    std::fs::write(folder.join("inside"), "inside").expect("a file");
    let options = || {
        let preopens = vec![Preopen { guest: "/data".into(), host: folder.clone(), writable: false }];
        WasiOptions { preopens, ..Default::default() }
    };
    let error = run(&text, options()).result.expect_err("too many");
    assert!(out_of_handles(&error), "{error:?}");
    // The adapter counts for itself, and answers with an error number.
    let error = run_as_component(&text, options()).result.expect_err("too many");
    assert!(!out_of_handles(&error), "{error:?}");
    std::fs::remove_dir_all(folder).ok();
}

#[test]
fn many_random_bytes_come_in_turns() {
    let text = program(
        r#"(func (export "_start")
          (if (i32.lt_s (memory.grow (i32.const 60)) (i32.const 0)) (then unreachable))
          (call $check (call $random_get (i32.const 65536) (i32.const 3000000)))
          (if (i32.eqz (i32.load (i32.const 3065532))) (then unreachable))
          (call $check (i32.ne (call $random_get (i32.const 4000000) (i32.const 1000000000)) (i32.const 21))))"#,
    );
    let ran = run(&text, WasiOptions::default());
    ran.result.as_ref().expect("it ends well");
    assert!(ran.polls > 40, "{} polls", ran.polls);
    let text = text.replace(
        "(call $check (i32.ne (call $random_get (i32.const 4000000) (i32.const 1000000000)) (i32.const 21)))",
        "",
    );
    let ran = run_as_component(&text, WasiOptions::default());
    ran.result.as_ref().expect("it ends well");
    assert!(ran.polls > 40, "{} polls", ran.polls);
}
