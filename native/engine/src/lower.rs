//! Values on their way into a guest: checked against their type, with the path
//! to what does not fit.

use wasmtime::component::Val;

use crate::component::Function;
use crate::error::{Error, Kind};
use crate::store::Params;
use crate::types::{Case, Record, Type};

/// A value of the embedding's own, as this crate asks for it. Each question is
/// answered with `None` when the value is of another shape.
pub trait Source<'a>: Copy {
    /// A boolean.
    fn boolean(self) -> Option<bool>;
    /// An integer of up to 64 bits, signed or not.
    fn integer(self) -> Option<i128>;
    /// A floating-point number; an integer counts.
    fn float(self) -> Option<f64>;
    /// UTF-8 text.
    fn text(self) -> Option<&'a str>;
    /// Bytes.
    fn bytes(self) -> Option<&'a [u8]>;
    /// The items of a list.
    fn list(self) -> Option<Vec<Self>>;
    /// The items of a tuple.
    fn tuple(self) -> Option<Vec<Self>>;
    /// Whether this is the value that stands for nothing.
    fn is_none(self) -> bool;
    /// The content of an explicit "some".
    fn some(self) -> Option<Self>;
    /// Whether this can have fields.
    fn is_record(self) -> bool;
    /// The field of this name.
    fn field(self, name: &str) -> Option<Self>;
    /// A case's name, where this stands for a case without content.
    fn name(self) -> Option<String>;
    /// A case's name and content.
    fn case(self) -> Option<(String, Self)>;
    /// A result's content, by whether it is the good one.
    fn result(self) -> Option<Result<Option<Self>, Option<Self>>>;
    /// The value as a person would write it, short.
    fn describe(self) -> String;
}

/// Where in a value the trouble is, built on the way out of the recursion.
pub(crate) struct Mismatch {
    path: Vec<String>,
    expected: String,
    got: String,
}

impl Mismatch {
    fn at(mut self, segment: impl Into<String>) -> Self {
        self.path.push(segment.into());
        self
    }

    /// "at items[3].name: expected string, got 42"
    pub(crate) fn message(&self) -> String {
        let path: String = self.path.iter().rev().map(String::as_str).collect();
        let path = path.strip_prefix('.').unwrap_or(&path);
        let at = if path.is_empty() { String::new() } else { format!("at {path}: ") };
        format!("{at}expected {}, got {}", self.expected, self.got)
    }
}

/// The arguments of a call of `function`, checked against its parameters.
pub(crate) fn arguments<'a, S: Source<'a>>(
    function: &Function,
    values: impl ExactSizeIterator<Item = S>,
) -> Result<Params, Error> {
    let params = function.params();
    if values.len() != params.len() {
        let list: Vec<String> = params.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        let (name, takes, list, got) = (function.name(), params.len(), list.join(", "), values.len());
        return Err(Error::new(Kind::Type, format!("{name} takes {takes} argument(s) ({list}), got {got}")));
    }
    let mut lowered = Params::with_capacity(params.len());
    for ((param, ty), value) in params.iter().zip(values) {
        match lower(ty, value) {
            Ok(value) => lowered.push(value),
            Err(wrong) => {
                let message = format!("argument {param} of {}: {}", function.name(), wrong.message());
                return Err(Error::new(Kind::Type, message));
            }
        }
    }
    Ok(lowered)
}

/// One value of one type.
pub(crate) fn lower<'a, S: Source<'a>>(ty: &Type, value: S) -> Result<Val, Mismatch> {
    let wrong = || Mismatch { path: Vec::new(), expected: ty.to_string(), got: value.describe() };
    macro_rules! integer {
        ($variant:ident) => {
            value.integer().and_then(|n| n.try_into().ok()).map(Val::$variant).ok_or_else(wrong)
        };
    }
    match ty {
        Type::Bool => value.boolean().map(Val::Bool).ok_or_else(wrong),
        Type::S8 => integer!(S8),
        Type::U8 => integer!(U8),
        Type::S16 => integer!(S16),
        Type::U16 => integer!(U16),
        Type::S32 => integer!(S32),
        Type::U32 => integer!(U32),
        Type::S64 => integer!(S64),
        Type::U64 => integer!(U64),
        Type::F32 => value.float().map(|x| Val::Float32(x as f32)).ok_or_else(wrong),
        Type::F64 => value.float().map(Val::Float64).ok_or_else(wrong),
        Type::Char => value.text().and_then(one_char).map(Val::Char).ok_or_else(wrong),
        Type::String => value.text().map(|text| Val::String(text.to_string())).ok_or_else(wrong),
        Type::Bytes => match value.bytes() {
            Some(bytes) => Ok(Val::List(bytes.iter().copied().map(Val::U8).collect())),
            None => lower_list(&Type::U8, value, wrong).map(Val::List),
        },
        Type::List(element) => lower_list(element, value, wrong).map(Val::List),
        Type::Record(record) => lower_record(record, value, wrong),
        Type::Tuple(types) => {
            let items = value.tuple().filter(|items| items.len() == types.len()).ok_or_else(wrong)?;
            let items = types.iter().zip(items).enumerate();
            items
                .map(|(i, (ty, item))| lower(ty, item).map_err(|wrong| wrong.at(format!(".{i}"))))
                .collect::<Result<_, _>>()
                .map(Val::Tuple)
        }
        Type::Variant(cases) => lower_variant(cases, value, wrong),
        Type::Enum(names) => value.name().filter(|name| names.contains(name)).map(Val::Enum).ok_or_else(wrong),
        Type::Flags(names) => {
            let set = value.list().and_then(|items| items.into_iter().map(Source::name).collect::<Option<Vec<_>>>());
            set.filter(|set| set.iter().all(|name| names.contains(name))).map(Val::Flags).ok_or_else(wrong)
        }
        Type::Option(_) if value.is_none() => Ok(Val::Option(None)),
        Type::Option(some) => {
            let nested = matches!(**some, Type::Option(_));
            let inner = if nested { value.some().ok_or_else(wrong)? } else { value };
            lower(some, inner).map(|some| Val::Option(Some(Box::new(some))))
        }
        Type::Result(types) => match value.result().ok_or_else(wrong)? {
            Ok(content) => {
                let content = lower_content(types.0.as_ref(), content, wrong).map_err(|wrong| wrong.at(".ok"))?;
                Ok(Val::Result(Ok(content)))
            }
            Err(content) => {
                let content = lower_content(types.1.as_ref(), content, wrong).map_err(|wrong| wrong.at(".error"))?;
                Ok(Val::Result(Err(content)))
            }
        },
        Type::Unsupported(_) => Err(wrong()),
    }
}

fn one_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

fn lower_list<'a, S: Source<'a>>(element: &Type, value: S, wrong: impl Fn() -> Mismatch) -> Result<Vec<Val>, Mismatch> {
    let items = value.list().ok_or_else(wrong)?;
    let items = items.into_iter().enumerate();
    items.map(|(i, item)| lower(element, item).map_err(|wrong| wrong.at(format!("[{i}]")))).collect()
}

fn lower_record<'a, S: Source<'a>>(record: &Record, value: S, wrong: impl Fn() -> Mismatch) -> Result<Val, Mismatch> {
    if !value.is_record() {
        return Err(wrong());
    }
    let mut fields = Vec::with_capacity(record.fields.len());
    for (name, ty) in &record.fields {
        let content = match (value.field(name), ty) {
            (Some(content), _) => lower(ty, content).map_err(|wrong| wrong.at(format!(".{name}")))?,
            (None, Type::Option(_)) => Val::Option(None),
            (None, _) => {
                let missing = Mismatch { path: Vec::new(), expected: ty.to_string(), got: "no such field".into() };
                return Err(missing.at(format!(".{name}")));
            }
        };
        fields.push((name.clone(), content));
    }
    Ok(Val::Record(fields))
}

fn lower_variant<'a, S: Source<'a>>(cases: &[Case], value: S, wrong: impl Fn() -> Mismatch) -> Result<Val, Mismatch> {
    let (name, content) = match value.case() {
        Some((name, content)) => (name, Some(content)),
        None => (value.name().ok_or_else(&wrong)?, None),
    };
    let case = cases.iter().find(|case| case.name == name).ok_or_else(&wrong)?;
    let content = lower_content(case.ty.as_ref(), content, &wrong).map_err(|wrong| wrong.at(format!(".{name}")))?;
    Ok(Val::Variant(name, content))
}

/// What a variant's case or a result's side carries: a content exactly where there is a type.
fn lower_content<'a, S: Source<'a>>(
    ty: Option<&Type>,
    content: Option<S>,
    wrong: impl Fn() -> Mismatch,
) -> Result<Option<Box<Val>>, Mismatch> {
    match (ty, content) {
        (Some(ty), Some(content)) => lower(ty, content).map(|val| Some(Box::new(val))),
        (None, None) => Ok(None),
        (None, Some(content)) if content.is_none() => Ok(None),
        _ => Err(wrong()),
    }
}
