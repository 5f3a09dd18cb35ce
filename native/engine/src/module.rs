//! A compiled core module: what it imports, what it exports, ready to instantiate.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::{ExternType as Extern, InstancePre, Linker};

use crate::aot::Overflow;
use crate::caller::Way;
use crate::component::Sources;
use crate::core_host;
use crate::core_typed;
use crate::engine::Engine;
use crate::error::{Error, Kind};
use crate::names::Names;
use crate::signature::{Function, Signature};
use crate::store::Data;
use crate::types::{RefType, Type};
use crate::wasi;

/// A compiled core module. Cheap to clone.
#[derive(Clone)]
pub struct Module {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) module: wasmtime::Module,
    functions: Vec<Function>,
    exports: Vec<(String, ExternType)>,
    imports: Vec<Import>,
    names: Names,
    /// Linked, by where imports come from, for instances in stores of their own.
    linked: Mutex<BTreeMap<Sources, Result<InstancePre<Data>, Error>>>,
    /// Whether it imports functions alone, and none twice, which may mean two types.
    is_simple: bool,
    pub(crate) overflow: Overflow<Module>,
}

/// Something imported, by its module's name and its own.
pub struct Import {
    path: [String; 2],
    ty: ExternType,
}

impl Import {
    /// Its module's name and its own.
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Whether it is one of WASI's.
    pub fn is_wasi(&self) -> bool {
        wasi::is_wasi_import(&self.path[0])
    }

    /// What it is.
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}

/// What a module imports or exports.
#[derive(Clone, Debug)]
pub enum ExternType {
    /// A function.
    Func(Signature),
    /// A linear memory.
    Memory(MemoryType),
    /// A global: its type, and whether it may be set.
    Global(Type, bool),
    /// A table.
    Table(TableType),
    /// An exception's tag, with the types it carries.
    Tag(Vec<Type>),
}

/// A linear memory's type. Sizes are in pages.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are WebAssembly's own")]
pub struct MemoryType {
    pub min: u64,
    pub max: Option<u64>,
    pub memory64: bool,
    pub shared: bool,
}

/// A table's type. Sizes are in elements.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are WebAssembly's own")]
pub struct TableType {
    pub element: Type,
    pub min: u64,
    pub max: Option<u64>,
    pub table64: bool,
}

impl Module {
    pub(crate) fn new(engine: &Engine, module: wasmtime::Module) -> Result<Module, Error> {
        let exports: Vec<_> = module
            .exports()
            .map(|export| (export.name().to_string(), extern_type(&[export.name()], &export.ty())))
            .collect();
        let functions: Vec<Function> = exports
            .iter()
            .filter_map(|(_, ty)| match ty {
                ExternType::Func(signature) => {
                    Some(Function::new(signature.clone(), Way::Core(core_typed::choose(signature))))
                }
                _ => None,
            })
            .collect();
        let imports: Vec<Import> = module
            .imports()
            .map(|import| Import {
                path: [import.module().to_string(), import.name().to_string()],
                ty: extern_type(&[import.module(), import.name()], &import.ty()),
            })
            .collect();
        let names = Names::of(functions.iter().map(|function| function.signature.path()));
        let inner = Inner {
            engine: engine.clone(),
            module,
            functions,
            exports,
            is_simple: is_simple(&imports),
            imports,
            names,
            linked: Mutex::default(),
            overflow: Overflow::default(),
        };
        Ok(Module { inner: Arc::new(inner) })
    }

    /// The functions it exports.
    pub fn functions(&self) -> &[Function] {
        &self.inner.functions
    }

    /// All it exports, in its own order.
    pub fn exports(&self) -> &[(String, ExternType)] {
        &self.inner.exports
    }

    /// All it imports. A host call names one by its place here.
    pub fn imports(&self) -> &[Import] {
        &self.inner.imports
    }

    pub(crate) fn names(&self) -> &Names {
        &self.inner.names
    }

    /// Linked with host functions and WASI's; `None` where it imports more than functions.
    pub(crate) fn linked(&self, sources: &Sources) -> Option<Result<InstancePre<Data>, Error>> {
        if !self.inner.is_simple {
            return None;
        }
        let mut linked = self.inner.linked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pre) = linked.get(sources) {
            return Some(pre.clone());
        }
        let pre = self.link(sources);
        linked.insert(sources.clone(), pre.clone());
        Some(pre)
    }

    fn link(&self, sources: &Sources) -> Result<InstancePre<Data>, Error> {
        let wrong = |error: wasmtime::Error| Error::from_wasmtime(Kind::Link, &error);
        let mut linker = self.wasi_linker(sources)?;
        linker.allow_shadowing(true);
        for (index, import) in self.inner.module.imports().enumerate() {
            let given = sources.given.get(index).copied().unwrap_or(false);
            if let (Extern::Func(ty), true) = (import.ty(), given) {
                linker
                    .func_new_async(import.module(), import.name(), ty, move |caller, params, results| {
                        Box::new(core_host::call(caller, 0, index, params, results))
                    })
                    .map_err(wrong)?;
            }
        }
        linker.instantiate_pre(&self.inner.module).map_err(wrong)
    }

    /// A linker with WASI's functions, where they are to be had.
    pub(crate) fn wasi_linker(&self, sources: &Sources) -> Result<Linker<Data>, Error> {
        let mut linker: Linker<Data> = Linker::new(&self.inner.engine.inner);
        if sources.wasi {
            wasi::add_to_module_linker(&mut linker, sources.virtual_time)
                .map_err(|error| Error::from_wasmtime(Kind::Internal, &error))?;
        }
        Ok(linker)
    }
}

fn is_simple(imports: &[Import]) -> bool {
    let mut seen = HashSet::new();
    imports.iter().all(|import| matches!(import.ty, ExternType::Func(_)) && seen.insert(&import.path))
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exports: Vec<&str> = self.exports().iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Module").field("exports", &exports).finish_non_exhaustive()
    }
}

fn extern_type(path: &[&str], ty: &Extern) -> ExternType {
    match ty {
        Extern::Func(func) => ExternType::Func(Signature {
            path: path.iter().map(|name| (*name).to_string()).collect(),
            params: func.params().enumerate().map(|(i, ty)| (format!("p{i}"), Type::from(&ty))).collect(),
            results: func.results().map(|ty| Type::from(&ty)).collect(),
        }),
        Extern::Memory(memory) => ExternType::Memory(MemoryType {
            min: memory.minimum(),
            max: memory.maximum(),
            memory64: memory.is_64(),
            shared: memory.is_shared(),
        }),
        Extern::Global(global) => {
            ExternType::Global(Type::from(global.content()), global.mutability() == wasmtime::Mutability::Var)
        }
        Extern::Table(table) => ExternType::Table(TableType {
            element: Type::Ref(RefType::from(table.element())),
            min: table.minimum(),
            max: table.maximum(),
            table64: table.is_64(),
        }),
        Extern::Tag(tag) => ExternType::Tag(tag.ty().params().map(|ty| Type::from(&ty)).collect()),
    }
}
