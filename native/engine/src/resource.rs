//! Handles of the component model: those of guests, held outside; those of the
//! host, which are the embedding's own values.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::Arc;

use wasmtime::AsContextMut;
use wasmtime::component::{ResourceAny, ResourceDynamic, Val};

use crate::mailbox::Shared;
use crate::types::{ResourceName, Type};

/// A guest's resource, held outside. When it is dropped, the guest's destructor
/// runs with the next call of its instance.
pub struct Resource {
    pub(crate) shared: Arc<Shared>,
    any: ResourceAny,
    ty: Arc<ResourceName>,
    /// Handed over to a guest, or dropped.
    gone: AtomicBool,
}

impl Resource {
    pub(crate) fn new(shared: &Arc<Shared>, any: ResourceAny, ty: &Arc<ResourceName>) -> Resource {
        Resource { shared: shared.clone(), any, ty: ty.clone(), gone: AtomicBool::new(false) }
    }

    /// Its type's name.
    pub fn name(&self) -> &str {
        &self.ty.name
    }

    /// Whether it is of the type that goes by `name`.
    pub(crate) fn is_a(&self, name: &ResourceName) -> bool {
        *self.ty == *name
    }

    /// The handle to lend; `None` when it is gone.
    pub(crate) fn lend(&self) -> Option<ResourceAny> {
        (!self.gone.load(SeqCst)).then_some(self.any)
    }

    /// The handle to hand over; `None` when it is gone already.
    pub(crate) fn take(&self) -> Option<ResourceAny> {
        (!self.gone.swap(true, SeqCst)).then_some(self.any)
    }

    /// It was not handed over after all.
    pub(crate) fn give_back(&self) {
        self.gone.store(false, SeqCst);
    }
}

impl Drop for Resource {
    fn drop(&mut self) {
        if let Some(any) = self.take() {
            self.shared.discard(any);
        }
    }
}

/// Makes the handles in `value` that the embedding wrote as numbers of its
/// [`Terms`](crate::terms::Terms), where the type says so.
pub(crate) fn attach(ty: &Type, value: &mut Val, store: &mut impl AsContextMut) -> wasmtime::Result<()> {
    walk(ty, value, &mut |ty, value| {
        let (name, lent) = match ty {
            Type::Own(name) => (name, false),
            Type::Borrow(name) => (name, true),
            _ => return Ok(()),
        };
        if let (Some(host), Val::U32(number)) = (name.host, &*value) {
            let handle = match lent {
                true => ResourceDynamic::new_borrow(*number, host),
                false => ResourceDynamic::new_own(*number, host),
            };
            *value = Val::Resource(handle.try_into_resource_any(store.as_context_mut())?);
        }
        Ok(())
    })
}

/// The number of a term that is lent for one call, where `value` is one.
pub(crate) fn lent(ty: &Type, value: &Val) -> Option<u32> {
    match (ty, value) {
        (Type::Borrow(name), Val::U32(number)) if name.host.is_some() => Some(*number),
        _ => None,
    }
}

/// The other way: the host's handles become numbers of its terms.
pub(crate) fn detach(ty: &Type, value: &mut Val, store: &mut impl AsContextMut) -> wasmtime::Result<()> {
    walk(ty, value, &mut |ty, value| {
        let (Type::Own(name) | Type::Borrow(name)) = ty else { return Ok(()) };
        if let (Some(_), Val::Resource(any)) = (name.host, &*value) {
            let handle = any.try_into_resource_dynamic(store.as_context_mut())?;
            *value = Val::U32(handle.rep());
        }
        Ok(())
    })
}

fn walk(
    ty: &Type,
    value: &mut Val,
    visit: &mut impl FnMut(&Type, &mut Val) -> wasmtime::Result<()>,
) -> wasmtime::Result<()> {
    if !ty.has_resource() {
        return Ok(());
    }
    match (ty, value) {
        (Type::Own(_) | Type::Borrow(_), value) => visit(ty, value),
        (Type::List(element), Val::List(items)) | (Type::FixedList(element, _), Val::FixedLengthList(items)) => {
            items.iter_mut().try_for_each(|item| walk(element, item, visit))
        }
        (Type::Tuple(types), Val::Tuple(items)) => {
            types.iter().zip(items).try_for_each(|(ty, item)| walk(ty, item, visit))
        }
        (Type::Record(record), Val::Record(fields)) => {
            let fields = record.fields.iter().zip(fields);
            fields.into_iter().try_for_each(|((_, ty), (_, field))| walk(ty, field, visit))
        }
        (Type::Variant(cases), Val::Variant(name, Some(content))) => {
            let ty = cases.iter().find(|case| case.name == *name).and_then(|case| case.ty.as_ref());
            ty.map_or(Ok(()), |ty| walk(ty, content, visit))
        }
        (Type::Option(some), Val::Option(Some(content))) => walk(some, content, visit),
        (Type::Result(sides), Val::Result(Ok(Some(content)))) => {
            sides.0.as_ref().map_or(Ok(()), |ty| walk(ty, content, visit))
        }
        (Type::Result(sides), Val::Result(Err(Some(content)))) => {
            sides.1.as_ref().map_or(Ok(()), |ty| walk(ty, content, visit))
        }
        (Type::Map(entry), Val::Map(items)) => items.iter_mut().try_for_each(|(key, value)| {
            walk(&entry.0, key, visit)?;
            walk(&entry.1, value, visit)
        }),
        _ => Ok(()),
    }
}
