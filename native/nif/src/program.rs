//! What a program imports and exports, as terms.

use rustler::{Atom, Encoder, Env, ResourceArc, Term};
use workbooks_engine::{ExternType, Program, Signature, Type};

use crate::atoms;
use crate::resources::ProgramResource;

/// A component's functions as `[{path, [{name, type}], result | nil}]`, in its order;
/// a module's exports as `[{[name], type}]`.
#[rustler::nif]
fn exports<'a>(env: Env<'a>, program: ResourceArc<ProgramResource>) -> Vec<Term<'a>> {
    match &program.0 {
        Program::Component(component) => {
            component.exports().iter().map(|export| signature(env, export.signature())).collect()
        }
        Program::Module(module) => {
            module.exports().iter().map(|(name, ty)| (vec![name], extern_type(env, ty)).encode(env)).collect()
        }
    }
}

/// As `exports`, with what may be left out or cannot be given: `{path, params, result, kind}`,
/// where kind is `:func`, `:resource` or a text. A host call names one by its place here.
#[rustler::nif]
fn imports<'a>(env: Env<'a>, program: ResourceArc<ProgramResource>) -> Vec<Term<'a>> {
    match &program.0 {
        Program::Component(component) => {
            let imports = component.imports().iter();
            imports
                .map(|import| {
                    let kind = match import.foreign() {
                        Some(what) => what.encode(env),
                        None if import.is_optional() => atoms::resource().encode(env),
                        None => atoms::func().encode(env),
                    };
                    let (params, result) = types(env, import.signature());
                    (import.signature().path(), params, result, kind).encode(env)
                })
                .collect()
        }
        Program::Module(module) => {
            let imports = module.imports().iter();
            imports.map(|import| (import.path(), extern_type(env, import.ty())).encode(env)).collect()
        }
    }
}

fn signature<'a>(env: Env<'a>, signature: &Signature) -> Term<'a> {
    let (params, result) = types(env, signature);
    (signature.path(), params, result).encode(env)
}

fn types<'a>(env: Env<'a>, signature: &Signature) -> (Vec<Term<'a>>, Option<Term<'a>>) {
    let params = signature.params().iter().map(|(name, ty)| (name, encode(env, ty)).encode(env)).collect();
    (params, signature.results().first().map(|ty| encode(env, ty)))
}

fn extern_type<'a>(env: Env<'a>, ty: &ExternType) -> Term<'a> {
    let list = |types: &mut dyn Iterator<Item = &Type>| types.map(|ty| encode(env, ty)).collect::<Vec<_>>();
    match ty {
        ExternType::Func(signature) => {
            let params = list(&mut signature.params().iter().map(|(_, ty)| ty));
            (atoms::func(), params, list(&mut signature.results().iter())).encode(env)
        }
        ExternType::Memory(memory) => {
            let fields = [
                (atoms::min(), memory.min.encode(env)),
                (atoms::max(), memory.max.encode(env)),
                (atoms::memory64(), memory.memory64.encode(env)),
                (atoms::shared(), memory.shared.encode(env)),
            ];
            (atoms::memory(), map(env, &fields)).encode(env)
        }
        ExternType::Global(ty, mutable) => {
            let mutable = if *mutable { atoms::r#var() } else { atoms::r#const() };
            (atoms::global(), encode(env, ty), mutable).encode(env)
        }
        ExternType::Table(table) => {
            let fields = [
                (atoms::min(), table.min.encode(env)),
                (atoms::max(), table.max.encode(env)),
                (atoms::table64(), table.table64.encode(env)),
            ];
            (atoms::table(), encode(env, &table.element), map(env, &fields)).encode(env)
        }
        ExternType::Tag(types) => (atoms::tag(), list(&mut types.iter())).encode(env),
    }
}

fn map<'a>(env: Env<'a>, fields: &[(Atom, Term<'a>)]) -> Term<'a> {
    let keys: Vec<Term> = fields.iter().map(|(key, _)| key.encode(env)).collect();
    let values: Vec<Term> = fields.iter().map(|(_, value)| *value).collect();
    Term::map_from_term_arrays(env, &keys, &values).unwrap_or_else(|_| Term::map_new(env))
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
        Type::FixedList(element, size) => (atoms::list(), encode(env, element), *size).encode(env),
        Type::Map(entry) => (atoms::map(), encode(env, &entry.0), encode(env, &entry.1)).encode(env),
        Type::Own(resource) => (atoms::own(), resource.name.as_str()).encode(env),
        Type::Borrow(resource) => (atoms::borrow(), resource.name.as_str()).encode(env),
        Type::I32 => atoms::i32().encode(env),
        Type::I64 => atoms::i64().encode(env),
        Type::V128 => atoms::v128().encode(env),
        // The common ones are atoms of their own; a module may name types without bound.
        Type::Ref(of) => match Atom::existing_from_str(env, &of.name) {
            Ok(atom) => atom.encode(env),
            Err(_) => (atoms::r#ref(), of.name.as_ref()).encode(env),
        },
        Type::Unsupported(name) => (atoms::unsupported(), *name).encode(env),
    }
}
