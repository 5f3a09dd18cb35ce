//! Components compiled ahead of time: native code in a file, mapped when loaded.

use std::path::Path;

use crate::component::Component;
use crate::engine::Engine;
use crate::error::{Error, Kind};

impl Component {
    /// Its native code, for [`Engine::load`] on a machine of the same kind.
    ///
    /// # Errors
    /// [`Kind::Internal`] when memory runs out.
    pub fn serialize(&self) -> Result<Vec<u8>, Error> {
        self.inner.component.serialize().map_err(|error| Error::from_wasmtime(Kind::Internal, &error))
    }
}

impl Engine {
    /// Takes in native code made by [`Component::serialize`].
    ///
    /// # Safety
    /// `code` must come from there unchanged: it is run as it is.
    ///
    /// # Errors
    /// [`Kind::Compile`] when another version of the engine or another kind of CPU made it.
    pub unsafe fn load(&self, code: &[u8]) -> Result<Component, Error> {
        // SAFETY: the caller's promise.
        let component = unsafe { wasmtime::component::Component::deserialize(&self.inner, code) };
        Component::new(self, component.map_err(|error| incompatible(&error))?)
    }

    /// As [`Engine::load`], from a file that is mapped, not read. The file must
    /// not change while the component lives; replace it by renaming another over it.
    ///
    /// # Safety
    /// As [`Engine::load`].
    ///
    /// # Errors
    /// [`Kind::NotFound`] without such a file, [`Kind::Compile`] as there.
    pub unsafe fn load_file(&self, path: &Path) -> Result<Component, Error> {
        if !path.is_file() {
            return Err(Error::new(Kind::NotFound, format!("no file {}", path.display())));
        }
        // SAFETY: the caller's promise.
        let component = unsafe { wasmtime::component::Component::deserialize_file(&self.inner, path) };
        Component::new(self, component.map_err(|error| incompatible(&error))?)
    }
}

fn incompatible(error: &wasmtime::Error) -> Error {
    let error = Error::from_wasmtime(Kind::Compile, error);
    Error::new(error.kind, format!("this native code is not for this engine and machine: {}", error.message))
}
