//! The plainest embedding: values are an enum, polls a loop.

use std::time::Duration;

use workbooks_engine::{Component, Engine, Error, Instance, Limits, Program, Shape, Sink, Source, Step, componentize};

/// A value of this embedding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain {
    Nothing,
    Int(i128),
    Text(&'static str),
    Other,
}

impl<'a> Source<'a> for Plain {
    fn boolean(self) -> Option<bool> {
        None
    }
    fn integer(self) -> Option<i128> {
        if let Plain::Int(n) = self { Some(n) } else { None }
    }
    fn float(self) -> Option<f64> {
        None
    }
    fn text(self) -> Option<&'a str> {
        if let Plain::Text(text) = self { Some(text) } else { None }
    }
    fn bytes(self) -> Option<&'a [u8]> {
        None
    }
    fn list(self) -> Option<Vec<Self>> {
        None
    }
    fn tuple(self) -> Option<Vec<Self>> {
        None
    }
    fn is_none(self) -> bool {
        self == Plain::Nothing
    }
    fn some(self) -> Option<Self> {
        None
    }
    fn is_record(self) -> bool {
        false
    }
    fn field(self, _name: &str) -> Option<Self> {
        None
    }
    fn name(self) -> Option<String> {
        None
    }
    fn case(self) -> Option<(String, Self)> {
        None
    }
    fn result(self) -> Option<Result<Option<Self>, Option<Self>>> {
        None
    }
    fn describe(self) -> String {
        format!("{self:?}")
    }
}

pub struct Plainly;

impl Sink for Plainly {
    type Out = Plain;
    fn boolean(&self, value: bool) -> Plain {
        Plain::Int(value.into())
    }
    fn integer(&self, value: i128) -> Plain {
        Plain::Int(value)
    }
    fn float(&self, _value: f64) -> Plain {
        Plain::Other
    }
    fn text(&self, _value: &str) -> Plain {
        Plain::Other
    }
    fn bytes(&self, _len: usize, _bytes: &mut dyn Iterator<Item = u8>) -> Plain {
        Plain::Other
    }
    fn list(&self, _items: &[Plain]) -> Plain {
        Plain::Other
    }
    fn tuple(&self, _items: &[Plain]) -> Plain {
        Plain::Other
    }
    fn record(&self, _names: &[Plain], _contents: &[Plain]) -> Plain {
        Plain::Other
    }
    fn case(&self, _name: &str, _content: Option<Plain>) -> Plain {
        Plain::Other
    }
    fn none(&self) -> Plain {
        Plain::Nothing
    }
    fn some(&self, content: Plain) -> Plain {
        content
    }
    fn result(&self, _content: Result<Option<Plain>, Option<Plain>>) -> Plain {
        Plain::Other
    }
}

/// One engine for all tests, as an application has.
pub fn engine() -> &'static Engine {
    static ENGINE: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().expect("an engine"))
}

pub fn component(wat: &str) -> Component {
    let bytes = componentize(wat.as_bytes(), Shape::Numbers).expect("a component");
    compiled(&bytes)
}

/// The component in these bytes.
pub fn compiled(bytes: &[u8]) -> Component {
    match engine().compile(bytes).expect("it compiles") {
        Program::Component(component) => component,
        Program::Module(_) => panic!("a core module"),
    }
}

pub fn instance(component: &Component) -> Instance {
    instance_within(component, Limits::default())
}

pub fn instance_within(component: &Component, limits: Limits) -> Instance {
    let instance = Instance::begin(component, limits, None).expect("it links");
    assert!(matches!(drive(&instance), Ok(None)));
    instance
}

/// Polls until the end; host functions are not expected.
pub fn drive(instance: &Instance) -> Result<Option<Plain>, Error> {
    drive_on(instance, instance.poll(&Plainly))
}

/// As [`drive`], from the step that a call began with.
pub fn drive_on(instance: &Instance, mut step: Step<Plain>) -> Result<Option<Plain>, Error> {
    loop {
        match step {
            Step::Done(value) => return Ok(value),
            Step::Failed(error) => return Err(error),
            Step::Yield => step = instance.poll(&Plainly),
            Step::Host { import, .. } => panic!("an unexpected call of import {import}"),
        }
    }
}

pub fn call(instance: &Instance, name: &str, values: &[i128], timeout_ms: u64) -> Result<Option<Plain>, Error> {
    let function = instance.component().find(&[name])?;
    let values: Vec<Plain> = values.iter().map(|n| Plain::Int(*n)).collect();
    let step = instance.call(function, values.into_iter(), Some(Duration::from_millis(timeout_ms)), &Plainly);
    drive_on(instance, step)
}
