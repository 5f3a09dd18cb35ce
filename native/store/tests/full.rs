//! A disk that is full, or may not be written to: an error for the writer, and what was
//! acknowledged stays. Needs root, for small disks to mount.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::*;
use workbooks_store::Kind;

/// A file system in memory, of some size.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn new(size: &str) -> Option<Disk> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Disk { folder });
        }
        println!("skipped: no small disk can be mounted here (it needs root)");
        None
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &options]).arg(self.folder.path()).status().unwrap().success());
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

/// Writes until there is no more room: what was acknowledged.
fn fill(store: &workbooks_store::Store, written: &mut BTreeMap<Vec<u8>, Vec<u8>>, seed: u32) -> workbooks_store::Error {
    for n in 0..10_000u32 {
        let (key, value) = ((seed * 10_000 + n).to_be_bytes().to_vec(), vec![n as u8; 1 + (n as usize * 977) % 60_000]);
        match commit(store, vec![put("vars", &key, &value)]) {
            Ok(()) => drop(written.insert(key, value)),
            Err(error) => return error,
        }
    }
    panic!("the disk is never full");
}

fn same(store: &workbooks_store::Store, written: &BTreeMap<Vec<u8>, Vec<u8>>) {
    let rows: BTreeMap<_, _> = all(store, "vars", 1 << 20).unwrap().into_iter().collect();
    assert!(rows == *written, "{} records in the place of {}", rows.len(), written.len());
}

#[test]
fn a_full_disk() {
    let Some(disk) = Disk::new("6m") else { return };
    let folder = disk.path().join("store");
    let store = open(&folder).unwrap();
    let mut written = BTreeMap::new();
    for round in 0..5 {
        let error = fill(&store, &mut written, round);
        assert_eq!((error.kind, error.unknown), (Kind::Full, false), "{}", error.message);
        assert!(error.message.contains("make room"), "{}", error.message);
        same(&store, &written);
        // No room for a backup either, and nothing is left of the attempt.
        let to: PathBuf = disk.path().join("backup");
        assert_eq!(failed(backup(&store, &to)).kind, Kind::Full);
        assert_eq!(std::fs::read_dir(disk.path()).unwrap().count(), 1);
        disk.remount(&format!("size={}m", 12 + round * 6));
        commit(&store, vec![put("vars", "more", "1")]).unwrap();
        written.insert(b"more".to_vec(), b"1".to_vec());
        same(&store, &written);
    }
    let error = fill(&store, &mut written, 9);
    assert_eq!(error.kind, Kind::Full);
    close(&store);
    // Full as it is, it opens.
    let store = open(&folder).unwrap();
    same(&store, &written);
    close(&store);
}

#[test]
fn a_full_disk_has_no_room_for_a_new_store() {
    let Some(disk) = Disk::new("100k") else { return };
    let folder = disk.path().join("store");
    let error = failed(open(&folder).and_then(|store| commit(&store, vec![put("vars", "a", vec![1; 500_000])])));
    assert_eq!(error.kind, Kind::Full, "{}", error.message);
    disk.remount("size=20m");
    let store = open(&folder).unwrap();
    assert_eq!(all(&store, "vars", 1).unwrap(), []);
    close(&store);
}

#[test]
fn a_disk_that_may_not_be_written_to() {
    let Some(disk) = Disk::new("6m") else { return };
    let folder = disk.path().join("store");
    let store = open(&folder).unwrap();
    commit(&store, vec![put("vars", "a", "1")]).unwrap();
    close(&store);
    disk.remount("ro");
    let error = failed(open(&folder));
    assert_eq!(error.kind, Kind::ReadOnly, "{}", error.message);
    assert_eq!(failed(open(&disk.path().join("new"))).kind, Kind::ReadOnly);
    disk.remount("rw");
    assert_eq!(get(&open(&folder).unwrap(), "vars", "a").unwrap(), Some(b"1".to_vec()));
}
