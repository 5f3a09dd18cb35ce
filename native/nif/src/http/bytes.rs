//! What the BEAM has, as the server takes it.

use rustler::env::{OwnedEnv, SavedTerm};
use rustler::{Binary, Term};
use workbooks_http::Bytes;

/// Below this a copy costs less than an environment that keeps the binary.
const COPIED: usize = 32 * 1024;

/// The bytes of a binary: a copy of what is small, else the binary itself, which lives as long.
pub fn bytes(binary: Binary) -> Bytes {
    if binary.len() <= COPIED {
        return Bytes::copy_from_slice(binary.as_slice());
    }
    let own = OwnedEnv::new();
    let term = own.save(Term::from(binary));
    Bytes::from_owner(Kept { own, term })
}

/// A binary that is kept alive by an environment of its own.
struct Kept {
    own: OwnedEnv,
    term: SavedTerm,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        self.own.run(|env| Binary::from_term(self.term.load(env)).map_or(&[][..], |binary| binary.as_slice()))
    }
}

/// Header lines, all in one piece of memory.
pub fn headers(lines: &[(Binary, Binary)]) -> Vec<(Bytes, Bytes)> {
    let mut all = Vec::with_capacity(lines.iter().map(|(name, value)| name.len() + value.len()).sum());
    for (name, value) in lines {
        all.extend_from_slice(name);
        all.extend_from_slice(value);
    }
    let mut rest = Bytes::from(all);
    lines.iter().map(|(name, value)| (rest.split_to(name.len()), rest.split_to(value.len()))).collect()
}
