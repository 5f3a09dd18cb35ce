//! A compiled core module: what it imports, what it exports, ready to instantiate.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use wasmtime::{ExternType as Extern, FuncType, InstancePre, Linker};

use crate::aot::Overflow;
use crate::caller::Way;
use crate::engine::Engine;
use crate::error::{Error, Kind};
use crate::core_host;
use crate::names::Names;
use crate::signature::{Function, Signature};
use crate::store::Data;
use crate::types::{RefType, Type};

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
    /// Linked with host functions alone, for instances in stores of their own.
    linked: OnceLock<Option<Result<InstancePre<Data>, Error>>>,
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
        let exports: Vec<_> =
            module.exports().map(|export| (export.name().to_string(), extern_type(&[export.name()], &export.ty()))).collect();
        let functions: Vec<Function> = exports
            .iter()
            .filter_map(|(_, ty)| match ty {
                ExternType::Func(signature) => Some(Function::new(signature.clone(), Way::Core)),
                _ => None,
            })
            .collect();
        let imports = module
            .imports()
            .map(|import| Import {
                path: [import.module().to_string(), import.name().to_string()],
                ty: extern_type(&[import.module(), import.name()], &import.ty()),
            })
            .collect();
        let names = Names::of(functions.iter().map(|function| function.signature.path()));
        let linked = OnceLock::new();
        let overflow = Overflow::default();
        let inner = Inner { engine: engine.clone(), module, functions, exports, imports, names, linked, overflow };
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

    /// Its imported functions' types, `None` for what is no function.
    pub(crate) fn import_type(&self, index: usize) -> Option<FuncType> {
        let import = self.inner.module.imports().nth(index)?;
        import.ty().func().cloned()
    }

    /// Linked with host functions for all it imports; `None` where it imports more
    /// than functions, or one name twice, which may mean two types.
    pub(crate) fn linked(&self) -> Option<Result<InstancePre<Data>, Error>> {
        self.inner.linked.get_or_init(|| self.is_simple().then(|| self.link())).clone()
    }

    fn is_simple(&self) -> bool {
        let imports = self.imports();
        let mut seen = HashSet::new();
        imports.iter().all(|import| matches!(import.ty, ExternType::Func(_)) && seen.insert(&import.path))
    }

    fn link(&self) -> Result<InstancePre<Data>, Error> {
        let wrong = |error: wasmtime::Error| Error::from_wasmtime(Kind::Link, &error);
        let mut linker: Linker<Data> = Linker::new(&self.inner.engine.inner);
        for (index, import) in self.inner.module.imports().enumerate() {
            if let Extern::Func(ty) = import.ty() {
                linker
                    .func_new_async(import.module(), import.name(), ty, move |caller, params, results| {
                        Box::new(core_host::call(caller, 0, index, params, results))
                    })
                    .map_err(wrong)?;
            }
        }
        linker.instantiate_pre(&self.inner.module).map_err(wrong)
    }
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
