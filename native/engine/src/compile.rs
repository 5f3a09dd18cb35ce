//! From bytes to a program.

use crate::component::Component;
use crate::componentize::is_component;
use crate::engine::Engine;
use crate::error::{Error, Kind};
use crate::module::Module;
use crate::program::Program;

impl Engine {
    /// Compiles a component or a core module, binary or text. Takes milliseconds to seconds and a
    /// deep stack: call it on a thread of your own, or through a [`crate::Queue`].
    ///
    /// # Errors
    /// [`Kind::Compile`] with what is wrong and where.
    pub fn compile(&self, bytes: &[u8]) -> Result<Program, Error> {
        let wrong = |error: wasmtime::Error| Error::from_wasmtime(Kind::Compile, &error);
        let bytes = wat::parse_bytes(bytes).map_err(|error| Error::new(Kind::Compile, error.to_string()))?;
        if is_component(&bytes) {
            let component = wasmtime::component::Component::from_binary(&self.inner, &bytes).map_err(wrong)?;
            return Component::new(self, component).map(Program::Component);
        }
        let module = wasmtime::Module::from_binary(&self.inner, &bytes).map_err(wrong)?;
        Module::new(self, module).map(Program::Module)
    }
}
