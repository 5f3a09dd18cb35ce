use std::sync::mpsc;
use std::time::Duration;

use workbooks_engine::{Kind, Queue};

#[test]
fn work_is_done_in_order_and_answered_once() {
    let queue = Queue::new(1, 8).expect("a queue");
    let (answers, received) = mpsc::channel();
    for n in 0..5 {
        let answers = answers.clone();
        queue
            .submit(move || Ok(n), move |answer| answers.send(answer.expect("an answer")).expect("sent"))
            .expect("queued");
    }
    drop(answers);
    assert_eq!(received.iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
}

#[test]
fn a_full_queue_says_so_and_a_cancelled_job_never_answers() {
    let queue = Queue::new(1, 1).expect("a queue");
    let (release, gate) = mpsc::channel::<()>();
    let (answers, received) = mpsc::channel();
    let send = |name: &'static str| {
        let answers = answers.clone();
        move |_| answers.send(name).expect("sent")
    };
    let (begun, beginning) = mpsc::channel();
    let blocking = move || {
        begun.send(()).expect("sent");
        let _ = gate.recv();
        Ok(())
    };
    let first = queue.submit(blocking, send("first")).expect("queued");
    beginning.recv_timeout(Duration::from_secs(10)).expect("begun");
    let waiting = queue.submit(|| Ok(()), send("waiting")).expect("queued");
    let refused = queue.submit(|| Ok(()), send("refused")).err().expect("full");
    assert_eq!(refused.kind, Kind::Overloaded);

    assert!(waiting.cancel());
    release.send(()).expect("released");
    assert_eq!(received.recv_timeout(Duration::from_secs(10)), Ok("first"));
    assert!(!first.cancel(), "it has answered");
    drop(answers);
    assert!(received.recv_timeout(Duration::from_millis(50)).is_err());
}

#[test]
fn a_panic_is_an_error_and_the_worker_goes_on() {
    let queue = Queue::new(1, 4).expect("a queue");
    let (answers, received) = mpsc::channel();
    let theirs = answers.clone();
    let panicking = || -> Result<(), _> { panic!("on purpose, for the test") };
    queue.submit(panicking, move |answer| theirs.send(answer.map_err(|e| e.kind)).expect("sent")).expect("queued");
    queue.submit(|| Ok(()), move |answer| answers.send(answer.map_err(|e| e.kind)).expect("sent")).expect("queued");
    assert_eq!(received.recv_timeout(Duration::from_secs(10)), Ok(Err(Kind::Internal)));
    assert_eq!(received.recv_timeout(Duration::from_secs(10)), Ok(Ok(())));
}
