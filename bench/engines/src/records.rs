//! Records that can be told from what was never written: the value follows from the key.

use std::collections::HashSet;
use std::fmt;

use crate::store::{Failure, Store};

const VALUE_BYTES: usize = 100;
const TENANTS: u64 = 1_000;

/// The engine served what was never written.
#[derive(Debug)]
pub struct Wrong(pub String);

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "wrong: {}", self.0)
    }
}

impl std::error::Error for Wrong {}

/// 16 bytes of two parts: whose it is, and which.
pub fn key(i: u64) -> Vec<u8> {
    let mut key = (i % TENANTS).to_be_bytes().to_vec();
    key.extend(i.to_be_bytes());
    key
}

pub fn value(i: u64) -> Vec<u8> {
    // SplitMix64: neighbours share nothing, so nothing is won by compressing them.
    let mut state = i;
    let words = std::iter::repeat_with(|| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    });
    words.flat_map(u64::to_be_bytes).take(VALUE_BYTES).collect()
}

pub struct Found {
    pub records: u64,
    /// None is missing below the last.
    pub whole: bool,
}

pub fn verify(store: &dyn Store) -> Result<Found, Failure> {
    let mut seen = HashSet::new();
    store.read_all(&mut |key_found, value_found| {
        let number = key_found.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        match number {
            Some(i) if key(i) == key_found && value(i) == value_found => {
                if seen.insert(i) {
                    Ok(())
                } else {
                    Err(Wrong(format!("{i} twice")).into())
                }
            }
            _ => Err(Wrong(format!("{key_found:?}")).into()),
        }
    })?;
    let records = seen.len() as u64;
    Ok(Found { records, whole: (0..records).all(|i| seen.contains(&i)) })
}
