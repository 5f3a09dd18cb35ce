//! From bytes to a component.

use crate::component::Component;
use crate::componentize::is_component;
use crate::engine::Engine;
use crate::error::{Error, Kind};

impl Engine {
    /// Compiles a component, binary or text. Takes milliseconds to seconds and a
    /// deep stack: call it on a thread of your own, or through a [`crate::Queue`].
    ///
    /// # Errors
    /// [`Kind::Compile`] with what is wrong and where.
    pub fn compile(&self, bytes: &[u8]) -> Result<Component, Error> {
        let bytes = wat::parse_bytes(bytes).map_err(|error| Error::new(Kind::Compile, error.to_string()))?;
        if !is_component(&bytes) {
            return Err(Error::new(
                Kind::Compile,
                "these bytes are a core module, not a component: wrap it with `componentize` first",
            ));
        }
        let inner = wasmtime::component::Component::from_binary(&self.inner, &bytes)
            .map_err(|error| Error::from_wasmtime(Kind::Compile, &error))?;
        Component::new(self, inner)
    }
}
