//! WIT types as the bindings see them, resolved once per component.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::types as wt;

/// A WIT type.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants are WIT's own types")]
pub enum Type {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    /// `list<u8>`: a binary.
    Bytes,
    List(Arc<Type>),
    Record(Arc<Record>),
    Tuple(Arc<[Type]>),
    Variant(Arc<[Case]>),
    Enum(Arc<[String]>),
    Flags(Arc<[String]>),
    Option(Arc<Type>),
    Result(Arc<(Option<Type>, Option<Type>)>),
    /// `list<T, N>`.
    FixedList(Arc<Type>, u32),
    Map(Arc<(Type, Type)>),
    /// A handle that is handed over.
    Own(Arc<ResourceName>),
    /// A handle that is lent for a call.
    Borrow(Arc<ResourceName>),
    // Core WebAssembly's own, beside f32 and f64.
    I32,
    I64,
    V128,
    Ref(RefType),
    /// A type values cannot cross with yet; holds its name.
    Unsupported(&'static str),
}

/// A resource type: its name, and who defines it.
#[derive(Debug, PartialEq)]
pub struct ResourceName {
    /// As the WIT has it.
    pub name: String,
    /// The host's own number for it, where the host defines it.
    pub(crate) host: Option<u32>,
}

/// A reference type of core WebAssembly.
#[derive(Clone, Debug, PartialEq)]
pub struct RefType {
    /// Which kind of value it refers to.
    pub top: Top,
    /// Whether null is one of its values.
    pub nullable: bool,
    /// The text format's spelling, such as `externref`.
    pub name: Arc<str>,
}

/// The hierarchies of reference types.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants are WebAssembly's own")]
pub enum Top {
    Extern,
    Func,
    Any,
    Exn,
    Cont,
}

/// A record's fields in order.
#[derive(Debug, PartialEq)]
pub struct Record {
    /// Name and type of each field.
    pub fields: Vec<(String, Type)>,
}

/// A variant's case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The case's name.
    pub name: String,
    /// What it carries.
    pub ty: Option<Type>,
}

impl Type {
    /// Whether its values can be of any size: strings, lists, and what holds some.
    pub fn has_any_size(&self) -> bool {
        let content = |ty: &Option<Type>| ty.as_ref().is_some_and(Type::has_any_size);
        match self {
            Type::String | Type::Bytes | Type::List(_) | Type::Flags(_) => true,
            Type::Option(some) => some.has_any_size(),
            Type::Tuple(items) => items.iter().any(Type::has_any_size),
            Type::Record(record) => record.fields.iter().any(|(_, ty)| ty.has_any_size()),
            Type::Variant(cases) => cases.iter().any(|case| content(&case.ty)),
            Type::Result(sides) => content(&sides.0) || content(&sides.1),
            Type::FixedList(..) | Type::Map(_) => true,
            _ => false,
        }
    }

    /// Whether its values may hold handles, which only the store can make and take.
    pub fn has_resource(&self) -> bool {
        let content = |ty: &Option<Type>| ty.as_ref().is_some_and(Type::has_resource);
        match self {
            Type::Own(_) | Type::Borrow(_) => true,
            Type::List(element) | Type::FixedList(element, _) | Type::Option(element) => element.has_resource(),
            Type::Tuple(items) => items.iter().any(Type::has_resource),
            Type::Record(record) => record.fields.iter().any(|(_, ty)| ty.has_resource()),
            Type::Variant(cases) => cases.iter().any(|case| content(&case.ty)),
            Type::Result(sides) => content(&sides.0) || content(&sides.1),
            Type::Map(entry) => entry.0.has_resource() || entry.1.has_resource(),
            _ => false,
        }
    }
}

/// Names for the resource types of one component.
#[derive(Default)]
pub(crate) struct Resolver {
    resources: Vec<(wt::ResourceType, Arc<ResourceName>)>,
}

impl Resolver {
    /// From now on `ty` goes by this name. The first name stays.
    pub(crate) fn name(&mut self, ty: wt::ResourceType, name: &str, host: Option<u32>) {
        if !self.resources.iter().any(|(known, _)| *known == ty) {
            self.resources.push((ty, Arc::new(ResourceName { name: name.to_string(), host })));
        }
    }

    pub(crate) fn resource(&self, ty: wt::ResourceType) -> Arc<ResourceName> {
        match self.resources.iter().find(|(known, _)| *known == ty) {
            Some((_, name)) => name.clone(),
            None => Arc::new(ResourceName { name: "resource".into(), host: None }),
        }
    }

    /// wasmtime's type as one of ours.
    pub(crate) fn resolve(&self, ty: &wt::Type) -> Type {
        let optional = |ty: Option<wt::Type>| ty.as_ref().map(|ty| self.resolve(ty));
        match ty {
            wt::Type::Bool => Type::Bool,
            wt::Type::S8 => Type::S8,
            wt::Type::U8 => Type::U8,
            wt::Type::S16 => Type::S16,
            wt::Type::U16 => Type::U16,
            wt::Type::S32 => Type::S32,
            wt::Type::U32 => Type::U32,
            wt::Type::S64 => Type::S64,
            wt::Type::U64 => Type::U64,
            wt::Type::Float32 => Type::F32,
            wt::Type::Float64 => Type::F64,
            wt::Type::Char => Type::Char,
            wt::Type::String => Type::String,
            wt::Type::List(list) => match self.resolve(&list.ty()) {
                Type::U8 => Type::Bytes,
                element => Type::List(Arc::new(element)),
            },
            wt::Type::Record(record) => Type::Record(Arc::new(Record {
                fields: record.fields().map(|field| (field.name.to_string(), self.resolve(&field.ty))).collect(),
            })),
            wt::Type::Tuple(tuple) => Type::Tuple(tuple.types().map(|ty| self.resolve(&ty)).collect()),
            wt::Type::Variant(variant) => {
                let cases = variant.cases();
                Type::Variant(cases.map(|case| Case { name: case.name.into(), ty: optional(case.ty) }).collect())
            }
            wt::Type::Enum(cases) => Type::Enum(cases.names().map(str::to_string).collect()),
            wt::Type::Flags(flags) => Type::Flags(flags.names().map(str::to_string).collect()),
            wt::Type::Option(option) => Type::Option(Arc::new(self.resolve(&option.ty()))),
            wt::Type::Result(result) => Type::Result(Arc::new((optional(result.ok()), optional(result.err())))),
            wt::Type::FixedLengthList(list) => Type::FixedList(Arc::new(self.resolve(&list.ty())), list.len()),
            wt::Type::Map(map) => Type::Map(Arc::new((self.resolve(&map.key()), self.resolve(&map.value())))),
            wt::Type::Own(resource) => Type::Own(self.resource(*resource)),
            wt::Type::Borrow(resource) => Type::Borrow(self.resource(*resource)),
            wt::Type::Future(_) => Type::Unsupported("future"),
            wt::Type::Stream(_) => Type::Unsupported("stream"),
            wt::Type::ErrorContext => Type::Unsupported("error-context"),
        }
    }
}

impl From<&wasmtime::ValType> for Type {
    fn from(ty: &wasmtime::ValType) -> Type {
        match ty {
            wasmtime::ValType::I32 => Type::I32,
            wasmtime::ValType::I64 => Type::I64,
            wasmtime::ValType::F32 => Type::F32,
            wasmtime::ValType::F64 => Type::F64,
            wasmtime::ValType::V128 => Type::V128,
            wasmtime::ValType::Ref(of) => Type::Ref(of.into()),
        }
    }
}

impl From<&wasmtime::RefType> for RefType {
    fn from(ty: &wasmtime::RefType) -> RefType {
        use wasmtime::HeapType as H;
        let top = match ty.heap_type().top() {
            H::Extern => Top::Extern,
            H::Func => Top::Func,
            H::Exn => Top::Exn,
            H::Cont => Top::Cont,
            _ => Top::Any,
        };
        let short = match (ty.is_nullable(), ty.heap_type()) {
            (true, H::Extern) => Some("externref"),
            (true, H::Func) => Some("funcref"),
            (true, H::Any) => Some("anyref"),
            (true, H::Eq) => Some("eqref"),
            (true, H::I31) => Some("i31ref"),
            (true, H::Struct) => Some("structref"),
            (true, H::Array) => Some("arrayref"),
            (true, H::Exn) => Some("exnref"),
            _ => None,
        };
        let name = short.map_or_else(|| ty.to_string().into(), Arc::from);
        RefType { top, nullable: ty.is_nullable(), name }
    }
}

/// As WIT and the text format of core WebAssembly spell it; records, variants, enums and flags, which WIT names but
/// does not spell inline, by what they hold.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let simple = match self {
            Type::Bool => "bool",
            Type::S8 => "s8",
            Type::U8 => "u8",
            Type::S16 => "s16",
            Type::U16 => "u16",
            Type::S32 => "s32",
            Type::U32 => "u32",
            Type::S64 => "s64",
            Type::U64 => "u64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
            Type::String => "string",
            Type::Bytes => "list<u8>",
            Type::I32 => "i32",
            Type::I64 => "i64",
            Type::V128 => "v128",
            Type::Ref(of) => &of.name,
            Type::Unsupported(name) => name,
            Type::Own(resource) => &resource.name,
            Type::Borrow(resource) => return write!(f, "borrow<{}>", resource.name),
            Type::FixedList(element, size) => return write!(f, "list<{element}, {size}>"),
            Type::Map(entry) => return write!(f, "map<{}, {}>", entry.0, entry.1),
            Type::List(element) => return write!(f, "list<{element}>"),
            Type::Option(some) => return write!(f, "option<{some}>"),
            Type::Tuple(items) => return write!(f, "tuple<{}>", join(items.iter())),
            Type::Record(record) => {
                let fields = record.fields.iter().map(|(name, ty)| format!("{name}: {ty}"));
                return write!(f, "record{{{}}}", join(fields));
            }
            Type::Variant(cases) => {
                let cases = cases.iter().map(|case| match &case.ty {
                    Some(ty) => format!("{}({ty})", case.name),
                    None => case.name.clone(),
                });
                return write!(f, "variant{{{}}}", join(cases));
            }
            Type::Enum(names) => return write!(f, "enum{{{}}}", names.join(", ")),
            Type::Flags(names) => return write!(f, "flags{{{}}}", names.join(", ")),
            Type::Result(result) => {
                return match (&result.0, &result.1) {
                    (None, None) => f.write_str("result"),
                    (Some(ok), None) => write!(f, "result<{ok}>"),
                    (None, Some(err)) => write!(f, "result<_, {err}>"),
                    (Some(ok), Some(err)) => write!(f, "result<{ok}, {err}>"),
                };
            }
        };
        f.write_str(simple)
    }
}

fn join(items: impl Iterator<Item = impl fmt::Display>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
