//! wasmtime installs signal handlers that live in this library, and threads of
//! ours run in it: once loaded it must stay mapped, whatever becomes of the
//! Erlang module that loaded it.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
