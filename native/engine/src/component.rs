//! A compiled component: what it imports, what it exports, ready to instantiate.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{ComponentExportIndex, InstancePre, Linker};

use crate::aot::Overflow;
use crate::caller::{self, Caller};
use crate::engine::Engine;
use crate::error::{Error, Kind};
use crate::host;
use crate::store::Data;
use crate::types::Type;

/// Calls that start where they may block, after one that overran its first slice.
const SLOW_CALLS: u8 = 16;

/// A compiled component. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) component: wasmtime::component::Component,
    pub(crate) pre: Result<InstancePre<Data>, Error>,
    pub(crate) exports: Vec<Function>,
    pub(crate) imports: Vec<Import>,
    by_name: BTreeMap<Box<[u8]>, usize>,
    pub(crate) overflow: Overflow<Component>,
}

/// An exported function.
pub struct Function {
    signature: Signature,
    pub(crate) index: ComponentExportIndex,
    pub(crate) caller: Caller,
    takes_any_size: bool,
    slow: AtomicU8,
}

/// An imported function.
pub struct Import {
    signature: Signature,
}

#[derive(Clone)]
struct Signature {
    path: Vec<String>,
    params: Vec<(String, Type)>,
    result: Option<Type>,
}

impl Component {
    pub(crate) fn new(engine: &Engine, component: wasmtime::component::Component) -> Result<Component, Error> {
        let ty = component.component_type();
        let imports: Vec<Import> = functions(engine, ty.imports(&engine.inner).map(|(name, item)| (name, item.ty)))
            .into_iter()
            .map(|signature| Import { signature })
            .collect();
        let exports: Vec<Function> = functions(engine, ty.exports(&engine.inner).map(|(name, item)| (name, item.ty)))
            .into_iter()
            .filter_map(|signature| {
                let index = export_index(&component, &signature.path)?;
                let caller = caller::choose(&signature.params, signature.result.as_ref());
                let takes_any_size = signature.params.iter().any(|(_, ty)| ty.has_any_size());
                Some(Function { signature, index, caller, takes_any_size, slow: AtomicU8::new(0) })
            })
            .collect();
        let pre = link(engine, &component, &imports);
        let by_name = names(&exports);
        let overflow = Overflow::default();
        let inner = Inner { engine: engine.clone(), component, pre, exports, imports, by_name, overflow };
        Ok(Component { inner: Arc::new(inner) })
    }

    /// The functions it exports, interfaces' functions included, in its own order.
    pub fn exports(&self) -> &[Function] {
        &self.inner.exports
    }

    /// The functions it imports. A host call names one by its place here.
    pub fn imports(&self) -> &[Import] {
        &self.inner.imports
    }

    /// As [`Component::find`] for a function of the world itself, by the bytes of its name.
    pub fn find_name(&self, name: &[u8]) -> Option<usize> {
        self.inner.by_name.get(name).copied()
    }

    /// The place in [`Component::exports`] of the function at `path`: its name, or
    /// its interface's name and its own. An interface may be named without its
    /// version where that is unambiguous.
    ///
    /// # Errors
    /// [`Kind::Export`], with the names there are.
    pub fn find(&self, path: &[&str]) -> Result<usize, Error> {
        let found = match path {
            [name] => self.find_name(name.as_bytes()),
            path => self.find_name(path.join("\0").as_bytes()),
        };
        found.ok_or_else(|| {
            let have: Vec<String> = self.inner.exports.iter().map(|export| export.name()).collect();
            let have = if have.is_empty() { "none".to_string() } else { have.join(", ") };
            Error::new(Kind::Export, format!("no exported function {}: there are {have}", path.join(" ")))
        })
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exports: Vec<String> = self.exports().iter().map(|export| export.name()).collect();
        f.debug_struct("Component").field("exports", &exports).finish_non_exhaustive()
    }
}

impl Function {
    /// Its path in one text: `render`, or `wasi:cli/run#run`.
    pub fn name(&self) -> String {
        self.signature.path.join("#")
    }

    /// Its interface's name, if it has one, and its own.
    pub fn path(&self) -> &[String] {
        &self.signature.path
    }

    /// Names and types of its parameters.
    pub fn params(&self) -> &[(String, Type)] {
        &self.signature.params
    }

    /// What it answers.
    pub fn result(&self) -> Option<&Type> {
        self.signature.result.as_ref()
    }

    /// Whether an argument may be so large that passing it takes a while.
    pub fn takes_any_size(&self) -> bool {
        self.takes_any_size
    }

    /// A call overran its first slice: let the next ones start where that does not matter.
    pub(crate) fn mark_slow(&self) {
        self.slow.store(SLOW_CALLS, Relaxed);
    }

    /// Whether the next call should start where it may block. Now and then the
    /// answer is no in spite of slow calls before, to see whether it still holds.
    pub fn starts_slow(&self) -> bool {
        let slow = self.slow.load(Relaxed);
        if slow > 0 {
            self.slow.store(slow - 1, Relaxed);
        }
        slow > 0
    }
}

impl Import {
    /// Its interface's name, if it has one, and its own.
    pub fn path(&self) -> &[String] {
        &self.signature.path
    }

    /// Names and types of its parameters.
    pub fn params(&self) -> &[(String, Type)] {
        &self.signature.params
    }

    /// What the guest expects as its answer.
    pub fn result(&self) -> Option<&Type> {
        self.signature.result.as_ref()
    }
}

/// The functions among `items`, those of interfaces with the interface's name before theirs.
fn functions<'a>(engine: &Engine, items: impl Iterator<Item = (&'a str, ComponentItem)>) -> Vec<Signature> {
    let mut found = Vec::new();
    for (name, item) in items {
        match item {
            ComponentItem::ComponentFunc(func) => found.push(signature(vec![name.to_string()], &func)),
            ComponentItem::ComponentInstance(instance) => {
                found.extend(instance.exports(&engine.inner).filter_map(|(inner, item)| match item.ty {
                    ComponentItem::ComponentFunc(func) => {
                        Some(signature(vec![name.to_string(), inner.to_string()], &func))
                    }
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    found
}

fn signature(path: Vec<String>, func: &ComponentFunc) -> Signature {
    Signature {
        path,
        params: func.params().map(|(name, ty)| (name.to_string(), Type::from(&ty))).collect(),
        result: func.results().next().as_ref().map(Type::from),
    }
}

fn export_index(component: &wasmtime::component::Component, path: &[String]) -> Option<ComponentExportIndex> {
    path.iter().try_fold(None, |parent: Option<ComponentExportIndex>, name| {
        component.get_export_index(parent.as_ref(), name).map(Some)
    })?
}

fn link(
    engine: &Engine,
    component: &wasmtime::component::Component,
    imports: &[Import],
) -> Result<InstancePre<Data>, Error> {
    let wrong = |error: wasmtime::Error| Error::from_wasmtime(Kind::Link, &error);
    let mut linker: Linker<Data> = Linker::new(&engine.inner);
    for (index, import) in imports.iter().enumerate() {
        match import.path() {
            [name] => host::define(&mut linker.root(), name, index).map_err(wrong)?,
            [interface, name] => {
                let mut root = linker.root();
                let mut instance = root.instance(interface).map_err(wrong)?;
                host::define(&mut instance, name, index).map_err(wrong)?;
            }
            _ => {}
        }
    }
    linker.instantiate_pre(component).map_err(wrong)
}

/// Every name a function answers to: its path, and the path without the
/// interface's version unless two interfaces would then answer.
fn names(exports: &[Function]) -> BTreeMap<Box<[u8]>, usize> {
    let mut names: BTreeMap<Box<[u8]>, usize> = BTreeMap::new();
    let mut short: BTreeMap<String, Option<usize>> = BTreeMap::new();
    for (index, export) in exports.iter().enumerate() {
        names.insert(export.path().join("\0").into_bytes().into(), index);
        if let [interface, name] = export.path()
            && let Some((bare, _version)) = interface.split_once('@')
        {
            short.entry(format!("{bare}\0{name}")).and_modify(|several| *several = None).or_insert(Some(index));
        }
    }
    for (name, index) in short {
        if let Some(index) = index {
            names.entry(name.into_bytes().into()).or_insert(index);
        }
    }
    names
}
