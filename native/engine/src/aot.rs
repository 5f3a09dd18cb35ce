//! Programs compiled ahead of time: native code in a binary or a file, sealed so
//! that what is damaged or somebody else's is not run by mistake.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::OnceLock;

use crate::cache::seal::{self, Broken, NO_KEY, Seal, Sealed, What};
use crate::component::Component;
use crate::engine::{Engine, Variant};
use crate::error::{Error, Kind};
use crate::module::Module;
use crate::program::Program;

/// A program's copy for instances outside the pool, made when first asked for.
pub(crate) struct Overflow<T>(OnceLock<Result<T, Error>>);

impl<T> Default for Overflow<T> {
    fn default() -> Self {
        Overflow(OnceLock::new())
    }
}

impl<T: Clone> Overflow<T> {
    fn get(&self, make: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.0.get_or_init(make).clone()
    }
}

impl Component {
    /// This component for instances outside the pool. The first time its code is
    /// copied, which takes as long as copying does: not on a thread that may not block.
    ///
    /// # Errors
    /// [`Kind::Internal`] when memory runs out.
    pub fn overflow(&self) -> Result<Component, Error> {
        let engine = &self.inner.engine;
        if engine.variant().on_demand {
            return Ok(self.clone());
        }
        self.inner.overflow.get(|| {
            let code = self.inner.component.serialize().map_err(|error| internal(&error))?;
            let engine = engine.with(Variant { on_demand: true, ..engine.variant() })?;
            // SAFETY: this code was made in this process and has not left it.
            let component = unsafe { wasmtime::component::Component::deserialize(&engine.inner, code) };
            Component::new(&engine, component.map_err(|error| internal(&error))?)
        })
    }
}

impl Module {
    /// As [`Component::overflow`].
    ///
    /// # Errors
    /// As there.
    pub fn overflow(&self) -> Result<Module, Error> {
        let engine = &self.inner.engine;
        if engine.variant().on_demand {
            return Ok(self.clone());
        }
        self.inner.overflow.get(|| {
            let code = self.inner.module.serialize().map_err(|error| internal(&error))?;
            let engine = engine.with(Variant { on_demand: true, ..engine.variant() })?;
            // SAFETY: this code was made in this process and has not left it.
            let module = unsafe { wasmtime::Module::deserialize(&engine.inner, code) };
            Module::new(&engine, module.map_err(|error| internal(&error))?)
        })
    }
}

impl Program {
    /// What the engine does that it was compiled for.
    pub fn variant(&self) -> Variant {
        self.engine().variant()
    }

    /// This program for instances outside the pool: see [`Component::overflow`].
    ///
    /// # Errors
    /// As there.
    pub fn overflow(&self) -> Result<Program, Error> {
        match self {
            Program::Component(component) => component.overflow().map(Program::Component),
            Program::Module(module) => module.overflow().map(Program::Module),
        }
    }

    /// Bytes its compiled code takes.
    pub fn code_bytes(&self) -> usize {
        let range = match self {
            Program::Component(component) => component.inner.component.image_range(),
            Program::Module(module) => module.inner.module.image_range(),
        };
        range.end.addr().saturating_sub(range.start.addr())
    }

    /// Its native code, sealed, for [`Engine::load`] on a machine of the same kind.
    ///
    /// # Errors
    /// [`Kind::Internal`] when memory runs out.
    pub fn serialize(&self) -> Result<Vec<u8>, Error> {
        self.sealed(NO_KEY)
    }

    pub(crate) fn sealed(&self, key: seal::Key) -> Result<Vec<u8>, Error> {
        let (what, code) = match self {
            Program::Component(component) => (What::Component, component.inner.component.serialize()),
            Program::Module(module) => (What::Module, module.inner.module.serialize()),
        };
        let code = code.map_err(|error| internal(&error))?;
        Ok(seal::seal(code, what, self.variant().bits(), key))
    }
}

impl Engine {
    /// Takes in native code made by [`Program::serialize`]. Whatever is not such
    /// code whole and unchanged is refused.
    ///
    /// # Safety
    /// The seal tells an accident, not a forgery: whoever can compute a digest can
    /// forge native code, which is run as it is. `code` must come from where nobody
    /// would.
    ///
    /// # Errors
    /// [`Kind::Compile`] when it is damaged or no such code, or another version of
    /// the engine or another kind of CPU made it.
    pub unsafe fn load(&self, code: &[u8]) -> Result<Program, Error> {
        let sealed = seal::read(code).map_err(|broken| unusable(&broken))?;
        // SAFETY: the caller's promise.
        unsafe { self.take_in(&sealed) }
    }

    /// # Safety
    /// As [`Engine::load`].
    pub(crate) unsafe fn take_in(&self, sealed: &Sealed<'_>) -> Result<Program, Error> {
        let engine = self.for_seal(&sealed.seal)?;
        match sealed.seal.what {
            What::Component => {
                // SAFETY: the caller's promise.
                let component = unsafe { wasmtime::component::Component::deserialize(&engine.inner, sealed.code) };
                let component = component.map_err(|error| incompatible(&error))?;
                Ok(Program::Component(Component::new(&engine, component)?))
            }
            What::Module => {
                // SAFETY: the caller's promise.
                let module = unsafe { wasmtime::Module::deserialize(&engine.inner, sealed.code) };
                Ok(Program::Module(Module::new(&engine, module.map_err(|error| incompatible(&error))?)?))
            }
        }
    }

    /// As [`Engine::load`], from a file that is mapped, not read: of the seal all is
    /// checked but the digest. The file must not change while the program lives;
    /// replace it by renaming another over it.
    ///
    /// # Safety
    /// As [`Engine::load`], and the file must be undamaged.
    ///
    /// # Errors
    /// [`Kind::NotFound`] without such a file, [`Kind::Io`] when it cannot be read,
    /// [`Kind::Compile`] as there.
    pub unsafe fn load_file(&self, path: &Path) -> Result<Program, Error> {
        if !path.is_file() {
            return Err(Error::new(Kind::NotFound, format!("no file {}", path.display())));
        }
        let seal = read_seal(path).map_err(|error| Error::new(Kind::Io, format!("{}: {error}", path.display())))?;
        let seal = seal.map_err(|broken| unusable(&broken))?;
        let engine = self.for_seal(&seal)?;
        match seal.what {
            What::Component => {
                // SAFETY: the caller's promise.
                let component = unsafe { wasmtime::component::Component::deserialize_file(&engine.inner, path) };
                let component = component.map_err(|error| incompatible(&error))?;
                Ok(Program::Component(Component::new(&engine, component)?))
            }
            What::Module => {
                // SAFETY: the caller's promise.
                let module = unsafe { wasmtime::Module::deserialize_file(&engine.inner, path) };
                Ok(Program::Module(Module::new(&engine, module.map_err(|error| incompatible(&error))?)?))
            }
        }
    }

    fn for_seal(&self, seal: &Seal) -> Result<Engine, Error> {
        let variant = Variant::from_bits(seal.variant).ok_or_else(|| unusable(&Broken::Variant))?;
        self.with(variant)
    }
}

/// The seal at the end of a file, checked against the file's length.
fn read_seal(path: &Path) -> std::io::Result<Result<Seal, Broken>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let Some(before) = length.checked_sub(seal::LENGTH as u64) else {
        return Ok(Err(Broken::TooShort));
    };
    file.seek(SeekFrom::Start(before))?;
    let mut bytes = [0; seal::LENGTH];
    file.read_exact(&mut bytes)?;
    Ok(seal::parse(&bytes).and_then(|seal| if seal.length == before { Ok(seal) } else { Err(Broken::Length) }))
}

fn internal(error: &wasmtime::Error) -> Error {
    Error::from_wasmtime(Kind::Internal, error)
}

fn unusable(broken: &Broken) -> Error {
    Error::new(Kind::Compile, format!("this is no native code that can be used: {broken}"))
}

fn incompatible(error: &wasmtime::Error) -> Error {
    let error = Error::from_wasmtime(Kind::Compile, error);
    Error::new(error.kind, format!("this native code is not for this engine and machine: {}", error.message))
}
