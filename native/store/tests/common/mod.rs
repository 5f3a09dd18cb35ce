//! Calls that wait, for tests.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};

use workbooks_store::{Embedded, Error, Op, Page, Result, Store};

pub type Deliver<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// What `call` hands to its callback.
pub fn wait<T: Send + 'static>(call: impl FnOnce(Deliver<T>) -> Result<()>) -> Result<T> {
    let (sender, receiver) = channel();
    let deliver = move |sender: Sender<Result<T>>| Box::new(move |answer| drop(sender.send(answer))) as Deliver<T>;
    call(deliver(sender))?;
    receiver.recv().expect("the callback is called")
}

pub fn open(folder: &Path) -> Result<Store> {
    wait(|deliver| Embedded::open(folder.to_path_buf(), deliver))
}

pub fn close(store: &Store) {
    wait(|deliver| store.close(deliver)).expect("it closes");
}

pub fn put(table: &str, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Op {
    Op::Put { table: table.into(), key: key.as_ref().to_vec(), value: value.as_ref().to_vec() }
}

pub fn delete(table: &str, key: impl AsRef<[u8]>) -> Op {
    Op::Delete { table: table.into(), key: key.as_ref().to_vec() }
}

pub fn commit(store: &Store, ops: Vec<Op>) -> Result<()> {
    wait(|deliver| store.commit(move || Ok(ops), deliver))
}

pub fn get(store: &Store, table: &str, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>> {
    wait(|deliver| store.get(table.into(), key.as_ref().to_vec(), deliver))
}

pub fn page(store: &Store, table: &str, after: Option<Vec<u8>>, max_bytes: usize) -> Result<Page> {
    wait(|deliver| store.page(table.into(), after, max_bytes, deliver))
}

pub fn backup(store: &Store, to: &Path) -> Result<()> {
    wait(|deliver| store.backup(to.to_path_buf(), deliver))
}

pub fn restore(from: &Path, folder: &Path, replace: bool) -> Result<()> {
    wait(|deliver| Embedded::restore(from.into(), folder.into(), replace, deliver))
}

/// All records of a table, in pages of `max_bytes`.
pub fn all(store: &Store, table: &str, max_bytes: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = page(store, table, after, max_bytes)?;
        rows.extend(page.rows);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(rows),
        }
    }
}

pub fn revision(store: &Store) -> u64 {
    wait(|deliver| store.info(deliver)).expect("it is known").revision
}

pub fn failed<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("it should have been refused"),
        Err(error) => error,
    }
}

/// A folder of its own; in memory where there is such a place, since these tests make many.
pub fn folder() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    let at = if memory.is_dir() { memory } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("workbooks-store-").tempdir_in(at).expect("a folder")
}

/// As often as is quick, or with WORKBOOKS_PROVE as often as proves something.
pub fn runs(few: usize, many: usize) -> usize {
    if std::env::var("WORKBOOKS_PROVE").is_ok_and(|set| !set.is_empty() && set != "0") { many } else { few }
}
