//! Where native code is kept on disk: a folder, opened when first needed.

use std::sync::{Arc, Mutex};

use super::disk::Disk;
use super::lock;
use super::request::Settings;
use super::stats::Stats;

/// The settings, and the folder they name. Never locked across a look at the disk,
/// so that nobody who asks for statistics waits for one.
pub(crate) struct Place(Mutex<Inner>);

struct Inner {
    settings: Settings,
    /// Tells what was opened for these settings from what was for older ones.
    generation: u64,
    disk: Option<Result<Arc<Disk>, String>>,
    /// Why the last file could not be written.
    unwritten: Option<String>,
    /// Evicted from folders of older settings.
    evicted: u64,
}

impl Place {
    pub(crate) fn new(settings: Settings) -> Place {
        Place(Mutex::new(Inner { settings, generation: 0, disk: None, unwritten: None, evicted: 0 }))
    }

    /// Takes settings; false when they are those that hold already.
    pub(crate) fn configure(&self, settings: &Settings) -> bool {
        let mut inner = lock(&self.0);
        if inner.settings == *settings {
            return false;
        }
        if inner.settings.folder != settings.folder || inner.settings.disk_bytes != settings.disk_bytes {
            if let Some(Ok(disk)) = inner.disk.take() {
                inner.evicted += disk.evicted();
            }
            inner.generation += 1;
            inner.unwritten = None;
        }
        inner.settings = settings.clone();
        true
    }

    /// The folder, if one is named and will do.
    pub(crate) fn disk(&self) -> Option<Arc<Disk>> {
        let (folder, bound, generation) = {
            let inner = lock(&self.0);
            if let Some(disk) = &inner.disk {
                return disk.as_ref().ok().cloned();
            }
            (inner.settings.folder.clone()?, inner.settings.disk_bytes, inner.generation)
        };
        let opened = Disk::open(&folder, bound).map(Arc::new);
        let mut inner = lock(&self.0);
        if inner.generation != generation {
            return opened.ok();
        }
        // Another thread may have been as quick: one of the two counts.
        inner.disk.get_or_insert(opened).as_ref().ok().cloned()
    }

    /// Remembers why a file could not be written, or that one could.
    pub(crate) fn written(&self, problem: Option<String>) {
        lock(&self.0).unwritten = problem;
    }

    /// What there is to say of the folder; the rest is zero.
    pub(crate) fn stats(&self) -> Stats {
        let inner = lock(&self.0);
        let (disk, problem) = match &inner.disk {
            Some(Ok(disk)) => (Some(disk), inner.unwritten.clone()),
            Some(Err(problem)) => (None, Some(problem.clone())),
            None => (None, None),
        };
        Stats {
            disk_bytes: disk.map_or(0, |disk| disk.bytes()),
            disk_evictions: inner.evicted + disk.map_or(0, |disk| disk.evicted()),
            folder: inner.settings.folder.clone(),
            problem,
            ..Stats::default()
        }
    }
}
