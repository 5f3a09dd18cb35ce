//! What does a call cost before any BEAM is involved?
//!
//!     cargo bench --workspace
//!
//! The floor of each line is wasmtime's own way of doing the same, in the same run and
//! taken in turn, without our state machine, limits or checks around it.

use std::future::Future;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use wasmtime::component::{self, Component, Val};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, Linker, Module, PoolingAllocationConfig, Store};
use workbooks_engine::{
    CallOptions, Given, Instance, Limits, Opaque, Reference, Resource, Setup, Shape, Sink, Step, componentize,
};

#[path = "../tests/engine/plain.rs"]
#[allow(dead_code, unused_imports)]
mod plain;
use plain::{Int, Plain, Text, compiled, instance};

const ADD: &str = r#"
(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (memory (export "memory") 1))"#;

const LARGE: &str = r#"(module (memory (export "memory") 17))"#;

const ASK: &str = r#"
(module (import "env" "ask" (func $ask (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $ask (local.get 0))))"#;

/// Gives back the list or string that it was given.
const ECHO: &str = r#"
(module (memory (export "memory") 8)
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.get $free) (global.set $free (i32.add (global.get $free) (local.get 3))))
  (func (export "cabi_post_f") (param i32) (global.set $free (i32.const 1024)))
  (func (export "f") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0)))"#;

const ROUNDS: usize = 15;

fn main() {
    println!("{:<40} {:>10} {:>10} {:>6}", format!("ns, median of {ROUNDS} rounds"), "wasmtime", "ours", "ratio");
    let add = componentize(ADD.as_bytes(), Shape::Numbers).expect("a component");
    let ours = |program| called(program, "add", &[Int(1), Int(2)]);
    line("component, add: typed, synchronous", 100_000, typed_sync(&add), ours(&add));
    line("component, add: call_async", 100_000, dynamic(&add, "add", vec![Val::S32(1), Val::S32(2)]), ours(&add));
    line("core module, add: typed, call_async", 100_000, core_typed(), ours(ADD.as_bytes()));
    line("core module, add: call_async", 100_000, core_dynamic(), ours(ADD.as_bytes()));
    line("core module: host function and back", 50_000, core_host(), hosted());
    line("component: instantiate, call, drop", 3_000, component_made(&add), made(&add));
    line("core module: instantiate, call, drop", 3_000, core_made(), made(ADD.as_bytes()));
    let text = "x".repeat(10 << 10);
    let strings = echo("func(x: string) -> string");
    line("10 KiB string there and back", 20_000, strings_typed(&strings, &text), called(&strings, "f", &[Text(&text)]));
    let bytes = echo("func(x: list<u8>) -> list<u8>");
    let given = text.as_bytes().to_vec();
    line(
        "10 KiB bytes there and back",
        20_000,
        bytes_typed(&bytes, &given),
        called(&bytes, "f", &[Plain::Bytes(&given)]),
    );
    records();
    line("memory, 1 MiB read", 500, memory_copied(), memory_read());
}

fn echo(func: &str) -> Vec<u8> {
    componentize(ECHO.as_bytes(), Shape::World(&format!("package t:t; world w {{ export f: {func}; }}")))
        .expect("a component")
}

fn records() {
    let wit = "package t:t; interface i { record r { name: string, n: u32, on: bool } f: func(x: list<r>) -> list<r>; }
        world w { export i; }";
    // An interface's functions have its name before their own in the core module.
    let echo = ECHO.replace("\"f\"", "\"t:t/i#f\"").replace("post_f", "post_t:t/i#f");
    let component = componentize(echo.as_bytes(), Shape::World(wit)).expect("a component");
    let fields = [("name", Text("a name")), ("n", Int(7)), ("on", Plain::Bool(true))];
    let given: Vec<Plain> = (0..100).map(|_| Plain::Record(&fields)).collect();
    let theirs = Val::List(
        (0..100)
            .map(|_| {
                Val::Record(vec![
                    ("name".into(), Val::String("a name".into())),
                    ("n".into(), Val::U32(7)),
                    ("on".into(), Val::Bool(true)),
                ])
            })
            .collect(),
    );
    line(
        "list of 100 records there and back",
        2_000,
        dynamic(&component, "f", vec![theirs]),
        called(&component, "f", &[Plain::List(&given)]),
    );
}

/// Takes rounds of both in turn and prints their medians.
fn line(what: &str, calls: u32, mut floor: impl FnMut(), mut ours: impl FnMut()) {
    let (mut floors, mut all) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floors.push(time(calls, &mut floor));
        all.push(time(calls, &mut ours));
    }
    let (floor, ours) = (median(floors), median(all));
    println!("{what:<40} {floor:>10.1} {ours:>10.1} {:>5.2}x", ours / floor);
}

fn time(calls: u32, call: &mut dyn FnMut()) -> f64 {
    let begun = Instant::now();
    for _ in 0..calls {
        call();
    }
    begun.elapsed().as_nanos() as f64 / f64::from(calls)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Counts what it is given, keeps nothing.
struct Counting;

impl Sink for Counting {
    type Out = usize;
    fn boolean(&self, value: bool) -> usize {
        value.into()
    }
    fn integer(&self, value: i128) -> usize {
        value as usize
    }
    fn float(&self, _: f64) -> usize {
        1
    }
    fn nan(&self, _: u64) -> usize {
        1
    }
    fn text(&self, value: &str) -> usize {
        value.len()
    }
    fn bytes(&self, bytes: &[u8]) -> usize {
        bytes.len()
    }
    fn list(&self, items: &[usize]) -> usize {
        items.len()
    }
    fn tuple(&self, items: &[usize]) -> usize {
        items.len()
    }
    fn record(&self, _: &[usize], contents: &[usize]) -> usize {
        contents.len()
    }
    fn case(&self, _: &str, _: Option<usize>) -> usize {
        1
    }
    fn none(&self) -> usize {
        0
    }
    fn some(&self, content: usize) -> usize {
        content
    }
    fn result(&self, _: Result<Option<usize>, Option<usize>>) -> usize {
        1
    }
    fn map(&self, keys: &[usize], _: &[usize]) -> usize {
        keys.len()
    }
    fn opaque(&self, _: &Opaque) -> usize {
        1
    }
    fn reference(&self, _: Reference) -> usize {
        1
    }
    fn resource(&self, _: Resource) -> usize {
        1
    }
}

fn finish(instance: &Instance, mut step: Step<usize>) {
    loop {
        match step {
            Step::Done(values) => return drop(std::hint::black_box(values)),
            Step::Yield => step = instance.poll(&Counting),
            Step::Failed(error) => panic!("{error}"),
            _ => panic!("it waits"),
        }
    }
}

fn find(program: &workbooks_engine::Program, name: &str) -> usize {
    let is =
        |function: &workbooks_engine::Function| function.signature().path().last().is_some_and(|last| last == name);
    program.functions().iter().position(is).expect("a function")
}

fn called<'a>(program: &[u8], name: &str, values: &'a [Plain<'a>]) -> impl FnMut() + use<'a> {
    let instance = instance(&compiled(program));
    let function = find(instance.program(), name);
    move || finish(&instance, instance.call(function, values.iter().copied(), CallOptions::default(), &Counting))
}

fn hosted() -> impl FnMut() {
    let instance = instance(&compiled(ASK.as_bytes()));
    let function = find(instance.program(), "run");
    move || {
        let mut step = instance.call(function, [Int(1)].into_iter(), CallOptions::default(), &Counting);
        while let Step::Yield = step {
            step = instance.poll(&Counting);
        }
        assert!(matches!(step, Step::Host(_)));
        instance.reply(Int(2)).expect("taken");
        finish(&instance, instance.poll(&Counting));
    }
}

fn made(program: &[u8]) -> impl FnMut() {
    let program = compiled(program);
    let function = find(&program, "add");
    move || {
        let imports: [Given; 0] = [];
        let setup = Setup { imports: &imports, limits: Limits::default(), ..plain::setup(&[]) };
        let instance = Instance::instantiate(&program, &setup).expect("linked");
        finish(&instance, instance.poll(&Counting));
        let values = [Int(1), Int(2)];
        finish(&instance, instance.call(function, values.into_iter(), CallOptions::default(), &Counting));
    }
}

fn memory_read() -> impl FnMut() {
    let instance = instance(&compiled(LARGE.as_bytes()));
    move || drop(std::hint::black_box(instance.memory_read(None, 0, 1 << 20, <[u8]>::to_vec).expect("read")))
}

fn engine() -> Engine {
    let mut config = Config::new();
    config.epoch_interruption(true).concurrency_support(false).async_stack_size(5 << 20).max_wasm_stack(4 << 20);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_memories(100).total_stacks(100).max_memory_size(1 << 32);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).expect("an engine")
}

fn store(engine: &Engine) -> Store<()> {
    let mut store = Store::new(engine, ());
    store.set_epoch_deadline(1 << 40);
    store
}

fn component_in(bytes: &[u8]) -> (Store<()>, component::Instance, Component) {
    let engine = engine();
    let component = Component::new(&engine, bytes).expect("it compiles");
    let mut store = store(&engine);
    let linker: component::Linker<()> = component::Linker::new(&engine);
    let instance = now(linker.instantiate_async(&mut store, &component)).expect("instantiated");
    (store, instance, component)
}

fn typed_sync(bytes: &[u8]) -> impl FnMut() + use<> {
    let (mut store, instance, _) = component_in(bytes);
    let add = instance.get_typed_func::<(i32, i32), (i32,)>(&mut store, "add").expect("add");
    move || assert_eq!(add.call(&mut store, (1, 2)).expect("a sum"), (3,))
}

fn dynamic(bytes: &[u8], name: &str, params: Vec<Val>) -> impl FnMut() + use<> {
    let (mut store, instance, component) = component_in(bytes);
    let index = component.get_export_index(None, name).or_else(|| {
        let interface = component.get_export_index(None, "t:t/i")?;
        component.get_export_index(Some(&interface), name)
    });
    let func = instance.get_func(&mut store, index.expect("its place")).expect("it");
    move || {
        let mut result = [Val::Bool(false)];
        now(func.call_async(&mut store, &params, &mut result)).expect("an end");
    }
}

fn strings_typed(bytes: &[u8], text: &str) -> impl FnMut() + use<> {
    let (mut store, instance, _) = component_in(bytes);
    let func = instance.get_typed_func::<(String,), (String,)>(&mut store, "f").expect("it");
    let text = text.to_string();
    move || drop(now(func.call_async(&mut store, (text.clone(),))).expect("an end"))
}

fn bytes_typed(bytes: &[u8], given: &[u8]) -> impl FnMut() + use<> {
    let (mut store, instance, _) = component_in(bytes);
    let func = instance.get_typed_func::<(Vec<u8>,), (Vec<u8>,)>(&mut store, "f").expect("it");
    let given = given.to_vec();
    move || drop(now(func.call_async(&mut store, (given.clone(),))).expect("an end"))
}

fn core_in(wat: &str) -> (Store<()>, wasmtime::Instance) {
    let engine = engine();
    let module = Module::new(&engine, wat::parse_str(wat).expect("it parses")).expect("it compiles");
    let mut linker: Linker<()> = Linker::new(&engine);
    if wat.contains("import") {
        let ty = module.imports().next().and_then(|import| import.ty().func().cloned()).expect("a function");
        let answer = |_: wasmtime::Caller<'_, ()>, _: &[wasmtime::Val], results: &mut [wasmtime::Val]| {
            results[0] = wasmtime::Val::I32(2);
        };
        linker
            .func_new_async("env", "ask", ty, move |caller, params, results| {
                answer(caller, params, results);
                Box::new(async { Ok(()) })
            })
            .expect("defined");
    }
    let mut store = store(&engine);
    let instance = now(linker.instantiate_async(&mut store, &module)).expect("instantiated");
    (store, instance)
}

fn core_typed() -> impl FnMut() {
    let (mut store, instance) = core_in(ADD);
    let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add").expect("add");
    move || assert_eq!(now(add.call_async(&mut store, (1, 2))).expect("a sum"), 3)
}

fn core_dynamic() -> impl FnMut() {
    let (mut store, instance) = core_in(ADD);
    let add = instance.get_func(&mut store, "add").expect("add");
    move || {
        let mut result = [wasmtime::Val::I32(0)];
        let params = [wasmtime::Val::I32(1), wasmtime::Val::I32(2)];
        now(add.call_async(&mut store, &params, &mut result)).expect("a sum");
    }
}

fn core_host() -> impl FnMut() {
    let (mut store, instance) = core_in(ASK);
    let run = instance.get_func(&mut store, "run").expect("run");
    move || {
        let mut result = [wasmtime::Val::I32(0)];
        now(run.call_async(&mut store, &[wasmtime::Val::I32(1)], &mut result)).expect("an answer");
    }
}

fn component_made(bytes: &[u8]) -> impl FnMut() + use<> {
    let engine = engine();
    let component = Component::new(&engine, bytes).expect("it compiles");
    let linker: component::Linker<()> = component::Linker::new(&engine);
    let pre = linker.instantiate_pre(&component).expect("linked");
    move || {
        let mut store = store(&engine);
        let instance = now(pre.instantiate_async(&mut store)).expect("instantiated");
        let add = instance.get_typed_func::<(i32, i32), (i32,)>(&mut store, "add").expect("add");
        assert_eq!(now(add.call_async(&mut store, (1, 2))).expect("a sum"), (3,));
    }
}

fn core_made() -> impl FnMut() {
    let engine = engine();
    let module = Module::new(&engine, wat::parse_str(ADD).expect("it parses")).expect("it compiles");
    let linker: Linker<()> = Linker::new(&engine);
    let pre = linker.instantiate_pre(&module).expect("linked");
    move || {
        let mut store = store(&engine);
        let instance = now(pre.instantiate_async(&mut store)).expect("instantiated");
        let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add").expect("add");
        assert_eq!(now(add.call_async(&mut store, (1, 2))).expect("a sum"), 3);
    }
}

fn memory_copied() -> impl FnMut() {
    let (mut store, instance) = core_in(LARGE);
    let memory = instance.get_memory(&mut store, "memory").expect("a memory");
    move || drop(std::hint::black_box(memory.data(&store)[..1 << 20].to_vec()))
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it did not end at once"),
    }
}
