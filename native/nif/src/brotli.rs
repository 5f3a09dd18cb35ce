//! Brotli, for files that are compressed once and sent often.

use std::io::Cursor;

use brotli::enc::BrotliEncoderParams;
use rustler::{Binary, Encoder, Env, OwnedBinary, Term};

use crate::atoms;

/// `{:ok, compressed}`, or `:error` where there is no memory for it. The best quality, 11, goes through a
/// mebibyte in about a second; the window is 10 to 24, a power of two.
#[rustler::nif(schedule = "DirtyCpu")]
fn brotli_compress<'a>(env: Env<'a>, bytes: Binary<'a>, quality: u32, window: u32) -> Term<'a> {
    let params = BrotliEncoderParams {
        quality: i32::try_from(quality.min(11)).unwrap_or(11),
        lgwin: i32::try_from(window.clamp(10, 24)).unwrap_or(22),
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut out = Vec::with_capacity(bytes.len() / 4);
    match brotli::BrotliCompress(&mut Cursor::new(bytes.as_slice()), &mut out, &params) {
        Ok(_) => (atoms::ok(), OwnedBinary::from_slice(&out).release(env)).encode(env),
        Err(_) => atoms::error().encode(env),
    }
}
