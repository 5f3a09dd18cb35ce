use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, SystemTime};

use workbooks_engine::cache::Stats;
use workbooks_engine::{Cache, Error, Job, Kind, Options, Program, Settings, seal};

use crate::plain::engine;
use crate::programs::{ASYNC, many_memories};

const LONG: Duration = Duration::from_secs(60);

/// A folder that ends with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let name = format!("workbooks-cache-{}-{}", std::process::id(), FOLDERS.fetch_add(1, Relaxed));
        Folder(std::env::temp_dir().join(name))
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> =
            fs::read_dir(&self.0).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
        files.sort();
        files
    }

    fn only_file(&self) -> PathBuf {
        let files = self.files();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn cache(settings: Settings) -> Cache {
    Cache::for_engine(engine().clone(), settings, 1, 4).expect("a cache")
}

fn on_disk(folder: &Folder) -> Cache {
    cache(Settings { folder: Some(folder.0.clone()), ..Settings::default() })
}

fn module(n: u32) -> Vec<u8> {
    format!("(module (func (export \"n\") (result i32) (i32.const {n})))").into_bytes()
}

type Answers = Receiver<Result<Program, Error>>;

fn begin(cache: &Cache, bytes: Vec<u8>, options: Options) -> (std::sync::Arc<Job>, Answers) {
    let (answers, received) = mpsc::channel();
    let job = cache.submit(bytes, options, move |answer| answers.send(answer).expect("sent")).expect("queued");
    (job, received)
}

fn ask(cache: &Cache, bytes: Vec<u8>, options: Options) -> Result<Program, Error> {
    begin(cache, bytes, options).1.recv_timeout(LONG).expect("an answer")
}

fn get(cache: &Cache, n: u32) -> Program {
    ask(cache, module(n), Options::default()).expect("it compiles")
}

/// hits, disk hits, misses, compilations
fn counts(stats: &Stats) -> (u64, u64, u64, u64) {
    (stats.hits, stats.disk_hits, stats.misses, stats.compilations)
}

/// Holds the cache's one compile thread until it is dropped.
fn hold(cache: &Cache) -> mpsc::Sender<()> {
    let (release, gate) = mpsc::channel::<()>();
    let (begun, beginning) = mpsc::channel();
    let work = move || {
        begun.send(()).expect("sent");
        let _ = gate.recv();
        Ok(())
    };
    cache.compilers().submit(work, |_| ()).expect("queued");
    beginning.recv_timeout(LONG).expect("begun");
    release
}

/// Until the lookups asked for before have been made.
fn looked_up(cache: &Cache, known: u32) {
    get(cache, known);
}

#[test]
fn the_same_bytes_are_compiled_once() {
    let cache = cache(Settings::default());
    for _ in 0..3 {
        assert!(matches!(get(&cache, 1), Program::Module(_)));
    }
    let stats = cache.stats();
    assert_eq!(counts(&stats), (2, 0, 1, 1));
    assert_eq!(stats.memory_entries, 1);
    assert_eq!(stats.memory_bytes, get(&cache, 1).code_bytes() as u64);
    assert_eq!(stats.folder, None);
    get(&cache, 2);
    assert_eq!(cache.stats().compilations, 2);
    cache.clear_memory();
    assert_eq!((cache.stats().memory_entries, cache.stats().memory_bytes), (0, 0));
    get(&cache, 2);
    assert_eq!(cache.stats().compilations, 3);
}

#[test]
fn options_are_part_of_what_is_asked_for() {
    let cache = cache(Settings::default());
    let metered = Options { fuel: true, ..Options::default() };
    assert!(!get(&cache, 1).variant().fuel);
    assert!(ask(&cache, module(1), metered).expect("it compiles").variant().fuel);
    assert!(ask(&cache, module(1), metered).expect("it compiles").variant().fuel);
    assert!(!get(&cache, 1).variant().fuel);
    assert_eq!(counts(&cache.stats()), (2, 0, 2, 2));
}

#[test]
fn uncached_goes_past_it_all() {
    let folder = Folder::new();
    let cache = on_disk(&folder);
    let options = Options { cached: false, ..Options::default() };
    for _ in 0..2 {
        ask(&cache, module(1), options).expect("it compiles");
    }
    assert_eq!(counts(&cache.stats()), (0, 0, 0, 0));
    assert!(!folder.0.exists());
}

#[test]
fn memory_keeps_to_its_bound_and_the_last_used() {
    let one = engine().compile(&module(1)).expect("it compiles").code_bytes() as u64;
    let bound = one * 5 / 2;
    let cache = cache(Settings { memory_bytes: bound, ..Settings::default() });
    get(&cache, 1);
    get(&cache, 2);
    get(&cache, 1);
    get(&cache, 3);
    let stats = cache.stats();
    assert_eq!((stats.memory_entries, stats.evictions), (2, 1));
    assert!(stats.memory_bytes <= bound);
    // The second was used longest ago.
    get(&cache, 1);
    get(&cache, 3);
    assert_eq!(cache.stats().compilations, 3);
    get(&cache, 2);
    assert_eq!(cache.stats().compilations, 4);

    // A smaller bound holds at once; what alone is beyond it is not kept.
    cache.configure(&Settings { memory_bytes: one / 2, ..Settings::default() });
    assert_eq!(cache.stats().memory_entries, 0);
    get(&cache, 1);
    assert_eq!((cache.stats().memory_entries, cache.stats().memory_bytes), (0, 0));
}

#[test]
fn ten_at_once_are_compiled_once() {
    let cache = cache(Settings::default());
    get(&cache, 0);
    let release = hold(&cache);
    let waiting: Vec<_> = (0..10).map(|_| begin(&cache, module(1), Options::default())).collect();
    looked_up(&cache, 0);
    assert_eq!(cache.stats().joined, 9);
    // The first, which began it, is called off, and another one.
    assert!(waiting[0].0.cancel());
    assert!(waiting[5].0.cancel());
    drop(release);
    for (n, (job, answer)) in waiting.iter().enumerate() {
        if n % 5 == 0 {
            assert!(answer.recv_timeout(LONG).is_err(), "{n} was called off");
        } else {
            assert!(answer.recv_timeout(LONG).expect("an answer").is_ok());
            assert!(!job.cancel(), "it has answered");
        }
    }
    assert_eq!(cache.stats().compilations, 2);
    get(&cache, 1);
    assert_eq!(cache.stats().compilations, 2);
}

#[test]
fn ten_at_once_get_the_same_refusal_and_it_is_not_kept() {
    let cache = cache(Settings::default());
    get(&cache, 0);
    let release = hold(&cache);
    let waiting: Vec<_> = (0..10).map(|_| begin(&cache, b"(nonsense)".to_vec(), Options::default())).collect();
    looked_up(&cache, 0);
    drop(release);
    for (_, answer) in waiting {
        assert_eq!(answer.recv_timeout(LONG).expect("an answer").expect_err("refused").kind, Kind::Compile);
    }
    assert_eq!((cache.stats().compilations, cache.stats().memory_entries), (2, 1));
    assert!(ask(&cache, b"(nonsense)".to_vec(), Options::default()).is_err());
    assert_eq!(cache.stats().compilations, 3);
}

#[test]
fn what_nobody_waits_for_is_not_begun() {
    let cache = cache(Settings::default());
    get(&cache, 0);
    let release = hold(&cache);
    let waiting: Vec<_> = (0..3).map(|_| begin(&cache, module(1), Options::default())).collect();
    looked_up(&cache, 0);
    assert!(waiting.iter().all(|(job, _)| job.cancel()));
    drop(release);
    get(&cache, 2);
    assert_eq!(cache.stats().compilations, 2);
    get(&cache, 1);
    assert_eq!(cache.stats().compilations, 3);
}

#[test]
fn a_program_that_is_there_waits_behind_no_compilation_and_too_many_are_refused() {
    let cache = cache(Settings::default());
    get(&cache, 0);
    let _release = hold(&cache);
    // Four may wait.
    let waiting: Vec<_> = (1..=4).map(|n| begin(&cache, module(n), Options::default())).collect();
    assert_eq!(ask(&cache, module(5), Options::default()).expect_err("full").kind, Kind::Overloaded);
    get(&cache, 0);
    // Whoever joins one that waits takes no room.
    let joined = begin(&cache, module(4), Options::default());
    drop(_release);
    for (_, answer) in waiting.into_iter().chain([joined]) {
        assert!(answer.recv_timeout(LONG).expect("an answer").is_ok());
    }
}

#[test]
fn another_process_finds_it_on_disk() {
    let folder = Folder::new();
    let first = on_disk(&folder);
    get(&first, 1);
    let stats = first.stats();
    assert_eq!((counts(&stats), stats.problem), ((0, 0, 1, 1), None));
    let file = folder.only_file();
    assert_eq!(stats.disk_bytes, file.metadata().expect("a file").len());
    assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(folder.0.metadata().expect("a folder").permissions().mode() & 0o777, 0o700);
    assert_eq!(file.file_name().expect("a name").len(), 64);

    let second = on_disk(&folder);
    get(&second, 1);
    get(&second, 1);
    assert_eq!(counts(&second.stats()), (1, 1, 0, 0));
    assert_eq!(second.stats().disk_bytes, stats.disk_bytes);

    second.clear_disk().expect("cleared");
    assert_eq!((folder.files().len(), second.stats().disk_bytes), (0, 0));
    second.clear_memory();
    get(&second, 1);
    assert_eq!(counts(&second.stats()), (1, 1, 1, 1));
}

#[test]
fn every_kind_of_program_comes_back_as_it_went() {
    let folder = Folder::new();
    for bytes in [b"(component)".to_vec(), ASYNC.into(), many_memories().into_bytes(), module(1)] {
        for fuel in [false, true] {
            let options = Options { fuel, ..Options::default() };
            let compiled = ask(&on_disk(&folder), bytes.clone(), options).expect("it compiles");
            let again = on_disk(&folder);
            let loaded = ask(&again, bytes.clone(), options).expect("it loads");
            assert_eq!(counts(&again.stats()), (0, 1, 0, 0), "{}", String::from_utf8_lossy(&bytes));
            assert_eq!(loaded.variant(), compiled.variant());
            assert_eq!(matches!(loaded, Program::Module(_)), matches!(compiled, Program::Module(_)));
        }
    }
}

/// What is done to the file must make it untrusted: it is compiled and replaced.
fn is_not_trusted(what: &str, spoil: impl Fn(&Path, &Path)) {
    let folder = Folder::new();
    get(&on_disk(&folder), 1);
    let file = folder.only_file();
    let whole = fs::read(&file).expect("read");
    let other = Folder::new();
    get(&on_disk(&other), 2);
    spoil(&file, &other.only_file());

    let cache = on_disk(&folder);
    get(&cache, 1);
    let stats = cache.stats();
    assert_eq!((counts(&stats), stats.refused), ((0, 0, 1, 1), 1), "{what}");
    assert_eq!(stats.problem, None, "{what}");
    assert_eq!(folder.only_file(), file, "{what}");
    assert!(file.symlink_metadata().expect("a file").is_file(), "{what}");
    assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600, "{what}");
    assert_eq!(fs::read(&file).expect("read").len(), whole.len(), "{what}");
    let again = on_disk(&folder);
    get(&again, 1);
    assert_eq!(counts(&again.stats()), (0, 1, 0, 0), "{what}");
}

#[test]
fn a_file_that_is_not_whole_and_ours_is_compiled_anew() {
    fn rewrite(path: &Path, change: impl Fn(&mut Vec<u8>)) {
        let mut bytes = fs::read(path).expect("read");
        change(&mut bytes);
        fs::write(path, bytes).expect("written");
    }
    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
    }
    is_not_trusted("one bit", |file, _| rewrite(file, |bytes| bytes[1000] ^= 1));
    is_not_trusted("truncated", |file, _| rewrite(file, |bytes| bytes.truncate(bytes.len() - 1)));
    is_not_trusted("half", |file, _| rewrite(file, |bytes| bytes.truncate(bytes.len() / 2)));
    is_not_trusted("empty", |file, _| rewrite(file, Vec::clear));
    is_not_trusted("longer", |file, _| rewrite(file, |bytes| bytes.push(0)));
    is_not_trusted("rubbish", |file, _| rewrite(file, |bytes| bytes.fill(7)));
    is_not_trusted("another program's", |file, other| {
        fs::copy(other, file).expect("copied");
    });
    is_not_trusted("of a later version", |file, _| {
        rewrite(file, |bytes| {
            let at = bytes.len() - seal::LENGTH + 8;
            bytes[at] += 1;
        });
    });
    is_not_trusted("for another machine", |file, _| {
        rewrite(file, |bytes| {
            let key = seal::read(bytes).expect("whole").seal.key;
            *bytes = seal::seal(b"\x7fELF for another machine".to_vec(), seal::What::Module, 0, key);
        });
    });
    is_not_trusted("for an unknown variant", |file, _| {
        rewrite(file, |bytes| {
            let sealed = seal::read(bytes).expect("whole");
            *bytes = seal::seal(sealed.code.to_vec(), sealed.seal.what, 200, sealed.seal.key);
        });
    });
    is_not_trusted("of the other kind", |file, _| {
        rewrite(file, |bytes| {
            let sealed = seal::read(bytes).expect("whole");
            *bytes = seal::seal(sealed.code.to_vec(), seal::What::Component, 0, sealed.seal.key);
        });
    });
    is_not_trusted("writable by the group", |file, _| mode(file, 0o620));
    is_not_trusted("writable by all", |file, _| mode(file, 0o602));
    is_not_trusted("a link to a whole one", |file, _| {
        let elsewhere = file.with_extension("elsewhere");
        fs::rename(file, &elsewhere).expect("moved");
        let kept = std::env::temp_dir().join(format!("workbooks-linked-{}", std::process::id()));
        fs::rename(&elsewhere, &kept).expect("moved");
        symlink(&kept, file).expect("linked");
    });
    let _ = fs::remove_file(std::env::temp_dir().join(format!("workbooks-linked-{}", std::process::id())));
}

#[test]
fn a_folder_that_others_may_write_is_not_used() {
    let folder = Folder::new();
    fs::create_dir(&folder.0).expect("made");
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o777)).expect("set");
    let cache = on_disk(&folder);
    get(&cache, 1);
    assert!(cache.stats().problem.expect("said").contains("chmod 700"));
    assert!(folder.files().is_empty());
    // Neither is one that cannot be.
    let file = Folder::new();
    fs::write(&file.0, "").expect("written");
    let cache = on_disk(&Folder(file.0.join("below")));
    get(&cache, 1);
    assert!(cache.stats().problem.is_some());
    fs::remove_file(&file.0).expect("removed");
}

#[test]
fn the_folder_keeps_to_its_bound_and_the_last_used() {
    let folder = Folder::new();
    get(&on_disk(&folder), 1);
    let one = folder.only_file().metadata().expect("a file").len();
    let stranger = folder.0.join("somebody's");
    fs::write(&stranger, "not of the cache").expect("written");
    let old =
        fs::File::open(folder.files().into_iter().find(|path| *path != stranger).expect("a file")).expect("opened");
    old.set_modified(SystemTime::now() - Duration::from_secs(3600)).expect("set");

    let settings = Settings { folder: Some(folder.0.clone()), disk_bytes: one * 7 / 2, ..Settings::default() };
    let cache = cache(settings.clone());
    for n in 2..=9 {
        get(&cache, n);
        // Used again and again: it stays.
        cache.clear_memory();
        get(&cache, 2);
        assert!(cache.stats().disk_bytes <= settings.disk_bytes);
        let bytes: u64 = folder.files().iter().map(|path| path.metadata().expect("a file").len()).sum();
        assert!(bytes <= settings.disk_bytes + 16);
    }
    let stats = cache.stats();
    assert!(stats.disk_evictions >= 5, "{stats:?}");
    assert_eq!(stats.compilations, 8, "the second was found every time");
    assert!(stranger.exists());
    cache.clear_disk().expect("cleared");
    assert_eq!(folder.files(), [stranger]);
}

#[test]
fn the_folder_may_change_while_it_is_in_use() {
    let (one, two) = (Folder::new(), Folder::new());
    let cache = on_disk(&one);
    get(&cache, 1);
    cache.configure(&Settings { folder: Some(two.0.clone()), ..Settings::default() });
    get(&cache, 2);
    assert_eq!((one.files().len(), two.files().len()), (1, 1));
    cache.configure(&Settings::default());
    get(&cache, 3);
    assert_eq!((one.files().len(), two.files().len()), (1, 1));
    assert_eq!((cache.stats().disk_bytes, cache.stats().folder), (0, None));
}

#[test]
fn the_version_in_every_key_is_wasmtimes() {
    let manifest = include_str!("../../Cargo.toml");
    let version = include_str!("../../src/cache/key.rs").split("WASMTIME: &str = \"").nth(1).expect("a constant");
    let version = version.split('"').next().expect("a version");
    assert!(manifest.contains(&format!("wasmtime = {{ version = \"={version}\"")), "{version}");
}

#[test]
fn what_killed_writers_left_behind_goes() {
    let folder = Folder::new();
    get(&on_disk(&folder), 1);
    let whole = folder.only_file();
    let hour = Duration::from_secs(3600);
    for (name, age) in [("123-4.tmp", 2 * hour), ("567-8.tmp", hour / 2)] {
        let path = whole.with_extension(name);
        fs::write(&path, "half").expect("written");
        fs::File::options()
            .write(true)
            .open(&path)
            .expect("opened")
            .set_modified(SystemTime::now() - age)
            .expect("set");
    }
    get(&on_disk(&folder), 1);
    assert_eq!(folder.files(), [whole.clone(), whole.with_extension("567-8.tmp")]);
}

#[test]
fn a_folder_in_a_files_place_is_no_error() {
    let folder = Folder::new();
    get(&on_disk(&folder), 1);
    let file = folder.only_file();
    fs::remove_file(&file).expect("removed");
    fs::create_dir(&file).expect("made");
    let cache = on_disk(&folder);
    get(&cache, 1);
    assert!(cache.stats().problem.is_some());
}

#[test]
fn many_threads_asking_calling_off_and_clearing_all_get_their_answers() {
    let folder = Folder::new();
    let settings = Settings { folder: Some(folder.0.clone()), memory_bytes: 40_000, ..Settings::default() };
    let cache = Cache::for_engine(engine().clone(), settings, 2, 1000).expect("a cache");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let cache = &cache;
            scope.spawn(move || {
                for n in 0..100 {
                    let (job, answer) =
                        begin(cache, module(n * 7 % 5), Options { fuel: n % 2 == 0, cached: n % 11 > 0 });
                    match (n + thread) % 10 {
                        0 => cache.clear_memory(),
                        1 => cache.clear_disk().expect("cleared"),
                        _ => {}
                    }
                    if n % 3 == 0 && job.cancel() {
                        assert!(answer.recv_timeout(LONG).is_err(), "called off, yet answered");
                    } else {
                        assert!(answer.recv_timeout(LONG).expect("an answer").is_ok());
                    }
                }
            });
        }
    });
    let stats = cache.stats();
    assert!(stats.memory_bytes <= 40_000, "{stats:?}");
    // Nothing is left half done: each is there to be had.
    (0..5).for_each(|n| drop(get(&cache, n)));
}
