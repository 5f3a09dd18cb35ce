//! Compilations under way, and who waits for each.

use std::collections::HashMap;
use std::sync::Arc;

use super::seal::Key;
use crate::error::Error;
use crate::program::Program;
use crate::queue::Job;

/// Takes the answer to where it was asked for.
pub(crate) type Deliver = Box<dyn FnOnce(Result<Program, Error>) + Send>;

/// One who waits. All who wait for the same are alike, the first as well: that one
/// is called off touches no other.
pub(crate) struct Waiter {
    pub(crate) job: Arc<Job>,
    pub(crate) deliver: Deliver,
}

impl Waiter {
    /// Delivers, unless it was called off.
    pub(crate) fn answer(self, answer: Result<Program, Error>) {
        if self.job.answer() {
            (self.deliver)(answer);
        }
    }
}

/// Compilations by what they are of.
#[derive(Default)]
pub(crate) struct Flights(HashMap<Key, Vec<Waiter>>);

impl Flights {
    /// Waits with the others; the waiter comes back when it is the first.
    pub(crate) fn join(&mut self, key: &Key, waiter: Waiter) -> Option<Waiter> {
        match self.0.get_mut(key) {
            Some(waiters) => {
                waiters.push(waiter);
                None
            }
            None => Some(waiter),
        }
    }

    pub(crate) fn begin(&mut self, key: Key, waiter: Waiter) {
        self.0.insert(key, vec![waiter]);
    }

    /// Ends a compilation that nobody waits for any more: true when it was so.
    pub(crate) fn abandon(&mut self, key: &Key) -> bool {
        let abandoned = self.0.get(key).is_none_or(|waiters| waiters.iter().all(|waiter| waiter.job.is_cancelled()));
        if abandoned {
            self.0.remove(key);
        }
        abandoned
    }

    /// Ends a compilation: those to deliver to.
    pub(crate) fn end(&mut self, key: &Key) -> Vec<Waiter> {
        self.0.remove(key).unwrap_or_default()
    }
}
