//! One storage engine, in a process of its own, as `bench/engines.exs` asks for it.
//!
//! ```text
//! engines fill   ENGINE FOLDER COUNT   so many records, closed as it should be
//! engines load   ENGINE FOLDER         opened and read to the end: what it took
//! engines rates  ENGINE FOLDER SECONDS durable writes, one by one and by the hundred
//! engines write  ENGINE FOLDER         one by one until it is killed; each that is durable is printed
//! engines crash  ENGINE FOLDER         one write, then an end without closing
//! engines check  ENGINE FOLDER         everything read, one more written, everything read again
//! ```
//!
//! Exit status: 0 and what was found in a line, 3 and the reason where the engine refuses, 4 where it
//! serves what was never written. Whatever else, it did not mean to.

mod fjall_store;
mod floor;
mod records;
mod redb_store;
mod sqlite_store;
mod store;

use std::path::Path;
use std::process::exit;
use std::time::{Duration, Instant};

use records::{Wrong, key, value};
use store::{Failure, Store};

const REFUSED: i32 = 3;
const WRONG: i32 = 4;
const FILL_BATCH: u64 = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["fill", engine, folder, count] => fill(engine, folder, number(count)),
        ["load", engine, folder] => load(engine, folder),
        ["rates", engine, folder, seconds] => rates(engine, folder, number(seconds)),
        ["write", engine, folder] => write(engine, folder),
        ["crash", engine, folder] => crash(engine, folder),
        ["check", engine, folder] => check(engine, folder),
        _ => {
            eprintln!("usage: engines fill|load|rates|write|crash|check ENGINE FOLDER [NUMBER]");
            exit(2)
        }
    };
    match done {
        Ok(found) => println!("{found}"),
        Err(failure) => {
            println!("{failure}");
            exit(if failure.is::<Wrong>() { WRONG } else { REFUSED })
        }
    }
}

fn number(word: &str) -> u64 {
    word.parse().unwrap_or_else(|_| {
        eprintln!("no number: {word}");
        exit(2)
    })
}

const CHECKED: redb_store::Way = redb_store::Way { checked: true, two_phase: false, quick: false };

fn open(engine: &str, folder: &str) -> Result<Box<dyn Store>, Failure> {
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    match engine {
        "append" => floor::append(folder),
        "overwrite" => floor::overwrite(folder),
        "fjall" => fjall_store::open(folder),
        "sqlite" => sqlite_store::open(folder, false),
        "sqlite-checked" => sqlite_store::open(folder, true),
        "redb" => redb_store::open(folder, redb_store::Way::default()),
        "redb-checked" => redb_store::open(folder, CHECKED),
        "redb-checked-2phase" => redb_store::open(folder, redb_store::Way { two_phase: true, ..CHECKED }),
        "redb-checked-quick" => redb_store::open(folder, redb_store::Way { quick: true, ..CHECKED }),
        _ => {
            eprintln!("no engine is named {engine}");
            exit(2)
        }
    }
}

fn fill(engine: &str, folder: &str, count: u64) -> Result<String, Failure> {
    let mut store = open(engine, folder)?;
    let mut next = 0;
    while next < count {
        let until = count.min(next + FILL_BATCH.min(count / 4));
        store.write(&(next..until).map(|i| (key(i), value(i))).collect::<Vec<_>>())?;
        next = until;
        // As of a store that has been in use: some of it settled, some not yet.
        if next == count / 2 {
            store.settle()?;
        }
    }
    store.close()?;
    Ok(format!("records={count}"))
}

fn load(engine: &str, folder: &str) -> Result<String, Failure> {
    let begun = Instant::now();
    let store = open(engine, folder)?;
    let opened = begun.elapsed();
    let (mut records, mut bytes) = (0_u64, 0_usize);
    store.read_all(&mut |key, value| {
        records += 1;
        bytes += key.len() + value.len();
        Ok(())
    })?;
    let took = begun.elapsed();
    Ok(format!(
        "records={records} bytes={bytes} open_us={} us={} rss_kb={}",
        opened.as_micros(),
        took.as_micros(),
        peak_memory_kb()
    ))
}

// Where the system does not say: 0.
fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn rates(engine: &str, folder: &str, seconds: u64) -> Result<String, Failure> {
    let mut store = open(engine, folder)?;
    // New ones: an engine may see that what is written is there already.
    let mut next = count(&*store)?;
    let mut rate = |batch: u64| -> Result<u64, Failure> {
        let begun = Instant::now();
        let first = next;
        while begun.elapsed() < Duration::from_secs(seconds) {
            store.write(&(next..next + batch).map(|i| (key(i), value(i))).collect::<Vec<_>>())?;
            next += batch;
        }
        Ok(((next - first) as f64 / begun.elapsed().as_secs_f64()) as u64)
    };
    let (single, batch) = (rate(1)?, rate(100)?);
    Ok(format!("single={single} batch={batch}"))
}

fn write(engine: &str, folder: &str) -> Result<String, Failure> {
    let mut store = open(engine, folder)?;
    let mut next = count(&*store)?;
    loop {
        store.write(&[(key(next), value(next))])?;
        println!("{next}");
        next += 1;
    }
}

fn count(store: &dyn Store) -> Result<u64, Failure> {
    let mut records = 0;
    store.read_all(&mut |_, _| {
        records += 1;
        Ok(())
    })?;
    Ok(records)
}

fn crash(engine: &str, folder: &str) -> Result<String, Failure> {
    let mut store = open(engine, folder)?;
    store.write(&[(key(u64::from(u32::MAX)), value(u64::from(u32::MAX)))])?;
    println!("written");
    std::process::abort()
}

fn check(engine: &str, folder: &str) -> Result<String, Failure> {
    let mut store = open(engine, folder)?;
    let before = records::verify(&*store)?;
    let next = before.records;
    store.write(&[(key(next), value(next))])?;
    store.close()?;

    let after = records::verify(&*open(engine, folder)?)?;
    if after.records < before.records {
        return Err(Wrong(format!("{} records, after a write {}", before.records, after.records)).into());
    }
    Ok(format!("records={} whole={}", before.records, before.whole))
}
