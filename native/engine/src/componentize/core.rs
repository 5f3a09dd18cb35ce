//! A core module's outside.

use std::collections::HashSet;

use wasmparser::{CompositeInnerType, ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};

use super::names::{is_wit_name, kebab};
use super::{PREVIEW_1, compile};
use crate::error::{Error, Kind};

/// What matters here of a core module.
#[derive(Default)]
pub(crate) struct Core {
    types: Vec<Option<FuncType>>,
    functions: Vec<u32>,
    imports: Vec<(String, String)>,
    exports: Vec<(String, u32)>,
    has_memory: bool,
}

impl Core {
    pub(crate) fn read(bytes: &[u8]) -> Result<Core, Error> {
        let mut core = Core::default();
        core.fill(bytes).map_err(|error| compile(error.to_string()))?;
        Ok(core)
    }

    fn fill(&mut self, bytes: &[u8]) -> wasmparser::Result<()> {
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => {
                    for group in types {
                        for ty in group?.into_types() {
                            self.types.push(match ty.composite_type.inner {
                                CompositeInnerType::Func(func) => Some(func),
                                _ => None,
                            });
                        }
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        if let TypeRef::Func(ty) = import.ty {
                            self.functions.push(ty);
                        }
                        self.imports.push((import.module.to_string(), import.name.to_string()));
                    }
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        self.functions.push(ty?);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        match export.kind {
                            ExternalKind::Func => self.exports.push((export.name.to_string(), export.index)),
                            ExternalKind::Memory => self.has_memory |= export.name == "memory",
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// That it needs nothing but WASI's first preview, which the adapter gives.
    pub(crate) fn refuse_imports(&self) -> Result<(), Error> {
        match self.imports.iter().find(|(module, _)| module != PREVIEW_1) {
            None => Ok(()),
            Some((module, name)) => Err(Error::new(
                Kind::Import,
                format!("the module imports {name} from {module}, but it is run without any import"),
            )),
        }
    }

    /// A program of WASI's that is run from its beginning to its end.
    pub(crate) fn is_command(&self) -> bool {
        let start = self.exports.iter().find(|(name, _)| name == "_start");
        let runs = start.and_then(|(_, index)| self.function(*index)).is_some_and(|ty| ty == &FuncType::new([], []));
        runs && self.uses_wasi()
    }

    /// That the adapter finds what it writes its answers into.
    pub(crate) fn refuse_no_memory(&self) -> Result<(), Error> {
        match self.uses_wasi() && !self.has_memory {
            true => {
                Err(compile("the module imports WASI's functions, which work on its memory: export one as `memory`"))
            }
            false => Ok(()),
        }
    }

    pub(crate) fn uses_wasi(&self) -> bool {
        self.imports.iter().any(|(module, _)| module == PREVIEW_1)
    }

    pub(crate) fn exported_names(&self) -> String {
        let names: Vec<&str> = self.exports.iter().map(|(name, _)| name.as_str()).collect();
        if names.is_empty() { "none".into() } else { names.join(", ") }
    }

    /// Each function of numbers, by its WIT name, and its type.
    pub(crate) fn numeric_functions(&self) -> Vec<(String, String)> {
        let mut seen = HashSet::new();
        self.exports
            .iter()
            .filter_map(|(name, index)| {
                let name = kebab(name);
                let func = wit_func(self.function(*index)?)?;
                (is_wit_name(&name) && seen.insert(name.clone())).then_some((name, func))
            })
            .collect()
    }

    fn function(&self, index: u32) -> Option<&FuncType> {
        let ty = *self.functions.get(usize::try_from(index).ok()?)?;
        self.types.get(usize::try_from(ty).ok()?)?.as_ref()
    }
}

fn wit_func(ty: &FuncType) -> Option<String> {
    let params: Vec<String> = ty
        .params()
        .iter()
        .enumerate()
        .map(|(i, ty)| number(*ty).map(|ty| format!("p{i}: {ty}")))
        .collect::<Option<_>>()?;
    let params = params.join(", ");
    match ty.results() {
        [] => Some(format!("func({params})")),
        [result] => Some(format!("func({params}) -> {}", number(*result)?)),
        _ => None,
    }
}

fn number(ty: ValType) -> Option<&'static str> {
    match ty {
        ValType::I32 => Some("s32"),
        ValType::I64 => Some("s64"),
        ValType::F32 => Some("f32"),
        ValType::F64 => Some("f64"),
        _ => None,
    }
}
