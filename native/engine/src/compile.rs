//! From bytes to a component or a core module.

use wasmparser::{Parser, Payload, Validator};

use crate::component::Component;
use crate::componentize::is_component;
use crate::engine::{Engine, Variant};
use crate::error::{Error, Kind};
use crate::module::Module;
use crate::program::Program;

/// Components within components, as many as the reader of the text format takes. The time
/// that wasmtime needs grows with their square: minutes, of a hundred kilobytes.
const DEEPEST: usize = 100;

impl Engine {
    /// Compiles a component or a core module, binary or text, by what the bytes are.
    /// Takes milliseconds to seconds and a deep stack: call it on a thread of your
    /// own, or through a [`crate::Cache`].
    ///
    /// What needs more than this engine has is compiled for the variant of it that
    /// has it: a component that uses the asynchronous part of the component model, a
    /// module that has no room in the pool.
    ///
    /// # Errors
    /// [`Kind::Compile`] with what is wrong and where.
    pub fn compile(&self, bytes: &[u8]) -> Result<Program, Error> {
        let bytes = wat::parse_bytes(bytes).map_err(|error| Error::new(Kind::Compile, error.to_string()))?;
        if is_component(&bytes) && is_too_deep(&bytes) {
            let message = format!("item nesting too deep: more than {DEEPEST} components within one another");
            return Err(Error::new(Kind::Compile, message));
        }
        let refused = match self.compile_binary(&bytes) {
            Ok(program) => return Ok(program),
            Err(error) => error,
        };
        match self.another(&bytes) {
            Some(variant) => self.with(variant)?.compile(&bytes),
            None => Err(refused),
        }
    }

    fn compile_binary(&self, bytes: &[u8]) -> Result<Program, Error> {
        let wrong = |error: wasmtime::Error| Error::from_wasmtime(Kind::Compile, &error);
        if is_component(bytes) {
            let component = wasmtime::component::Component::from_binary(&self.inner, bytes).map_err(wrong)?;
            Ok(Program::Component(Component::new(self, component)?))
        } else {
            let module = wasmtime::Module::from_binary(&self.inner, bytes).map_err(wrong)?;
            Ok(Program::Module(Module::new(self, module)?))
        }
    }

    /// The variant that may take bytes that this one refused, if one may.
    fn another(&self, bytes: &[u8]) -> Option<Variant> {
        let mine = self.variant();
        let valid = |variant: Variant| Validator::new_with_features(variant.features()).validate_all(bytes).is_ok();
        // Valid, and yet refused: it does not fit into the pool.
        if !mine.on_demand && valid(mine) {
            return Some(Variant { on_demand: true, ..mine });
        }
        let concurrent = Variant { concurrent: true, ..mine };
        (!mine.concurrent && is_component(bytes) && valid(concurrent)).then_some(concurrent)
    }
}

/// Whether there are more components within one another than [`DEEPEST`]. What cannot be read is for the compiler to refuse.
fn is_too_deep(component: &[u8]) -> bool {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Ok(Payload::ComponentSection { .. } | Payload::ModuleSection { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(_) => {}
            Err(_) => return false,
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}
