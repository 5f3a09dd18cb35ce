//! What every page has to be, on the corpus: what `make fuzz` asks of everything else.

#[path = "pages/check.rs"]
mod check;

use std::fs;
use std::path::{Path, PathBuf};

use oql::{RenderOptions, render};

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, out),
            false => out.push(path),
        }
    }
}

#[test]
fn tags_nest_ids_are_unique_and_nothing_runs() {
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/org"), &mut all);
    assert!(all.len() > 300, "{}", all.len());
    let contents = RenderOptions::from_json(r#"{"toc": true, "title": true, "num": 2}"#).unwrap();
    let mut wrong = Vec::new();
    for file in all {
        let org = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        for options in [&RenderOptions::default(), &contents] {
            let page = render(&org, options);
            if let Err(why) = check::check(&page) {
                wrong.push(format!("{}: {why}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
