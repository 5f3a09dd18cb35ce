//! Core modules become components, in-process.

use std::borrow::Cow;

use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{CompositeInnerType, ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::error::{Error, Kind};

/// What a core module is to look like from outside.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    /// Every exported function whose parameters and result are numbers: `i32` is
    /// `s32`, `i64` is `s64`.
    Numbers,
    /// One exported function.
    Function {
        /// Its name, as WIT or as the core module spells it.
        name: &'a str,
        /// Its WIT type, such as `func(items: list<string>) -> list<f64>`.
        func: &'a str,
    },
    /// A WIT document with one world, imports included.
    World(&'a str),
}

/// Turns a core module, binary or text, into a component of that shape, strings
/// and lists by the canonical ABI. Names become WIT's: `moving_average` answers to
/// `moving-average`. A component comes back as it is.
///
/// # Errors
/// [`Kind::Compile`] when the bytes do not parse or do not fit the shape, with the
/// reason; [`Kind::Import`] when the module imports something no world declares.
pub fn componentize(bytes: &[u8], shape: Shape<'_>) -> Result<Vec<u8>, Error> {
    let bytes = wat::parse_bytes(bytes).map_err(|error| compile(error.to_string()))?;
    if is_component(&bytes) {
        return Ok(bytes.into_owned());
    }
    let core = Core::read(&bytes)?;
    let wit = match shape {
        Shape::World(wit) => wit.to_string(),
        Shape::Function { name, func } => {
            core.refuse_imports()?;
            world(&[(kebab(name), func.to_string())])
        }
        Shape::Numbers => {
            core.refuse_imports()?;
            let functions = core.numeric_functions();
            if functions.is_empty() {
                let names = core.exported_names();
                return Err(compile(format!(
                    "the module exports no function of numbers with at most one result (exports: {names})"
                )));
            }
            world(&functions)
        }
    };
    let renamed = rename_exports(&bytes)?;
    encode(renamed, &wit)
        .map_err(|error| compile(error.chain().map(|cause| cause.to_string()).collect::<Vec<_>>().join(": ")))
}

/// The fourth to eighth byte of a component's preamble hold layer 1.
pub(crate) fn is_component(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm") && bytes.get(6..8) == Some(&[1, 0])
}

fn compile(message: impl Into<String>) -> Error {
    Error::new(Kind::Compile, message)
}

fn world(functions: &[(String, String)]) -> String {
    let exports: String = functions.iter().map(|(name, func)| format!("  export %{name}: {func};\n")).collect();
    format!("package local:block;\nworld block {{\n{exports}}}\n")
}

fn encode(mut module: Vec<u8>, wit: &str) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("block.wit", wit)?;
    let world = resolve.select_world(&[package], None)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

/// `movingAverage` and `moving_average` are `moving-average` in WIT.
fn kebab(name: &str) -> String {
    let mut kebab = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c == '_' || c == '-' {
            kebab.push('-');
        } else if c.is_ascii_uppercase() {
            if !kebab.is_empty() && !kebab.ends_with('-') {
                kebab.push('-');
            }
            kebab.push(c.to_ascii_lowercase());
        } else {
            kebab.push(c);
        }
    }
    kebab
}

fn is_wit_name(name: &str) -> bool {
    name.split('-').all(|word| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}

/// What matters here of a core module.
#[derive(Default)]
struct Core {
    types: Vec<Option<FuncType>>,
    functions: Vec<u32>,
    imports: Vec<(String, String)>,
    exports: Vec<(String, u32)>,
}

impl Core {
    fn read(bytes: &[u8]) -> Result<Core, Error> {
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
                        if export.kind == ExternalKind::Func {
                            self.exports.push((export.name.to_string(), export.index));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn refuse_imports(&self) -> Result<(), Error> {
        match self.imports.first() {
            None => Ok(()),
            Some((module, name)) => Err(Error::new(
                Kind::Import,
                format!("the module imports {name} from {module}, but it is run without any import"),
            )),
        }
    }

    fn exported_names(&self) -> String {
        let names: Vec<&str> = self.exports.iter().map(|(name, _)| name.as_str()).collect();
        if names.is_empty() { "none".into() } else { names.join(", ") }
    }

    fn numeric_functions(&self) -> Vec<(String, String)> {
        let func = |index: u32| -> Option<String> {
            let ty = *self.functions.get(usize::try_from(index).ok()?)?;
            wit_func(self.types.get(usize::try_from(ty).ok()?)?.as_ref()?)
        };
        self.exports
            .iter()
            .filter_map(|(name, index)| {
                let name = kebab(name);
                if is_wit_name(&name) { Some((name, func(*index)?)) } else { None }
            })
            .collect()
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

/// The same module with every exported function under its WIT name. The names
/// the canonical ABI itself gives (`cabi_realloc`, `cabi_post_…`) stay.
fn rename_exports(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let wrong = |error: wasmparser::BinaryReaderError| compile(error.to_string());
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(wrong)?;
        if let Payload::ExportSection(exports) = &payload {
            let mut section = ExportSection::new();
            for export in exports.clone() {
                let export = export.map_err(wrong)?;
                let kind = match export.kind {
                    ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
                    ExternalKind::Table => ExportKind::Table,
                    ExternalKind::Memory => ExportKind::Memory,
                    ExternalKind::Global => ExportKind::Global,
                    ExternalKind::Tag => ExportKind::Tag,
                };
                let name = if kind == ExportKind::Func && !export.name.starts_with("cabi_") {
                    Cow::Owned(kebab(export.name))
                } else {
                    Cow::Borrowed(export.name)
                };
                section.export(&name, kind, export.index);
            }
            module.section(&section);
        } else if let Some((id, range)) = payload.as_section() {
            let data = bytes.get(range).unwrap_or_default();
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}
