//! guides/format.md: time grows with the input's size, never with its nesting.
//!
//! The small size runs always; `cargo test --release -- --ignored --nocapture` measures more.

#[path = "hostile/inputs.rs"]
mod inputs;

use std::time::{Duration, Instant};

use inputs::inputs;
use oql::{RenderOptions, lint, parse_headlines, render, tangle_plan};

fn all_four(org: &str) -> [Duration; 4] {
    let clock = |f: &dyn Fn() -> usize| {
        let start = Instant::now();
        let _ = f();
        start.elapsed()
    };
    let options = RenderOptions::default();
    [
        clock(&|| serde_json::to_string(&parse_headlines(org)).unwrap().len()),
        clock(&|| serde_json::to_string(&tangle_plan(org)).unwrap().len()),
        clock(&|| serde_json::to_string(&lint(org)).unwrap().len()),
        clock(&|| render(org, &options).len()),
    ]
}

#[test]
fn hostile_text_ends_soon_on_a_small_stack() {
    // A WebAssembly guest has one megabyte of stack, in frames smaller than debug ones.
    let small = std::thread::Builder::new().stack_size(4 << 20);
    let worker = small.spawn(|| {
        for (name, org) in inputs(100 << 10) {
            let took: Duration = all_four(&org).iter().sum();
            assert!(took < Duration::from_secs(10), "{name} took {took:?}");
        }
    });
    worker.unwrap().join().unwrap();
}

#[test]
#[ignore = "a measurement, by hand in the release profile"]
fn measure() {
    for size in [1 << 20, 4 << 20] {
        println!("{} MB: headlines, plan, lint, render, each as a multiple of prose", size >> 20);
        let floor = all_four(&inputs::prose(size));
        for (name, org) in inputs(size) {
            let took = all_four(&org);
            let ratios: Vec<String> =
                took.iter().zip(&floor).map(|(t, f)| format!("{:6.2}", t.as_secs_f64() / f.as_secs_f64())).collect();
            let worst = took.iter().zip(&floor).any(|(t, f)| t.as_secs_f64() > 3.0 * f.as_secs_f64());
            println!("{} {name:>28} {} {took:>9.1?}", if worst { "!" } else { " " }, ratios.join(" "));
        }
    }
}
