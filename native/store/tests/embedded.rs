//! The embedded store: what is written is there, and what goes wrong is said.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use common::*;
use workbooks_store::{Embedded, Kind, MAX_KEY, MAX_VALUE, Migration};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_put_is_there_and_what_is_deleted_is_not() {
    let folder = folder();
    let store = open(folder.path()).unwrap();
    assert_eq!(get(&store, "vars", "a").unwrap(), None);
    commit(&store, vec![put("vars", "a", "1"), put("vars", "b", ""), put("domains", "a", [0, 255])]).unwrap();
    assert_eq!(get(&store, "vars", "a").unwrap(), Some(b"1".to_vec()));
    assert_eq!(get(&store, "vars", "b").unwrap(), Some(Vec::new()));
    assert_eq!(get(&store, "domains", "a").unwrap(), Some(vec![0, 255]));
    // The last of several changes of one key holds.
    commit(&store, vec![put("vars", "a", "2"), delete("vars", "a"), put("vars", "b", "3")]).unwrap();
    assert_eq!(get(&store, "vars", "a").unwrap(), None);
    close(&store);

    let store = open(folder.path()).unwrap();
    assert_eq!(all(&store, "vars", 1 << 20).unwrap(), [(b"b".to_vec(), b"3".to_vec())]);
    assert_eq!(all(&store, "domains", 1 << 20).unwrap().len(), 1);
    assert_eq!(revision(&store), 2);
    close(&store);
}

#[test]
fn only_this_user_reads_it() {
    let folder = folder();
    let inner = folder.path().join("a/b");
    close(&open(&inner).unwrap());
    assert_eq!(mode(&inner), 0o700);
    assert_eq!(mode(&inner.join("store.redb")), 0o600);
    assert_eq!(mode(&inner.join("store.lock")), 0o600);
}

#[test]
fn pages_are_in_the_order_of_keys_and_hold_every_record_once() {
    let folder = folder();
    let store = open(folder.path()).unwrap();
    let key = |n: u32| format!("{n:05}");
    commit(&store, (0..1000).rev().map(|n| put("vars", key(n), vec![7; n as usize % 50])).collect()).unwrap();
    for max_bytes in [0, 1, 40, 1000, 1 << 20] {
        let rows = all(&store, "vars", max_bytes).unwrap();
        assert_eq!(rows.len(), 1000);
        assert!((0..1000).all(|n| rows[n as usize].0 == key(n).as_bytes()));
    }
    let first = page(&store, "vars", None, 0).unwrap();
    assert_eq!((first.rows.len(), first.next), (1, Some(key(0).into_bytes())));
    assert_eq!(page(&store, "vars", Some(key(999).into_bytes()), 10).unwrap().rows, []);
    close(&store);
}

#[test]
fn names_and_sizes_beyond_the_limits_are_refused_and_nothing_is_written() {
    let folder = folder();
    let store = open(folder.path()).unwrap();
    let kind = |op| failed(commit(&store, vec![put("vars", "first", "1"), op])).kind;
    for table in ["", "Vars", "a/b", "workbooks/meta", "a b", &"a".repeat(33)] {
        assert_eq!(kind(put(table, "a", "1")), Kind::BadName);
        assert_eq!(failed(get(&store, table, "a")).kind, Kind::BadName);
        assert_eq!(failed(page(&store, table, None, 1)).kind, Kind::BadName);
    }
    assert_eq!(kind(put("vars", "", "1")), Kind::BadName);
    assert_eq!(kind(delete("vars", "")), Kind::BadName);
    assert_eq!(kind(put("vars", [1; MAX_KEY + 1], "1")), Kind::TooLarge);
    assert_eq!(kind(put("vars", "a", vec![1; MAX_VALUE + 1])), Kind::TooLarge);
    assert_eq!(all(&store, "vars", 1).unwrap(), []);
    commit(&store, vec![put("vars", [1; MAX_KEY], vec![2; MAX_VALUE])]).unwrap();
    assert_eq!(get(&store, "vars", [1; MAX_KEY]).unwrap(), Some(vec![2; MAX_VALUE]));
    close(&store);
}

#[test]
fn a_second_opener_is_told_who_has_it() {
    let folder = folder();
    let store = open(folder.path()).unwrap();
    let error = failed(open(folder.path()));
    assert_eq!(error.kind, Kind::Locked);
    assert!(error.message.contains(&std::process::id().to_string()), "{}", error.message);
    assert!(error.message.contains(&folder.path().display().to_string()), "{}", error.message);
    close(&store);
    close(&open(folder.path()).unwrap());
}

#[test]
fn another_process_that_has_it_is_named() {
    let folder = folder();
    close(&open(folder.path()).unwrap());
    let lock = folder.path().join("store.lock");
    // It says who it is where we say so.
    let script = r#"exec 9<>"$0"; flock -x 9 || exit 1; printf 'process %d on elsewhere     ' $$ |
        dd of="$0" bs=1 seek=64 conv=notrunc 2>/dev/null; echo locked; exec sleep 60"#;
    let mut child =
        Command::new("sh").args(["-c", script]).arg(&lock).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    assert_eq!(line, "locked\n");
    let error = failed(open(folder.path()));
    assert_eq!(error.kind, Kind::Locked);
    assert!(error.message.contains(&format!("process {} on elsewhere", child.id())), "{}", error.message);
    child.kill().unwrap();
    child.wait().unwrap();
    close(&open(folder.path()).unwrap());
}

#[test]
fn a_store_that_is_closing_in_this_process_is_waited_for() {
    let folder = folder();
    for _ in 0..20 {
        // Dropped, not closed: nobody was told when the lock is free.
        drop(open(folder.path()).unwrap());
    }
    close(&open(folder.path()).unwrap());
}

#[test]
fn a_closed_store_says_so() {
    let folder = folder();
    let store = open(folder.path()).unwrap();
    close(&store);
    assert_eq!(failed(commit(&store, vec![put("vars", "a", "1")])).kind, Kind::Closed);
    assert_eq!(failed(get(&store, "vars", "a")).kind, Kind::Closed);
    assert_eq!(failed(wait(|deliver| store.close(deliver))).kind, Kind::Closed);
}

#[test]
fn a_store_whose_file_is_gone_or_empty_does_not_begin_anew() {
    let folder = folder();
    let file = folder.path().join("store.redb");
    close(&open(folder.path()).unwrap());
    fs::remove_file(&file).unwrap();
    let error = failed(open(folder.path()));
    assert_eq!(error.kind, Kind::Missing);
    assert!(error.message.contains("restore"), "{}", error.message);
    assert!(!file.exists());
    fs::write(&file, "").unwrap();
    assert_eq!(failed(open(folder.path())).kind, Kind::Damaged);
    assert_eq!(fs::read(&file).unwrap(), b"");
}

#[test]
fn what_creating_left_half_done_is_done_again() {
    let folder = folder();
    fs::write(folder.path().join("store.redb.new"), "half").unwrap();
    let store = open(folder.path()).unwrap();
    commit(&store, vec![put("vars", "a", "1")]).unwrap();
    close(&store);
    assert!(!folder.path().join("store.redb.new").exists());
    assert_eq!(get(&open(folder.path()).unwrap(), "vars", "a").unwrap(), Some(b"1".to_vec()));
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let folder = folder();
    let file = folder.path().join("store.redb");
    for bytes in [&b"x"[..], &[b'x'; 5000], include_bytes!("embedded.rs")] {
        fs::write(&file, bytes).unwrap();
        assert_eq!(failed(open(folder.path())).kind, Kind::Damaged);
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
    // A database of redb's that is none of ours.
    fs::remove_file(&file).unwrap();
    drop(redb::Database::create(&file).unwrap());
    let bytes = fs::read(&file).unwrap();
    assert_eq!(failed(open(folder.path())).kind, Kind::Damaged);
    assert!(fs::read(&file).unwrap() == bytes);
}

#[test]
fn a_backup_is_of_one_moment_and_can_be_restored() {
    let (folder, other) = (folder(), folder());
    let store = open(folder.path()).unwrap();
    let ops = (0..5000)
        .map(|n: u32| put(if n.is_multiple_of(2) { "vars" } else { "domains" }, n.to_be_bytes(), vec![9; 3000]));
    commit(&store, ops.collect()).unwrap();
    let to = other.path().join("backup.redb");
    backup(&store, &to).unwrap();
    assert_eq!(mode(&to), 0o600);
    assert!(!other.path().join("backup.redb.new").exists());
    let before = fs::read(&to).unwrap();
    assert_eq!(failed(backup(&store, &to)).kind, Kind::Conflict);
    assert_eq!(failed(backup(&store, &other.path().join("no/such/folder"))).kind, Kind::NotFound);
    commit(&store, vec![put("vars", "later", "1")]).unwrap();

    // Not while it is open, not over a store that is there, not from what is no backup.
    assert_eq!(failed(restore(&to, folder.path(), true)).kind, Kind::Locked);
    close(&store);
    assert_eq!(failed(restore(&to, folder.path(), false)).kind, Kind::Conflict);
    assert_eq!(failed(restore(&other.path().join("none"), folder.path(), true)).kind, Kind::NotFound);
    assert_eq!(failed(restore(other.path(), folder.path(), true)).kind, Kind::Io);
    let half = other.path().join("half");
    fs::write(&half, &before[..before.len() / 2]).unwrap();
    let error = failed(restore(&half, folder.path(), true));
    assert_eq!(error.kind, Kind::Damaged);
    assert!(error.message.contains("half") && !error.message.contains(".new"), "{}", error.message);
    assert_eq!(get(&open(folder.path()).unwrap(), "vars", "later").unwrap(), Some(b"1".to_vec()));

    restore(&to, folder.path(), true).unwrap();
    assert_eq!(fs::read(&to).unwrap(), before);
    let store = open(folder.path()).unwrap();
    assert_eq!(get(&store, "vars", "later").unwrap(), None);
    assert_eq!(all(&store, "vars", 1 << 16).unwrap().len(), 2500);
    assert_eq!(revision(&store), 1);
    close(&store);
    let kept: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(kept.iter().any(|name| name.to_string_lossy().starts_with("store.redb.before-")), "{kept:?}");

    // Into a folder where there was none.
    let third = other.path().join("third");
    restore(&to, &third, false).unwrap();
    assert_eq!(all(&open(&third).unwrap(), "domains", 1 << 16).unwrap().len(), 2500);
}

#[test]
fn what_is_damaged_or_gone_is_replaced_by_a_backup() {
    let (folder, other) = (folder(), folder());
    let to = other.path().join("backup");
    let store = open(folder.path()).unwrap();
    commit(&store, vec![put("vars", "a", "1")]).unwrap();
    backup(&store, &to).unwrap();
    close(&store);
    let file = folder.path().join("store.redb");
    fs::write(&file, "rubbish").unwrap();
    restore(&to, folder.path(), true).unwrap();
    assert_eq!(get(&open(folder.path()).unwrap(), "vars", "a").unwrap(), Some(b"1".to_vec()));
    fs::remove_file(&file).unwrap();
    restore(&to, folder.path(), false).unwrap();
    assert_eq!(get(&open(folder.path()).unwrap(), "vars", "a").unwrap(), Some(b"1".to_vec()));
}

#[test]
fn writers_go_on_during_a_backup() {
    let (folder, other) = (folder(), folder());
    let store = open(folder.path()).unwrap();
    // Every commit gives all keys the same value: a backup of one moment holds one value.
    let all_keys =
        |value: u32| (0..500u32).map(move |n| put("vars", n.to_be_bytes(), vec![value as u8; 2000])).collect();
    commit(&store, all_keys(0)).unwrap();
    for round in 0..5 {
        let to = other.path().join(format!("{round}"));
        let (sender, receiver) = std::sync::mpsc::channel();
        store.backup(to.clone(), move |made| drop(sender.send(made))).unwrap();
        let mut value = 0;
        let made = loop {
            value += 1;
            commit(&store, all_keys(value)).unwrap();
            if let Ok(made) = receiver.try_recv() {
                break made;
            }
        };
        made.unwrap();
        let folder = other.path().join(format!("{round}-restored"));
        restore(&to, &folder, false).unwrap();
        let rows = all(&open(&folder).unwrap(), "vars", 1 << 20).unwrap();
        assert_eq!(rows.len(), 500);
        assert!(rows.iter().all(|(_, value)| *value == rows[0].1));
    }
    close(&store);
}

fn open_with(folder: &Path, migrations: &'static [Migration]) -> workbooks_store::Result<workbooks_store::Store> {
    wait(|deliver| Embedded::open_with(folder.to_path_buf(), migrations, deliver))
}

const VARS: redb::TableDefinition<&[u8], &[u8]> = redb::TableDefinition::new("vars");

#[test]
fn an_older_format_becomes_this_one_and_a_newer_one_is_left_alone() {
    fn second(transaction: &redb::WriteTransaction) -> Result<(), redb::Error> {
        transaction.open_table(VARS)?.insert(&b"second"[..], &b"2"[..])?;
        Ok(())
    }
    fn third(transaction: &redb::WriteTransaction) -> Result<(), redb::Error> {
        transaction.open_table(VARS)?.insert(&b"third"[..], &b"3"[..])?;
        Ok(())
    }
    fn broken(transaction: &redb::WriteTransaction) -> Result<(), redb::Error> {
        transaction.open_table(VARS)?.remove(&b"a"[..])?;
        Err(redb::Error::Corrupted("it does not work".into()))
    }
    const ALL: &[Migration] = &[second, third];
    const BROKEN: &[Migration] = &[second, broken];
    let folder = folder();
    let store = open(folder.path()).unwrap();
    commit(&store, vec![put("vars", "a", "1")]).unwrap();
    close(&store);

    // What fails changes nothing more, and can be gone on from.
    let error = failed(open_with(folder.path(), BROKEN));
    assert!(error.message.contains("from format 2 to 3"), "{}", error.message);
    assert!(folder.path().join("store.redb.format-1").exists());

    let store = open_with(folder.path(), ALL).unwrap();
    assert_eq!(all(&store, "vars", 1 << 20).unwrap().len(), 3);
    assert_eq!(wait(|deliver| store.info(deliver)).unwrap().format, 3);
    close(&store);
    assert!(folder.path().join("store.redb.format-2").exists());

    let file = folder.path().join("store.redb");
    let bytes = fs::read(&file).unwrap();
    let error = failed(open(folder.path()));
    assert_eq!(error.kind, Kind::Version);
    assert!(error.message.contains("format 3"), "{}", error.message);
    assert!(fs::read(&file).unwrap() == bytes);
    close(&open_with(folder.path(), ALL).unwrap());

    // The copy is a store of the old format.
    let old = folder.path().join("old");
    fs::create_dir(&old).unwrap();
    fs::copy(folder.path().join("store.redb.format-1"), old.join("store.redb")).unwrap();
    assert_eq!(all(&open(&old).unwrap(), "vars", 1 << 20).unwrap().len(), 1);
}
