//! Turns .wast files, the specification's tests, into what another program can read.
//!
//!     workbooks-suite FOLDER OUT [NAME...]
//!
//! For each .wast file under FOLDER (`crate` stands for the core suite inside this program),
//! or for those named, by their path without the ending:
//!
//! - `OUT/NAME.jsonl`: its commands, one a line, as `wasm-tools json-from-wast` writes them;
//! - `OUT/NAME/m.N.wasm`, `.wat`: its modules, text where the file quotes text;
//! - on the standard output a line `{"name", "assertions"}`, or `{"name", "error"}` for a file
//!   that cannot be read.

mod convert;
mod source;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("workbooks-suite: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, out, names @ ..] = arguments.as_slice() else {
        bail!("usage: workbooks-suite FOLDER|crate OUT [NAME...]");
    };
    let files = source::files(from)?;
    if let Some(missing) = names.iter().find(|name| !files.contains_key(*name)) {
        bail!("{from} has no file {missing}.wast");
    }

    let mut report = std::io::stdout().lock();
    for (name, file) in &files {
        if names.is_empty() || names.contains(name) {
            let line = match file.text().and_then(|text| convert::convert(name, &text, Path::new(out))) {
                Ok(assertions) => serde_json::json!({ "name": name, "assertions": assertions }),
                Err(error) => serde_json::json!({ "name": name, "error": format!("{error:#}") }),
            };
            writeln!(report, "{line}").context("the standard output")?;
        }
    }
    Ok(())
}
