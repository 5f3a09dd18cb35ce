//! The seal: what stands behind native code and says what it is and that it is whole.
//!
//! | bytes | |
//! | --- | --- |
//! | … | the code |
//! | 8 | `WBNATIVE` |
//! | 4 | the format's version, least byte first, as all numbers here |
//! | 1 | 1 component, 2 core module |
//! | 1 | the variant of the engine it is for |
//! | 2 | zero |
//! | 8 | the code's length |
//! | 32 | the key it is cached under, or zeros |
//! | 32 | SHA-256 of all before |
//!
//! It stands at the end, not at the beginning, so that a sealed file is still an
//! object file that wasmtime can map as it is.
//!
//! A digest tells damage, not malice: whoever can write a file can compute one.

use sha2::{Digest, Sha256};

/// Bytes of a seal.
pub const LENGTH: usize = 88;

/// Raised whenever the layout, or what a program compiles to by our own doing, changes.
pub const VERSION: u32 = 1;

const MAGIC: &[u8; 8] = b"WBNATIVE";
const DIGEST: usize = LENGTH - 32;

/// What native code is cached under: see `cache::key`.
pub type Key = [u8; 32];

/// Of native code that is not from a cache.
pub const NO_KEY: Key = [0; 32];

/// What the code is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A component.
    Component = 1,
    /// A core module.
    Module = 2,
}

/// A seal's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// What the code is of.
    pub what: What,
    /// The bits of the engine's variant.
    pub variant: u8,
    /// The code's length.
    pub length: u64,
    /// The key it is cached under.
    pub key: Key,
    /// SHA-256 of the code and of the fields above.
    pub digest: [u8; 32],
}

/// Code whose seal is unbroken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed<'a> {
    /// What the seal says.
    pub seal: Seal,
    /// The code.
    pub code: &'a [u8],
}

/// Why bytes are not taken for native code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Shorter than a seal.
    #[error("it is too short")]
    TooShort,
    /// The magic bytes are not there.
    #[error("it is something else, or its end is missing")]
    Magic,
    /// Written by another version of this library.
    #[error("its format is version {0}, this library reads version {VERSION}")]
    Version(u32),
    /// Neither a component nor a module, or bytes that should be zero are not.
    #[error("it says that it is of an unknown kind")]
    What,
    /// For a variant of the engine that there is not.
    #[error("it is for an unknown variant of the engine")]
    Variant,
    /// Longer or shorter than it says.
    #[error("it is not as long as it says")]
    Length,
    /// Altered since it was sealed.
    #[error("it was altered or damaged")]
    Digest,
}

/// `code` with its seal behind it.
pub fn seal(mut code: Vec<u8>, what: What, variant: u8, key: Key) -> Vec<u8> {
    let length = code.len() as u64;
    code.reserve_exact(LENGTH);
    code.extend_from_slice(MAGIC);
    code.extend_from_slice(&VERSION.to_le_bytes());
    code.extend_from_slice(&[what as u8, variant, 0, 0]);
    code.extend_from_slice(&length.to_le_bytes());
    code.extend_from_slice(&key);
    let digest = Sha256::digest(&code);
    code.extend_from_slice(&digest);
    code
}

/// A seal's fields. What it says of the code before it is not checked.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(bytes: &[u8; LENGTH]) -> Result<Seal, Broken> {
    let (magic, rest) = split(bytes).ok_or(Broken::TooShort)?;
    if magic != MAGIC {
        return Err(Broken::Magic);
    }
    let (version, rest) = split(rest).ok_or(Broken::TooShort)?;
    let version = u32::from_le_bytes(*version);
    if version != VERSION {
        return Err(Broken::Version(version));
    }
    let (&[what, variant, zero, zero_too], rest) = split(rest).ok_or(Broken::TooShort)?;
    let what = match (what, zero, zero_too) {
        (1, 0, 0) => What::Component,
        (2, 0, 0) => What::Module,
        _ => return Err(Broken::What),
    };
    let (length, rest) = split(rest).ok_or(Broken::TooShort)?;
    let (key, rest) = split(rest).ok_or(Broken::TooShort)?;
    let (digest, _) = split(rest).ok_or(Broken::TooShort)?;
    Ok(Seal { what, variant, length: u64::from_le_bytes(*length), key: *key, digest: *digest })
}

/// Reads code with its seal and checks all of it, the digest included. A pure
/// function of the bytes.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(bytes: &[u8]) -> Result<Sealed<'_>, Broken> {
    let (code, end) = bytes.split_last_chunk::<LENGTH>().ok_or(Broken::TooShort)?;
    let seal = parse(end)?;
    if seal.length != code.len() as u64 {
        return Err(Broken::Length);
    }
    let digest = Sha256::new().chain_update(code).chain_update(&end[..DIGEST]).finalize();
    if digest[..] != seal.digest {
        return Err(Broken::Digest);
    }
    Ok(Sealed { seal, code })
}

fn split<const N: usize>(bytes: &[u8]) -> Option<(&[u8; N], &[u8])> {
    bytes.split_first_chunk()
}
