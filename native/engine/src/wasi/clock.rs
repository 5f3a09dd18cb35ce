//! Virtual time: it goes on when it is read and when the guest sleeps, never by itself.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use wasmtime::component::{HasData, Resource};
use wasmtime::{Caller, Extern, Linker};
use wasmtime_wasi::clocks::{WasiClocksCtxView, WasiClocksView};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, async_trait};

use super::{HasWasi, Wasi};

/// What the wall clock says when the monotonic one says nought: 2020-01-01T00:00:00Z.
const START: Duration = Duration::from_secs(1_577_836_800);
/// How far each reading moves the time, in nanoseconds.
const STEP: u64 = 1_000;

/// Time as one guest sees it, in nanoseconds since its store was made.
#[derive(Default)]
pub(crate) struct VirtualClock {
    time: Mutex<Time>,
}

#[derive(Default)]
struct Time {
    now: u64,
    /// Who sleeps until when; the number tells two of the same time apart.
    sleepers: BTreeSet<(u64, u64)>,
    slept: u64,
}

impl VirtualClock {
    fn time(&self) -> MutexGuard<'_, Time> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time; reading it takes a step.
    fn read(&self) -> u64 {
        let mut time = self.time();
        time.now = time.now.saturating_add(STEP);
        time.now
    }

    fn peek(&self) -> u64 {
        self.time().now
    }

    fn advance_to(&self, when: u64) {
        let mut time = self.time();
        time.now = time.now.max(when);
    }

    fn sleep_until(self: &Arc<Self>, until: u64) -> Sleep {
        Sleep { clock: self.clone(), until, number: None }
    }
}

pub(super) struct Wall(pub(super) Arc<VirtualClock>);

impl HostWallClock for Wall {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(STEP)
    }

    fn now(&self) -> Duration {
        START.saturating_add(Duration::from_nanos(self.0.read()))
    }
}

pub(super) struct Monotonic(pub(super) Arc<VirtualClock>);

impl HostMonotonicClock for Monotonic {
    fn resolution(&self) -> u64 {
        STEP
    }

    fn now(&self) -> u64 {
        self.0.read()
    }
}

/// Ends when virtual time has come. Of several that are polled together the earliest
/// moves the time: at its first poll each says until when it sleeps, at the second the
/// earliest ends, so that whatever else is ready comes before any of them.
struct Sleep {
    clock: Arc<VirtualClock>,
    until: u64,
    number: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut time = clock.time();
        match self.number {
            _ if time.now >= self.until => return Poll::Ready(()),
            None => {
                let number = time.slept;
                time.slept += 1;
                time.sleepers.insert((self.until, number));
                self.number = Some(number);
            }
            Some(number) if time.sleepers.first() == Some(&(self.until, number)) => {
                time.now = self.until;
                return Poll::Ready(());
            }
            Some(_) => {}
        }
        drop(time);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.clock.time().sleepers.remove(&(self.until, number));
        }
    }
}

struct Timer {
    clock: Arc<VirtualClock>,
    until: u64,
}

#[async_trait]
impl Pollable for Timer {
    async fn ready(&mut self) {
        self.clock.sleep_until(self.until).await
    }
}

/// `wasi:clocks/monotonic-clock`, whose timers follow the store's clock: wasmtime's own
/// sleep for real whatever clock they are given.
pub(super) struct Clocks;

impl HasData for Clocks {
    type Data<'a> = View<'a>;
}

pub(super) struct View<'a>(pub(super) &'a mut Wasi);

impl View<'_> {
    fn real(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksView::clocks(&mut self.0.context)
    }

    fn timer(&mut self, clock: Arc<VirtualClock>, until: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let table = self.0.table();
        let timer = table.push(Timer { clock, until })?;
        subscribe(table, timer)
    }
}

impl monotonic_clock::Host for View<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        monotonic_clock::Host::now(&mut self.real())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        monotonic_clock::Host::resolution(&mut self.real())
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        match self.0.clock.clone() {
            Some(clock) => self.timer(clock, when),
            None => monotonic_clock::Host::subscribe_instant(&mut self.real(), when),
        }
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        match self.0.clock.clone() {
            Some(clock) => {
                let until = clock.peek().saturating_add(duration);
                self.timer(clock, until)
            }
            None => monotonic_clock::Host::subscribe_duration(&mut self.real(), duration),
        }
    }
}

const SUCCESS: i32 = 0;
const FAULT: i32 = 21;
const INVALID: i32 = 28;
/// Subscriptions of one call: what a program waits for at once is a handful.
const SUBSCRIPTIONS: u32 = 4096;
const SUBSCRIPTION: usize = 48;
const EVENT: usize = 32;

/// Preview 1's `poll_oneoff` in virtual time; the linker must allow shadowing.
pub(super) fn shadow_poll_oneoff<T: HasWasi + Send + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    linker.func_wrap(
        "wasi_snapshot_preview1",
        "poll_oneoff",
        |mut caller: Caller<'_, T>, subscriptions: u32, events: u32, count: u32, written: u32| -> i32 {
            let Some(clock) = caller.data_mut().wasi().clock.clone() else { return INVALID };
            let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return FAULT };
            if count == 0 || count > SUBSCRIPTIONS {
                return INVALID;
            }
            poll_oneoff(memory.data_mut(&mut caller), &clock, subscriptions, events, count, written)
                .unwrap_or_else(|errno| errno)
        },
    )?;
    Ok(())
}

/// What somebody waits for: a time, or a file that is always ready.
struct Subscription {
    userdata: [u8; 8],
    kind: u8,
    due: Option<u64>,
}

fn poll_oneoff(
    memory: &mut [u8],
    clock: &VirtualClock,
    subscriptions: u32,
    events: u32,
    count: u32,
    written: u32,
) -> Result<i32, i32> {
    let now = clock.peek();
    let mut waiting = Vec::with_capacity(count as usize);
    for index in 0..count as usize {
        waiting.push(subscription(memory, subscriptions as usize + index * SUBSCRIPTION, now)?);
    }
    // A file is always ready: time goes on only when nothing else is waited for.
    if let Some(earliest) = waiting.iter().map(|one| one.due).min().flatten() {
        clock.advance_to(earliest);
    }
    let now = clock.peek();
    let mut ready: u32 = 0;
    for one in waiting.iter().filter(|one| one.due.is_none_or(|due| due <= now)) {
        let event = bytes_mut::<EVENT>(memory, events as usize + ready as usize * EVENT)?;
        event.fill(0);
        event[..8].copy_from_slice(&one.userdata);
        event[10] = one.kind;
        // One byte may be read or written, at the least.
        event[16] = u8::from(one.due.is_none());
        ready += 1;
    }
    *bytes_mut::<4>(memory, written as usize)? = ready.to_le_bytes();
    Ok(SUCCESS)
}

fn subscription(memory: &[u8], at: usize, now: u64) -> Result<Subscription, i32> {
    let userdata = *bytes(memory, at)?;
    let [kind] = *bytes(memory, at + 8)?;
    let due = match kind {
        0 => {
            let id = u32::from_le_bytes(*bytes(memory, at + 16)?);
            let timeout = u64::from_le_bytes(*bytes(memory, at + 24)?);
            let absolute = u16::from_le_bytes(*bytes(memory, at + 40)?) & 1 == 1;
            Some(match (id, absolute) {
                (0 | 1, false) => now.saturating_add(timeout),
                (0, true) => timeout.saturating_sub(START.as_nanos() as u64),
                (1, true) => timeout,
                _ => return Err(INVALID),
            })
        }
        1 | 2 => None,
        _ => return Err(INVALID),
    };
    Ok(Subscription { userdata, kind, due })
}

fn bytes<const N: usize>(memory: &[u8], at: usize) -> Result<&[u8; N], i32> {
    memory.get(at..).and_then(|rest| rest.first_chunk()).ok_or(FAULT)
}

fn bytes_mut<const N: usize>(memory: &mut [u8], at: usize) -> Result<&mut [u8; N], i32> {
    memory.get_mut(at..).and_then(|rest| rest.first_chunk_mut()).ok_or(FAULT)
}
