//! A thread that drops what is too large to drop on a scheduler.

use std::any::Any;
use std::sync::OnceLock;

use crossbeam_channel::{Sender, unbounded};

/// Giving eight megabytes back to the kernel, all of them touched, takes a third of a
/// millisecond. On another core it would cost more: pages that one core gives back and
/// another takes are cold, and each giving back interrupts the core that runs guests.
const INLINE_BYTES: usize = 8 << 20;

/// Drops `value`, which holds about `bytes` of memory: here when that is quick,
/// else on the reaper's thread.
pub(crate) fn dispose<T: Send + 'static>(value: T, bytes: usize) {
    static REAPER: OnceLock<Option<Sender<Box<dyn Any + Send>>>> = OnceLock::new();
    if bytes <= INLINE_BYTES {
        return drop(value);
    }
    let reaper = REAPER.get_or_init(|| {
        let (sender, receiver) = unbounded::<Box<dyn Any + Send>>();
        std::thread::Builder::new()
            .name("workbooks-reaper".into())
            .spawn(move || receiver.into_iter().for_each(drop))
            .ok()
            .map(|_| sender)
    });
    match reaper {
        // A closed channel hands the value back inside the error: it is dropped here.
        Some(reaper) => drop(reaper.send(Box::new(value))),
        None => drop(value),
    }
}
