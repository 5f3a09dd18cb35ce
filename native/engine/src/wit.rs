//! WIT, out of a component or as text: what there is to import and to export, with
//! names of types and the words of its author, which the compiled component no longer has.

mod convert;
mod model;

use std::path::Path;

use wit_component::{DecodedWasm, decode};
use wit_parser::Resolve;

use crate::componentize::is_component;
use crate::error::{Error, Kind};

pub use model::{Function, FunctionKind, Interface, Member, Name, Type, TypeDef, TypeKind, World};

/// Where a world is to be read from.
#[derive(Clone, Copy, Debug)]
pub enum Document<'a> {
    /// A component or a WIT package, binary or text.
    Wasm(&'a [u8]),
    /// WIT text; the name stands in errors.
    Text(&'a str, &'a str),
    /// A WIT file, or a folder of them with its `deps`.
    Path(&'a Path),
}

/// The parser's recursion is bounded by its own limits, which fit in this.
const STACK: usize = 8 * 1024 * 1024;

/// Reads a world: the one there is, or the one called `world`.
///
/// # Errors
/// [`Kind::Compile`] with what is wrong and where; [`Kind::NotFound`] without such
/// a file; [`Kind::Export`] when `world` is needed, or is none of those there are.
pub fn read(document: Document<'_>, world: Option<&str>) -> Result<World, Error> {
    // The decoder asserts where it trusts its input: on a thread of its own that is an error here.
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("wit".into())
            .stack_size(STACK)
            .spawn_scoped(scope, || read_here(document, world))
            .map_err(|error| Error::new(Kind::Internal, format!("no thread to read WIT on: {error}")))?
            .join()
            .unwrap_or_else(|_| Err(Error::new(Kind::Compile, "the bytes describe no interface that can be read")))
    })
}

fn read_here(document: Document<'_>, world: Option<&str>) -> Result<World, Error> {
    let mut resolve = Resolve::default();
    let mut files = Vec::new();
    let package = match document {
        Document::Wasm(bytes) => match decode_wasm(bytes)? {
            // A component is a world.
            DecodedWasm::Component(resolve, id) => return Ok(convert::world(&resolve, id)),
            DecodedWasm::WitPackage(read, package) => {
                resolve = read;
                package
            }
        },
        Document::Text(name, text) => resolve.push_str(name, text).map_err(|error| rendered(&resolve, &error))?,
        Document::Path(path) => {
            if !path.exists() {
                return Err(Error::new(Kind::NotFound, format!("no file {}", path.display())));
            }
            let (package, sources) = resolve.push_path(path).map_err(|error| rendered(&resolve, &error))?;
            files = sources.paths().map(|path| path.display().to_string()).collect();
            package
        }
    };
    let id = resolve.select_world(&[package], world).map_err(|_| no_world(&resolve, package, world))?;
    Ok(World { files, ..convert::world(&resolve, id) })
}

fn decode_wasm(bytes: &[u8]) -> Result<DecodedWasm, Error> {
    let bytes = wat::parse_bytes(bytes).map_err(|error| Error::new(Kind::Compile, error.to_string()))?;
    if !is_component(&bytes) {
        return Err(Error::new(
            Kind::Compile,
            "these bytes are a core module, which has no WIT: wrap it with `componentize` first",
        ));
    }
    decode(&bytes)
        // Words about what the component no longer has are no reason to refuse it.
        .or_else(|error| decode(&without_docs(&bytes).ok_or(error)?))
        .map_err(|error| Error::new(Kind::Compile, format!("{error:#}")))
}

/// The component without its `package-docs` section, if it has one.
fn without_docs(component: &[u8]) -> Option<Vec<u8>> {
    let mut parser = wasmparser::Parser::new(0);
    let mut at = 0;
    loop {
        let rest = component.get(at..)?;
        let wasmparser::Chunk::Parsed { consumed, payload } = parser.parse(rest, true).ok()? else {
            return None;
        };
        let end = at.checked_add(consumed)?;
        match payload {
            wasmparser::Payload::CustomSection(section)
                if section.name() == wit_parser::PackageMetadata::SECTION_NAME =>
            {
                return Some([component.get(..at)?, component.get(end..)?].concat());
            }
            // Whose content the outer parser has passed over already.
            wasmparser::Payload::ModuleSection { unchecked_range, .. }
            | wasmparser::Payload::ComponentSection { unchecked_range, .. } => at = unchecked_range.end,
            wasmparser::Payload::End(_) => return None,
            _ => at = end,
        }
    }
}

fn rendered(resolve: &Resolve, error: &anyhow::Error) -> Error {
    Error::new(Kind::Compile, resolve.render_error(error))
}

fn no_world(resolve: &Resolve, package: wit_parser::PackageId, world: Option<&str>) -> Error {
    let package = &resolve.packages[package];
    let names: Vec<&str> = package.worlds.keys().map(String::as_str).collect();
    let have = if names.is_empty() { "none".to_string() } else { names.join(", ") };
    let message = match world {
        Some(world) => format!("package {} has no world {world}: there are {have}", package.name),
        None if names.is_empty() => format!("package {} has no world", package.name),
        None => format!("package {} has several worlds, name one of them: {have}", package.name),
    };
    Error::new(Kind::Export, message)
}
