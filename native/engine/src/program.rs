//! What can be instantiated.

use crate::component::Component;
use crate::engine::Engine;
use crate::error::Error;
use crate::module::{ExternType, Module};
use crate::names::Names;
use crate::signature::{Function, Signature};

/// A compiled component or core module. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Program {
    /// A component.
    Component(Component),
    /// A core module.
    Module(Module),
}

impl Program {
    /// The functions it exports.
    pub fn functions(&self) -> &[Function] {
        match self {
            Program::Component(component) => component.exports(),
            Program::Module(module) => module.functions(),
        }
    }

    /// The function imported at this place, if it is one.
    pub fn import(&self, index: usize) -> Option<&Signature> {
        match self {
            Program::Component(component) => component.imports().get(index).map(|import| import.signature()),
            Program::Module(module) => match module.imports().get(index)?.ty() {
                ExternType::Func(signature) => Some(signature),
                _ => None,
            },
        }
    }

    fn names(&self) -> &Names {
        match self {
            Program::Component(component) => component.names(),
            Program::Module(module) => module.names(),
        }
    }

    /// The place in [`Program::functions`] of the function of this name alone.
    pub fn find_name(&self, name: &[u8]) -> Option<usize> {
        self.names().get(name)
    }

    /// The place in [`Program::functions`] of the function at `path`: its name, or
    /// its interface's name and its own. An interface may be named without its
    /// version where that is unambiguous.
    ///
    /// # Errors
    /// [`Kind::Export`](crate::Kind::Export), with the names there are.
    pub fn find(&self, path: &[&str]) -> Result<usize, Error> {
        self.names().find(path)
    }

    pub(crate) fn engine(&self) -> &Engine {
        match self {
            Program::Component(component) => &component.inner.engine,
            Program::Module(module) => &module.inner.engine,
        }
    }
}
