//! The store in a database: what holds for the embedded one holds here, and what a network adds.

mod common;
#[path = "common/server.rs"]
mod server;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use common::*;
use server::Server;
use workbooks_store::{Kind, Postgres, Result, Settings, Store};

/// One for all tests, which have schemas of their own.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&[])).as_ref()
}

fn settings_of(url: &str, schema: &str) -> Settings {
    Settings {
        url: url.into(),
        schema: schema.into(),
        pool: 3,
        connect: Duration::from_secs(5),
        statement: Duration::from_secs(30),
    }
}

fn schema() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("test_{}", NEXT.fetch_add(1, SeqCst))
}

fn open_in(settings: &Settings) -> Result<Store> {
    wait(|deliver| Postgres::open(settings.clone(), deliver))
}

/// Opens a new schema, or leaves the test.
macro_rules! opened {
    () => {{
        let Some(server) = server() else { return };
        let settings = settings_of(&server.url(), &schema());
        let store = open_in(&settings).unwrap();
        (server, settings, store)
    }};
}

#[test]
fn what_is_put_is_there_and_what_is_deleted_is_not() {
    let (_, settings, store) = opened!();
    assert_eq!(get(&store, "vars", "a").unwrap(), None);
    commit(&store, vec![put("vars", "a", "1"), put("vars", "b", ""), put("domains", "a", [0, 255])]).unwrap();
    assert_eq!(get(&store, "vars", "a").unwrap(), Some(b"1".to_vec()));
    assert_eq!(get(&store, "domains", "a").unwrap(), Some(vec![0, 255]));
    commit(&store, vec![put("vars", "a", "2"), delete("vars", "a"), put("vars", "b", "2"), put("vars", "b", "3")])
        .unwrap();
    commit(&store, vec![]).unwrap();
    close(&store);
    let store = open_in(&settings).unwrap();
    assert_eq!(all(&store, "vars", 1 << 20).unwrap(), [(b"b".to_vec(), b"3".to_vec())]);
    assert_eq!(revision(&store), 3);
    assert_eq!(failed(commit(&store, vec![put("vars", "ok", "1"), put("Vars", "a", "1")])).kind, Kind::BadName);
    assert_eq!(get(&store, "vars", "ok").unwrap(), None);
    close(&store);
    assert_eq!(failed(get(&store, "vars", "a")).kind, Kind::Closed);
}

#[test]
fn pages_are_in_the_order_of_keys_and_hold_every_record_once() {
    let (_, _, store) = opened!();
    // More rows than a statement answers at once, and values larger than a page.
    let key = |n: u32| n.to_be_bytes();
    commit(&store, (0..12_000).rev().map(|n| put("vars", key(n), vec![7; n as usize % 50])).collect()).unwrap();
    commit(&store, vec![put("vars", key(6_000), vec![1; 3 << 20])]).unwrap();
    for max_bytes in [1000, 1 << 20, 32 << 20] {
        let rows = all(&store, "vars", max_bytes).unwrap();
        assert_eq!(rows.len(), 12_000);
        assert!((0..12_000).all(|n| rows[n as usize].0 == key(n)));
    }
    assert_eq!(page(&store, "vars", None, 0).unwrap().rows.len(), 1);
    close(&store);
}

#[test]
fn a_second_opener_is_told_who_has_it() {
    let (_, settings, store) = opened!();
    let error = failed(open_in(&settings));
    assert_eq!(error.kind, Kind::Locked);
    assert!(error.message.contains(&format!("workbooks {}", std::process::id())), "{}", error.message);
    assert!(!error.message.contains("top-secret"));
    close(&store);
    close(&open_in(&settings).unwrap());
    // Dropped, not closed: the next one waits for it.
    drop(open_in(&settings).unwrap());
    close(&open_in(&settings).unwrap());
}

#[test]
fn a_lost_connection_is_made_again() {
    let (server, settings, store) = opened!();
    commit(&store, vec![put("vars", "a", "1")]).unwrap();
    let end = format!(
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory'
        AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('workbooks:{}', 0)",
        settings.schema
    );
    for round in 0..3 {
        assert_eq!(server.psql(&end).as_deref(), Some("t"));
        commit(&store, vec![put("vars", "b", format!("{round}"))]).unwrap();
        assert_eq!(get(&store, "vars", "b").unwrap(), Some(format!("{round}").into_bytes()));
    }
    assert_eq!(revision(&store), 4);
    // Those that read are ended too.
    server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND query LIKE '%octet%'");
    assert_eq!(all(&store, "vars", 1 << 20).unwrap().len(), 2);
    close(&store);
}

#[test]
fn who_wrote_past_the_lock_is_noticed() {
    let (server, settings, store) = opened!();
    commit(&store, vec![put("vars", "a", "1")]).unwrap();
    server.psql(&format!("UPDATE {}.meta SET value = value + 1 WHERE name = 'revision'", settings.schema)).unwrap();
    let error = failed(commit(&store, vec![put("vars", "a", "2")]));
    assert_eq!((error.kind, error.unknown), (Kind::Closed, false));
    assert_eq!(failed(get(&store, "vars", "a")).kind, Kind::Closed);
    close(&store);
    assert_eq!(get(&open_in(&settings).unwrap(), "vars", "a").unwrap(), Some(b"1".to_vec()));
}

#[test]
fn what_is_missing_newer_or_not_allowed_is_said() {
    let (server, settings, store) = opened!();
    close(&store);
    let schema = &settings.schema;
    server.psql(&format!("UPDATE {schema}.meta SET value = 7 WHERE name = 'format'")).unwrap();
    assert_eq!(failed(open_in(&settings)).kind, Kind::Version);
    server.psql(&format!("DELETE FROM {schema}.meta WHERE name = 'format'")).unwrap();
    assert_eq!(failed(open_in(&settings)).kind, Kind::Damaged);
    server.psql(&format!("DROP TABLE {schema}.records")).unwrap();
    assert_eq!(failed(open_in(&settings)).kind, Kind::Damaged);
    server.psql("CREATE ROLE guest LOGIN; ALTER ROLE guest SET default_transaction_read_only = on").unwrap();
    let guest = server.url().replace("postgres:top-secret", "guest");
    assert_eq!(failed(open_in(&settings_of(&guest, "guests"))).kind, Kind::ReadOnly);
    assert_eq!(failed(open_in(&settings_of(&server.url(), "a\"b"))).kind, Kind::BadValue);
    let error = failed(open_in(&settings_of(&server.url().replace("/postgres", "/none"), "none")));
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("none"), "{}", error.message);
}

#[test]
fn a_bad_url_or_a_server_that_is_not_there_is_said_without_the_password() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cases = [
        ("top-secret".to_string(), Kind::BadValue),
        ("mysql://me:top-secret@host/db".to_string(), Kind::BadValue),
        ("postgres://me:top-secret@localhost:port/db".to_string(), Kind::BadValue),
        ("postgres://me:top-secret@localhost/db?sslmode=prefer".to_string(), Kind::BadValue),
        ("postgres://me:top-secret@localhost/db?sslmode=require&sslrootcert=/no/such".to_string(), Kind::BadValue),
        ("postgres://me:top-secret@localhost/db?top-secret=1".to_string(), Kind::BadValue),
        (format!("postgres://me:top-secret@{free}/db"), Kind::Unavailable),
        (format!("postgres://me:top-secret@{free}/db?sslmode=require"), Kind::Unavailable),
    ];
    for (url, kind) in cases {
        let error = failed(open_in(&settings_of(&url, "s")));
        assert_eq!(error.kind, kind, "{}", error.message);
        assert!(!error.message.contains("me:top-secret"), "{}", error.message);
    }
}

#[test]
fn backups_go_from_either_store_to_the_other() {
    let (_, settings, store) = opened!();
    let folder = folder();
    let ops = (0..5000)
        .map(|n: u32| put(if n.is_multiple_of(2) { "vars" } else { "domains" }, n.to_be_bytes(), vec![9; 3000]));
    commit(&store, ops.collect()).unwrap();
    let to = folder.path().join("backup");
    backup(&store, &to).unwrap();
    assert_eq!(failed(backup(&store, &to)).kind, Kind::Conflict);
    let rows = all(&store, "vars", 1 << 20).unwrap();
    commit(&store, vec![put("vars", "later", "1")]).unwrap();
    let into = |replace| wait(|deliver| Postgres::restore(to.clone(), settings.clone(), replace, deliver));
    close(&store);
    assert_eq!(failed(into(false)).kind, Kind::Conflict);
    into(true).unwrap();
    let store = open_in(&settings).unwrap();
    assert!(all(&store, "vars", 1 << 20).unwrap() == rows);
    commit(&store, vec![put("vars", "more", "1")]).unwrap();
    close(&store);

    let embedded = folder.path().join("embedded");
    restore(&to, &embedded, false).unwrap();
    let embedded = open(&embedded).unwrap();
    assert!(all(&embedded, "vars", 1 << 20).unwrap() == rows);
    assert_eq!(all(&embedded, "domains", 1 << 20).unwrap().len(), 2500);
    commit(&embedded, vec![put("domains", "new", "1")]).unwrap();
    let back = folder.path().join("back");
    backup(&embedded, &back).unwrap();
    let bytes = std::fs::read(&back).unwrap();
    let other = settings_of(&settings.url, &schema());
    wait(|deliver| Postgres::restore(back.clone(), other.clone(), false, deliver)).unwrap();
    assert!(std::fs::read(&back).unwrap() == bytes);
    let store = open_in(&other).unwrap();
    assert_eq!(all(&store, "domains", 1 << 20).unwrap().len(), 2501);
    close(&store);
}

// --- a network that fails ------------------------------------------------------------------------

const FINE: u8 = 0;
/// What the server answers next does not arrive, and its connection ends.
const EAT_ONE: u8 = 1;
/// The same, and no connection is made after it.
const EAT_ALL: u8 = 2;

/// Between client and server.
struct Proxy {
    url: String,
    mood: Arc<AtomicU8>,
}

impl Proxy {
    fn before(server: &Server) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = server.url().replace(&server.port.to_string(), &listener.local_addr().unwrap().port().to_string());
        let (mood, port) = (Arc::new(AtomicU8::new(FINE)), server.port);
        let theirs = mood.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                if theirs.load(SeqCst) == EAT_ALL {
                    continue;
                }
                let (to, from) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || pump(from, to, &|| true));
                let mood = theirs.clone();
                thread::spawn(move || {
                    pump(server, client, &|| {
                        mood.compare_exchange(EAT_ONE, FINE, SeqCst, SeqCst) != Ok(EAT_ONE)
                            && mood.load(SeqCst) != EAT_ALL
                    });
                });
            }
        });
        Proxy { url, mood }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, passes: &dyn Fn() -> bool) {
    let mut bytes = [0; 65536];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if !passes() || to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

#[test]
fn a_commit_whose_answer_is_lost_is_looked_for() {
    let Some(server) = server() else { return };
    let proxy = Proxy::before(server);
    let store = open_in(&settings_of(&proxy.url, &schema())).unwrap();
    for round in 0..10 {
        proxy.mood.store(EAT_ONE, SeqCst);
        commit(&store, vec![put("vars", format!("{round}"), "1")]).unwrap();
        assert_eq!(proxy.mood.load(SeqCst), FINE);
    }
    assert_eq!(revision(&store), 10);
    assert_eq!(all(&store, "vars", 1 << 20).unwrap().len(), 10);
    close(&store);
}

#[test]
fn a_commit_of_which_nothing_is_known_says_so() {
    let Some(server) = server() else { return };
    let proxy = Proxy::before(server);
    let store = open_in(&settings_of(&proxy.url, &schema())).unwrap();
    commit(&store, vec![put("vars", "a", "1")]).unwrap();
    proxy.mood.store(EAT_ALL, SeqCst);
    let error = failed(commit(&store, vec![put("vars", "b", "1")]));
    assert!(error.unknown, "{}", error.message);
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("not known"), "{}", error.message);
    let error = failed(commit(&store, vec![put("vars", "c", "1")]));
    assert_eq!((error.kind, error.unknown), (Kind::Unavailable, false));
    // It was made, and the next one is the next one.
    proxy.mood.store(FINE, SeqCst);
    commit(&store, vec![put("vars", "c", "1")]).unwrap();
    assert_eq!(all(&store, "vars", 1 << 20).unwrap().len(), 3);
    assert_eq!(revision(&store), 3);
    close(&store);
}

#[test]
fn a_statement_that_takes_too_long_is_given_up_and_not_written() {
    let (server, settings, store) = opened!();
    commit(&store, vec![put("vars", "a", "1")]).unwrap();
    close(&store);
    let hasty = Settings { statement: Duration::from_secs(2), ..settings.clone() };
    let store = open_in(&hasty).unwrap();
    let lock = format!("BEGIN; LOCK TABLE {}.records; SELECT pg_sleep(600)", settings.schema);
    thread::scope(|scope| {
        let locked = scope.spawn(|| server.psql(&lock));
        let held = format!(
            "SELECT count(*) FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock' AND relation = '{}.records'::regclass",
            settings.schema
        );
        while server.psql(&held).as_deref() != Some("1") {}
        let error = failed(commit(&store, vec![put("vars", "a", "2")]));
        assert_eq!((error.kind, error.unknown), (Kind::Timeout, false));
        assert_eq!(failed(get(&store, "vars", "a")).kind, Kind::Timeout);
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()";
        server.psql(end).unwrap();
        assert_eq!(locked.join().unwrap(), None);
    });
    assert_eq!(get(&store, "vars", "a").unwrap(), Some(b"1".to_vec()));
    commit(&store, vec![put("vars", "a", "3")]).unwrap();
    close(&store);
}

#[test]
fn a_server_that_stands_still_is_given_up() {
    let Some(server) = Server::start(&[]) else { return };
    let settings = Settings {
        connect: Duration::from_secs(2),
        statement: Duration::from_secs(2),
        ..settings_of(&server.url(), "still")
    };
    let store = open_in(&settings).unwrap();
    commit(&store, vec![put("vars", "a", "1")]).unwrap();
    server.signal("STOP");
    let error = failed(commit(&store, vec![put("vars", "a", "2")]));
    assert_eq!((error.kind, error.unknown), (Kind::Timeout, true));
    assert!(matches!(failed(get(&store, "vars", "a")).kind, Kind::Timeout | Kind::Unavailable));
    server.signal("CONT");
    // What became of it is found out; then all is as ever.
    commit(&store, vec![put("vars", "b", "1")]).unwrap();
    assert_eq!(all(&store, "vars", 1 << 20).unwrap().len(), 2);
    close(&store);
}

#[test]
fn a_server_must_prove_who_it_is() {
    let keys = folder();
    let (key, certificate) = (keys.path().join("key"), keys.path().join("certificate"));
    let mut openssl = std::process::Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args([
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ]);
    match openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate).output() {
        Ok(output) if output.status.success() => {}
        _ => return println!("skipped: no openssl to make a certificate with"),
    }
    // The server wants to own its key.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(keys.path(), mode).unwrap();
    let Some(plain) = server() else { return };
    if server::root() {
        assert!(std::process::Command::new("chown").arg("postgres").arg(&key).status().unwrap().success());
    }
    let of = |server: &Server, host: &str, query: &str| {
        settings_of(&format!("{}{query}", server.url().replace("127.0.0.1", host)), "tls")
    };
    let ssl = [
        "ssl=on".to_string(),
        format!("ssl_key_file={}", key.display()),
        format!("ssl_cert_file={}", certificate.display()),
    ];
    let Some(server) = Server::start(&ssl.each_ref().map(String::as_str)) else { return };
    let trusted = format!("?sslmode=verify-full&sslrootcert={}", certificate.display());
    let store = open_in(&of(&server, "localhost", &trusted)).unwrap();
    commit(&store, vec![put("vars", "a", "1")]).unwrap();
    assert_eq!(server.psql("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'workbooks%'").as_deref(), Some("t"));
    close(&store);
    // Another name, another authority, and a server that speaks no TLS.
    for (server, host, query) in [
        (&server, "127.0.0.1", trusted.as_str()),
        (&server, "localhost", "?sslmode=require"),
        (plain, "localhost", trusted.as_str()),
    ] {
        let error = failed(open_in(&of(server, host, query)));
        assert_eq!(error.kind, Kind::Unavailable, "{}", error.message);
    }
    let error = failed(open_in(&of(plain, "localhost", "?sslmode=require")));
    assert!(error.message.contains("sslmode=disable"), "{}", error.message);
}
