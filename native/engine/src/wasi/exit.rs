//! A guest that ends itself.

/// The code of a `proc_exit` or `wasi:cli/exit`, when that is what ended the guest. Nought is a
/// normal end.
pub(crate) fn exit_code(error: &wasmtime::Error) -> Option<i32> {
    error.downcast_ref::<wasmtime_wasi::I32Exit>().map(|exit| exit.0)
}
