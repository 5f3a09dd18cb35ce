//! The plainest embedding: values are an enum, polls a loop.

use std::fmt;
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use workbooks_engine::{
    CallOptions, Engine, Error, Given, HostCall, Instance, Limits, Opaque, Program, Reference, Resource, Setup, Shape,
    Sink, Source, Step, componentize,
};

/// Longer than anything here takes on the slowest machine.
pub const LONG: Duration = Duration::from_secs(60);

/// A value of this embedding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain<'a> {
    Nothing,
    Bool(bool),
    Int(i128),
    Float(f64),
    Nan(u64),
    Text(&'a str),
    Bytes(&'a [u8]),
    List(&'a [Plain<'a>]),
    Tuple(&'a [Plain<'a>]),
    Record(&'a [(&'a str, Plain<'a>)]),
    Case(&'a str, &'a Plain<'a>),
    Some(&'a Plain<'a>),
    Fine(&'a Plain<'a>),
    Wrong(&'a Plain<'a>),
    Map(&'a [(Plain<'a>, Plain<'a>)]),
    /// Something a guest holds and cannot look into.
    Token(&'a Token),
    /// Such a thing, as it came back.
    Seen(u32),
    Reference(By<'a, Reference>),
    Resource(By<'a, Resource>),
}

pub use Plain::{Int, Text};

/// What guests hold: its references are counted.
#[derive(Clone, Debug)]
pub struct Token(Arc<u32>);

impl Token {
    pub fn new(number: u32) -> Token {
        Token(Arc::new(number))
    }

    /// How often it is held elsewhere.
    pub fn held(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Token) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The same one, not an equal one.
pub struct By<'a, T>(pub &'a T);

impl<T> Clone for By<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for By<'_, T> {}

impl<T> PartialEq for By<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl<T> fmt::Debug for By<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<T>())
    }
}

impl<'a> Plain<'a> {
    pub fn int(self) -> i128 {
        if let Int(number) = self { number } else { panic!("{self:?} is no integer") }
    }

    pub fn as_reference(self) -> &'a Reference {
        if let Plain::Reference(By(reference)) = self { reference } else { panic!("{self:?} is no reference") }
    }
}

impl<'a> Source<'a> for Plain<'a> {
    fn boolean(self) -> Option<bool> {
        if let Plain::Bool(value) = self { Some(value) } else { None }
    }
    fn integer(self) -> Option<i128> {
        if let Int(n) = self { Some(n) } else { None }
    }
    fn float(self) -> Option<f64> {
        if let Plain::Float(n) = self { Some(n) } else { None }
    }
    fn text(self) -> Option<&'a str> {
        if let Text(text) = self { Some(text) } else { None }
    }
    fn bytes(self) -> Option<&'a [u8]> {
        if let Plain::Bytes(bytes) = self { Some(bytes) } else { None }
    }
    fn list(self) -> Option<Vec<Self>> {
        if let Plain::List(items) = self { Some(items.to_vec()) } else { None }
    }
    fn tuple(self) -> Option<Vec<Self>> {
        if let Plain::Tuple(items) = self { Some(items.to_vec()) } else { None }
    }
    fn is_none(self) -> bool {
        matches!(self, Plain::Nothing)
    }
    fn some(self) -> Option<Self> {
        if let Plain::Some(content) = self { Some(*content) } else { None }
    }
    fn is_record(self) -> bool {
        matches!(self, Plain::Record(_))
    }
    fn field(self, name: &str) -> Option<Self> {
        let Plain::Record(fields) = self else { return None };
        fields.iter().find(|(field, _)| *field == name).map(|(_, content)| *content)
    }
    fn name(self) -> Option<String> {
        self.text().map(str::to_string)
    }
    fn case(self) -> Option<(String, Self)> {
        if let Plain::Case(name, content) = self { Some((name.to_string(), *content)) } else { None }
    }
    fn result(self) -> Option<Result<Option<Self>, Option<Self>>> {
        let content = |content: &Self| (*content != Plain::Nothing).then_some(*content);
        match self {
            Plain::Fine(ok) => Some(Ok(content(ok))),
            Plain::Wrong(error) => Some(Err(content(error))),
            _ => None,
        }
    }
    fn nan_bits(self) -> Option<u64> {
        if let Plain::Nan(bits) = self { Some(bits) } else { None }
    }
    fn entries(self) -> Option<Vec<(Self, Self)>> {
        if let Plain::Map(entries) = self { Some(entries.to_vec()) } else { None }
    }
    fn reference(self) -> Option<&'a Reference> {
        if let Plain::Reference(By(reference)) = self { Some(reference) } else { None }
    }
    fn resource(self) -> Option<&'a Resource> {
        if let Plain::Resource(By(resource)) = self { Some(resource) } else { None }
    }
    fn opaque(self) -> Opaque {
        if let Plain::Token(token) = self { Arc::new(token.clone()) } else { Arc::new(Token::new(0)) }
    }
    fn describe(self) -> String {
        format!("{self:?}")
    }
}

/// Values that are held as long as the tests run.
pub struct Plainly;

fn kept<T: ?Sized>(value: Box<T>) -> &'static T {
    Box::leak(value)
}

impl Sink for Plainly {
    type Out = Plain<'static>;
    fn boolean(&self, value: bool) -> Self::Out {
        Plain::Bool(value)
    }
    fn integer(&self, value: i128) -> Self::Out {
        Int(value)
    }
    fn float(&self, value: f64) -> Self::Out {
        Plain::Float(value)
    }
    fn nan(&self, bits: u64) -> Self::Out {
        Plain::Nan(bits)
    }
    fn text(&self, value: &str) -> Self::Out {
        Text(kept(value.into()))
    }
    fn bytes(&self, bytes: &[u8]) -> Self::Out {
        Plain::Bytes(kept(bytes.into()))
    }
    fn list(&self, items: &[Self::Out]) -> Self::Out {
        Plain::List(kept(items.into()))
    }
    fn tuple(&self, items: &[Self::Out]) -> Self::Out {
        Plain::Tuple(kept(items.into()))
    }
    fn record(&self, names: &[Self::Out], contents: &[Self::Out]) -> Self::Out {
        let name = |name: &Self::Out| if let Text(name) = *name { name } else { panic!("a field's name") };
        Plain::Record(kept(names.iter().map(name).zip(contents.iter().copied()).collect()))
    }
    fn case(&self, name: &str, content: Option<Self::Out>) -> Self::Out {
        match content {
            Some(content) => Plain::Case(kept(name.into()), kept(Box::new(content))),
            None => self.text(name),
        }
    }
    fn none(&self) -> Self::Out {
        Plain::Nothing
    }
    fn some(&self, content: Self::Out) -> Self::Out {
        Plain::Some(kept(Box::new(content)))
    }
    fn result(&self, content: Result<Option<Self::Out>, Option<Self::Out>>) -> Self::Out {
        let content_or_nothing = |content: Option<Self::Out>| kept(Box::new(content.unwrap_or(Plain::Nothing)));
        match content {
            Ok(ok) => Plain::Fine(content_or_nothing(ok)),
            Err(error) => Plain::Wrong(content_or_nothing(error)),
        }
    }
    fn map(&self, keys: &[Self::Out], contents: &[Self::Out]) -> Self::Out {
        Plain::Map(kept(keys.iter().copied().zip(contents.iter().copied()).collect()))
    }
    fn opaque(&self, value: &Opaque) -> Self::Out {
        value.downcast_ref::<Token>().map_or(Plain::Nothing, |token| Plain::Seen(*token.0))
    }
    fn reference(&self, reference: Reference) -> Self::Out {
        Plain::Reference(By(kept(Box::new(reference))))
    }
    fn resource(&self, resource: Resource) -> Self::Out {
        Plain::Resource(By(kept(Box::new(resource))))
    }
}

/// One engine for all tests, as an application has.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().expect("an engine"))
}

/// A component or core module from its text.
pub fn program(text: &str) -> Program {
    compiled(text.as_bytes())
}

/// A core module of numbers, as a component.
pub fn component(wat: &str) -> Program {
    compiled(&componentize(wat.as_bytes(), Shape::Numbers).expect("a component"))
}

/// The program in these bytes.
pub fn compiled(bytes: &[u8]) -> Program {
    engine().compile(bytes).expect("it compiles")
}

/// What gives nothing but host functions, for all of `imports`.
pub fn setup<'a>(imports: &'a [Given<'a>]) -> Setup<'a> {
    Setup { imports, beside: None, host: None, limits: Limits::default(), fuel: None, timeout: None, wasi: None }
}

/// As many host functions as any program here imports.
pub const HOST: &[Given] = &[Given::Host; 8];

pub fn instance(program: &Program) -> Instance {
    instance_within(program, Limits::default())
}

pub fn instance_within(program: &Program, limits: Limits) -> Instance {
    made(program, &Setup { limits, ..setup(HOST) }).expect("instantiated")
}

/// Instantiates, start code and all; it calls no host function.
pub fn made(program: &Program, setup: &Setup) -> Result<Instance, Error> {
    let instance = Instance::instantiate(program, setup)?;
    drive(&instance).map(|values| {
        assert!(values.is_empty());
        instance
    })
}

/// Of a function's results, all.
pub type Values = Vec<Plain<'static>>;

/// Polls until the end; host functions are not expected.
pub fn drive(instance: &Instance) -> Result<Values, Error> {
    drive_on(instance, instance.poll(&Plainly))
}

/// As [`drive`], from the step that a call began with.
pub fn drive_on(instance: &Instance, step: Step<Plain<'static>>) -> Result<Values, Error> {
    answering(instance, step, |call| panic!("an unexpected call of import {}", call.import))
}

/// Polls until the end, with `host` for the host functions; `None` from it fails.
pub fn answering<'a>(
    instance: &Instance,
    mut step: Step<Plain<'static>>,
    mut host: impl FnMut(&HostCall<Plain<'static>>) -> Option<Plain<'a>>,
) -> Result<Values, Error> {
    loop {
        match step {
            Step::Done(values) => return Ok(values.to_vec()),
            Step::Failed(error) => return Err(error),
            Step::Yield => {}
            Step::Pending => {
                let (sender, woken) = mpsc::channel();
                if instance.arm(Box::new(move || sender.send(()).unwrap_or_default())).0 {
                    woken.recv_timeout(LONG).expect("woken");
                }
            }
            Step::Read(..) => instance.reply_input(None).expect("read"),
            Step::Host(call) => match host(&call) {
                Some(answer) => instance.reply(answer).expect("taken"),
                None => instance.fail().expect("told"),
            },
        }
        step = instance.poll(&Plainly);
    }
}

/// Begins a call of the function of this name.
pub fn begin(instance: &Instance, name: &str, values: &[Plain<'_>], options: CallOptions) -> Step<Plain<'static>> {
    match instance.program().find(&[name]) {
        Ok(function) => instance.call(function, values.iter().copied(), options, &Plainly),
        Err(error) => Step::Failed(error),
    }
}

pub fn within(milliseconds: u64) -> CallOptions {
    CallOptions { timeout: Some(Duration::from_millis(milliseconds)), ..CallOptions::default() }
}

/// Calls a function that calls no host function.
pub fn call(instance: &Instance, name: &str, values: &[Plain<'_>]) -> Result<Values, Error> {
    drive_on(instance, begin(instance, name, values, CallOptions { timeout: Some(LONG), ..CallOptions::default() }))
}

/// Calls a function of integers that has one result.
pub fn number(instance: &Instance, name: &str, values: &[i128]) -> Result<i128, Error> {
    let values: Vec<Plain> = values.iter().map(|n| Int(*n)).collect();
    match call(instance, name, &values)?.as_slice() {
        [value] => Ok(value.int()),
        values => panic!("{name} answered {values:?}"),
    }
}

/// The host call that a step is, or that the guest comes to: on a busy machine its slice may end before.
pub fn host_call(instance: &Instance, step: Step<Plain<'static>>) -> HostCall<Plain<'static>> {
    match step {
        Step::Host(call) => call,
        Step::Failed(error) => panic!("{error:?}"),
        Step::Done(values) => panic!("done: {values:?}"),
        Step::Yield => host_call(instance, instance.poll(&Plainly)),
        Step::Pending => panic!("pending"),
        Step::Read(..) => panic!("a read"),
    }
}

/// The error that a step is.
pub fn failed(step: Step<Plain<'static>>) -> Error {
    match step {
        Step::Failed(error) => error,
        Step::Done(values) => panic!("done: {values:?}"),
        Step::Yield => panic!("a slice's end"),
        Step::Pending => panic!("pending"),
        Step::Host(call) => panic!("a call of import {}", call.import),
        Step::Read(..) => panic!("a read"),
    }
}
