//! A compiled core module.

use std::fmt;
use std::sync::Arc;

use crate::aot::Overflow;
use crate::engine::Engine;
use crate::error::Error;

/// A compiled core module. Cheap to clone.
#[derive(Clone)]
pub struct Module {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) module: wasmtime::Module,
    pub(crate) overflow: Overflow<Module>,
}

impl Module {
    pub(crate) fn new(engine: &Engine, module: wasmtime::Module) -> Result<Module, Error> {
        let inner = Inner { engine: engine.clone(), module, overflow: Overflow::default() };
        Ok(Module { inner: Arc::new(inner) })
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").finish_non_exhaustive()
    }
}
