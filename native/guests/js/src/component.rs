//! The engine as a component: one instance, one engine.

use std::cell::RefCell;

use crate::{Engine, Level};

wit_bindgen::generate!({ world: "engine", path: "../../../wit/js" });

use workbooks::js::host;

struct Component;

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
}

impl Guest for Component {
    fn load(name: String, source: String) -> Result<Vec<String>, JsError> {
        with_engine(|engine| engine.load(&name, source))
    }

    fn call(function: String, arguments: String) -> Result<String, JsError> {
        with_engine(|engine| engine.call(&function, arguments))
    }
}

/// The engine is made at the first call: instantiation stays as cheap as it can be.
fn with_engine<T>(act: impl FnOnce(&mut Engine) -> Result<T, crate::JsError>) -> Result<T, JsError> {
    ENGINE.with(|engine| {
        let Ok(mut engine) = engine.try_borrow_mut() else {
            return Err(crate::JsError::new("Error", "the engine is in a call already").into());
        };
        if engine.is_none() {
            *engine = Some(Engine::new(log)?);
        }
        match engine.as_mut() {
            Some(engine) => Ok(act(engine)?),
            None => Err(crate::JsError::new("InternalError", "no engine").into()),
        }
    })
}

fn log(level: Level, line: &str) {
    let level = match level {
        Level::Debug => host::Level::Debug,
        Level::Log => host::Level::Log,
        Level::Info => host::Level::Info,
        Level::Warn => host::Level::Warn,
        Level::Error => host::Level::Error,
    };
    host::log(level, line);
}

/// The one thing that QuickJS's own C code asks for: the time.
#[unsafe(no_mangle)]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    host::now_us()
}

impl From<crate::JsError> for JsError {
    fn from(error: crate::JsError) -> Self {
        Self { name: error.name, message: error.message, stack: error.stack, line: error.line, column: error.column }
    }
}

export!(Component);
