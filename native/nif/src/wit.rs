//! A WIT world as terms: `Workbooks.Wasm.Bindings.describe/2` has their shape.

use std::path::Path;

use rustler::{Atom, Binary, Encoder, Env, Term};
use workbooks_engine::wit::{self, Document, FunctionKind, Interface, Member, Type, TypeKind, World};
use workbooks_engine::{Error, Kind};

use crate::{atoms, error};

mod words {
    rustler::atoms! {
        // where to read
        wasm, text, path,
        // keys
        name, docs, imports, exports, files, types, functions, params, result, kind, wit,
        r#async = "async",
        r#type = "type",
        // kinds of functions
        free, constructor, method,
        r#static = "static",
        // types that values have no kind of their own for
        map, future, stream, own, borrow, named, resource, alias, fixed_list, error_context,
    }
}

/// `{:ok, world}` or `{:error, …}`. `from` is `:wasm` (bytes), `:text` (WIT; `name`
/// stands in errors) or `:path`; `world` is empty for the only one.
#[rustler::nif(name = "wit", schedule = "DirtyCpu")]
fn wit_nif<'a>(env: Env<'a>, from: Atom, data: Binary<'a>, name: &str, world: &str) -> Term<'a> {
    let world = Some(world).filter(|world| !world.is_empty());
    let read = document(from, data.as_slice(), name).and_then(|document| wit::read(document, world));
    error::encode_result(env, read.map(|read| encode_world(env, &read)))
}

fn document<'a>(from: Atom, data: &'a [u8], name: &'a str) -> Result<Document<'a>, Error> {
    if from == words::wasm() {
        return Ok(Document::Wasm(data));
    }
    let text =
        std::str::from_utf8(data).map_err(|error| Error::new(Kind::Compile, format!("WIT is UTF-8 text: {error}")))?;
    Ok(if from == words::path() { Document::Path(Path::new(text)) } else { Document::Text(name, text) })
}

fn encode_world<'a>(env: Env<'a>, world: &World) -> Term<'a> {
    let interfaces = |list: &[Interface]| list.iter().map(|one| interface(env, one)).collect::<Vec<_>>().encode(env);
    map(
        env,
        &[
            (words::name(), world.name.encode(env)),
            (words::docs(), world.docs.encode(env)),
            (words::imports(), interfaces(&world.imports)),
            (words::exports(), interfaces(&world.exports)),
            (words::files(), world.files.encode(env)),
        ],
    )
}

fn interface<'a>(env: Env<'a>, interface: &Interface) -> Term<'a> {
    let types: Vec<Term> = interface
        .types
        .iter()
        .map(|def| {
            map(
                env,
                &[
                    (words::name(), def.name.encode(env)),
                    (words::docs(), def.docs.encode(env)),
                    (words::r#type(), type_kind(env, &def.kind)),
                ],
            )
        })
        .collect();
    let functions: Vec<Term> = interface.functions.iter().map(|one| function(env, one)).collect();
    map(
        env,
        &[
            (words::name(), interface.name.encode(env)),
            (words::docs(), interface.docs.encode(env)),
            (words::types(), types.encode(env)),
            (words::functions(), functions.encode(env)),
        ],
    )
}

fn function<'a>(env: Env<'a>, function: &wit::Function) -> Term<'a> {
    let params: Vec<Term> = function.params.iter().map(|(name, ty)| (name, encode(env, ty)).encode(env)).collect();
    let kind = match &function.kind {
        FunctionKind::Free => words::free().encode(env),
        FunctionKind::Constructor(resource) => (words::constructor(), resource).encode(env),
        FunctionKind::Method(resource) => (words::method(), resource).encode(env),
        FunctionKind::Static(resource) => (words::r#static(), resource).encode(env),
    };
    map(
        env,
        &[
            (words::name(), function.name.encode(env)),
            (words::docs(), function.docs.encode(env)),
            (words::kind(), kind),
            (words::params(), params.encode(env)),
            (words::result(), function.result.as_ref().map(|ty| encode(env, ty)).encode(env)),
            (words::r#async(), function.is_async.encode(env)),
            (words::wit(), function.to_string().encode(env)),
        ],
    )
}

fn type_kind<'a>(env: Env<'a>, kind: &TypeKind) -> Term<'a> {
    let members = |of: Atom, list: &[Member]| {
        let list: Vec<Term> = list
            .iter()
            .map(|member| {
                map(
                    env,
                    &[
                        (words::name(), member.name.encode(env)),
                        (words::docs(), member.docs.encode(env)),
                        (words::r#type(), member.ty.as_ref().map(|ty| encode(env, ty)).encode(env)),
                    ],
                )
            })
            .collect();
        (of, list).encode(env)
    };
    match kind {
        TypeKind::Record(fields) => members(atoms::record(), fields),
        TypeKind::Variant(cases) => members(atoms::variant(), cases),
        TypeKind::Enum(cases) => members(atoms::r#enum(), cases),
        TypeKind::Flags(flags) => members(atoms::flags(), flags),
        TypeKind::Resource => words::resource().encode(env),
        TypeKind::Alias(ty) => (words::alias(), encode(env, ty)).encode(env),
    }
}

fn encode<'a>(env: Env<'a>, ty: &Type) -> Term<'a> {
    let name = |name: &wit::Name| (&name.interface, &name.name).encode(env);
    let side = |ty: &Option<Type>| ty.as_ref().map(|ty| encode(env, ty)).encode(env);
    let item = |ty: &Option<Box<Type>>| ty.as_deref().map(|ty| encode(env, ty)).encode(env);
    match ty {
        Type::Simple("error-context") => words::error_context().encode(env),
        // WIT's own few names.
        Type::Simple(name) => Atom::from_str(env, name).map_or_else(|_| name.encode(env), |atom| atom.encode(env)),
        Type::List(element) => (atoms::list(), encode(env, element)).encode(env),
        Type::FixedList(element, len) => (words::fixed_list(), encode(env, element), len).encode(env),
        Type::Map(entry) => (words::map(), encode(env, &entry.0), encode(env, &entry.1)).encode(env),
        Type::Option(some) => (atoms::option(), encode(env, some)).encode(env),
        Type::Result(sides) => (atoms::result(), side(&sides.0), side(&sides.1)).encode(env),
        Type::Tuple(items) => (atoms::tuple(), items.iter().map(|ty| encode(env, ty)).collect::<Vec<_>>()).encode(env),
        Type::Future(of) => (words::future(), item(of)).encode(env),
        Type::Stream(of) => (words::stream(), item(of)).encode(env),
        Type::Own(of) => (words::own(), name(of)).encode(env),
        Type::Borrow(of) => (words::borrow(), name(of)).encode(env),
        Type::Named(of) => (words::named(), name(of)).encode(env),
    }
}

fn map<'a>(env: Env<'a>, pairs: &[(Atom, Term<'a>)]) -> Term<'a> {
    // Fails only for keys given twice.
    Term::map_from_pairs(env, pairs).unwrap_or_else(|_| Term::map_new(env))
}
