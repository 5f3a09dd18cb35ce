//! `oql-bench FUNCTION FILE TIMES`: what a function of the kernel takes for a document
//! when it is compiled for this machine, as often as that.
//!
//! The answer is one line, `{"min_us", "median_us", "out_bytes"}`. Each function does what the
//! component's does, its JSON included; `orgize-html` is that library's own exporter.

use std::fs;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "usage: oql-bench FUNCTION FILE TIMES";

fn main() -> ExitCode {
    match run() {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("oql-bench: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<serde_json::Value, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, file, times] = arguments.as_slice() else {
        return Err(USAGE.to_owned());
    };
    let function = function(name)?;
    let times: usize = times.parse().ok().filter(|times| *times > 0).ok_or(USAGE)?;
    let org = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;

    let mut out_bytes = 0;
    let mut took: Vec<f64> = (0..times)
        .map(|_| {
            let begun = Instant::now();
            out_bytes = black_box(function(black_box(&org))).len();
            begun.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    took.sort_by(f64::total_cmp);
    Ok(serde_json::json!({ "min_us": took[0], "median_us": took[times / 2], "out_bytes": out_bytes }))
}

fn function(name: &str) -> Result<fn(&str) -> String, String> {
    match name {
        "render" => Ok(|org| oql::render(org, &oql::RenderOptions::default())),
        "parse-headlines" => Ok(oql::headlines_json),
        "metadata" => Ok(|org| json(&oql::metadata(org))),
        "tangle-plan" => Ok(oql::plan_json),
        "lint" => Ok(|org| json(&oql::lint(org))),
        "orgize-html" => Ok(|org| orgize::Org::parse(org).to_html()),
        _ => Err(format!("no function {name}")),
    }
}

/// As `component.rs` has it.
fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
