//! Core modules.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::error::Kind;
use super::harness::{collected, drive, run, run_with};
use super::source::{AskStdin, Chunk, Outbox, Output, Preopen, Stdin, Stream, Wasi, WasiOptions, exit_code};

/// A module whose `_start` is `body`, with helpers: `put` writes memory to a descriptor, `check`
/// traps unless an error number is nought.
pub fn program(body: &str) -> String {
    format!(
        r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 3)
  (func $put (param $fd i32) (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 8) (local.get $at))
    (i32.store (i32.const 12) (local.get $length))
    (call $fd_write (local.get $fd) (i32.const 8) (i32.const 1) (i32.const 4)))
  (func $get (param $fd i32) (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 8) (local.get $at))
    (i32.store (i32.const 12) (local.get $length))
    (call $fd_read (local.get $fd) (i32.const 8) (i32.const 1) (i32.const 4)))
  (func $check (param i32) (if (local.get 0) (then unreachable)))
  {body})"#
    )
}

#[test]
fn output_keeps_its_order_and_its_bytes() {
    let text = program(
        r#"(data (i32.const 100) "out\ff\fe\00err")
        (func (export "_start")
          (call $check (call $put (i32.const 1) (i32.const 100) (i32.const 3)))
          (call $check (call $put (i32.const 2) (i32.const 103) (i32.const 3)))
          (call $check (call $put (i32.const 2) (i32.const 106) (i32.const 3)))
          (call $check (call $put (i32.const 1) (i32.const 100) (i32.const 5))))"#,
    );
    let ran = run(&text, WasiOptions::default());
    ran.result.as_ref().expect("it ends well");
    assert_eq!(ran.stdout(), b"outout\xff\xfe");
    assert_eq!(ran.stderr(), b"\xff\xfe\0err");
    assert_eq!(ran.taken, []);

    let ran = run_with(&text, WasiOptions::default(), Outbox::new(Output::Queue, Output::Queue, 100));
    ran.result.as_ref().expect("it ends well");
    let chunk = |stream, bytes: &[u8]| Chunk { stream, bytes: bytes.to_vec() };
    let expected =
        [chunk(Stream::Stdout, b"out"), chunk(Stream::Stderr, b"\xff\xfe\0err"), chunk(Stream::Stdout, b"out\xff\xfe")];
    assert_eq!(ran.taken, expected);

    let ran = run_with(&text, WasiOptions::default(), Outbox::new(Output::Discard, Output::Discard, 0));
    ran.result.as_ref().expect("what is discarded is not counted");
    assert!(!ran.outbox.exceeded());
}

#[test]
fn output_beyond_its_limit_fails() {
    // Says on its way out which error number the second write was.
    let text = program(
        r#"(func (export "_start")
          (call $check (call $put (i32.const 1) (i32.const 1000) (i32.const 1500)))
          (call $proc_exit (call $put (i32.const 2) (i32.const 1000) (i32.const 1500))))"#,
    );
    let ran = run_with(&text, WasiOptions::default(), collected(3000));
    assert_eq!(exit_code(&ran.result.expect_err("an exit")), Some(0));
    assert!(!ran.outbox.exceeded());

    let ran = run_with(&text, WasiOptions::default(), collected(2999));
    assert_eq!(exit_code(ran.result.as_ref().expect_err("an exit")), Some(22), "EFBIG");
    assert!(ran.outbox.exceeded());
    assert_eq!((ran.stdout().len(), ran.stderr().len()), (1500, 1499));
}

#[test]
fn a_guest_that_writes_much_lets_others_have_their_turn() {
    let text = program(
        r#"(func (export "_start") (local $left i32)
          (local.set $left (i32.const 100))
          (loop $again
            (call $check (call $put (i32.const 1) (i32.const 0) (i32.const 131072)))
            (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))"#,
    );
    let ran = run_with(&text, WasiOptions::default(), Outbox::new(Output::Queue, Output::Discard, 1 << 30));
    ran.result.as_ref().expect("it ends well");
    let lengths: Vec<usize> = ran.taken.iter().map(|chunk| chunk.bytes.len()).collect();
    assert_eq!(lengths.iter().sum::<usize>(), 100 * 131_072);
    assert!(lengths.iter().all(|length| *length <= 512 << 10), "queued at once: {lengths:?}");

    // Nobody has to take these along, but a poll ends now and then.
    for output in [Output::Collect, Output::Discard] {
        let ran = run_with(&text, WasiOptions::default(), Outbox::new(output, output, 1 << 30));
        ran.result.as_ref().expect("it ends well");
        assert!(ran.polls >= 100 * 131_072 / (1 << 20), "{} polls", ran.polls);
    }
}

pub const CAT: &str = r#"(func (export "_start")
  (block $end (loop $more
    (call $check (call $get (i32.const 0) (i32.const 1000) (i32.const 5)))
    (br_if $end (i32.eqz (i32.load (i32.const 4))))
    (call $check (call $put (i32.const 1) (i32.const 1000) (i32.load (i32.const 4))))
    (br $more))))"#;

#[test]
fn stdin_from_bytes() {
    let options = WasiOptions { stdin: Stdin::Bytes(Bytes::from_static(b"some \xff bytes")), ..Default::default() };
    let ran = run(&program(CAT), options);
    ran.result.as_ref().expect("it ends well");
    assert_eq!(ran.stdout(), b"some \xff bytes");
    assert_eq!(run(&program(CAT), WasiOptions::default()).stdout(), b"");
}

/// Answers each question on its second poll, woken from another thread.
#[derive(Default)]
pub struct Slow {
    asked: AtomicUsize,
}

impl AskStdin for Slow {
    fn poll_read(&self, max: usize, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        assert_eq!(max, 5, "what the guest has room for");
        let asked = self.asked.fetch_add(1, Relaxed);
        if asked.is_multiple_of(2) {
            let waker = cx.waker().clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(2));
                waker.wake();
            });
            return Poll::Pending;
        }
        Poll::Ready(match asked / 2 {
            0 => Some(Bytes::from_static(b"more than five")),
            1 => Some(Bytes::new()),
            2 => Some(Bytes::from_static(b"!")),
            _ => None,
        })
    }
}

#[test]
fn stdin_is_asked_for_when_the_guest_reads() {
    let options = WasiOptions { stdin: Stdin::Asked(Arc::new(Slow::default())), ..Default::default() };
    let ran = run(&program(CAT), options);
    ran.result.as_ref().expect("it ends well");
    assert_eq!(ran.stdout(), b"more than five!");
}

#[test]
fn an_exit_is_told_from_a_trap() {
    // As an operating system has it: eight bits.
    for (code, expected) in [(0, 0), (3, 3), (126, 126), (255, 255), (-1, 255), (256, 0)] {
        let text = program(&format!(r#"(func (export "_start") (call $proc_exit (i32.const {code})))"#));
        let ran = run(&text, WasiOptions::default());
        assert_eq!(exit_code(&ran.result.expect_err("an exit")), Some(expected));
    }
    let ran = run(&program(r#"(func (export "_start") unreachable)"#), WasiOptions::default());
    assert_eq!(exit_code(&ran.result.expect_err("a trap")), None);
}

/// Random bytes, then both clocks, the monotonic one twice.
pub const CHANCE: &str = r#"(func (export "_start")
  (call $check (call $random_get (i32.const 1000) (i32.const 32)))
  (call $check (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 1032)))
  (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1040)))
  (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1048)))
  (call $check (call $put (i32.const 1) (i32.const 1000) (i32.const 56))))"#;

fn times(bytes: &[u8]) -> [u64; 3] {
    let at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    [at(32), at(40), at(48)]
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let with = |deterministic| run(&program(CHANCE), WasiOptions { deterministic, ..Default::default() }).stdout();
    assert_eq!(with(Some(7)), with(Some(7)));
    assert_ne!(with(Some(7))[..32], with(Some(8))[..32]);
    assert_ne!(with(None)[..32], with(None)[..32]);

    let [wall, first, second] = times(&with(Some(7)));
    assert_eq!((wall / 1_000_000_000, second - first), (1_577_836_800, 1_000));
    let [wall, first, second] = times(&with(None));
    let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_nanos() as u64;
    assert!(wall.abs_diff(now) < 60_000_000_000);
    assert!(second >= first);
}

/// Sleeps by a relative timer, and writes how long it was by the monotonic clock.
pub fn sleeper(nanoseconds: u64) -> String {
    program(&format!(
        r#"(func (export "_start")
          (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1000)))
          (i64.store (i32.const 2000) (i64.const 77))
          (i32.store (i32.const 2016) (i32.const 1))
          (i64.store (i32.const 2024) (i64.const {nanoseconds}))
          (call $check (call $poll_oneoff (i32.const 2000) (i32.const 3000) (i32.const 1) (i32.const 4000)))
          (if (i32.ne (i32.load (i32.const 4000)) (i32.const 1)) (then unreachable))
          (if (i64.ne (i64.load (i32.const 3000)) (i64.const 77)) (then unreachable))
          (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1008)))
          (i64.store (i32.const 1016) (i64.sub (i64.load (i32.const 1008)) (i64.load (i32.const 1000))))
          (call $check (call $put (i32.const 1) (i32.const 1016) (i32.const 8))))"#
    ))
}

fn slept(options: WasiOptions, nanoseconds: u64) -> u64 {
    let ran = run(&sleeper(nanoseconds), options);
    ran.result.as_ref().expect("it ends well");
    u64::from_le_bytes(ran.stdout().try_into().expect("eight bytes"))
}

#[test]
fn virtual_sleep_takes_virtual_time_alone() {
    let hour = 3_600_000_000_000;
    let began = Instant::now();
    let options = || WasiOptions { deterministic: Some(1), ..Default::default() };
    assert_eq!(slept(options(), hour), hour + 1_000);
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn real_sleep_waits_without_a_thread() {
    let ran = run(&sleeper(300_000_000), WasiOptions::default());
    ran.result.as_ref().expect("it ends well");
    let slept = u64::from_le_bytes(ran.stdout().try_into().expect("eight bytes"));
    assert!(slept >= 300_000_000, "{slept}");
    assert!(ran.longest < Duration::from_millis(250), "one poll took {:?}", ran.longest);
}

/// A folder of a test's own.
pub fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("wasi-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Opens a path below the first preopened directory with these flags and rights, exits with
/// the error number; when there is none, writes the first 100 bytes to stdout.
pub fn opener(path: &str, flags: u32, rights: u64) -> String {
    let length = path.len();
    program(&format!(
        r#"(data (i32.const 500) "{path}")
        (func (export "_start") (local $error i32)
          (local.set $error (call $path_open (i32.const 3) (i32.const 1) (i32.const 500) (i32.const {length})
            (i32.const {flags}) (i64.const {rights}) (i64.const 0) (i32.const 0) (i32.const 600)))
          (if (local.get $error) (then (call $proc_exit (local.get $error))))
          (call $check (call $get (i32.load (i32.const 600)) (i32.const 1000) (i32.const 100)))
          (call $check (call $put (i32.const 1) (i32.const 1000) (i32.load (i32.const 4))))
          (call $proc_exit (i32.const 0)))"#
    ))
}

pub const READ: u64 = 1 << 1;
pub const WRITE: u64 = 1 << 6;
pub const CREATE: u32 = 1;

#[test]
fn directories_are_open_as_far_as_they_are_granted() {
    let folder = folder("preopens");
    let data = folder.join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    std::fs::write(data.join("inside"), "inside").expect("a file");
    std::fs::write(folder.join("outside"), "outside").expect("a file");
    let opened = |path: &str, flags, rights, writable| {
        let preopens = vec![Preopen { guest: "/data".into(), host: data.clone(), writable }];
        let ran = run(&opener(path, flags, rights), WasiOptions { preopens, ..Default::default() });
        (exit_code(ran.result.as_ref().expect_err("an exit")), ran.stdout())
    };
    assert_eq!(opened("inside", 0, READ, false), (Some(0), b"inside".to_vec()));
    assert_eq!(opened("missing", 0, READ, false).0, Some(44), "ENOENT");
    assert_eq!(opened("inside", 0, READ | WRITE, false).0, Some(63), "EPERM");
    assert_eq!(opened("new", CREATE, READ | WRITE, false).0, Some(63), "EPERM");
    assert!(!data.join("new").exists());
    assert_eq!(opened("../outside", 0, READ, true).0, Some(63), "EPERM");
    assert_eq!(opened("/etc/passwd", 0, READ, true).0, Some(63), "EPERM");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.join("outside"), data.join("link")).ok();
        assert_eq!(opened("link", 0, READ, true).0, Some(63), "EPERM");
    }
    assert_eq!(opened("new", CREATE, READ | WRITE, true), (Some(0), Vec::new()));
    assert!(data.join("new").exists());
    std::fs::remove_dir_all(folder).ok();
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let outbox = Arc::new(collected(0));
    let preopens = vec![Preopen { guest: "/data".into(), host: "/no/such/folder".into(), writable: false }];
    let options = WasiOptions { preopens, ..Default::default() };
    for error in [Wasi::new(options.clone(), &outbox).err(), drive(Wasi::open(options, outbox)).err()] {
        let error = error.expect("an error");
        assert_eq!(error.kind, Kind::NotFound);
        assert!(error.message.contains("/no/such/folder") && error.message.contains("/data"), "{error}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_blocks_does_not_block_the_poll() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder("fifo");
    let fifo = folder.join("fifo");
    let name = std::ffi::CString::new(fifo.as_os_str().as_bytes()).expect("a name");
    // SAFETY: the name is a string that ends with its nought.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    // To open a pipe for reading waits for somebody who opens it for writing.
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(600));
        std::fs::OpenOptions::new().write(true).open(&fifo).expect("the other end")
    });
    let text = program(&format!(
        r#"(data (i32.const 500) "fifo")
        (func (export "_start")
          (call $check (call $path_open (i32.const 3) (i32.const 1) (i32.const 500) (i32.const 4)
            (i32.const 0) (i64.const {READ}) (i64.const 0) (i32.const 0) (i32.const 600))))"#
    ));
    let preopens = vec![Preopen { guest: "/data".into(), host: folder.clone(), writable: false }];
    let began = Instant::now();
    let ran = run(&text, WasiOptions { preopens, ..Default::default() });
    ran.result.as_ref().expect("it is opened");
    assert!(began.elapsed() >= Duration::from_millis(600));
    assert!(ran.longest < Duration::from_millis(400), "one poll took {:?}", ran.longest);
    writer.join().expect("the writer ends");
    std::fs::remove_dir_all(folder).ok();
}

/// Exits with the number of arguments and variables, and the error of asking for descriptor 3.
const GRANTS: &str = r#"(func (export "_start")
  (call $check (call $args_sizes_get (i32.const 100) (i32.const 104)))
  (call $check (call $environ_sizes_get (i32.const 108) (i32.const 112)))
  (i32.store (i32.const 116) (call $fd_prestat_get (i32.const 3) (i32.const 200)))
  (call $check (call $put (i32.const 1) (i32.const 100) (i32.const 20))))"#;

#[test]
fn nothing_is_inherited() {
    let numbers = |options| {
        let bytes = run(&program(GRANTS), options).stdout();
        let number = |at: &[u8]| u32::from_le_bytes(at.try_into().expect("four bytes"));
        bytes.chunks(4).map(number).collect::<Vec<_>>()
    };
    const EBADF: u32 = 8;
    assert_eq!(numbers(WasiOptions::default()), [0, 0, 0, 0, EBADF]);
    let args = vec!["name".to_string(), "é".to_string()];
    let env = vec![("KEY".to_string(), "value".to_string())];
    assert_eq!(numbers(WasiOptions { args, env, ..Default::default() }), [2, 8, 1, 10, EBADF]);
}
