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
    /// A type values cannot cross with yet; holds its name.
    Unsupported(&'static str),
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
            _ => false,
        }
    }
}

impl From<&wt::Type> for Type {
    fn from(ty: &wt::Type) -> Type {
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
            wt::Type::List(list) => match Type::from(&list.ty()) {
                Type::U8 => Type::Bytes,
                element => Type::List(Arc::new(element)),
            },
            wt::Type::Record(record) => Type::Record(Arc::new(Record {
                fields: record.fields().map(|field| (field.name.to_string(), Type::from(&field.ty))).collect(),
            })),
            wt::Type::Tuple(tuple) => Type::Tuple(tuple.types().map(|ty| Type::from(&ty)).collect()),
            wt::Type::Variant(variant) => Type::Variant(
                variant
                    .cases()
                    .map(|case| Case { name: case.name.to_string(), ty: case.ty.as_ref().map(Type::from) })
                    .collect(),
            ),
            wt::Type::Enum(cases) => Type::Enum(cases.names().map(str::to_string).collect()),
            wt::Type::Flags(flags) => Type::Flags(flags.names().map(str::to_string).collect()),
            wt::Type::Option(option) => Type::Option(Arc::new(Type::from(&option.ty()))),
            wt::Type::Result(result) => {
                Type::Result(Arc::new((result.ok().as_ref().map(Type::from), result.err().as_ref().map(Type::from))))
            }
            wt::Type::Own(_) | wt::Type::Borrow(_) => Type::Unsupported("resource"),
            wt::Type::Future(_) => Type::Unsupported("future"),
            wt::Type::Stream(_) => Type::Unsupported("stream"),
            wt::Type::ErrorContext => Type::Unsupported("error-context"),
            wt::Type::Map(_) => Type::Unsupported("map"),
            wt::Type::FixedLengthList(_) => Type::Unsupported("fixed-length list"),
        }
    }
}

/// As WIT spells it; records, variants, enums and flags, which WIT names but
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
            Type::Unsupported(name) => name,
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
