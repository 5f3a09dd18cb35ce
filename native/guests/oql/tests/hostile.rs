//! guides/format.md: time grows with the input's size, never with its nesting.
//!
//! The small size runs always; `cargo test --release -- --ignored --nocapture` measures more.

#[path = "hostile/inputs.rs"]
mod inputs;

use std::time::{Duration, Instant};

use inputs::inputs;
use oql::{RenderOptions, headlines_json, lint, plan_json, render};

/// How long each of the four calls took, and the bytes of its answer.
fn all_four(org: &str) -> [(Duration, usize); 4] {
    let clock = |f: &dyn Fn() -> usize| {
        let start = Instant::now();
        let answer = f();
        (start.elapsed(), answer)
    };
    let options = RenderOptions::default();
    [
        clock(&|| headlines_json(org).len()),
        clock(&|| plan_json(org).len()),
        clock(&|| serde_json::to_string(&lint(org)).unwrap().len()),
        clock(&|| render(org, &options).len()),
    ]
}

/// Nanoseconds for each byte of the text and of the answer: the best of three.
fn by_bytes(org: &str) -> [f64; 4] {
    let mut best = [f64::INFINITY; 4];
    for _ in 0..3 {
        for (best, (took, answer)) in best.iter_mut().zip(all_four(org)) {
            *best = best.min(took.as_secs_f64() * 1e9 / (org.len() + answer) as f64);
        }
    }
    best
}

#[test]
fn hostile_text_ends_soon_on_a_small_stack() {
    // A WebAssembly guest has one megabyte of stack, in frames smaller than debug ones.
    let small = std::thread::Builder::new().stack_size(4 << 20);
    let worker = small.spawn(|| {
        for (name, org) in inputs(100 << 10) {
            let took: Duration = all_four(&org).iter().map(|(took, _)| took).sum();
            assert!(took < Duration::from_secs(10), "{name} took {took:?}");
        }
    });
    worker.unwrap().join().unwrap();
}

#[test]
#[ignore = "a measurement, by hand in the release profile"]
fn measure() {
    for size in [1 << 20, 4 << 20] {
        let [.., floor] = by_bytes(&inputs::prose(size));
        println!("{} MB: headlines, plan, lint, render, by byte of text and answer", size >> 20);
        println!("as multiples of prose rendered, {floor:.2} ns");
        for (name, org) in inputs(size) {
            let took = by_bytes(&org).map(|ns| ns / floor);
            let mark = if took.iter().any(|ratio| *ratio > 3.0) { "!" } else { " " };
            println!("{mark} {name:>28} {}", took.map(|ratio| format!("{ratio:6.2}")).join(" "));
        }
    }
}
