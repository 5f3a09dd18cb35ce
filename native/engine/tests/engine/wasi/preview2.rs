//! Components.

use std::time::{Duration, Instant};

use wasmtime::component::Linker;
use wasmtime::{Config, Engine};

use super::harness::{Data, component, drive, engine, instance};
use super::source::{WasiOptions, add_to_component_linker, is_wasi_import, not_granted};

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
