//! What a WIT world says, with its words: plain data, and how WIT spells it.

use std::fmt;

/// What a component imports and exports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// Its name; a component's own, which says none, is `root`.
    pub name: String,
    /// What its author wrote above it.
    pub docs: Option<String>,
    /// The interfaces it imports; functions and types of the world itself come
    /// first, in an [`Interface`] without a name.
    pub imports: Vec<Interface>,
    /// The interfaces it exports, as [`World::imports`].
    pub exports: Vec<Interface>,
    /// The files it was read from.
    pub files: Vec<String>,
}

/// Functions and types under one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interface {
    /// As a call names it: `wasi:cli/run@0.2.0`. The world itself has none.
    pub name: Option<String>,
    /// What its author wrote above it.
    pub docs: Option<String>,
    /// The types it names, in its own order.
    pub types: Vec<TypeDef>,
    /// Its functions, those of resources included, in its own order.
    pub functions: Vec<Function>,
}

/// A type with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDef {
    /// Its name.
    pub name: String,
    /// What its author wrote above it.
    pub docs: Option<String>,
    /// What it is.
    pub kind: TypeKind,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// Fields, each with a type.
    Record(Vec<Member>),
    /// Cases, each with a type or none.
    Variant(Vec<Member>),
    /// Cases.
    Enum(Vec<Member>),
    /// Flags.
    Flags(Vec<Member>),
    /// A thing with methods.
    Resource,
    /// Another name for a type.
    Alias(Type),
}

/// A record's field, a variant's or enum's case, or a flag.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// What its author wrote above it.
    pub docs: Option<String>,
    /// A field's type, or what a variant's case carries.
    pub ty: Option<Type>,
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// As a call names it: `render`, `[method]counter.increment`.
    pub name: String,
    /// What its author wrote above it.
    pub docs: Option<String>,
    /// Whether it is a resource's.
    pub kind: FunctionKind,
    /// Names and types of its parameters, a method's resource included.
    pub params: Vec<(String, Type)>,
    /// What it answers.
    pub result: Option<Type>,
    /// Whether WIT says that it may wait.
    pub is_async: bool,
}

/// What a function belongs to; the text is the resource's name.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants are WIT's own kinds")]
pub enum FunctionKind {
    Free,
    Constructor(String),
    Method(String),
    Static(String),
}

/// A type as it is used.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants are WIT's own types")]
pub enum Type {
    /// `bool`, `u8` … `string`, `error-context`, by the name WIT has for it.
    Simple(&'static str),
    List(Box<Type>),
    FixedList(Box<Type>, u32),
    Map(Box<(Type, Type)>),
    Option(Box<Type>),
    Result(Box<(Option<Type>, Option<Type>)>),
    Tuple(Vec<Type>),
    Future(Option<Box<Type>>),
    Stream(Option<Box<Type>>),
    Own(Name),
    Borrow(Name),
    Named(Name),
}

/// Where a type is named.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The interface, as in [`Interface::name`].
    pub interface: Option<String>,
    /// The type's name there.
    pub name: String,
}

/// As WIT spells it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Simple(name) => f.write_str(name),
            Type::List(item) => write!(f, "list<{item}>"),
            Type::FixedList(item, len) => write!(f, "list<{item}, {len}>"),
            Type::Map(entry) => write!(f, "map<{}, {}>", entry.0, entry.1),
            Type::Option(some) => write!(f, "option<{some}>"),
            Type::Result(sides) => match (&sides.0, &sides.1) {
                (None, None) => f.write_str("result"),
                (Some(ok), None) => write!(f, "result<{ok}>"),
                (None, Some(err)) => write!(f, "result<_, {err}>"),
                (Some(ok), Some(err)) => write!(f, "result<{ok}, {err}>"),
            },
            Type::Tuple(items) => write!(f, "tuple<{}>", join(items.iter())),
            Type::Future(None) => f.write_str("future"),
            Type::Future(Some(item)) => write!(f, "future<{item}>"),
            Type::Stream(None) => f.write_str("stream"),
            Type::Stream(Some(item)) => write!(f, "stream<{item}>"),
            Type::Own(name) | Type::Named(name) => f.write_str(&name.name),
            Type::Borrow(name) => write!(f, "borrow<{}>", name.name),
        }
    }
}

/// As WIT spells it: `render: func(org: string) -> string`; of a resource, as it
/// stands inside it.
impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `[method]counter.increment`
        let own_name = self.name.rsplit('.').next().unwrap_or(&self.name);
        let may_wait = if self.is_async { "async " } else { "" };
        let skip = usize::from(matches!(self.kind, FunctionKind::Method(_)));
        let params = join(self.params.iter().skip(skip).map(|(name, ty)| format!("{name}: {ty}")));
        match (&self.kind, &self.result) {
            // One that cannot fail answers what its name says.
            (FunctionKind::Constructor(_), Some(Type::Result(_))) => write!(f, "constructor({params})")?,
            (FunctionKind::Constructor(_), _) => return write!(f, "constructor({params})"),
            (FunctionKind::Static(_), _) => write!(f, "{own_name}: static {may_wait}func({params})")?,
            _ => write!(f, "{own_name}: {may_wait}func({params})")?,
        }
        match &self.result {
            Some(result) => write!(f, " -> {result}"),
            None => Ok(()),
        }
    }
}

fn join(items: impl Iterator<Item = impl fmt::Display>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
