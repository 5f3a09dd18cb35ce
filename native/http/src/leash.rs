//! What ends a request from outside when its time is over: an HTTP/1 connection, or an HTTP/2
//! stream, is held by one and falls when it is pulled.

use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::exchange::Exchange;

/// For writing the answer that says that the time is over.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(crate) struct Leash {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    deadline: Option<Instant>,
    /// Until when the waiter sleeps: a deadline after that needs not wake it.
    asleep: Option<Instant>,
    cut: bool,
    exchange: Weak<Exchange>,
}

impl Leash {
    /// Gives a request until `deadline`.
    pub(crate) fn hold(&self, exchange: Weak<Exchange>, deadline: Instant) {
        let mut state = self.state();
        state.exchange = exchange;
        state.deadline = Some(deadline);
        if state.asleep.is_none_or(|until| deadline < until) {
            self.changed.notify_one();
        }
    }

    /// The request is over, or may take as long as it likes.
    pub(crate) fn release(&self) {
        self.state().deadline = None;
    }

    /// Ends the connection or stream now.
    pub(crate) fn cut(&self) {
        self.state().cut = true;
        self.changed.notify_one();
    }

    /// Waits until the connection or stream must end.
    pub(crate) async fn pulled(&self) {
        loop {
            let (late, until) = {
                let mut state = self.state();
                if state.cut {
                    return;
                }
                let late = state.deadline.is_some_and(|deadline| deadline <= Instant::now());
                state.asleep = state.deadline.filter(|_| !late);
                (late.then(|| std::mem::take(&mut state.exchange)), state.asleep)
            };
            match (late, until) {
                (Some(exchange), _) => {
                    // Where no answer has begun, one is given, and gets some time.
                    if !exchange.upgrade().is_some_and(|exchange| exchange.expire()) {
                        return;
                    }
                    self.state().deadline = Some(Instant::now() + GRACE);
                }
                (None, None) => self.changed.notified().await,
                (None, Some(until)) => {
                    tokio::select! {
                        () = sleep_until(until) => {}
                        () = self.changed.notified() => {}
                    }
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
