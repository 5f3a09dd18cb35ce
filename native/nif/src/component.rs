//! What a component imports and exports, as terms.

use rustler::{Encoder, Env, ResourceArc, Term};
use workbooks_engine::Type;

use crate::atoms;
use crate::resources::ComponentResource;

/// `[{path, [{name, type}], result | nil}]`, in the component's order.
#[rustler::nif]
fn exports<'a>(env: Env<'a>, component: ResourceArc<ComponentResource>) -> Vec<Term<'a>> {
    let exports = component.0.exports().iter();
    exports.map(|export| signature(env, export.path(), export.params(), export.result())).collect()
}

/// As `exports`; a host call names an import by its place here.
#[rustler::nif]
fn imports<'a>(env: Env<'a>, component: ResourceArc<ComponentResource>) -> Vec<Term<'a>> {
    let imports = component.0.imports().iter();
    imports.map(|import| signature(env, import.path(), import.params(), import.result())).collect()
}

fn signature<'a>(env: Env<'a>, path: &[String], params: &[(String, Type)], result: Option<&Type>) -> Term<'a> {
    let params: Vec<Term> = params.iter().map(|(name, ty)| (name, encode(env, ty)).encode(env)).collect();
    (path, params, result.map(|ty| encode(env, ty))).encode(env)
}

fn encode<'a>(env: Env<'a>, ty: &Type) -> Term<'a> {
    let optional = |ty: &Option<Type>| ty.as_ref().map(|ty| encode(env, ty)).encode(env);
    match ty {
        Type::Bool => atoms::bool().encode(env),
        Type::S8 => atoms::s8().encode(env),
        Type::U8 => atoms::u8().encode(env),
        Type::S16 => atoms::s16().encode(env),
        Type::U16 => atoms::u16().encode(env),
        Type::S32 => atoms::s32().encode(env),
        Type::U32 => atoms::u32().encode(env),
        Type::S64 => atoms::s64().encode(env),
        Type::U64 => atoms::u64().encode(env),
        Type::F32 => atoms::f32().encode(env),
        Type::F64 => atoms::f64().encode(env),
        Type::Char => atoms::char().encode(env),
        Type::String => atoms::string().encode(env),
        Type::Bytes => (atoms::list(), atoms::u8()).encode(env),
        Type::List(element) => (atoms::list(), encode(env, element)).encode(env),
        Type::Option(some) => (atoms::option(), encode(env, some)).encode(env),
        Type::Tuple(items) => {
            let items: Vec<Term> = items.iter().map(|ty| encode(env, ty)).collect();
            (atoms::tuple(), items).encode(env)
        }
        Type::Record(record) => {
            let fields: Vec<Term> =
                record.fields.iter().map(|(name, ty)| (name, encode(env, ty)).encode(env)).collect();
            (atoms::record(), fields).encode(env)
        }
        Type::Variant(cases) => {
            let cases: Vec<Term> = cases.iter().map(|case| (&case.name, optional(&case.ty)).encode(env)).collect();
            (atoms::variant(), cases).encode(env)
        }
        Type::Enum(names) => (atoms::r#enum(), names.to_vec()).encode(env),
        Type::Flags(names) => (atoms::flags(), names.to_vec()).encode(env),
        Type::Result(sides) => (atoms::result(), optional(&sides.0), optional(&sides.1)).encode(env),
        Type::Unsupported(name) => (atoms::unsupported(), *name).encode(env),
    }
}
