//! Core functions under the names that the component's world has for them.

use std::borrow::Cow;
use std::collections::HashSet;

use wasm_encoder::{ExportKind, ExportSection, ImportSection, Module, RawSection};
use wasmparser::{BinaryReaderError, ExternalKind, Parser, Payload, TypeRef};
use wit_parser::{Resolve, WorldId, WorldItem};

use super::compile;
use crate::error::Error;

/// Where wit-component looks for the functions of a world itself.
const ROOT: &str = "$root";
/// What C, Zig and Rust call the module of a function that was only declared.
const UNNAMED: &str = "env";
/// What runs after a function, to free its result.
const POST: &str = "cabi_post_";

/// `movingAverage` and `moving_average` are `moving-average` in WIT.
pub(crate) fn kebab(name: &str) -> String {
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

pub(crate) fn is_wit_name(name: &str) -> bool {
    name.split('-').all(|word| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}

/// The functions of a world, as wit-component wants a core module to spell them.
pub(crate) struct Wanted {
    exports: HashSet<String>,
    imports: HashSet<String>,
}

impl Wanted {
    pub(crate) fn of(resolve: &Resolve, world: WorldId) -> Wanted {
        let mut wanted = Wanted { exports: HashSet::new(), imports: HashSet::new() };
        let Some(world) = resolve.worlds.get(world) else { return wanted };
        for (key, item) in &world.exports {
            match item {
                WorldItem::Function(function) => {
                    wanted.exports.insert(function.name.clone());
                }
                WorldItem::Interface { id, .. } => {
                    let interface = resolve.name_world_key(key);
                    let functions = resolve.interfaces.get(*id).into_iter().flat_map(|i| i.functions.keys());
                    wanted.exports.extend(functions.map(|function| format!("{interface}#{function}")));
                }
                WorldItem::Type { .. } => {}
            }
        }
        for item in world.imports.values() {
            if let WorldItem::Function(function) = item {
                wanted.imports.insert(function.name.clone());
            }
        }
        wanted
    }

    /// The export's name in the world, where it has another.
    fn export(&self, name: &str) -> Option<String> {
        let (post, function) = match name.strip_prefix(POST) {
            Some(function) => (POST, function),
            None => ("", name),
        };
        let kebab = kebab(function);
        let renamed = kebab != function && !self.exports.contains(function) && self.exports.contains(&kebab);
        renamed.then(|| format!("{post}{kebab}"))
    }

    /// The name of an imported function of the world's own.
    fn import(&self, module: &str, name: &str) -> Option<String> {
        if module != UNNAMED && module != ROOT {
            return None;
        }
        [name.to_string(), kebab(name)].into_iter().find(|name| self.imports.contains(name))
    }
}

/// The same module with its functions under the world's names. Who wrote
/// `movingAverage` beside `moving-average` gets what has the name itself.
pub(crate) fn rename(bytes: &[u8], wanted: &Wanted) -> Result<Vec<u8>, Error> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(wrong)?;
        match &payload {
            Payload::ExportSection(exports) => {
                module.section(&renamed_exports(exports.clone(), wanted)?);
            }
            Payload::ImportSection(imports) => {
                module.section(&renamed_imports(imports.clone(), wanted)?);
            }
            _ => {
                if let Some((id, range)) = payload.as_section() {
                    let data = bytes.get(range).unwrap_or_default();
                    module.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(module.finish())
}

fn renamed_exports(exports: wasmparser::ExportSectionReader<'_>, wanted: &Wanted) -> Result<ExportSection, Error> {
    let exports = exports.into_iter().collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let mut taken: HashSet<String> = exports.iter().map(|export| export.name.to_string()).collect();
    let mut section = ExportSection::new();
    for export in exports {
        let kind = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
            ExternalKind::Table => ExportKind::Table,
            ExternalKind::Memory => ExportKind::Memory,
            ExternalKind::Global => ExportKind::Global,
            ExternalKind::Tag => ExportKind::Tag,
        };
        let name = match wanted.export(export.name).filter(|_| kind == ExportKind::Func) {
            Some(name) if taken.insert(name.clone()) => Cow::Owned(name),
            _ => Cow::Borrowed(export.name),
        };
        section.export(&name, kind, export.index);
    }
    Ok(section)
}

fn renamed_imports(imports: wasmparser::ImportSectionReader<'_>, wanted: &Wanted) -> Result<ImportSection, Error> {
    let mut section = ImportSection::new();
    for import in imports.into_imports() {
        let import = import.map_err(wrong)?;
        let name = match import.ty {
            TypeRef::Func(_) => wanted.import(import.module, import.name),
            _ => None,
        };
        let ty = wasm_encoder::EntityType::try_from(import.ty).map_err(|_| compile("an import's type is unknown"))?;
        match name {
            Some(name) => section.import(ROOT, &name, ty),
            None => section.import(import.module, import.name, ty),
        };
    }
    Ok(section)
}

fn wrong(error: BinaryReaderError) -> Error {
    compile(error.to_string())
}
