//! A guest that ends itself.

use wasmtime::component::ResourceTableError;

/// The code of a `proc_exit` or `wasi:cli/exit`, when that is what ended the guest. Nought is a
/// normal end.
pub(crate) fn exit_code(error: &wasmtime::Error) -> Option<i32> {
    error.downcast_ref::<wasmtime_wasi::I32Exit>().map(|exit| exit.0)
}

/// Whether the guest ended because it held too many files, sockets and streams at once.
pub(crate) fn out_of_handles(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(ResourceTableError::Full)))
}
