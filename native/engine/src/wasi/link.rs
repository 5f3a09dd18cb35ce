//! WASI's interfaces, put into linkers.

use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};
use wasmtime_wasi::{I32Exit, p0, p1, p2, p3};
use wasmtime_wasi_http::WasiHttp;
use wasmtime_wasi_http::p2::bindings as http;

use super::{Error, HasWasi, Kind, clock, lookup};

/// The packages that WASI consists of.
const PACKAGES: [&str; 7] = ["cli", "clocks", "filesystem", "http", "io", "random", "sockets"];

/// Whether a component's import (`wasi:cli/environment@0.2.0`) or a module's
/// (`wasi_snapshot_preview1`) is one of WASI's.
pub(crate) fn is_wasi_import(path: &str) -> bool {
    match path.strip_prefix("wasi:").and_then(|rest| rest.split_once('/')) {
        Some((package, _)) => PACKAGES.contains(&package),
        None => matches!(path, "wasi_snapshot_preview1" | "wasi_unstable"),
    }
}

/// What to say of a guest that imports WASI and was given none.
pub(crate) fn not_granted(path: &str) -> Error {
    Error::new(
        Kind::Import,
        format!(
            "the guest imports {path}, which is WASI, and was given none: instantiate it with `wasi: []` (the clocks \
             and random numbers, nothing else), name what it may have (`wasi: [args: …, env: …, stdout: …, preopens: \
             …, network: …]`), or give functions of your own for it in `imports:`"
        ),
    )
}

struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

/// Adds interfaces, all but those to leave out, each with what it works on.
macro_rules! add {
    ($linker:ident, $without:ident, $($name:literal => $($path:ident)::+, $data:ty, $get:expr;)*) => {
        $(if !$without(concat!("wasi:", $name)) {
            $($path)::+::add_to_linker::<T, $data>($linker, $get)?;
        })*
    };
}

/// Adds preview 2 and `wasi:http`, and preview 3 where `p3` says so: experimental, and only
/// for an engine with concurrency support. Interfaces of which `without` says true (it is
/// given their names without a version) are left for somebody else to define.
///
/// # Errors
/// When an interface is there already.
pub(crate) fn add_to_component_linker<T: HasWasi + Send + 'static>(
    linker: &mut Linker<T>,
    without: &dyn Fn(&str) -> bool,
    p3: bool,
) -> wasmtime::Result<()> {
    preview2(linker, without)?;
    if !without("wasi:http/types") {
        let options = http::LinkOptions::default();
        http::http::types::add_to_linker::<T, WasiHttp>(linker, &(&options).into(), |t| t.wasi().http())?;
    }
    if !without("wasi:http/outgoing-handler") {
        http::http::outgoing_handler::add_to_linker::<T, WasiHttp>(linker, |t| t.wasi().http())?;
    }
    if p3 { preview3(linker, without) } else { Ok(()) }
}

fn preview2<T: HasWasi + Send + 'static>(
    linker: &mut Linker<T>,
    without: &dyn Fn(&str) -> bool,
) -> wasmtime::Result<()> {
    use p2::bindings::{cli, clocks, filesystem, io, random, sockets};
    add! { linker, without,
        "io/error" => io::error, Io, |t| t.wasi().table();
        "io/poll" => io::poll, Io, |t| t.wasi().table();
        "io/streams" => io::streams, Io, |t| t.wasi().table();
        "clocks/wall-clock" => clocks::wall_clock, WasiClocks, |t| t.wasi().context.clocks();
        "clocks/monotonic-clock" => clocks::monotonic_clock, clock::Clocks, |t| clock::View(t.wasi());
        "random/insecure-seed" => random::insecure_seed, WasiRandom, |t| t.wasi().context.random();
        "filesystem/types" => filesystem::types, WasiFilesystem, |t| t.wasi().context.filesystem();
        "filesystem/preopens" => filesystem::preopens, WasiFilesystem, |t| t.wasi().context.filesystem();
        "cli/environment" => cli::environment, WasiCli, |t| t.wasi().context.cli();
        "cli/exit" => cli::exit, WasiCli, |t| t.wasi().context.cli();
        "cli/stdin" => cli::stdin, WasiCli, |t| t.wasi().context.cli();
        "cli/stdout" => cli::stdout, WasiCli, |t| t.wasi().context.cli();
        "cli/stderr" => cli::stderr, WasiCli, |t| t.wasi().context.cli();
        "cli/terminal-input" => cli::terminal_input, WasiCli, |t| t.wasi().context.cli();
        "cli/terminal-output" => cli::terminal_output, WasiCli, |t| t.wasi().context.cli();
        "cli/terminal-stdin" => cli::terminal_stdin, WasiCli, |t| t.wasi().context.cli();
        "cli/terminal-stdout" => cli::terminal_stdout, WasiCli, |t| t.wasi().context.cli();
        "cli/terminal-stderr" => cli::terminal_stderr, WasiCli, |t| t.wasi().context.cli();
        "sockets/instance-network" => sockets::instance_network, WasiSockets, |t| t.wasi().context.sockets();
        "sockets/tcp" => sockets::tcp, WasiSockets, |t| t.wasi().context.sockets();
        "sockets/tcp-create-socket" => sockets::tcp_create_socket, WasiSockets, |t| t.wasi().context.sockets();
        "sockets/udp" => sockets::udp, WasiSockets, |t| t.wasi().context.sockets();
        "sockets/udp-create-socket" => sockets::udp_create_socket, WasiSockets, |t| t.wasi().context.sockets();
    }
    for (name, secure) in [("wasi:random/random", true), ("wasi:random/insecure", false)] {
        if !without(name) {
            super::random::add_to_linker(linker, secure)?;
        }
    }
    if !without("wasi:sockets/network") {
        let options = p2::bindings::LinkOptions::default();
        sockets::network::add_to_linker::<T, WasiSockets>(linker, &(&options).into(), |t| t.wasi().context.sockets())?;
    }
    if !without("wasi:sockets/ip-name-lookup") {
        lookup::add_to_linker(linker, "wasi:sockets/ip-name-lookup@0.2.12")?;
    }
    Ok(())
}

fn preview3<T: HasWasi + Send + 'static>(
    linker: &mut Linker<T>,
    without: &dyn Fn(&str) -> bool,
) -> wasmtime::Result<()> {
    use p3::bindings::{cli, clocks, filesystem, random, sockets};
    add! { linker, without,
        "clocks/types" => clocks::types, WasiClocks, |t| t.wasi().context.clocks();
        "clocks/system-clock" => clocks::system_clock, WasiClocks, |t| t.wasi().context.clocks();
        "clocks/monotonic-clock" => clocks::monotonic_clock, WasiClocks, |t| t.wasi().context.clocks();
        "random/random" => random::random, WasiRandom, |t| t.wasi().context.random();
        "random/insecure" => random::insecure, WasiRandom, |t| t.wasi().context.random();
        "random/insecure-seed" => random::insecure_seed, WasiRandom, |t| t.wasi().context.random();
        "filesystem/types" => filesystem::types, WasiFilesystem, |t| t.wasi().context.filesystem();
        "filesystem/preopens" => filesystem::preopens, WasiFilesystem, |t| t.wasi().context.filesystem();
        "cli/environment" => cli::environment, WasiCli, |t| t.wasi().context.cli();
        "cli/exit" => cli::exit, WasiCli, |t| t.wasi().context.cli();
        "cli/stdin" => cli::stdin, WasiCli, |t| t.wasi().context.cli();
        "cli/stdout" => cli::stdout, WasiCli, |t| t.wasi().context.cli();
        "cli/stderr" => cli::stderr, WasiCli, |t| t.wasi().context.cli();
        "cli/terminal-input" => cli::terminal_input, WasiCli, |t| t.wasi().context.cli();
        "cli/terminal-output" => cli::terminal_output, WasiCli, |t| t.wasi().context.cli();
        "cli/terminal-stdin" => cli::terminal_stdin, WasiCli, |t| t.wasi().context.cli();
        "cli/terminal-stdout" => cli::terminal_stdout, WasiCli, |t| t.wasi().context.cli();
        "cli/terminal-stderr" => cli::terminal_stderr, WasiCli, |t| t.wasi().context.cli();
        "sockets/types" => sockets::types, WasiSockets, |t| t.wasi().context.sockets();
        "sockets/ip-name-lookup" => sockets::ip_name_lookup, WasiSockets, |t| t.wasi().context.sockets();
    }
    Ok(())
}

/// Adds preview 1 and its predecessor, for core modules. With `virtual_time` a guest's
/// sleeps follow its store's clock, as `deterministic` wants it.
///
/// Leaves shadowing allowed: what is defined afterwards overrides what is here.
///
/// # Errors
/// When one of the functions is there already.
pub(crate) fn add_to_module_linker<T: HasWasi + Send + 'static>(
    linker: &mut wasmtime::Linker<T>,
    virtual_time: bool,
) -> wasmtime::Result<()> {
    p1::add_to_linker_async(linker, |t| &mut t.wasi().context)?;
    p0::add_to_linker_async(linker, |t| &mut t.wasi().context)?;
    linker.allow_shadowing(true);
    super::random::shadow_random_get(linker)?;
    // wasmtime's own traps from 126 on.
    linker.func_wrap("wasi_snapshot_preview1", "proc_exit", |status: i32| -> wasmtime::Result<()> {
        Err(I32Exit(status & 0xff).into())
    })?;
    if virtual_time { clock::shadow_poll_oneoff(linker) } else { Ok(()) }
}
