//! guides/format.md: time grows with the input's size, never with its nesting.
//!
//! The small sizes run always; `cargo test --release -- --ignored --nocapture`
//! measures 1 and 10 MB.

use std::time::{Duration, Instant};

use oql::{RenderOptions, lint, parse_headlines, render, tangle_plan};

fn inputs(size: usize) -> Vec<(&'static str, String)> {
    let times = |s: &str| s.repeat(size / s.len());
    let staircase = |deepest: usize| {
        let mut out = String::new();
        let mut level = 0;
        while out.len() < size {
            out.push_str(&" ".repeat(level.min(deepest)));
            out.push_str("- a\n");
            level += 1;
        }
        out
    };
    let blocks = size / 28;
    let different = |word: &str, reverse: bool| -> String {
        let line = |i: usize| format!("#+{word}_a{i}\n");
        if reverse { (0..blocks).rev().map(line).collect() } else { (0..blocks).map(line).collect() }
    };
    let mut stars = String::new();
    while stars.len() < size {
        stars.push_str(&"*".repeat(stars.len().isqrt() + 1));
        stars.push_str(" a\n");
    }
    vec![
        (
            "prose",
            times("Some *bold* text with a [[https://x.org][link]] and /words/ of prose, no more.\nAnother line.\n\n"),
        ),
        ("one paragraph", times("Some *bold* text with a [[https://x.org][link]] and words. ")),
        ("*b /i", times("*b /i ")),
        ("[", times("[")),
        ("[[", times("[[")),
        ("[[a][b", times("[[a][b")),
        ("[fn::", times("[fn::")),
        ("[fn::x]", times("[fn::x") + &times("]")),
        ("a_{", times("a_{")),
        ("<<a", times("<<a")),
        ("$a", times("$a")),
        ("{{{m}}}", format!("#+MACRO: m {}\n{}", "x".repeat(1000), times("{{{m}}}"))),
        ("https://x(", times("https://x(")),
        ("list levels", staircase(4000)),
        ("same quotes", "#+begin_quote\n".repeat(blocks) + &"#+end_quote\n".repeat(blocks)),
        ("nested blocks", different("begin", false) + &different("end", true)),
        ("unclosed", times("#+begin_quote\n")),
        ("drawers", times(":a:\n")),
        ("headings", stars),
        ("flat headings", times("* a\n")),
        ("names", times("#+name: x\n")),
        ("cells", times("|")),
        ("footnotes", (0..size / 20).map(|i| format!("[fn:{i}] x [fn:{}]\n", i + 1)).collect()),
        (
            "components",
            (0..size / 75)
                .map(|i| {
                    format!("* c{i}\n:PROPERTIES:\n:in: a{i}\n:out: a{}\n:END:\n#+begin_src js\nx\n#+end_src\n", i + 1)
                })
                .collect(),
        ),
        (
            "one cycle",
            (0..size / 60)
                .map(|i| {
                    format!(
                        "* c{i}\n:PROPERTIES:\n:out: a{i}\n:deps: c{}\n:END:\n#+begin_src js\n#+end_src\n",
                        (i + 1) % (size / 60)
                    )
                })
                .collect(),
        ),
    ]
}

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
    for size in [1 << 20, 10 << 20] {
        println!("{} MB: headlines, plan, lint, render", size >> 20);
        for (name, org) in inputs(size) {
            println!("{name:>14} {:>9.1?}", all_four(&org));
        }
    }
}
