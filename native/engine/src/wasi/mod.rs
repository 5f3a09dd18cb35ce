//! WASI: what a guest may see of the world, none of it unless named.
//!
//! A store holds a [`Wasi`] made from [`WasiOptions`], or none at all; the linkers
//! reach it through [`HasWasi`]. Files and sockets are worked on threads of tokio's,
//! never on the one that polls the guest: whoever polls a store that has WASI does so
//! inside [`ambient`].

mod clock;
mod exit;
mod http;
mod link;
mod lookup;
pub(crate) mod network;
mod options;
mod outbox;
mod outgoing;
mod random;
mod stdin;

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView};

use super::error::{Error, Kind};

pub(crate) use self::http::{Handled, Response, handle};
pub use self::http::{Request, RequestBody};
pub(crate) use clock::VirtualClock;
pub(crate) use exit::{exit_code, out_of_handles};
pub(crate) use link::{add_to_component_linker, add_to_module_linker, is_wasi_import, not_granted};
pub(crate) use network::Network;
pub use options::{Output, Preopen, Stdin, WasiOptions};
pub(crate) use outbox::Outbox;
pub use outbox::{Chunk, Stream};
pub(crate) use outgoing::Outgoing;
pub use stdin::AskStdin;
pub(crate) use wasmtime_wasi::runtime::with_ambient_tokio_runtime as ambient;

/// Bytes of randomness that wasmtime's own functions fill in one call (those of preview 3, and of
/// preview 1's predecessor): more takes longer than a slice. The others take turns.
const RANDOM_AT_ONCE: u64 = 256 << 10;

/// Files, sockets, streams and other resources of WASI's that a guest holds at once: its files are
/// open files of this whole process.
const HANDLES: usize = 1_000;

/// What the store's data says of its WASI. A store that was given none answers
/// [`Wasi::denied`], made when first asked for.
pub(crate) trait HasWasi {
    fn wasi(&mut self) -> &mut Wasi;
}

/// All that WASI's host functions work on: one context serves preview 1, 2 and 3.
pub(crate) struct Wasi {
    context: WasiP1Ctx,
    http: WasiHttpCtx,
    outgoing: Outgoing,
    network: Arc<Network>,
    clock: Option<Arc<VirtualClock>>,
}

impl Wasi {
    /// What the options grant. Opens the preopened directories, which may take long:
    /// see [`Wasi::open`].
    ///
    /// # Errors
    /// [`Kind::NotFound`] or [`Kind::Io`] when a preopened directory cannot be opened,
    /// [`Kind::Type`] when a rule of the network is none.
    pub(crate) fn new(options: WasiOptions, outbox: &Arc<Outbox>) -> Result<Wasi, Error> {
        let network = Arc::new(Network::new(&options.network, &options.listen)?);
        let mut builder = WasiCtx::builder();
        builder.args(&options.args).envs(&options.env).max_random_size(RANDOM_AT_ONCE);
        options.stdin.give(&mut builder);
        builder.stdout(outbox::Written::new(outbox, Stream::Stdout));
        builder.stderr(outbox::Written::new(outbox, Stream::Stderr));
        network.give(&mut builder);
        for preopen in &options.preopens {
            let perms = if preopen.writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
            builder
                .preopened_dir(&preopen.host, &preopen.guest, perms)
                .map_err(|error| cannot_open(preopen, &error))?;
        }
        let clock = options.deterministic.map(|seed| {
            builder.secure_random(StdRng::seed_from_u64(seed));
            builder.insecure_random(StdRng::seed_from_u64(!seed));
            builder.insecure_random_seed(u128::from(seed) << 64 | u128::from(!seed));
            let clock = Arc::new(VirtualClock::default());
            builder.wall_clock(clock::Wall(clock.clone()));
            builder.monotonic_clock(clock::Monotonic(clock.clone()));
            clock
        });
        Ok(Wasi {
            context: limited(builder.build_p1()),
            http: WasiHttpCtx::new(),
            outgoing: Outgoing::new(network.clone()),
            network,
            clock,
        })
    }

    /// As [`Wasi::new`], with the directories opened on a thread that may block.
    ///
    /// # Errors
    /// As [`Wasi::new`].
    pub(crate) async fn open(options: WasiOptions, outbox: Arc<Outbox>) -> Result<Wasi, Error> {
        if options.preopens.is_empty() {
            return Wasi::new(options, &outbox);
        }
        wasmtime_wasi::runtime::spawn_blocking(move || Wasi::new(options, &outbox)).await
    }

    /// Grants nothing: no argument, file, stream or host; the clocks' and random
    /// functions are there only so that nothing has to panic.
    pub(crate) fn denied() -> Wasi {
        let network = Arc::new(Network::default());
        Wasi {
            context: limited(WasiCtx::builder().max_random_size(RANDOM_AT_ONCE).build_p1()),
            http: WasiHttpCtx::new(),
            outgoing: Outgoing::new(network.clone()),
            network,
            clock: None,
        }
    }

    /// Whether time goes on only when it is read or slept.
    pub(crate) fn has_virtual_time(&self) -> bool {
        self.clock.is_some()
    }

    fn view(&mut self) -> WasiCtxView<'_> {
        WasiView::ctx(&mut self.context)
    }

    fn table(&mut self) -> &mut ResourceTable {
        self.view().table
    }

    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.outgoing,
            table: WasiView::ctx(&mut self.context).table,
            ctx: &mut self.http,
        }
    }
}

fn limited(mut context: WasiP1Ctx) -> WasiP1Ctx {
    WasiView::ctx(&mut context).table.set_max_capacity(HANDLES);
    context
}

fn cannot_open(preopen: &Preopen, error: &wasmtime::Error) -> Error {
    let found = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let kind = if found == Some(std::io::ErrorKind::NotFound) { Kind::NotFound } else { Kind::Io };
    Error::new(
        kind,
        format!(
            "the directory {} (preopened as {}) cannot be opened: {error:#}",
            preopen.host.display(),
            preopen.guest
        ),
    )
}
