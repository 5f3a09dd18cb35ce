//! What one call used, for those who ask.

use std::time::{Duration, Instant};

/// What one call used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Metrics {
    /// Fuel, where it is metered.
    pub fuel: Option<u64>,
    /// Time from the call's begin to its end.
    pub wall: Duration,
    /// Time on a processor inside the guest and in taking its values in and out.
    pub cpu: Duration,
    /// The most bytes of linear memory; memory never shrinks, so what there is at the end.
    pub memory_peak: usize,
    /// Host functions it called.
    pub host_calls: u64,
}

/// A call's meter.
pub(crate) struct Meter {
    begun: Instant,
    cpu: Duration,
    fuel: Option<u64>,
    host_calls: u64,
}

impl Meter {
    pub(crate) fn start(fuel: Option<u64>, host_calls: u64) -> Meter {
        Meter { begun: Instant::now(), cpu: Duration::ZERO, fuel, host_calls }
    }

    /// Counts the processor's time that `work` takes on this thread.
    pub(crate) fn measure<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = thread_time();
        let done = work();
        self.cpu += thread_time().saturating_sub(before);
        done
    }

    pub(crate) fn stop(&self, fuel: Option<u64>, host_calls: u64, memory_peak: usize) -> Metrics {
        Metrics {
            fuel: self.fuel.zip(fuel).map(|(before, after)| before.saturating_sub(after)),
            wall: self.begun.elapsed(),
            cpu: self.cpu,
            memory_peak,
            host_calls: host_calls.saturating_sub(self.host_calls),
        }
    }
}

#[cfg(unix)]
fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock's time is written to a place of ours.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    if failed != 0 {
        return Duration::ZERO;
    }
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

#[cfg(not(unix))]
fn thread_time() -> Duration {
    Duration::ZERO
}
