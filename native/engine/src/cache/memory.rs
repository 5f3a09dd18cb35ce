//! Programs kept in memory: the last used ones, up to a number of bytes of code.

use std::collections::{BTreeMap, HashMap};

use super::seal::Key;
use crate::program::Program;

/// Least recently used goes first.
pub(crate) struct Memory {
    bound: u64,
    bytes: u64,
    /// Counts uses, so that they have an order.
    clock: u64,
    entries: HashMap<Key, Entry>,
    by_use: BTreeMap<u64, Key>,
}

struct Entry {
    program: Program,
    bytes: u64,
    used: u64,
}

impl Memory {
    pub(crate) fn new(bound: u64) -> Memory {
        Memory { bound, bytes: 0, clock: 0, entries: HashMap::new(), by_use: BTreeMap::new() }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&mut self, key: &Key) -> Option<Program> {
        self.clock += 1;
        let entry = self.entries.get_mut(key)?;
        self.by_use.remove(&entry.used);
        entry.used = self.clock;
        self.by_use.insert(self.clock, *key);
        Some(entry.program.clone())
    }

    /// Keeps a program; answers what had to go for it, to be dropped where that may
    /// take a while. What alone is beyond the bound is not kept.
    #[must_use]
    pub(crate) fn put(&mut self, key: Key, program: Program) -> Vec<Program> {
        let bytes = program.code_bytes() as u64;
        if bytes > self.bound {
            return Vec::new();
        }
        let mut gone: Vec<Program> = self.take(&key).into_iter().collect();
        self.clock += 1;
        self.entries.insert(key, Entry { program, bytes, used: self.clock });
        self.by_use.insert(self.clock, key);
        self.bytes += bytes;
        gone.extend(self.shrink());
        gone
    }

    /// Sets the bound; answers what is beyond it.
    #[must_use]
    pub(crate) fn set_bound(&mut self, bound: u64) -> Vec<Program> {
        self.bound = bound;
        self.shrink()
    }

    #[must_use]
    pub(crate) fn clear(&mut self) -> Vec<Program> {
        self.by_use.clear();
        self.bytes = 0;
        self.entries.drain().map(|(_, entry)| entry.program).collect()
    }

    fn shrink(&mut self) -> Vec<Program> {
        let mut gone = Vec::new();
        while self.bytes > self.bound
            && let Some((_, &key)) = self.by_use.first_key_value()
        {
            gone.extend(self.take(&key));
        }
        gone
    }

    fn take(&mut self, key: &Key) -> Option<Program> {
        let entry = self.entries.remove(key)?;
        self.by_use.remove(&entry.used);
        self.bytes = self.bytes.saturating_sub(entry.bytes);
        Some(entry.program)
    }
}
