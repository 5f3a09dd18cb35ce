//! Values on their way into a guest and out again: see `codec/`.
//!
//! The input picks a function of an echo program and is then read as its argument, right
//! or, where a byte says so, wrong somewhere. A right one comes back as it is, through the
//! guest's memory and through an imported function; a wrong one is refused, and the
//! instance goes on.

#![no_main]

#[path = "codec/echo.rs"]
mod echo;
#[path = "codec/grow.rs"]
mod grow;
#[path = "codec/node.rs"]
mod node;

use std::cell::RefCell;

use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use workbooks_engine::{CallOptions, Engine, Error, Instance, Kind, Status, Step};

use crate::grow::Grower;
use crate::node::{Arena, Node};

struct Bench {
    _engine: Engine,
    instances: Vec<Instance>,
}

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| {
    BENCH.with_borrow_mut(|bench| {
        let bench = bench.get_or_insert_with(Bench::new);
        bench.try_one(data);
    });
});

impl Bench {
    fn new() -> Bench {
        let engine = Engine::new().expect("an engine");
        let instances = [echo::component(&engine), echo::module(&engine)];
        Bench { _engine: engine, instances: instances.map(|program| echo::instance(&program)).into() }
    }

    fn try_one(&self, data: &[u8]) {
        let mut input = Unstructured::new(data);
        let all: Vec<(&Instance, usize)> = self
            .instances
            .iter()
            .flat_map(|instance| (0..instance.program().functions().len()).map(move |function| (instance, function)))
            .collect();
        let Ok(&(instance, function)) = input.choose(&all) else { return };
        let export = &instance.program().functions()[function];
        let signature = export.signature();
        let types = signature.params().iter().map(|(_, ty)| ty);

        let mut grower = Grower::new(&mut input);
        let arguments: Vec<Node> = types.map(|ty| grower.value(ty)).collect();
        let wrong = grower.twisted;
        // What the host function answers first, if it is asked; then it says what it was given.
        let first_answer = signature.results().first().map(|ty| grower.value(ty));
        let wrong_answer = grower.twisted && !wrong;

        let arena = Arena::default();
        let step = instance.call(function, arguments.iter(), CallOptions::default(), &arena);
        match drive(instance, step, &arena, first_answer.filter(|_| wrong_answer)) {
            Ok(results) => {
                let expected: Vec<Node> = arguments
                    .iter()
                    .zip(signature.params())
                    .map(|(value, (_, ty))| grow::canonical(ty, value).expect("a value that was taken fits"))
                    .collect();
                assert!(grow::same(&results, &expected), "gave {arguments:?}, got {results:?}, not {expected:?}");
            }
            Err(error) => {
                assert_eq!(error.kind, Kind::Type, "{error:?}");
                assert!(wrong, "{arguments:?} was refused: {error:?}");
                assert!(error.message.starts_with("argument "), "{}", error.message);
            }
        }
        assert_eq!(instance.status(), Status::Idle);
    }
}

/// Goes on until the call ends. The host function answers what it was given, after what is `first`.
fn drive(
    instance: &Instance,
    mut step: Step<usize>,
    arena: &Arena,
    mut first: Option<Node>,
) -> Result<Vec<Node>, Error> {
    loop {
        step = match step {
            Step::Done(values) => return Ok(values.iter().map(|value| arena.node(*value)).collect()),
            Step::Failed(error) => return Err(error),
            Step::Yield => instance.poll(arena),
            Step::Pending | Step::Read(..) => panic!("nothing here waits or reads"),
            Step::Host(asked) => {
                let mut values: Vec<Node> = asked.values.iter().map(|value| arena.node(*value)).collect();
                let given = if values.len() == 1 { values.remove(0) } else { Node::Tuple(values) };
                let signature = instance.program().import(asked.import).expect("an import");
                if let Some(wrong) = first.take()
                    && signature.results().first().is_some_and(|ty| grow::canonical(ty, &wrong).is_none())
                {
                    assert_eq!(instance.reply(&wrong).expect_err("a wrong answer").kind, Kind::Type);
                }
                instance.reply(&given).expect("what the guest gave fits");
                instance.poll(arena)
            }
        };
    }
}
