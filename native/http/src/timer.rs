//! A deadline that is cheap to move.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A deadline polled by its owner. The clock's entry stays where it was when the deadline moves
/// later, and is looked at again when it rings: most deadlines move with every request.
#[derive(Default)]
pub(crate) struct Timer {
    deadline: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    pub(crate) fn set(&mut self, after: Duration) {
        self.deadline = Some(Instant::now() + after);
    }

    pub(crate) fn clear(&mut self) {
        self.deadline = None;
    }

    pub(crate) fn is_set(&self) -> bool {
        self.deadline.is_some()
    }

    /// Whether the deadline has passed; the task is woken when it does.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(deadline) = self.deadline else { return false };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(cx) == Poll::Ready(()) {
            if Instant::now() >= deadline {
                return true;
            }
            sleep.as_mut().reset(deadline);
        }
        false
    }
}
