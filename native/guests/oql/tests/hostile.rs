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

/// Nanoseconds that each call takes, the best of two, and the bytes of its answer.
fn best(org: &str) -> [(f64, usize); 4] {
    let (once, again) = (all_four(org), all_four(org));
    std::array::from_fn(|i| (once[i].0.min(again[i].0).as_secs_f64() * 1e9, once[i].1))
}

/// What the calls cost: each by byte of text, all four by byte of text, and by byte of text and answers.
struct Cost {
    each: [f64; 4],
    text: f64,
    whole: f64,
}

/// A kind of document: bytes and nanoseconds at each size, and the cost at the last one.
struct Row {
    name: &'static str,
    points: Vec<(f64, f64)>,
    cost: Option<Cost>,
}

impl Cost {
    fn of(org: &str, took: [(f64, usize); 4]) -> Self {
        let bytes = org.len() as f64;
        let sum: f64 = took.iter().map(|(ns, _)| ns).sum();
        let whole: f64 = took.iter().map(|(_, answer)| bytes + *answer as f64).sum();
        Cost { each: took.map(|(ns, _)| ns / bytes), text: sum / bytes, whole: sum / whole }
    }
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
    const SIZES: [usize; 4] = [1 << 20, 2 << 20, 4 << 20, 8 << 20];
    let [.., last] = SIZES;
    let prose = inputs::prose(last);
    let floor = Cost::of(&prose, best(&prose));
    println!("8 MB of prose: {:.2} ns a byte of text, {:.2} of text and answers", floor.text, floor.whole);
    println!("text, text and answers: what all four calls take, as multiples of that; ! where more than three");
    println!("slope: the exponent by which the time grows; then headlines, plan, lint, render in ns a byte of text");
    let mut rows: Vec<Row> = Vec::new();
    for size in SIZES {
        for (shape, (name, org)) in inputs(size).into_iter().enumerate() {
            let took = best(&org);
            if rows.len() == shape {
                rows.push(Row { name, points: Vec::new(), cost: None });
            }
            rows[shape].points.push((org.len() as f64, took.iter().map(|(ns, _)| ns).sum()));
            rows[shape].cost = Some(Cost::of(&org, took));
        }
    }
    for Row { name, points, cost } in rows {
        let Cost { each, text, whole } = cost.unwrap();
        let (text, whole) = (text / floor.text, whole / floor.whole);
        let mark = |ratio: f64| if ratio > 3.0 { '!' } else { ' ' };
        let each = each.map(|ns| format!("{ns:6.1}")).join(" ");
        println!("{name:>28} {text:6.2}{} {whole:6.2}{} n^{:.2} {each}", mark(text), mark(whole), slope(&points));
    }
}

/// Least squares of the logarithms.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let logs = || points.iter().map(|(bytes, ns)| (bytes.ln(), ns.ln()));
    let (x, y) = logs().fold((0.0, 0.0), |(x, y), (a, b)| (x + a / count, y + b / count));
    let up: f64 = logs().map(|(a, b)| (a - x) * (b - y)).sum();
    up / logs().map(|(a, _)| (a - x).powi(2)).sum::<f64>()
}
