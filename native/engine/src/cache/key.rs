//! What compiled code is cached under: a digest of all that it depends on.

use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};

use super::seal::{Key, VERSION};
use crate::engine::Engine;

/// The exact wasmtime: its own hash tells major versions apart, and a patch may
/// mend what it compiles. A test holds it to Cargo.toml.
const WASMTIME: &str = "48.0.8";

/// A digest of the engine: its version, its settings, the target and the CPU's features.
/// Code of another engine's is not looked for.
#[derive(Clone)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    pub(crate) fn of(engine: &Engine) -> Fingerprint {
        let mut hasher = Hashing(Sha256::new());
        (WASMTIME, env!("CARGO_PKG_VERSION"), VERSION, engine.variant().bits()).hash(&mut hasher);
        std::env::consts::ARCH.hash(&mut hasher);
        std::env::consts::OS.hash(&mut hasher);
        engine.inner.precompile_compatibility_hash().hash(&mut hasher);
        Fingerprint(hasher.0)
    }

    /// The key of these bytes, which may be text, compiled by the engine.
    pub(crate) fn key(&self, bytes: &[u8]) -> Key {
        self.0.clone().chain_update((bytes.len() as u64).to_le_bytes()).chain_update(bytes).finalize().into()
    }
}

/// A key as a file's name.
pub(crate) fn hex(key: &Key) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hands what `Hash` writes to SHA-256.
struct Hashing(Sha256);

impl Hasher for Hashing {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Nobody asks: the digest is taken from the whole.
        0
    }
}
