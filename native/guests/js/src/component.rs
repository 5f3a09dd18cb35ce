//! The engine as a component: one instance, one engine.

use std::cell::{Cell, RefCell};

use crate::{Engine, Host, Level};

wit_bindgen::generate!({ world: "engine", path: "../../../wit/js" });

use workbooks::js::host;

struct Component;

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
    /// Whether there is a host to ask.
    static STARTED: Cell<bool> = const { Cell::new(false) };
}

/// Run by `pack` when the component is made: what it leaves in memory is what every
/// instance starts with. An engine that has not been told of any module, nor of time.
#[unsafe(no_mangle)]
extern "C" fn initialize() {
    match Engine::new(Outside) {
        Ok(engine) => ENGINE.with(|held| held.replace(Some(engine))),
        Err(_) => core::arch::wasm32::unreachable(),
    };
    STARTED.with(|started| started.set(true));
}

impl Guest for Component {
    fn compile(name: String, source: String) -> Result<Vec<u8>, JsError> {
        with_engine(|engine| engine.compile(&name, &source))
    }

    fn load(code: Vec<u8>) -> Result<Vec<String>, JsError> {
        with_engine(|engine| engine.load(&code))
    }

    fn call(function: String, arguments: String) -> Result<String, JsError> {
        with_engine(|engine| engine.call(&function, arguments))
    }
}

fn with_engine<T>(act: impl FnOnce(&mut Engine) -> Result<T, crate::JsError>) -> Result<T, JsError> {
    ENGINE.with(|engine| {
        let Ok(mut engine) = engine.try_borrow_mut() else {
            return Err(crate::JsError::new("Error", "the engine is in a call already").into());
        };
        match engine.as_mut() {
            Some(engine) => Ok(act(engine)?),
            None => Err(crate::JsError::new("InternalError", "no engine").into()),
        }
    })
}

/// The component's imports.
struct Outside;

impl Host for Outside {
    fn log(&self, level: Level, line: &str) {
        let level = match level {
            Level::Debug => host::Level::Debug,
            Level::Log => host::Level::Log,
            Level::Info => host::Level::Info,
            Level::Warn => host::Level::Warn,
            Level::Error => host::Level::Error,
        };
        host::log(level, line);
    }

    fn now_us(&self) -> f64 {
        host::now_us()
    }

    fn wait_until(&self, us: f64) {
        host::wait_until(us);
    }

    fn seed(&self) -> u64 {
        host::seed()
    }

    fn functions(&self) -> Vec<String> {
        host::functions()
    }

    fn call(&self, function: &str, arguments: &str) -> Result<String, String> {
        host::call(function, arguments)
    }
}

/// The one thing that QuickJS's own C code asks for: the time.
#[unsafe(no_mangle)]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    if STARTED.with(Cell::get) { host::now_us() } else { 0.0 }
}

impl From<crate::JsError> for JsError {
    fn from(error: crate::JsError) -> Self {
        let frames = error.frames.into_iter();
        Self {
            name: error.name,
            message: error.message,
            stack: error.stack,
            line: error.line,
            column: error.column,
            frames: frames.map(|crate::Place { function, line, column }| Frame { function, line, column }).collect(),
        }
    }
}

export!(Component);
