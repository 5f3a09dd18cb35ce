//! Core functions of a few numbers of one type take wasmtime's typed way, which checks
//! and boxes nothing.

use smallvec::smallvec;
use wasmtime::{Func, Store, TypedFunc, WasmParams, WasmResults, WasmTy};

use crate::core_caller::{CoreValues, forget_exception};
use crate::reference::Detached;
use crate::signature::Signature;
use crate::store::{Data, Fiber, Outcome};
use crate::ticker::SLICE;
use crate::types::Type;

/// Begins a call with parameters that were checked against the function's type.
pub(crate) type Typed = fn(Func, Store<Data>, CoreValues) -> Fiber;

/// The typed way for a function of this type, if it has one.
pub(crate) fn choose(signature: &Signature) -> Option<Typed> {
    let mut types = signature.params.iter().map(|(_, ty)| ty).chain(&signature.results);
    let first = types.next()?;
    if types.any(|ty| ty != first) {
        return None;
    }
    let (params, results) = (signature.params.len(), signature.results.len());
    match first {
        Type::I32 => numbers::<i32>(params, results),
        Type::I64 => numbers::<i64>(params, results),
        Type::F64 => numbers::<f64>(params, results),
        _ => None,
    }
}

fn numbers<T: Number>(params: usize, results: usize) -> Option<Typed> {
    match (params, results) {
        (0, 1) => Some(call::<(), T>),
        (1, 1) => Some(call::<(T,), T>),
        (2, 1) => Some(call::<(T, T), T>),
        (3, 1) => Some(call::<(T, T, T), T>),
        (1, 0) => Some(call::<(T,), ()>),
        (2, 0) => Some(call::<(T, T), ()>),
        (3, 0) => Some(call::<(T, T, T), ()>),
        _ => None,
    }
}

fn call<P: Tuple, R: Results>(func: Func, mut store: Store<Data>, params: CoreValues) -> Fiber {
    let params = P::from_values(&params);
    Box::pin(async move {
        let Some(params) = params else {
            return (Some(store), Err(wasmtime::Error::msg("parameters of another type")));
        };
        store.set_epoch_deadline(SLICE);
        // SAFETY: `choose` picked these types because they are the function's own.
        let func: TypedFunc<P, R> = unsafe { TypedFunc::new_unchecked(&store, func) };
        let ended = func.call_async(&mut store, params).await;
        forget_exception(&mut store, &ended);
        (Some(store), ended.map(|result| Outcome::Core(result.into_values())))
    })
}

/// A number that crosses as it is.
trait Number: WasmTy + Copy + Send + Sync + 'static {
    fn from_value(value: &Detached) -> Option<Self>;
    fn into_value(self) -> Detached;
}

impl Number for i32 {
    fn from_value(value: &Detached) -> Option<i32> {
        if let Detached::I32(number) = value { Some(*number) } else { None }
    }
    fn into_value(self) -> Detached {
        Detached::I32(self)
    }
}

impl Number for i64 {
    fn from_value(value: &Detached) -> Option<i64> {
        if let Detached::I64(number) = value { Some(*number) } else { None }
    }
    fn into_value(self) -> Detached {
        Detached::I64(self)
    }
}

impl Number for f64 {
    fn from_value(value: &Detached) -> Option<f64> {
        if let Detached::F64(bits) = value { Some(f64::from_bits(*bits)) } else { None }
    }
    fn into_value(self) -> Detached {
        Detached::F64(self.to_bits())
    }
}

/// Parameters as a tuple.
trait Tuple: WasmParams + Send + Sync + 'static {
    fn from_values(values: &[Detached]) -> Option<Self>
    where
        Self: Sized;
}

impl Tuple for () {
    fn from_values(values: &[Detached]) -> Option<Self> {
        values.is_empty().then_some(())
    }
}

impl<T: Number> Tuple for (T,) {
    fn from_values(values: &[Detached]) -> Option<Self> {
        let [a] = values else { return None };
        Some((T::from_value(a)?,))
    }
}

impl<T: Number> Tuple for (T, T) {
    fn from_values(values: &[Detached]) -> Option<Self> {
        let [a, b] = values else { return None };
        Some((T::from_value(a)?, T::from_value(b)?))
    }
}

impl<T: Number> Tuple for (T, T, T) {
    fn from_values(values: &[Detached]) -> Option<Self> {
        let [a, b, c] = values else { return None };
        Some((T::from_value(a)?, T::from_value(b)?, T::from_value(c)?))
    }
}

/// A result, or none.
trait Results: WasmResults + Send + Sync + 'static {
    fn into_values(self) -> CoreValues;
}

impl Results for () {
    fn into_values(self) -> CoreValues {
        CoreValues::new()
    }
}

impl<T: Number + WasmResults> Results for T {
    fn into_values(self) -> CoreValues {
        smallvec![self.into_value()]
    }
}
