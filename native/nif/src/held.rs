//! Terms that guests hold.

use std::sync::Mutex;
use std::sync::{Arc, PoisonError};

use rustler::env::{OwnedEnv, SavedTerm};
use rustler::{Env, Term};
use workbooks_engine::Opaque;

/// A term of the embedding's, copied to where it lives as long as a guest holds it.
pub struct Held(Mutex<(OwnedEnv, SavedTerm)>);

impl Held {
    /// A copy of `term`.
    pub fn opaque(term: Term) -> Opaque {
        let env = OwnedEnv::new();
        let saved = env.save(term);
        Arc::new(Held(Mutex::new((env, saved))))
    }

    /// The term again.
    pub fn load<'a>(&self, env: Env<'a>) -> Term<'a> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.0.run(|own| held.1.load(own).in_env(env))
    }
}
