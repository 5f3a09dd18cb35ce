//! The files of `corpus/` and the tally of a comparison over them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use crate::lines::unified;

/// One Org file.
pub struct File {
    /// Its path below `corpus/org`, without the ending.
    pub name: String,
    pub org: String,
}

impl File {
    /// What `regenerate` kept of Emacs for it.
    pub fn expected(&self, ending: &str) -> String {
        let path = folder().join("expected").join(format!("{}.{ending}", self.name));
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}: run corpus/regenerate", path.display()))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// All of them, in the order of their names.
pub fn files() -> Vec<File> {
    let root = folder().join("org");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "org") {
                let name = path.strip_prefix(&root).unwrap().with_extension("");
                let org = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                files.push(File { name: name.to_string_lossy().into_owned(), org });
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// What `work` gives; a panic is told with the name of the file that it is about.
pub fn attempt<T>(name: &str, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        say(&format!("\n{name}.org is what made the kernel panic"));
        resume_unwind(panic)
    })
}

/// Which files are equal and which are not, beside the list of those that may differ.
pub struct Tally {
    what: &'static str,
    list: &'static str,
    /// By name: why it differs.
    known: BTreeMap<String, String>,
    /// By folder: how many files are equal, of how many.
    groups: BTreeMap<String, (usize, usize)>,
    differing: Vec<String>,
    skipped: usize,
    show: Option<String>,
}

impl Tally {
    /// `list` is a file of `corpus/` with a path and a reason on each line.
    pub fn new(what: &'static str, list: &'static str) -> Self {
        let text = fs::read_to_string(folder().join(list)).unwrap_or_default();
        let known = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let (path, reason) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                (path.trim_end_matches(".org").to_string(), reason.trim().to_string())
            })
            .collect();
        Tally {
            what,
            list,
            known,
            groups: BTreeMap::new(),
            differing: Vec::new(),
            skipped: 0,
            show: std::env::var("ORG_DIFF").ok().filter(|part| !part.is_empty()),
        }
    }

    /// A file, as Emacs has it and as we do, in lines; as Emacs has it not, where it refuses it.
    pub fn add(&mut self, name: &str, theirs: Option<&[String]>, ours: &[String]) {
        let Some(theirs) = theirs else {
            self.skipped += 1;
            return;
        };
        let group = self.groups.entry(split(name).0.to_string()).or_default();
        group.1 += 1;
        if theirs == ours {
            group.0 += 1;
            return;
        }
        self.differing.push(name.to_string());
        if self.show.as_ref().is_some_and(|part| name.contains(part.as_str())) {
            say(&format!("\n{}: {name}.org: - Emacs, + ours\n{}", self.what, unified(theirs, ours)));
        }
    }

    /// Prints the summary and holds the comparison to what was promised.
    pub fn finish(self, least: f64) {
        let total: usize = self.groups.values().map(|group| group.1).sum();
        let equal = total - self.differing.len();
        let percent = 100.0 * equal as f64 / total.max(1) as f64;
        let mut summary = format!("\n{}: {equal} of {total} equal, {percent:.1} %", self.what);
        if self.skipped > 0 {
            let _ = write!(summary, "; {} that Emacs does not export", self.skipped);
        }
        for (group, (equal, total)) in self.groups.iter().filter(|(_, (equal, total))| equal < total) {
            let _ = write!(summary, "\n  {group}: {equal} of {total}; not ");
            let names = self.differing.iter().map(|name| split(name)).filter(|(of, _)| of == group);
            let names: Vec<&str> = names.map(|(_, name)| name).collect();
            summary.push_str(&names.join(", "));
        }
        say(&summary);

        assert!(total > 0, "the corpus is empty");
        assert!(percent >= least, "{percent:.1} % equal, {least} % is the least");
        let unnamed: Vec<&String> = self.differing.iter().filter(|name| !self.known.contains_key(*name)).collect();
        assert!(unnamed.is_empty(), "these differ and {} does not say why: {unnamed:?}", self.list);
        let stale: Vec<&String> = self.known.keys().filter(|name| !self.differing.contains(name)).collect();
        assert!(stale.is_empty(), "these are equal or gone, {} need not name them: {stale:?}", self.list);
        let mute: Vec<&String> = self.known.iter().filter(|(_, why)| why.is_empty()).map(|(name, _)| name).collect();
        assert!(mute.is_empty(), "{} gives no reason for {mute:?}", self.list);
    }
}

/// The group that a file is counted in: what is compared (`links:`), else its folder.
fn split(name: &str) -> (&str, &str) {
    name.split_once(':').or_else(|| name.rsplit_once('/')).unwrap_or(("", name))
}

/// To standard error as it is: the test harness keeps back what passing tests print.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
