//! Values on their way into a guest: checked against their type, with the path
//! to what does not fit.

use std::sync::Arc;

use wasmtime::component::Val;

use crate::blob::Blob;
use crate::caller::{Blobs, Params};
use crate::core_caller::CoreValues;
use crate::error::{Error, Kind};
use crate::mailbox::{Opaque, Shared};
use crate::reference::{Detached, Reference};
use crate::resource::Resource;
use crate::signature::Signature;
use crate::types::{Case, Record, RefType, ResourceName, Top, Type};

/// A value of the embedding's own, as this crate asks for it. Each question is
/// answered with `None` when the value is of another shape.
pub trait Source<'a>: Copy + 'a {
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
    /// The bits of a float given as not-a-number with a payload.
    fn nan_bits(self) -> Option<u64>;
    /// The keys and values of a map.
    fn entries(self) -> Option<Vec<(Self, Self)>>;
    /// A reference into a store.
    fn reference(self) -> Option<&'a Reference>;
    /// A guest's resource.
    fn resource(self) -> Option<&'a Resource>;
    /// The value itself, to be held by a guest.
    fn opaque(self) -> Opaque;
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

/// Makes values for one store's guests.
pub(crate) struct Lowerer<'s, 'a> {
    shared: &'s Arc<Shared>,
    /// Resources that were handed over, and host values that were numbered: undone when a later value does not fit.
    taken: Vec<&'a Resource>,
    numbered: Vec<u32>,
}

impl<'s, 'a> Lowerer<'s, 'a> {
    pub(crate) fn new(shared: &'s Arc<Shared>) -> Self {
        Lowerer { shared, taken: Vec::new(), numbered: Vec::new() }
    }

    /// The arguments of a call of a component's function, checked against its parameters.
    pub(crate) fn params<S: Source<'a>>(
        &mut self,
        signature: &Signature,
        values: impl ExactSizeIterator<Item = S>,
    ) -> Result<Params, Error> {
        let mut params = Params::with_capacity(values.len());
        self.each(signature, values, |this, ty, value| this.value(ty, value), |param| params.push(param))?;
        Ok(params)
    }

    /// The same for a function of strings and bytes alone.
    pub(crate) fn blobs<S: Source<'a>>(
        &mut self,
        signature: &Signature,
        values: impl ExactSizeIterator<Item = S>,
    ) -> Result<Blobs, Error> {
        let mut params = Blobs::new();
        self.each(signature, values, |_, ty, value| blob(ty, value), |param| params.push(param))?;
        Ok(params)
    }

    /// The same for a core module's function.
    pub(crate) fn core<S: Source<'a>>(
        &mut self,
        signature: &Signature,
        values: impl ExactSizeIterator<Item = S>,
    ) -> Result<CoreValues, Error> {
        let mut params = CoreValues::new();
        self.each(signature, values, |this, ty, value| this.core_value(ty, value), |param| params.push(param))?;
        Ok(params)
    }

    fn each<S: Source<'a>, V>(
        &mut self,
        signature: &Signature,
        values: impl ExactSizeIterator<Item = S>,
        lower: impl Fn(&mut Self, &Type, S) -> Result<V, Mismatch>,
        mut push: impl FnMut(V),
    ) -> Result<(), Error> {
        let params = signature.params();
        if values.len() != params.len() {
            let list: Vec<String> = params.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
            let (name, takes, list, got) = (signature.name(), params.len(), list.join(", "), values.len());
            return Err(Error::new(Kind::Type, format!("{name} takes {takes} argument(s) ({list}), got {got}")));
        }
        for ((param, ty), value) in params.iter().zip(values) {
            match lower(self, ty, value) {
                Ok(value) => push(value),
                Err(wrong) => {
                    self.undo();
                    let message = format!("argument {param} of {}: {}", signature.name(), wrong.message());
                    return Err(Error::new(Kind::Type, message));
                }
            }
        }
        Ok(())
    }

    /// A host function's answer to a component.
    pub(crate) fn answer<S: Source<'a>>(&mut self, ty: &Type, value: S) -> Result<Val, Error> {
        self.value(ty, value).map_err(|wrong| self.refused(&wrong))
    }

    /// A host function's answer to a core module, or a global's new value, or a table's.
    pub(crate) fn core_answer<S: Source<'a>>(&mut self, ty: &Type, value: S) -> Result<Detached, Error> {
        self.core_value(ty, value).map_err(|wrong| self.refused(&wrong))
    }

    fn refused(&mut self, wrong: &Mismatch) -> Error {
        self.undo();
        Error::new(Kind::Type, wrong.message())
    }

    fn undo(&mut self) {
        for resource in self.taken.drain(..) {
            resource.give_back();
        }
        for number in self.numbered.drain(..) {
            self.shared.terms.remove(number);
        }
    }

    /// One value of one type.
    fn value<S: Source<'a>>(&mut self, ty: &Type, value: S) -> Result<Val, Mismatch> {
        let wrong = || mismatch(ty, value);
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
            Type::F32 => f32_bits(value).map(f32::from_bits).map(Val::Float32).ok_or_else(wrong),
            Type::F64 => f64_bits(value).map(f64::from_bits).map(Val::Float64).ok_or_else(wrong),
            Type::Char => value.text().and_then(one_char).map(Val::Char).ok_or_else(wrong),
            Type::String => value.text().map(|text| Val::String(text.to_string())).ok_or_else(wrong),
            Type::Bytes => match value.bytes() {
                Some(bytes) => Ok(Val::List(bytes.iter().copied().map(Val::U8).collect())),
                None => self.list(&Type::U8, value, wrong).map(Val::List),
            },
            Type::List(element) => self.list(element, value, wrong).map(Val::List),
            Type::FixedList(element, size) => {
                let items = self.list(element, value, wrong)?;
                if items.len() == *size as usize { Ok(Val::FixedLengthList(items)) } else { Err(wrong()) }
            }
            Type::Map(entry) => {
                let entries = value.entries().ok_or_else(wrong)?;
                let lowered = entries.into_iter().map(|(key, content)| {
                    let at = format!("[{}]", key.describe());
                    let key = self.value(&entry.0, key).map_err(|wrong| wrong.at(at.clone()))?;
                    Ok((key, self.value(&entry.1, content).map_err(|wrong| wrong.at(at))?))
                });
                lowered.collect::<Result<_, _>>().map(Val::Map)
            }
            Type::Record(record) => self.record(record, value, wrong),
            Type::Tuple(types) => {
                let items = value.tuple().filter(|items| items.len() == types.len()).ok_or_else(wrong)?;
                let items = types.iter().zip(items).enumerate();
                items
                    .map(|(i, (ty, item))| self.value(ty, item).map_err(|wrong| wrong.at(format!(".{i}"))))
                    .collect::<Result<_, _>>()
                    .map(Val::Tuple)
            }
            Type::Variant(cases) => self.variant(cases, value, wrong),
            Type::Enum(names) => value.name().filter(|name| names.contains(name)).map(Val::Enum).ok_or_else(wrong),
            Type::Flags(names) => {
                let set =
                    value.list().and_then(|items| items.into_iter().map(Source::name).collect::<Option<Vec<_>>>());
                set.filter(|set| set.iter().all(|name| names.contains(name))).map(Val::Flags).ok_or_else(wrong)
            }
            Type::Option(_) if value.is_none() => Ok(Val::Option(None)),
            Type::Option(some) => {
                let nested = matches!(**some, Type::Option(_));
                let inner = if nested { value.some().ok_or_else(wrong)? } else { value };
                self.value(some, inner).map(|some| Val::Option(Some(Box::new(some))))
            }
            Type::Result(types) => match value.result().ok_or_else(wrong)? {
                Ok(content) => {
                    let content = self.content(types.0.as_ref(), content, wrong).map_err(|wrong| wrong.at(".ok"))?;
                    Ok(Val::Result(Ok(content)))
                }
                Err(content) => {
                    let content = self.content(types.1.as_ref(), content, wrong).map_err(|wrong| wrong.at(".error"))?;
                    Ok(Val::Result(Err(content)))
                }
            },
            Type::Own(name) => self.handle(name, value, Resource::take, wrong),
            Type::Borrow(name) => self.handle(name, value, Resource::lend, wrong),
            Type::I32 | Type::I64 | Type::V128 | Type::Ref(_) | Type::Unsupported(_) => Err(wrong()),
        }
    }

    /// A guest's handle, or for a resource of the host's the number of any value at all.
    fn handle<S: Source<'a>>(
        &mut self,
        name: &ResourceName,
        value: S,
        get: fn(&Resource) -> Option<wasmtime::component::ResourceAny>,
        wrong: impl Fn() -> Mismatch,
    ) -> Result<Val, Mismatch> {
        if name.host.is_some() {
            let number = self.shared.terms.insert(value.opaque()).ok_or_else(&wrong)?;
            self.numbered.push(number);
            return Ok(Val::U32(number));
        }
        let resource = value.resource().ok_or_else(&wrong)?;
        let unfit = |got: &str| Mismatch { path: Vec::new(), expected: name.name.clone(), got: got.into() };
        if !Arc::ptr_eq(&resource.shared, self.shared) {
            return Err(unfit("a resource of another instance"));
        }
        if !resource.is_a(name) {
            return Err(unfit(&format!("a resource of type {}", resource.name())));
        }
        let any = get(resource).ok_or_else(|| unfit("a resource that was handed over or dropped"))?;
        if resource.lend().is_none() {
            self.taken.push(resource);
        }
        Ok(Val::Resource(any))
    }

    fn core_value<S: Source<'a>>(&mut self, ty: &Type, value: S) -> Result<Detached, Mismatch> {
        let wrong = || mismatch(ty, value);
        match ty {
            // Signed or unsigned: the bits are the same.
            Type::I32 => {
                let number = value.integer().ok_or_else(wrong)?;
                let signed = i32::try_from(number).or_else(|_| u32::try_from(number).map(u32::cast_signed));
                signed.map(Detached::I32).map_err(|_| wrong())
            }
            Type::I64 => {
                let number = value.integer().ok_or_else(wrong)?;
                let signed = i64::try_from(number).or_else(|_| u64::try_from(number).map(u64::cast_signed));
                signed.map(Detached::I64).map_err(|_| wrong())
            }
            Type::F32 => f32_bits(value).map(Detached::F32).ok_or_else(wrong),
            Type::F64 => f64_bits(value).map(Detached::F64).ok_or_else(wrong),
            Type::V128 => {
                let bytes = value.bytes().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
                Ok(Detached::V128(u128::from_le_bytes(bytes)))
            }
            Type::Ref(of) => self.reference(of, value, wrong),
            _ => Err(wrong()),
        }
    }

    fn reference<S: Source<'a>>(
        &mut self,
        of: &RefType,
        value: S,
        wrong: impl Fn() -> Mismatch,
    ) -> Result<Detached, Mismatch> {
        if value.is_none() {
            return if of.nullable { Ok(Detached::Null(of.top)) } else { Err(wrong()) };
        }
        let Some(reference) = value.reference() else {
            // Whatever else it is, a guest may hold it, and give it back.
            return match of.top {
                Top::Extern | Top::Any => Ok(Detached::Term(value.opaque(), of.top)),
                _ => Err(wrong()),
            };
        };
        if !Arc::ptr_eq(&reference.shared, self.shared) {
            let got = "a reference into another store".into();
            return Err(Mismatch { path: Vec::new(), expected: of.name.to_string(), got });
        }
        if reference.is_of(of.top) { Ok(reference.value.clone()) } else { Err(wrong()) }
    }

    fn list<S: Source<'a>>(
        &mut self,
        element: &Type,
        value: S,
        wrong: impl Fn() -> Mismatch,
    ) -> Result<Vec<Val>, Mismatch> {
        let items = value.list().ok_or_else(wrong)?;
        let items = items.into_iter().enumerate();
        items.map(|(i, item)| self.value(element, item).map_err(|wrong| wrong.at(format!("[{i}]")))).collect()
    }

    fn record<S: Source<'a>>(
        &mut self,
        record: &Record,
        value: S,
        wrong: impl Fn() -> Mismatch,
    ) -> Result<Val, Mismatch> {
        if !value.is_record() {
            return Err(wrong());
        }
        let mut fields = Vec::with_capacity(record.fields.len());
        for (name, ty) in &record.fields {
            let content = match (value.field(name), ty) {
                (Some(content), _) => self.value(ty, content).map_err(|wrong| wrong.at(format!(".{name}")))?,
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

    fn variant<S: Source<'a>>(
        &mut self,
        cases: &[Case],
        value: S,
        wrong: impl Fn() -> Mismatch,
    ) -> Result<Val, Mismatch> {
        let (name, content) = match value.case() {
            Some((name, content)) => (name, Some(content)),
            None => (value.name().ok_or_else(&wrong)?, None),
        };
        let case = cases.iter().find(|case| case.name == name).ok_or_else(&wrong)?;
        let content = self.content(case.ty.as_ref(), content, &wrong).map_err(|wrong| wrong.at(format!(".{name}")))?;
        Ok(Val::Variant(name, content))
    }

    /// What a variant's case or a result's side carries: a content exactly where there is a type.
    fn content<S: Source<'a>>(
        &mut self,
        ty: Option<&Type>,
        content: Option<S>,
        wrong: impl Fn() -> Mismatch,
    ) -> Result<Option<Box<Val>>, Mismatch> {
        match (ty, content) {
            (Some(ty), Some(content)) => self.value(ty, content).map(|val| Some(Box::new(val))),
            (None, None) => Ok(None),
            (None, Some(content)) if content.is_none() => Ok(None),
            _ => Err(wrong()),
        }
    }
}

fn mismatch<'a, S: Source<'a>>(ty: &Type, value: S) -> Mismatch {
    Mismatch { path: Vec::new(), expected: ty.to_string(), got: value.describe() }
}

fn blob<'a, S: Source<'a>>(ty: &Type, value: S) -> Result<Blob, Mismatch> {
    match (ty, value.bytes()) {
        (Type::String, _) => value.text().map(|text| Blob::Text(text.to_string())).ok_or_else(|| mismatch(ty, value)),
        (_, Some(bytes)) => Ok(Blob::Bytes(bytes.to_vec())),
        (_, None) => byte_list(ty, value).map(Blob::Bytes),
    }
}

fn byte_list<'a, S: Source<'a>>(ty: &Type, value: S) -> Result<Vec<u8>, Mismatch> {
    let items = value.list().ok_or_else(|| mismatch(ty, value))?.into_iter().enumerate();
    let byte = |item: S| item.integer().and_then(|n| n.try_into().ok()).ok_or_else(|| mismatch(&Type::U8, item));
    items.map(|(i, item)| byte(item).map_err(|wrong| wrong.at(format!("[{i}]")))).collect()
}

fn f32_bits<'a, S: Source<'a>>(value: S) -> Option<u32> {
    match value.float() {
        Some(float) => Some((float as f32).to_bits()),
        None => value.nan_bits()?.try_into().ok(),
    }
}

fn f64_bits<'a, S: Source<'a>>(value: S) -> Option<u64> {
    value.float().map(f64::to_bits).or_else(|| value.nan_bits())
}

fn one_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}
