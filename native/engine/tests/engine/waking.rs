//! The waker of a store: no wake-up is lost, whichever way its threads run.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::Wake;

use workbooks_engine::{CallOptions, Kind, Variant};

use crate::plain::{LONG, Plainly, begin, engine, failed, made, setup};

// Reaches nothing but the standard library: it is tested as it stands.
#[path = "../../src/wake.rs"]
#[allow(dead_code)]
mod wake;

use wake::Wakeup;

#[test]
fn a_wakeup_is_told_once_and_only_to_those_who_wait() {
    let wakeup = Arc::new(Wakeup::default());
    let told = Arc::new(AtomicU32::new(0));
    let tell = || {
        let told = told.clone();
        Box::new(move || {
            told.fetch_add(1, SeqCst);
        })
    };
    wakeup.poll_begins();
    assert!(!wakeup.is_woken());
    assert!(wakeup.arm(tell()));
    wakeup.wake_by_ref();
    wakeup.wake_by_ref();
    assert_eq!(told.load(SeqCst), 1);
    // Woken already: to be polled at once, and nobody is told.
    assert!(wakeup.is_woken());
    assert!(!wakeup.arm(tell()));
    wakeup.wake_by_ref();
    assert_eq!(told.load(SeqCst), 1);
    // A poll deals with what woke it before.
    wakeup.poll_begins();
    assert!(!wakeup.is_woken());
    wakeup.wake_by_ref();
    assert!(wakeup.is_woken());
    assert!(!wakeup.arm(tell()));
    // Those who gave up waiting are not told when they poll again.
    wakeup.poll_begins();
    assert!(wakeup.arm(tell()));
    wakeup.poll_begins();
    wakeup.wake_by_ref();
    assert_eq!(told.load(SeqCst), 1);
}

/// One thread makes work and wakes, the other does all there is and waits: if a wake-up
/// were lost it would wait for good with work undone.
#[test]
fn no_wakeup_is_lost() {
    const ROUNDS: u64 = 200_000;
    let wakeup = Arc::new(Wakeup::default());
    let work = Arc::new(AtomicU64::new(0));
    let (ask, asked) = mpsc::channel::<()>();
    let (waker, made) = (wakeup.clone(), work.clone());
    let making = std::thread::spawn(move || {
        for round in 1..=ROUNDS {
            made.store(round, SeqCst);
            waker.wake_by_ref();
            // Now and then it waits until the other does: that is where they race.
            if round % 4 == 0 && asked.recv_timeout(LONG).is_err() {
                return;
            }
        }
    });
    let mut waits = 0_u64;
    let mut due = 4;
    loop {
        wakeup.poll_begins();
        let done = work.load(SeqCst);
        while done >= due {
            due += 4;
            ask.send(()).expect("it waits");
        }
        if done == ROUNDS {
            break;
        }
        let (tell, told) = mpsc::channel();
        if wakeup.arm(Box::new(move || tell.send(()).unwrap_or_default())) {
            waits += 1;
            told.recv_timeout(LONG).unwrap_or_else(|_| panic!("a wake-up was lost after {done} rounds"));
        }
    }
    making.join().expect("no panic");
    assert!(waits > 0, "they never raced");
}

#[test]
fn who_waits_for_what_is_closed_polls_at_once() {
    let concurrent = engine().with(Variant { concurrent: true, ..Variant::default() }).expect("an engine");
    let program = concurrent.compile(br#"(module (func (export "spin") (loop (br 0))))"#).expect("it compiles");
    let instance = made(&program, &setup(&[])).expect("made");
    assert!(!instance.arm(Box::new(|| ())).0, "it is in no call");
    begin(&instance, "spin", &[], CallOptions::default());
    instance.close();
    assert!(!instance.arm(Box::new(|| ())).0, "it is closed");
    assert_eq!(failed(instance.poll(&Plainly)).kind, Kind::Closed);
}
