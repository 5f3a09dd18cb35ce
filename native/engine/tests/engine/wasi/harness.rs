//! The smallest host: a store with WASI in it, polled by the thread of the test.

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use wasmtime::component::{self, Component};
use wasmtime::{Config, Engine, Module, Store};
use wasmtime_wasi::p2::bindings::Command;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::source::{
    self, Chunk, HasWasi, Outbox, Output, Stream, Wasi, WasiOptions, add_to_component_linker, add_to_module_linker,
};

pub struct Data(pub Wasi);

impl HasWasi for Data {
    fn wasi(&mut self) -> &mut Wasi {
        &mut self.0
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls until the end; `between` is what whoever polls does after each poll. Also says
/// how long the longest poll took.
pub fn drive_while<F: Future>(future: F, mut between: impl FnMut()) -> (F::Output, Duration) {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut longest = Duration::ZERO;
    loop {
        let began = Instant::now();
        let poll = source::ambient(|| future.as_mut().poll(&mut Context::from_waker(&waker)));
        longest = longest.max(began.elapsed());
        between();
        match poll {
            Poll::Ready(output) => return (output, longest),
            Poll::Pending => std::thread::park_timeout(Duration::from_secs(20)),
        }
    }
}

pub fn drive<F: Future>(future: F) -> F::Output {
    drive_while(future, || {}).0
}

pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = Config::new();
        config.concurrency_support(false);
        Engine::new(&config).expect("an engine")
    })
}

/// What a module did.
pub struct Ran {
    pub result: wasmtime::Result<()>,
    pub outbox: Arc<Outbox>,
    pub taken: Vec<Chunk>,
    pub longest: Duration,
    pub polls: usize,
}

impl Ran {
    pub fn stdout(&self) -> Vec<u8> {
        self.outbox.collected(Stream::Stdout, <[u8]>::to_vec)
    }

    pub fn stderr(&self) -> Vec<u8> {
        self.outbox.collected(Stream::Stderr, <[u8]>::to_vec)
    }
}

pub fn collected(limit: u64) -> Outbox {
    Outbox::new(Output::Collect, Output::Collect, limit)
}

/// Runs a module's `_start`, its output collected.
pub fn run(text: &str, options: WasiOptions) -> Ran {
    run_with(text, options, collected(1 << 30))
}

pub fn run_with(text: &str, options: WasiOptions, outbox: Outbox) -> Ran {
    let module = Module::new(engine(), wat::parse_str(text).expect("a module's text")).expect("a module");
    let mut linker = wasmtime::Linker::new(engine());
    add_to_module_linker(&mut linker, options.deterministic.is_some()).expect("WASI links");
    running(options, outbox, |mut store| async move {
        let instance = linker.instantiate_async(&mut store, &module).await?;
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
        start.call_async(&mut store, ()).await
    })
}

/// Runs it as a component: preview 2 serves what the module asks of preview 1.
pub fn run_as_component(text: &str, options: WasiOptions) -> Ran {
    let adapter = wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER;
    let bytes = ComponentEncoder::default()
        .validate(true)
        .module(&wat::parse_str(text).expect("a module's text"))
        .and_then(|encoder| encoder.adapter("wasi_snapshot_preview1", adapter)?.encode());
    let component = Component::new(engine(), bytes.expect("it encodes")).expect("a component");
    let mut linker = component::Linker::new(engine());
    add_to_component_linker(&mut linker, &|_| false, false).expect("WASI links");
    running(options, collected(1 << 30), |mut store| async move {
        let command = Command::instantiate_async(&mut store, &component, &linker).await?;
        match command.wasi_cli_run().call_run(&mut store).await? {
            Ok(()) => Ok(()),
            Err(()) => Err(wasmtime::Error::msg("it says that it failed")),
        }
    })
}

fn running<F: Future<Output = wasmtime::Result<()>>>(
    options: WasiOptions,
    outbox: Outbox,
    run: impl FnOnce(Store<Data>) -> F,
) -> Ran {
    let outbox = Arc::new(outbox);
    let wasi = Wasi::new(options, &outbox).expect("the options are good");
    let (mut taken, mut polls) = (Vec::new(), 0);
    let (result, longest) = drive_while(run(Store::new(engine(), Data(wasi))), || {
        taken.extend(outbox.take());
        polls += 1;
    });
    Ran { result, outbox, taken, longest, polls }
}

/// A component of a core module's text, in a world of `guests.wit`.
pub fn component(text: &str, world: &str) -> Component {
    let mut module = wat::parse_str(text).expect("a module's text");
    let mut resolve = Resolve::default();
    let package = resolve.push_str("guests.wit", include_str!("guests.wit")).expect("WIT");
    let world = resolve.select_world(&[package], Some(world)).expect("a world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("metadata");
    let bytes = ComponentEncoder::default().validate(true).module(&module).expect("a module").encode();
    Component::new(engine(), bytes.expect("it encodes")).expect("a component")
}

/// A component's instance in a store of its own.
pub fn instance(component: &Component, options: WasiOptions) -> (Store<Data>, component::Instance) {
    let outbox = Arc::new(Outbox::new(Output::Discard, Output::Discard, 0));
    let mut linker = component::Linker::new(engine());
    add_to_component_linker(&mut linker, &|_| false, false).expect("WASI links");
    let mut store = Store::new(engine(), Data(Wasi::new(options, &outbox).expect("the options are good")));
    let instance = drive(linker.instantiate_async(&mut store, component)).expect("it instantiates");
    (store, instance)
}
