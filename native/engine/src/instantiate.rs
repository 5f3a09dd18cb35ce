//! How instances come to be: in a store of their own, or beside another.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::InstancePre;
use wasmtime::{Extern, Store, ThrownException};

use crate::cell::{Begin, Cell, not_metered};
use crate::component::{Component, Sources};
use crate::core_host;
use crate::error::{Ended, Error, Kind};
use crate::instance::{CallOptions, Instance};
use crate::limits::Limits;
use crate::mailbox::{Input, Opaque, Shared};
use crate::module::{ExternType, Module};
use crate::program::Program;
use crate::store::{Data, Ending, Fiber, Outcome, Slot, new_store};
use crate::ticker::SLICE;
use crate::wasi::{self, Outbox, Output, Stdin, Wasi, WasiOptions};

/// What an import is given.
#[derive(Clone, Copy)]
pub enum Given<'a> {
    /// Whoever polls answers its calls.
    Host,
    /// An export of another core instance, whose store the new one joins.
    Export(&'a Instance, &'a str),
    /// Nothing: for what is optional, or comes from elsewhere.
    Nothing,
}

/// How an instance is to be made.
pub struct Setup<'a> {
    /// What each import is given, in the program's order.
    pub imports: &'a [Given<'a>],
    /// The instance whose store the new one joins. Its limits hold.
    pub beside: Option<&'a Instance>,
    /// What comes back in [`HostCall::other`](crate::HostCall::other) when another instance's call reaches a host function of this one.
    pub host: Option<Opaque>,
    /// Limits of a store of its own.
    pub limits: Limits,
    /// What the guest may use until it is told otherwise, where the program is metered.
    pub fuel: Option<u64>,
    /// Time for its start code.
    pub timeout: Option<Duration>,
    /// What it may see of the world.
    pub wasi: Option<Grants>,
}

/// What a store's guests may see of the world.
pub struct Grants {
    /// What is granted; where standard input is asked for, [`Grants::ask_stdin`] says so.
    pub options: WasiOptions,
    /// What becomes of standard output.
    pub stdout: Output,
    /// What becomes of standard error.
    pub stderr: Output,
    /// Whether whoever polls is asked for standard input.
    pub ask_stdin: bool,
    /// Whether preview 3 is there too: experimental.
    pub p3: bool,
}

impl Instance {
    /// Begins to make an instance; [`Instance::poll`] it until it is done.
    ///
    /// # Errors
    /// [`Kind::Link`] when what is given does not fit, [`Kind::Overloaded`] when too
    /// many stores are alive, [`Kind::Fuel`] when nothing meters the program.
    pub fn instantiate(program: &Program, setup: &Setup) -> Result<Instance, Error> {
        let beside = setup.beside.or_else(|| {
            setup.imports.iter().find_map(|given| if let Given::Export(of, _) = given { Some(*of) } else { None })
        });
        match (program, beside) {
            (Program::Module(module), Some(other)) => Instance::module_beside(program, module, setup, other),
            (Program::Component(_), Some(_)) => {
                Err(Error::new(Kind::Link, "a component has a store of its own: it cannot join another's"))
            }
            (_, None) => Instance::alone(program, setup),
        }
    }

    fn alone(program: &Program, setup: &Setup) -> Result<Instance, Error> {
        let shared = Shared::new(setup.limits);
        let engine = program.engine();
        let mut store = new_store(&engine.inner, &shared)?;
        fill(&mut store, engine.variant().fuel, setup.fuel)?;
        let sources = sources(program, setup)?;
        let (outbox, opening) = match &setup.wasi {
            Some(grants) => {
                let limit = setup.limits.output_bytes as u64;
                let outbox = Arc::new(Outbox::new(grants.stdout, grants.stderr, limit));
                let mut options = grants.options.clone();
                if grants.ask_stdin {
                    options.stdin = Stdin::Asked(shared.input(Input::Stdin));
                }
                (Some(outbox.clone()), Some((options, outbox)))
            }
            None => (None, None),
        };
        let make: Begin = match program {
            Program::Component(component) => {
                let (linked, component) = (component.linked(&sources)?, component.clone());
                Begin::Other(Box::new(move |store| component_fiber(component, linked, store)))
            }
            Program::Module(module) => match module.linked(&sources).filter(|_| no_export(setup)) {
                Some(linked) => {
                    let (linked, module) = (linked?, module.clone());
                    Begin::Other(Box::new(move |store| linked_module_fiber(module, linked, store)))
                }
                None => {
                    let externs = externs(module, setup, &sources, &mut store, 0, None)?;
                    let module = module.clone();
                    Begin::Other(Box::new(move |store| module_fiber(module, externs, store, 0)))
                }
            },
        };
        let fiber = match opening {
            None => make.start(store),
            Some((options, outbox)) => open_wasi(options, outbox, store, make),
        };
        let first = (program.clone(), setup.host.clone());
        let cell = Cell::new(shared, first, fiber, setup.timeout, engine.waits(), outbox);
        Ok(Instance::new(Arc::new(cell), 0, program.clone()))
    }

    fn module_beside(program: &Program, module: &Module, setup: &Setup, other: &Instance) -> Result<Instance, Error> {
        let (ours, theirs) = (program.engine(), other.program().engine());
        if theirs.variant().on_demand && !ours.variant().on_demand {
            return Err(Error::pool_full());
        }
        if !ours.is_same(theirs) {
            let message = "modules of one store must be compiled alike: all with fuel: true, or none";
            return Err(Error::new(Kind::Link, message));
        }
        if setup.wasi.is_some() {
            let message = "the new instance joins another's store, whose wasi: it shares: give wasi: to the first";
            return Err(Error::new(Kind::Link, message));
        }
        let mut sources = sources_of(setup);
        sources.wasi = other.cell.outbox.is_some();
        let mut state = other.cell.lock()?;
        let options = CallOptions { timeout: setup.timeout, fuel: setup.fuel, metrics: false };
        let given = setup.host.clone();
        let slot = other.cell.begin_beside(&mut state, program, given, options, |store, slot| {
            sources.virtual_time = store.data().wasi.as_ref().is_some_and(|wasi| wasi.has_virtual_time());
            let externs = externs(module, setup, &sources, store, slot, Some(other))?;
            let module = module.clone();
            Ok(Begin::Other(Box::new(move |store| module_fiber(module, externs, store, slot))))
        })?;
        drop(state);
        Ok(Instance::new(other.cell.clone(), slot, program.clone()))
    }
}

/// A metered store without fuel would stop at its first instruction: it has all there is, or what was given.
fn fill(store: &mut Store<Data>, metered: bool, fuel: Option<u64>) -> Result<(), Error> {
    match fuel {
        None if !metered => Ok(()),
        fuel => store.set_fuel(fuel.unwrap_or(u64::MAX)).map_err(|_| not_metered()),
    }
}

fn no_export(setup: &Setup) -> bool {
    !setup.imports.iter().any(|given| matches!(given, Given::Export(..)))
}

fn sources_of(setup: &Setup) -> Sources {
    Sources {
        given: setup.imports.iter().map(|given| matches!(given, Given::Host)).collect(),
        wasi: setup.wasi.is_some(),
        p3: setup.wasi.as_ref().is_some_and(|grants| grants.p3),
        virtual_time: setup.wasi.as_ref().is_some_and(|grants| grants.options.deterministic.is_some()),
    }
}

/// Where a program's imports come from, when all it needs is there.
fn sources(program: &Program, setup: &Setup) -> Result<Sources, Error> {
    let sources = sources_of(setup);
    if sources.p3 && !program.engine().waits() {
        let message = "preview 3 is for components that use the asynchronous part of the component model";
        return Err(Error::new(Kind::Link, message));
    }
    let missing = setup.imports.iter().enumerate().find_map(|(index, given)| match (given, program) {
        (Given::Nothing, Program::Component(component)) => {
            let import = component.imports().get(index)?;
            (import.is_wasi() && !import.is_optional()).then(|| import.signature().path())
        }
        (Given::Nothing, Program::Module(module)) => {
            module.imports().get(index).filter(|import| import.is_wasi()).map(|import| import.path())
        }
        _ => None,
    });
    match missing.and_then(|path| path.first()) {
        Some(name) if !sources.wasi => Err(wasi::not_granted(name)),
        _ => Ok(sources),
    }
}

/// Opens what is granted, on a thread that may block, then goes on.
fn open_wasi(options: WasiOptions, outbox: Arc<Outbox>, mut store: Store<Data>, make: Begin) -> Fiber {
    Box::pin(async move {
        match Wasi::open(options, outbox).await {
            Ok(wasi) => {
                store.data_mut().wasi = Some(Box::new(wasi));
                make.start(store).await
            }
            Err(error) => (None, Err(Ended(error.kind, error.message).into())),
        }
    })
}

fn component_fiber(component: Component, linked: InstancePre<Data>, mut store: Store<Data>) -> Fiber {
    Box::pin(async move {
        store.set_epoch_deadline(SLICE);
        let made = linked.instantiate_async(&mut store).await;
        ended(store, 0, made, |store, instance| {
            let functions = component.indices().iter().map(|index| instance.get_func(&mut *store, *index)).collect();
            Slot::Component { instance, functions }
        })
    })
}

fn linked_module_fiber(module: Module, linked: wasmtime::InstancePre<Data>, mut store: Store<Data>) -> Fiber {
    Box::pin(async move {
        store.set_epoch_deadline(SLICE);
        let made = linked.instantiate_async(&mut store).await;
        ended(store, 0, made, |store, instance| module_slot(&module, store, instance))
    })
}

fn module_fiber(module: Module, externs: Vec<Extern>, mut store: Store<Data>, slot: usize) -> Fiber {
    Box::pin(async move {
        store.set_epoch_deadline(SLICE);
        let made = wasmtime::Instance::new_async(&mut store, &module.inner.module, &externs).await;
        ended(store, slot, made, |store, instance| module_slot(&module, store, instance))
    })
}

fn module_slot(module: &Module, store: &mut Store<Data>, instance: wasmtime::Instance) -> Slot {
    let functions = module.functions().iter();
    let functions =
        functions.map(|function| instance.get_func(&mut *store, function.signature().path().first()?)).collect();
    Slot::Module { instance, functions }
}

/// Puts what was made at its place. A start that trapped leaves the place taken: the
/// numbers of those after it are known to their host functions.
fn ended<I>(
    mut store: Store<Data>,
    slot: usize,
    made: wasmtime::Result<I>,
    place: impl FnOnce(&mut Store<Data>, I) -> Slot,
) -> Ending {
    let (here, result) = match made {
        Ok(instance) => (place(&mut store, instance), Ok(Outcome::Nothing)),
        Err(error) => {
            if error.is::<ThrownException>() {
                store.take_pending_exception();
            }
            (Slot::Failed, Err(error))
        }
    };
    let slots = &mut store.data_mut().slots;
    slots.resize_with(slot.max(slots.len()), || Slot::Failed);
    slots.push(here);
    (Some(store), result)
}

/// What each import of a module is given, as wasmtime takes it.
fn externs(
    module: &Module,
    setup: &Setup,
    sources: &Sources,
    store: &mut Store<Data>,
    slot: usize,
    beside: Option<&Instance>,
) -> Result<Vec<Extern>, Error> {
    let mut externs = Vec::with_capacity(module.imports().len());
    let linker = module.wasi_linker(sources)?;
    for ((index, import), theirs) in module.imports().iter().enumerate().zip(module.inner.module.imports()) {
        let name = import.path().join("#");
        let given = setup.imports.get(index).copied().unwrap_or(Given::Nothing);
        let found = match (given, import.ty()) {
            (Given::Host, ExternType::Func(_)) => {
                theirs.ty().func().map(|ty| Extern::Func(core_host::func(store, ty, slot, index)))
            }
            (Given::Export(instance, export), _) => {
                if beside.is_none_or(|beside| !beside.is_beside(instance)) {
                    let message = format!("import {name}: the instances given as imports live in different stores");
                    return Err(Error::new(Kind::Link, message));
                }
                export_of(store, instance.slot, export)
            }
            (Given::Nothing, _) if import.is_wasi() => {
                let [module, name] = import.path() else { return Err(wasi::not_granted(&name)) };
                let found = linker.get(&mut *store, module, name).ok();
                Some(found.ok_or_else(|| wasi::not_granted(module))?)
            }
            _ => None,
        };
        externs.push(found.ok_or_else(|| {
            Error::new(Kind::Link, format!("import {name}: what was given is not there, or is no value of its kind"))
        })?);
    }
    Ok(externs)
}

/// An export of the core instance at `slot`.
pub(crate) fn export_of(store: &mut Store<Data>, slot: usize, name: &str) -> Option<Extern> {
    let Slot::Module { instance, .. } = store.data().slots.get(slot)? else { return None };
    let instance = *instance;
    instance.get_export(store, name)
}
