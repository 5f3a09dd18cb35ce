//! How an export is called, chosen once from its type: functions of a few numbers
//! of one type take wasmtime's typed way, which looks up nothing; all others the
//! dynamic one.

use std::future::Future;
use std::pin::Pin;

use wasmtime::component::{ComponentNamedList, Func, Lift, Lower, TypedFunc, Val};

use crate::store::{Ended, Live, Params};
use crate::ticker::SLICE;
use crate::types::Type;

/// A call on its way: a future that owns the store and gives it back.
pub(crate) type Fiber = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// Begins a call with parameters that were checked against the export's type.
pub(crate) type Caller = fn(Func, Box<Live>, Params, bool) -> Fiber;

/// The way for a function of this type.
pub(crate) fn choose(params: &[(String, Type)], result: Option<&Type>) -> Caller {
    let types: Vec<&Type> = params.iter().map(|(_, ty)| ty).chain(result).collect();
    let Some(first) = types.first() else { return dynamic };
    if types.iter().any(|ty| ty != first) {
        return dynamic;
    }
    let of_numbers = match first {
        Type::S32 => numbers::<i32>(params.len(), result.is_some()),
        Type::U32 => numbers::<u32>(params.len(), result.is_some()),
        Type::S64 => numbers::<i64>(params.len(), result.is_some()),
        Type::U64 => numbers::<u64>(params.len(), result.is_some()),
        Type::F64 => numbers::<f64>(params.len(), result.is_some()),
        _ => None,
    };
    of_numbers.unwrap_or(dynamic)
}

fn dynamic(func: Func, mut live: Box<Live>, params: Params, has_result: bool) -> Fiber {
    Box::pin(async move {
        live.store.set_epoch_deadline(SLICE);
        let mut result = [Val::Bool(false)];
        let slots = if has_result { &mut result[..] } else { &mut [] };
        let ended = func.call_async(&mut live.store, &params, slots).await;
        let [value] = result;
        (Some(live), ended.map(|()| has_result.then_some(value)))
    })
}

fn numbers<T: Number>(params: usize, has_result: bool) -> Option<Caller> {
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

fn typed<P: Tuple, R: Results>(func: Func, mut live: Box<Live>, params: Params, has_result: bool) -> Fiber {
    let Some(params) = P::from_vals(&params) else {
        return dynamic(func, live, params, has_result);
    };
    Box::pin(async move {
        live.store.set_epoch_deadline(SLICE);
        // SAFETY: `choose` picked these types because they are the export's own.
        let func: TypedFunc<P, R> = unsafe { TypedFunc::new_unchecked(func) };
        let ended = func.call_async(&mut live.store, params).await;
        (Some(live), ended.map(R::into_val))
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
    fn into_val(self) -> Option<Val>;
}

impl Results for () {
    fn into_val(self) -> Option<Val> {
        None
    }
}

impl<T: Number> Results for (T,) {
    fn into_val(self) -> Option<Val> {
        Some(self.0.into_val())
    }
}
