//! Bytes and text to the compiler and to the readers of WIT: an answer, whatever they are.
//!
//! The first byte says how the rest is read. A program that compiles is not run.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use workbooks_engine::{Engine, Shape, componentize, wit};

static ENGINE: OnceLock<Engine> = OnceLock::new();

fuzz_target!(
    init: {
        let abort = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // `wit::read` reads on a thread of this name because its parser asserts: a panic there is an answer.
            if std::thread::current().name() != Some("wit") {
                abort(panic);
            }
        }));
        ENGINE.get_or_init(|| Engine::new().expect("an engine"));
    },
    |data: &[u8]| {
        let (Some((how, bytes)), Some(engine)) = (data.split_first(), ENGINE.get()) else { return };
        match how % 8 {
            0..=2 => drop(engine.compile(bytes)),
            // With a preamble, most inputs get past the first check.
            3 => drop(engine.compile(&[b"\0asm\x01\0\0\0", bytes].concat())),
            4 => drop(engine.compile(&[b"\0asm\x0d\0\x01\0", bytes].concat())),
            5 => drop(componentize(bytes, Shape::Numbers)),
            6 => drop(wit::read(wit::Document::Wasm(bytes), None)),
            _ => drop(wit::read(wit::Document::Text("fuzz.wit", &String::from_utf8_lossy(bytes)), None)),
        }
    }
);
