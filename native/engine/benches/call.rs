//! What does a call cost before any BEAM is involved?
//!
//!     cargo bench --workspace
//!
//! The floor in the same run: wasmtime's own asynchronous call of the same
//! function, without our state machine, limits or checks around it.

use std::future::Future;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use wasmtime::component::{Component, Linker, Val};
use wasmtime::{Config, Engine, Store};
use workbooks_engine::{Instance, Limits, Shape, Step, componentize};

#[path = "../tests/engine/plain.rs"]
#[allow(dead_code)]
mod plain;
use plain::{Plain, Plainly};

const ADD: &str = r#"
(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

const ROUNDS: usize = 15;
const CALLS: u32 = 100_000;

fn main() {
    let bytes = componentize(ADD.as_bytes(), Shape::Numbers).expect("a component");
    let mut floor = floor(&bytes);
    let mut ours = ours();
    let (mut floors, mut calls) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floors.push(time(&mut floor));
        calls.push(time(&mut ours));
    }
    let (floor, ours) = (median(floors), median(calls));
    println!("one call of add(1, 2), ns, median of {ROUNDS} rounds taken in turn");
    println!("  wasmtime's call_async {floor:>8.1}");
    println!("  Instance::call        {ours:>8.1}  {:.2}x", ours / floor);
}

fn time(call: &mut dyn FnMut()) -> f64 {
    let begun = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    begun.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn ours() -> impl FnMut() {
    let component = plain::component(ADD);
    let instance = Instance::begin(&component, Limits::default(), None).expect("it links");
    plain::drive(&instance).expect("instantiated");
    move || {
        let add = instance.component().find(&["add"]).expect("add");
        let values = [Plain::Int(1), Plain::Int(2)];
        let mut step = instance.call(add, values.into_iter(), None, &Plainly);
        while let Step::Yield = step {
            step = instance.poll(&Plainly);
        }
        assert!(matches!(step, Step::Done(Some(Plain::Int(3)))));
    }
}

fn floor(bytes: &[u8]) -> impl FnMut() {
    let mut config = Config::new();
    config.epoch_interruption(true).concurrency_support(false);
    let engine = Engine::new(&config).expect("an engine");
    let component = Component::new(&engine, bytes).expect("it compiles");
    let mut store = Store::new(&engine, ());
    store.set_epoch_deadline(1 << 40);
    let linker: Linker<()> = Linker::new(&engine);
    let instance = now(linker.instantiate_async(&mut store, &component)).expect("instantiated");
    let add = instance.get_func(&mut store, "add").expect("add");
    move || {
        let mut result = [Val::Bool(false)];
        now(add.call_async(&mut store, &[Val::S32(1), Val::S32(2)], &mut result)).expect("a sum");
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it did not end at once"),
    }
}
