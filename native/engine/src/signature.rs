//! A function as its program declares it, and how the last calls of it went.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use crate::caller::Way;
use crate::types::Type;

/// Calls that start where they may block, after one that overran its first slice.
const SLOW_CALLS: u8 = 16;

/// A function's place, parameters and results.
#[derive(Clone, Debug)]
pub struct Signature {
    pub(crate) path: Vec<String>,
    pub(crate) params: Vec<(String, Type)>,
    pub(crate) results: Vec<Type>,
}

impl Signature {
    /// Its interface's or module's name, if it has one, and its own.
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Names and types of its parameters; a core module's have no names.
    pub fn params(&self) -> &[(String, Type)] {
        &self.params
    }

    /// What it answers: nothing or one value for a component's, any number for a module's.
    pub fn results(&self) -> &[Type] {
        &self.results
    }

    /// Its path in one text: `render`, or `wasi:cli/run#run`.
    pub fn name(&self) -> String {
        self.path.join("#")
    }

    pub(crate) fn has_resource(&self) -> bool {
        self.params.iter().any(|(_, ty)| ty.has_resource()) || self.results.iter().any(Type::has_resource)
    }
}

/// An exported function.
pub struct Function {
    pub(crate) signature: Signature,
    /// How it is called, chosen once from its type.
    pub(crate) way: Way,
    takes_any_size: bool,
    slow: AtomicU8,
}

impl Function {
    pub(crate) fn new(signature: Signature, way: Way) -> Function {
        let takes_any_size = signature.params.iter().any(|(_, ty)| ty.has_any_size());
        Function { signature, way, takes_any_size, slow: AtomicU8::new(0) }
    }

    /// Its place, parameters and results.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Whether an argument may be so large that passing it takes a while.
    pub fn takes_any_size(&self) -> bool {
        self.takes_any_size
    }

    /// Whether the next call should start where it may block. Now and then the
    /// answer is no in spite of slow calls before, to see whether it still holds.
    pub fn starts_slow(&self) -> bool {
        let slow = self.slow.load(Relaxed);
        if slow > 0 {
            self.slow.store(slow - 1, Relaxed);
        }
        slow > 0
    }

    /// A call overran its first slice: let the next ones start where that does not matter.
    pub(crate) fn mark_slow(&self) {
        self.slow.store(SLOW_CALLS, Relaxed);
    }
}
