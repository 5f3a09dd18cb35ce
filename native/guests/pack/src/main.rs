//! `pack --imports ALLOWED [--initialize EXPORT] IN.core.wasm OUT.wasm`: a guest's core
//! module, with its WIT embedded by wit-bindgen, becomes a validated component.
//!
//! A guest is what it imports: `ALLOWED` is `none`, or the interfaces it may have,
//! comma-separated. Anything more is refused, and nothing is written. With
//! `--initialize`, that export is run first and the component begins where it ended.

use std::fs;
use std::process::ExitCode;

use wit_component::{ComponentEncoder, DecodedWasm};
use wit_parser::WorldItem;

mod snapshot;

const USAGE: &str =
    "usage: pack --imports none|INTERFACE[,INTERFACE…] [--initialize EXPORT] IN.core.wasm OUT.wasm";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["--imports", allowed, "--initialize", export, from, to] => pack(allowed, Some(export), from, to),
        ["--imports", allowed, from, to] => pack(allowed, None, from, to),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("pack: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn pack(allowed: &str, initialize: Option<&str>, from: &str, to: &str) -> Result<String, String> {
    let mut core = fs::read(from).map_err(|error| format!("{from}: {error}"))?;
    if let Some(export) = initialize {
        core = snapshot::initialized(&core, export).map_err(|error| format!("{from}: {error}"))?;
    }
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&core)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| format!("{from}: {error:#}"))?;

    let imports = imports(&component).map_err(|error| format!("{from}: {error}"))?;
    let allowed: Vec<&str> = allowed.split(',').filter(|name| *name != "none").collect();
    if let Some(stranger) = imports.iter().find(|name| !allowed.contains(&name.as_str())) {
        return Err(format!("{from} imports {stranger}; allowed: {}", listed(&allowed)));
    }

    fs::write(to, &component).map_err(|error| format!("{to}: {error}"))?;
    Ok(format!("{to}: {} bytes, imports {}", component.len(), listed(&imports)))
}

/// The interfaces and functions a component imports, read back from its bytes.
/// A record that the world itself declares shows up as an import too, but only
/// as a name for a type: there is nothing to be given.
fn imports(component: &[u8]) -> Result<Vec<String>, String> {
    let decoded = wit_component::decode(component).map_err(|error| format!("{error:#}"))?;
    let DecodedWasm::Component(resolve, world) = &decoded else {
        return Err("not a component".to_owned());
    };
    let imports = resolve.worlds[*world].imports.iter();
    Ok(imports
        .filter(|(_, item)| !matches!(item, WorldItem::Type { .. }))
        .map(|(key, _)| resolve.name_world_key(key))
        .collect())
}

fn listed<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => "none".to_owned(),
        _ => names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "),
    }
}
