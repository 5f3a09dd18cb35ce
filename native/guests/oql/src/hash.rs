//! Maps and sets by hash. A guest has no randomness to seed a hash with, so a
//! hash made to keep its seed secret would only cost its time here.

use foldhash::quality::FixedState;

/// A map by hash.
pub type HashMap<K, V> = std::collections::HashMap<K, V, FixedState>;
/// A set by hash.
pub type HashSet<T> = std::collections::HashSet<T, FixedState>;
