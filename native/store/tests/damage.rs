//! A damaged file is opened with exactly what was durable, or refused and left as it is.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::*;
use workbooks_store::Kind;

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// A store's file and what it holds.
struct Image {
    bytes: Vec<u8>,
    rows: Rows,
}

/// Some commits, of which the last one changes no more than a value, and a file as a clean end or
/// as `kill -9` leaves it.
fn image(killed: bool) -> Image {
    let folder = folder();
    let file = folder.path().join("store.redb");
    let store = open(folder.path()).unwrap();
    for round in 0..5u32 {
        commit(&store, (0..60u32).map(|n| put("vars", (round * 60 + n).to_be_bytes(), vec![n as u8; 90])).collect())
            .unwrap();
    }
    commit(&store, (0..100u32).map(|n| delete("vars", (n * 2).to_be_bytes())).collect()).unwrap();
    commit(&store, vec![put("domains", "long", vec![5; 40_000])]).unwrap();
    commit(&store, vec![put("vars", "value", "old")]).unwrap();
    commit(&store, vec![put("vars", "value", "new")]).unwrap();
    let rows = rows(&store);
    let as_killed = fs::read(&file).unwrap();
    close(&store);
    Image { bytes: if killed { as_killed } else { fs::read(&file).unwrap() }, rows }
}

fn rows(store: &workbooks_store::Store) -> Rows {
    let mut rows = all(store, "vars", 1 << 20).unwrap();
    rows.extend(all(store, "domains", 1 << 20).unwrap());
    rows
}

/// Where one damaged file after the other is opened.
struct Bench {
    _folder: tempfile::TempDir,
    path: PathBuf,
    opened: usize,
    refused: usize,
}

impl Bench {
    fn new() -> Bench {
        let folder = folder();
        close(&open(folder.path()).unwrap());
        Bench { path: folder.path().to_path_buf(), _folder: folder, opened: 0, refused: 0 }
    }

    fn file(&self) -> PathBuf {
        self.path.join("store.redb")
    }

    /// Whether it opened.
    fn try_out(&mut self, bytes: &[u8], expected: &Rows, what: &str) -> bool {
        fs::write(self.file(), bytes).unwrap();
        match open(&self.path) {
            Ok(store) => {
                assert!(rows(&store) == *expected, "{what}: other records than those that were written");
                // It can be written to, and opened again.
                commit(&store, vec![put("vars", "more", "1")]).unwrap_or_else(|error| panic!("{what}: {error}"));
                close(&store);
                let store = open(&self.path).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert!(rows(&store).len() == expected.len() + 1, "{what}");
                close(&store);
                self.opened += 1;
                true
            }
            Err(error) => {
                assert_eq!(error.kind, Kind::Damaged, "{what}: {error}");
                let path = self.file();
                assert!(error.message.contains(Path::new(&path).to_str().unwrap()), "{what}: {error}");
                assert!(fs::read(self.file()).unwrap() == bytes, "{what}: the damaged file was changed");
                self.refused += 1;
                false
            }
        }
    }
}

/// splitmix64: the same damage every time, unless a seed is given.
struct Random(u64);

impl Random {
    fn new() -> Random {
        Random(std::env::var("WORKBOOKS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1))
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

#[test]
fn every_bit_of_the_header() {
    for killed in [false, true] {
        let image = image(killed);
        let mut bench = Bench::new();
        assert!(bench.try_out(&image.bytes, &image.rows, "as it was"));
        for bit in 0..320 * 8 {
            let mut bytes = image.bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let opened = bench.try_out(&bytes, &image.rows, &format!("killed: {killed}, bit {bit}"));
            // The flags are under no checksum, and none of them is believed.
            assert!(opened || bit / 8 != 9, "killed: {killed}, flag {}", bit % 8);
        }
        println!("killed: {killed}: {} opened, {} refused", bench.opened, bench.refused);
    }
}

#[test]
fn the_flags_in_every_combination() {
    for killed in [false, true] {
        let image = image(killed);
        let mut bench = Bench::new();
        for flags in 0..=255 {
            let mut bytes = image.bytes.clone();
            bytes[9] = flags;
            assert!(bench.try_out(&bytes, &image.rows, &format!("killed: {killed}, flags {flags:#010b}")));
        }
    }
}

#[test]
fn random_bits() {
    let mut random = Random::new();
    for killed in [false, true] {
        let image = image(killed);
        // Most of a young file is empty: damage what is written.
        let written: Vec<usize> = (0..image.bytes.len()).filter(|at| image.bytes[*at] != 0).collect();
        let mut bench = Bench::new();
        for round in 0..runs(300, 10_000) {
            let mut bytes = image.bytes.clone();
            let flips = if round % 4 == 3 { 1 + random.below(8) } else { 1 };
            let mut what = format!("killed: {killed}, round {round}:");
            for _ in 0..flips {
                let anywhere = random.below(4) == 0;
                let at = if anywhere { random.below(bytes.len()) } else { written[random.below(written.len())] };
                let bit = random.below(8);
                bytes[at] ^= 1 << bit;
                what.push_str(&format!(" {at}.{bit}"));
            }
            bench.try_out(&bytes, &image.rows, &what);
        }
        println!("killed: {killed}: {} opened, {} refused", bench.opened, bench.refused);
    }
}

#[test]
fn cut_anywhere() {
    let mut random = Random::new();
    for killed in [false, true] {
        let image = image(killed);
        let mut bench = Bench::new();
        let length = image.bytes.len();
        let last = (0..runs(64, 4096)).map(|n| length - 1 - n * (4096 / runs(64, 4096)));
        let others: Vec<usize> = (0..runs(50, 1000)).map(|_| 1 + random.below(length - 1)).collect();
        // Where a file system would cut it, too.
        let pages = (0..length / 4096).map(|page| page * 4096).skip(1);
        for cut in last.chain(others).chain(pages) {
            bench.try_out(&image.bytes[..cut], &image.rows, &format!("killed: {killed}, cut at {cut}"));
        }
        println!("killed: {killed}: {} opened, {} refused", bench.opened, bench.refused);
    }
}

#[test]
fn pages_that_were_written_elsewhere_or_not_at_all() {
    let mut random = Random::new();
    let image = image(true);
    let mut bench = Bench::new();
    let pages = image.bytes.len() / 4096;
    for round in 0..runs(100, 2_000) {
        let mut bytes = image.bytes.clone();
        let page = |n: usize| n * 4096..(n + 1) * 4096;
        let (from, to) = (random.below(pages), 1 + random.below(pages - 1));
        if random.below(2) == 0 {
            bytes.copy_within(page(from), page(to).start)
        } else {
            bytes[page(to)].fill(0)
        }
        bench.try_out(&bytes, &image.rows, &format!("round {round}: page {to} after {from}"));
    }
    println!("{} opened, {} refused", bench.opened, bench.refused);
}
