//! How an export is called, chosen once from its type: functions of a few numbers
//! of one type, and those of strings and bytes, take wasmtime's typed way, which
//! looks up nothing and makes no value per byte; all others the dynamic one.

use smallvec::SmallVec;
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Func, Lift, Lower, TypedFunc, Val};

use crate::blob::{Blob, BlobParams, BlobType};
use crate::core_typed::Typed;
use crate::resource;
use crate::signature::Signature;
use crate::store::{Data, Fiber, Outcome};
use crate::ticker::SLICE;
use crate::types::Type;

/// Parameters: those of most functions stand where they are made.
pub(crate) type Params = SmallVec<[Val; 3]>;
pub(crate) type Blobs = SmallVec<[Blob; 2]>;

/// Begins a call with parameters that were checked against the export's type.
pub(crate) type WithValues = fn(Func, Store<Data>, Params) -> Fiber;
pub(crate) type WithBlobs = fn(Func, Store<Data>, Blobs) -> Fiber;

/// The way to call a function.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Numbers(WithValues),
    Blobs(WithBlobs),
    Dynamic,
    /// A core module's function, and its typed way, if it has one.
    Core(Option<Typed>),
}

/// The way for a component's function of this type.
pub(crate) fn choose(signature: &Signature) -> Way {
    let params: Vec<&Type> = signature.params.iter().map(|(_, ty)| ty).collect();
    let result = signature.results.first();
    numbers_way(&params, result).or_else(|| blobs_way(&params, result)).unwrap_or(Way::Dynamic)
}

/// Calls a function of any type. Those that take or give handles need their
/// signature on the way.
pub(crate) fn dynamic(
    func: Func,
    mut store: Store<Data>,
    mut params: Params,
    has_result: bool,
    handles: Option<Signature>,
) -> Fiber {
    Box::pin(async move {
        store.set_epoch_deadline(SLICE);
        let mut result = [Val::Bool(false)];
        let slots = if has_result { &mut result[..] } else { &mut [] };
        let ended = match &handles {
            None => func.call_async(&mut store, &params, slots).await,
            Some(signature) => call_with_handles(func, &mut store, &mut params, slots, signature).await,
        };
        let [value] = result;
        (Some(store), ended.map(|()| if has_result { Outcome::Value(value) } else { Outcome::Nothing }))
    })
}

async fn call_with_handles(
    func: Func,
    store: &mut Store<Data>,
    params: &mut Params,
    results: &mut [Val],
    signature: &Signature,
) -> wasmtime::Result<()> {
    let mut lent = Vec::new();
    for ((_, ty), value) in signature.params.iter().zip(params.iter_mut()) {
        resource::attach(ty, value, store, &mut lent)?;
    }
    func.call_async(&mut *store, params, results).await?;
    for (number, handle) in lent {
        handle.resource_drop_async(&mut *store).await?;
        store.data().shared.terms.remove(number);
    }
    for (ty, value) in signature.results.iter().zip(results) {
        resource::detach(ty, value, store)?;
    }
    Ok(())
}

fn blobs_way(params: &[&Type], result: Option<&Type>) -> Option<Way> {
    match params {
        [Type::String] => blobs_result::<(String,)>(result),
        [Type::Bytes] => blobs_result::<(Vec<u8>,)>(result),
        [Type::String, Type::String] => blobs_result::<(String, String)>(result),
        [Type::String, Type::Bytes] => blobs_result::<(String, Vec<u8>)>(result),
        [Type::Bytes, Type::String] => blobs_result::<(Vec<u8>, String)>(result),
        [Type::Bytes, Type::Bytes] => blobs_result::<(Vec<u8>, Vec<u8>)>(result),
        _ => None,
    }
    .map(Way::Blobs)
}

fn blobs_result<P: BlobParams>(result: Option<&Type>) -> Option<WithBlobs> {
    match result {
        None => Some(blobs::<P, ()>),
        Some(Type::String) => Some(blobs::<P, (String,)>),
        Some(Type::Bytes) => Some(blobs::<P, (Vec<u8>,)>),
        Some(Type::Result(sides)) => match (&sides.0, &sides.1) {
            (Some(Type::String), Some(Type::String)) => Some(blobs::<P, (Result<String, String>,)>),
            (Some(Type::Bytes), Some(Type::String)) => Some(blobs::<P, (Result<Vec<u8>, String>,)>),
            _ => None,
        },
        _ => None,
    }
}

fn blobs<P: BlobParams, R: Results>(func: Func, mut store: Store<Data>, params: Blobs) -> Fiber {
    Box::pin(async move {
        let Some(params) = P::from_blobs(params.into_iter()) else {
            return (Some(store), Err(wasmtime::Error::msg("parameters of another type")));
        };
        store.set_epoch_deadline(SLICE);
        // SAFETY: `choose` picked these types because they are the export's own.
        let func: TypedFunc<P, R> = unsafe { TypedFunc::new_unchecked(func) };
        let ended = func.call_async(&mut store, params).await;
        (Some(store), ended.map(R::into_outcome))
    })
}

fn numbers_way(params: &[&Type], result: Option<&Type>) -> Option<Way> {
    let mut types = params.iter().copied().chain(result);
    let first = types.next()?;
    if types.any(|ty| ty != first) {
        return None;
    }
    match first {
        Type::S32 => numbers::<i32>(params.len(), result.is_some()),
        Type::U32 => numbers::<u32>(params.len(), result.is_some()),
        Type::S64 => numbers::<i64>(params.len(), result.is_some()),
        Type::U64 => numbers::<u64>(params.len(), result.is_some()),
        Type::F64 => numbers::<f64>(params.len(), result.is_some()),
        _ => None,
    }
    .map(Way::Numbers)
}

fn numbers<T: Number>(params: usize, has_result: bool) -> Option<WithValues> {
    match (params, has_result) {
        (0, true) => Some(typed::<(), (T,)>),
        (1, true) => Some(typed::<(T,), (T,)>),
        (2, true) => Some(typed::<(T, T), (T,)>),
        (3, true) => Some(typed::<(T, T, T), (T,)>),
        (1, false) => Some(typed::<(T,), ()>),
        (2, false) => Some(typed::<(T, T), ()>),
        (3, false) => Some(typed::<(T, T, T), ()>),
        _ => None,
    }
}

fn typed<P: Tuple, R: Results>(func: Func, mut store: Store<Data>, params: Params) -> Fiber {
    let params = P::from_vals(&params);
    Box::pin(async move {
        let Some(params) = params else {
            return (Some(store), Err(wasmtime::Error::msg("parameters of another type")));
        };
        store.set_epoch_deadline(SLICE);
        // SAFETY: `choose` picked these types because they are the export's own.
        let func: TypedFunc<P, R> = unsafe { TypedFunc::new_unchecked(func) };
        let ended = func.call_async(&mut store, params).await;
        (Some(store), ended.map(R::into_outcome))
    })
}

/// A number that crosses as it is.
trait Number: Lower + Lift + Copy + Send + Sync + 'static {
    fn from_val(val: &Val) -> Option<Self>;
    fn into_val(self) -> Val;
}

macro_rules! number {
    ($($ty:ty, $variant:ident;)*) => {$(
        impl Number for $ty {
            fn from_val(val: &Val) -> Option<Self> {
                if let Val::$variant(number) = val { Some(*number) } else { None }
            }
            fn into_val(self) -> Val {
                Val::$variant(self)
            }
        }
    )*};
}

number! { i32, S32; u32, U32; i64, S64; u64, U64; f64, Float64; }

/// Parameters as a tuple.
trait Tuple: Sized + ComponentNamedList + Lower + Send + Sync + 'static {
    fn from_vals(vals: &[Val]) -> Option<Self>;
}

impl Tuple for () {
    fn from_vals(vals: &[Val]) -> Option<Self> {
        vals.is_empty().then_some(())
    }
}

impl<T: Number> Tuple for (T,) {
    fn from_vals(vals: &[Val]) -> Option<Self> {
        let [a] = vals else { return None };
        Some((T::from_val(a)?,))
    }
}

impl<T: Number> Tuple for (T, T) {
    fn from_vals(vals: &[Val]) -> Option<Self> {
        let [a, b] = vals else { return None };
        Some((T::from_val(a)?, T::from_val(b)?))
    }
}

impl<T: Number> Tuple for (T, T, T) {
    fn from_vals(vals: &[Val]) -> Option<Self> {
        let [a, b, c] = vals else { return None };
        Some((T::from_val(a)?, T::from_val(b)?, T::from_val(c)?))
    }
}

/// A result, or none.
trait Results: ComponentNamedList + Lift + Send + Sync + 'static {
    fn into_outcome(self) -> Outcome;
}

impl Results for () {
    fn into_outcome(self) -> Outcome {
        Outcome::Nothing
    }
}

impl<T: Number> Results for (T,) {
    fn into_outcome(self) -> Outcome {
        Outcome::Value(self.0.into_val())
    }
}

impl Results for (String,) {
    fn into_outcome(self) -> Outcome {
        Outcome::Blob(self.0.into_blob())
    }
}

impl Results for (Vec<u8>,) {
    fn into_outcome(self) -> Outcome {
        Outcome::Blob(self.0.into_blob())
    }
}

impl<O: BlobType> Results for (Result<O, String>,) {
    fn into_outcome(self) -> Outcome {
        Outcome::Either(self.0.map(O::into_blob).map_err(String::into_blob))
    }
}
