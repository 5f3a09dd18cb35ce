//! Values of core WebAssembly outside their store: numbers as they are, references rooted.

use std::sync::Arc;

use wasmtime::{AnyRef, AsContextMut, ExnRef, ExternRef, Func, OwnedRooted, Rooted, Val};

use crate::mailbox::{Opaque, Shared};
use crate::types::Top;

/// A value that can leave its store and come back.
#[derive(Clone)]
pub(crate) enum Detached {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
    Null(Top),
    /// A value of the embedding's, held by a guest as externref or anyref.
    Term(Opaque, Top),
    Func(Func),
    Extern(OwnedRooted<ExternRef>),
    Any(OwnedRooted<AnyRef>, AnyKind),
    Exn(OwnedRooted<ExnRef>),
}

/// What an anyref refers to.
#[derive(Clone, Copy)]
pub(crate) enum AnyKind {
    I31(i32),
    Struct,
    Array,
    Other,
}

/// A reference into a store, which keeps what it refers to alive. Only the
/// instances of that store take it.
#[derive(Clone)]
pub struct Reference {
    pub(crate) shared: Arc<Shared>,
    pub(crate) value: Detached,
}

impl Reference {
    /// `func`, `extern`, `i31`, `struct`, `array`, `exn`, or `any` for one that is none of them.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Detached::Func(_) => "func",
            Detached::Extern(_) => "extern",
            Detached::Exn(_) => "exn",
            Detached::Any(_, AnyKind::I31(_)) => "i31",
            Detached::Any(_, AnyKind::Struct) => "struct",
            Detached::Any(_, AnyKind::Array) => "array",
            _ => "any",
        }
    }

    /// The number that an `i31` is.
    pub fn number(&self) -> Option<i32> {
        if let Detached::Any(_, AnyKind::I31(number)) = self.value { Some(number) } else { None }
    }

    pub(crate) fn func(&self) -> Option<Func> {
        if let Detached::Func(func) = self.value { Some(func) } else { None }
    }

    /// Whether a parameter of this hierarchy takes it.
    pub(crate) fn is_of(&self, top: Top) -> bool {
        match self.value {
            Detached::Func(_) => top == Top::Func,
            Detached::Extern(_) => top == Top::Extern,
            Detached::Exn(_) => top == Top::Exn,
            Detached::Any(..) => top == Top::Any,
            _ => false,
        }
    }
}

impl Detached {
    /// Whether its hierarchy has types that it may not be of, which only its store knows.
    pub(crate) fn may_be_of_another_type(&self) -> bool {
        matches!(self, Detached::Func(_) | Detached::Any(..) | Detached::Exn(_) | Detached::Term(_, Top::Any))
    }

    /// The value in a store that it fits: numbers fit all, references their own.
    pub(crate) fn attach(&self, mut store: impl AsContextMut) -> wasmtime::Result<Val> {
        Ok(match self {
            Detached::I32(value) => Val::I32(*value),
            Detached::I64(value) => Val::I64(*value),
            Detached::F32(bits) => Val::F32(*bits),
            Detached::F64(bits) => Val::F64(*bits),
            Detached::V128(value) => Val::V128((*value).into()),
            Detached::Null(Top::Extern) => Val::ExternRef(None),
            Detached::Null(Top::Func) => Val::FuncRef(None),
            Detached::Null(Top::Any) => Val::AnyRef(None),
            Detached::Null(Top::Exn) => Val::ExnRef(None),
            Detached::Null(Top::Cont) => Val::ContRef(None),
            Detached::Term(term, top) => {
                let held = ExternRef::new(&mut store, term.clone())?;
                match top {
                    Top::Any => Val::AnyRef(Some(AnyRef::convert_extern(&mut store, held)?)),
                    _ => Val::ExternRef(Some(held)),
                }
            }
            Detached::Func(func) => Val::FuncRef(Some(*func)),
            Detached::Extern(rooted) => Val::ExternRef(Some(rooted.to_rooted(store))),
            Detached::Any(rooted, _) => Val::AnyRef(Some(rooted.to_rooted(store))),
            Detached::Exn(rooted) => Val::ExnRef(Some(rooted.to_rooted(store))),
        })
    }

    /// What `value` is outside `store`.
    pub(crate) fn of(value: Val, mut store: impl AsContextMut) -> wasmtime::Result<Detached> {
        Ok(match value {
            Val::I32(value) => Detached::I32(value),
            Val::I64(value) => Detached::I64(value),
            Val::F32(bits) => Detached::F32(bits),
            Val::F64(bits) => Detached::F64(bits),
            Val::V128(value) => Detached::V128(value.into()),
            Val::FuncRef(None) => Detached::Null(Top::Func),
            Val::FuncRef(Some(func)) => Detached::Func(func),
            Val::ExternRef(None) => Detached::Null(Top::Extern),
            Val::ExternRef(Some(held)) => match term(held, &mut store)? {
                Some(term) => Detached::Term(term, Top::Extern),
                None => Detached::Extern(held.to_owned_rooted(store)?),
            },
            Val::AnyRef(None) => Detached::Null(Top::Any),
            Val::AnyRef(Some(any)) => Detached::any(any, store)?,
            Val::ExnRef(None) => Detached::Null(Top::Exn),
            Val::ExnRef(Some(exn)) => Detached::Exn(exn.to_owned_rooted(store)?),
            Val::ContRef(_) => Detached::Null(Top::Cont),
        })
    }

    fn any(any: Rooted<AnyRef>, mut store: impl AsContextMut) -> wasmtime::Result<Detached> {
        let kind = if let Some(number) = any.as_i31(&store)? {
            AnyKind::I31(number.get_i32())
        } else if any.is_struct(&store)? {
            AnyKind::Struct
        } else if any.is_array(&store)? {
            AnyKind::Array
        } else {
            let held = ExternRef::convert_any(&mut store, any)?;
            if let Some(term) = term(held, &mut store)? {
                return Ok(Detached::Term(term, Top::Any));
            }
            AnyKind::Other
        };
        Ok(Detached::Any(any.to_owned_rooted(store)?, kind))
    }
}

/// The embedding's value that `held` holds, if it is one of ours.
fn term(held: Rooted<ExternRef>, store: &mut impl AsContextMut) -> wasmtime::Result<Option<Opaque>> {
    let data = held.data(store.as_context())?;
    Ok(data.and_then(|data| data.downcast_ref::<Opaque>()).cloned())
}
