//! What can be instantiated.

use crate::component::Component;
use crate::engine::Engine;
use crate::module::Module;

/// A compiled component or core module. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Program {
    /// A component.
    Component(Component),
    /// A core module.
    Module(Module),
}

impl Program {
    pub(crate) fn engine(&self) -> &Engine {
        match self {
            Program::Component(component) => &component.inner.engine,
            Program::Module(module) => &module.inner.engine,
        }
    }
}
