//! Values on their way out of a guest.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use wasmtime::component::Val;

use crate::blob::Blob;
use crate::mailbox::{Opaque, Shared};
use crate::reference::{Detached, Reference};
use crate::resource::Resource;
use crate::store::Outcome;
use crate::types::{Record, Type};

/// Makes values of the embedding's own.
pub trait Sink {
    /// Such a value.
    type Out: Copy;

    /// A boolean.
    fn boolean(&self, value: bool) -> Self::Out;
    /// An integer.
    fn integer(&self, value: i128) -> Self::Out;
    /// A floating-point number, infinities included, not-a-number not.
    fn float(&self, value: f64) -> Self::Out;
    /// Not-a-number, with the bits it has in its own width.
    fn nan(&self, bits: u64) -> Self::Out;
    /// Text: a string, or the name of an enum's or flag's member.
    fn text(&self, value: &str) -> Self::Out;
    /// Bytes.
    fn bytes(&self, bytes: &[u8]) -> Self::Out;
    /// A list.
    fn list(&self, items: &[Self::Out]) -> Self::Out;
    /// A tuple.
    fn tuple(&self, items: &[Self::Out]) -> Self::Out;
    /// A record from its fields' names (made by [`Sink::text`]) and contents.
    fn record(&self, names: &[Self::Out], contents: &[Self::Out]) -> Self::Out;
    /// A variant's case.
    fn case(&self, name: &str, content: Option<Self::Out>) -> Self::Out;
    /// Nothing.
    fn none(&self) -> Self::Out;
    /// An explicit "some", where a bare value could be mistaken for nothing.
    fn some(&self, content: Self::Out) -> Self::Out;
    /// A result.
    fn result(&self, content: Result<Option<Self::Out>, Option<Self::Out>>) -> Self::Out;
    /// A map.
    fn map(&self, keys: &[Self::Out], contents: &[Self::Out]) -> Self::Out;
    /// A value of the embedding's that a guest held.
    fn opaque(&self, value: &Opaque) -> Self::Out;
    /// A reference into a store.
    fn reference(&self, reference: Reference) -> Self::Out;
    /// A guest's resource.
    fn resource(&self, resource: Resource) -> Self::Out;
}

/// Lifts values with one sink, making each record type's field names once.
pub(crate) struct Lifter<'k, K: Sink> {
    sink: &'k K,
    shared: &'k Arc<Shared>,
    names: Vec<(*const Record, Vec<K::Out>)>,
}

impl<'k, K: Sink> Lifter<'k, K> {
    pub(crate) fn new(sink: &'k K, shared: &'k Arc<Shared>) -> Self {
        Lifter { sink, shared, names: Vec::new() }
    }

    /// What a call brought, of the types its function declares.
    pub(crate) fn outcome(&mut self, types: &[Type], outcome: &Outcome) -> SmallVec<[K::Out; 2]> {
        let sink = self.sink;
        match outcome {
            Outcome::Nothing => SmallVec::new(),
            Outcome::Value(value) => types.first().map(|ty| self.lift(ty, value)).into_iter().collect(),
            Outcome::Blob(blob) => smallvec![self.blob(blob)],
            Outcome::Either(Ok(blob)) => smallvec![sink.result(Ok(Some(self.blob(blob))))],
            Outcome::Either(Err(blob)) => smallvec![sink.result(Err(Some(self.blob(blob))))],
            Outcome::Core(values) => values.iter().map(|value| self.core(value)).collect(),
        }
    }

    fn blob(&self, blob: &Blob) -> K::Out {
        match blob {
            Blob::Text(text) => self.sink.text(text),
            Blob::Bytes(bytes) => self.sink.bytes(bytes),
        }
    }

    /// A value of a core module's.
    pub(crate) fn core(&self, value: &Detached) -> K::Out {
        let sink = self.sink;
        match value {
            Detached::I32(value) => sink.integer((*value).into()),
            Detached::I64(value) => sink.integer((*value).into()),
            Detached::F32(bits) => self.float32(f32::from_bits(*bits)),
            Detached::F64(bits) => self.float64(f64::from_bits(*bits)),
            Detached::V128(value) => sink.bytes(&value.to_le_bytes()),
            Detached::Null(_) => sink.none(),
            Detached::Term(term, _) => sink.opaque(term),
            reference => sink.reference(Reference { shared: self.shared.clone(), value: reference.clone() }),
        }
    }

    fn float32(&self, value: f32) -> K::Out {
        if value.is_nan() { self.sink.nan(value.to_bits().into()) } else { self.sink.float(value.into()) }
    }

    fn float64(&self, value: f64) -> K::Out {
        if value.is_nan() { self.sink.nan(value.to_bits()) } else { self.sink.float(value) }
    }

    /// `value` is of type `ty`: wasmtime checked it. What does not match all the same is nothing.
    pub(crate) fn lift(&mut self, ty: &Type, value: &Val) -> K::Out {
        let sink = self.sink;
        match (ty, value) {
            (_, Val::Bool(value)) => sink.boolean(*value),
            (_, Val::S8(value)) => sink.integer((*value).into()),
            (_, Val::U8(value)) => sink.integer((*value).into()),
            (_, Val::S16(value)) => sink.integer((*value).into()),
            (_, Val::U16(value)) => sink.integer((*value).into()),
            (_, Val::S32(value)) => sink.integer((*value).into()),
            (Type::U32, Val::U32(value)) => sink.integer((*value).into()),
            (_, Val::S64(value)) => sink.integer((*value).into()),
            (_, Val::U64(value)) => sink.integer((*value).into()),
            (_, Val::Float32(value)) => self.float32(*value),
            (_, Val::Float64(value)) => self.float64(*value),
            (_, Val::Char(value)) => sink.text(value.encode_utf8(&mut [0; 4])),
            (_, Val::String(value)) => sink.text(value),
            (Type::Bytes, Val::List(items)) => {
                let bytes: Vec<u8> = items.iter().map(|item| if let Val::U8(byte) = item { *byte } else { 0 }).collect();
                sink.bytes(&bytes)
            }
            (Type::List(element), Val::List(items)) | (Type::FixedList(element, _), Val::FixedLengthList(items)) => {
                let items: Vec<_> = items.iter().map(|item| self.lift(element, item)).collect();
                sink.list(&items)
            }
            (Type::Map(entry), Val::Map(items)) => {
                let keys: Vec<_> = items.iter().map(|(key, _)| self.lift(&entry.0, key)).collect();
                let contents: Vec<_> = items.iter().map(|(_, content)| self.lift(&entry.1, content)).collect();
                sink.map(&keys, &contents)
            }
            // The host's own: what the number stands for.
            (Type::Own(_), Val::U32(number)) => self.shared.terms.remove(*number).map_or_else(|| sink.none(), |term| sink.opaque(&term)),
            (Type::Borrow(_), Val::U32(number)) => self.shared.terms.get(*number).map_or_else(|| sink.none(), |term| sink.opaque(&term)),
            (Type::Own(name) | Type::Borrow(name), Val::Resource(any)) => sink.resource(Resource::new(self.shared, *any, name)),
            (Type::Tuple(types), Val::Tuple(items)) => {
                let items: Vec<_> = types.iter().zip(items).map(|(ty, item)| self.lift(ty, item)).collect();
                sink.tuple(&items)
            }
            (Type::Record(record), Val::Record(fields)) => {
                let contents: Vec<_> =
                    record.fields.iter().zip(fields).map(|((_, ty), (_, field))| self.lift(ty, field)).collect();
                sink.record(self.field_names(record), &contents)
            }
            (Type::Variant(cases), Val::Variant(name, content)) => {
                let ty = cases.iter().find(|case| case.name == *name).and_then(|case| case.ty.as_ref());
                let content = self.content(ty, content.as_deref());
                sink.case(name, content)
            }
            (_, Val::Enum(name)) => sink.text(name),
            (_, Val::Flags(names)) => {
                let names: Vec<_> = names.iter().map(|name| sink.text(name)).collect();
                sink.list(&names)
            }
            (Type::Option(some), Val::Option(Some(value))) => {
                let content = self.lift(some, value);
                if matches!(**some, Type::Option(_)) { sink.some(content) } else { content }
            }
            (Type::Result(types), Val::Result(value)) => {
                let content = match value {
                    Ok(ok) => Ok(self.content(types.0.as_ref(), ok.as_deref())),
                    Err(err) => Err(self.content(types.1.as_ref(), err.as_deref())),
                };
                sink.result(content)
            }
            _ => sink.none(),
        }
    }

    fn content(&mut self, ty: Option<&Type>, value: Option<&Val>) -> Option<K::Out> {
        ty.zip(value).map(|(ty, value)| self.lift(ty, value))
    }

    fn field_names(&mut self, record: &Record) -> &[K::Out] {
        let key: *const Record = record;
        let place = match self.names.iter().position(|(known, _)| *known == key) {
            Some(place) => place,
            None => {
                let names = record.fields.iter().map(|(name, _)| self.sink.text(name)).collect();
                self.names.push((key, names));
                self.names.len() - 1
            }
        };
        self.names.get(place).map(|(_, names)| names.as_slice()).unwrap_or_default()
    }
}
