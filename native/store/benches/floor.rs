//! What the storage costs without the BEAM: durable commits, opening with all checks, paging.
//!
//! `cargo bench -p workbooks-store [folder]`: on the disk that the folder is on.

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use workbooks_store::{Embedded, Op, Result, Store};

const RECORDS: u64 = 1_000_000;
const MEASURE: Duration = Duration::from_secs(3);

fn wait<T: Send + 'static>(call: impl FnOnce(Box<dyn FnOnce(Result<T>) + Send>) -> Result<()>) -> T {
    let (sender, receiver) = channel();
    call(Box::new(move |answer| drop(sender.send(answer)))).expect("it is taken");
    receiver.recv().expect("it is answered").expect("it works")
}

fn open(folder: &std::path::Path) -> Store {
    wait(|deliver| Embedded::open(folder.to_path_buf(), deliver))
}

fn put(n: u64) -> Op {
    Op::Put { table: "vars".into(), key: format!("tenant-{:03}/key-{n:08}", n % 100).into_bytes(), value: vec![7; 100] }
}

fn commits(store: &Store, batch: u64) {
    let start = Instant::now();
    let mut n = 0;
    while start.elapsed() < MEASURE {
        let ops: Vec<Op> = (n * batch..(n + 1) * batch).map(put).collect();
        wait(|deliver| store.commit(move || Ok(ops), deliver));
        n += 1;
    }
    let a_second = n as f64 / start.elapsed().as_secs_f64();
    println!("durable commits of {batch}: {a_second:.0}/s, {:.0} records/s", a_second * batch as f64);
}

fn main() {
    let at = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(at).expect("a folder");
    let store = open(folder.path());
    commits(&store, 1);
    commits(&store, 100);
    wait(|deliver| store.close(deliver));

    let folder = folder.path().join("large");
    let store = open(&folder);
    for chunk in 0..RECORDS / 10_000 {
        let ops: Vec<Op> = (chunk * 10_000..(chunk + 1) * 10_000).map(put).collect();
        wait(|deliver| store.commit(move || Ok(ops), deliver));
    }
    wait(|deliver| store.close(deliver));

    let start = Instant::now();
    let store = open(&folder);
    println!("open with {RECORDS} records of 100 bytes: {:?}", start.elapsed());
    let start = Instant::now();
    let (mut after, mut rows) = (None, 0);
    loop {
        let page = wait(|deliver| store.page("vars".into(), after, 1 << 20, deliver));
        rows += page.rows.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    println!("page through {rows}: {:?}", start.elapsed());
    let info = wait(|deliver| store.info(deliver));
    println!("its file: {} MiB", info.bytes >> 20);
    wait(|deliver| store.close(deliver));
}
