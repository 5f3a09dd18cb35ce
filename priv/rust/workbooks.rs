//! How the values of a Rust block's entry pass through the canonical ABI. The lines that
//! Workbooks.Build.Rust adds behind the block use it; a block itself has no need to.

#![allow(dead_code)]

/// A type whose values pass between components.
pub trait Value: Sized {
    /// Bytes in linear memory, and what their address is a multiple of.
    const SIZE: usize;
    const ALIGN: usize;
    /// How many values of core WebAssembly it passes as.
    const FLAT: usize;

    /// From the values passed, each in 64 bits whatever its type.
    fn lift(slots: &mut Slots) -> Self;
    /// From linear memory.
    ///
    /// # Safety
    /// A value of this type, as the canonical ABI lays it out, is there.
    unsafe fn load(at: usize) -> Self;
    /// To linear memory.
    ///
    /// # Safety
    /// `SIZE` bytes are there to be written.
    unsafe fn store(self, at: usize);
}

pub struct Slots<'a> {
    values: &'a [u64],
    at: usize,
}

impl<'a> Slots<'a> {
    pub fn new(values: &'a [u64]) -> Self {
        Slots { values, at: 0 }
    }

    fn next(&mut self) -> u64 {
        let value = self.values[self.at];
        self.at += 1;
        value
    }
}

/// What is reserved goes with the instance, which lives for one call.
pub fn reserve(size: usize, align: usize) -> usize {
    if size == 0 {
        return 8;
    }
    match std::alloc::Layout::from_size_align(size, align) {
        // SAFETY: the size is not nought.
        Ok(layout) => match unsafe { std::alloc::alloc(layout) } as usize {
            0 => std::alloc::handle_alloc_error(layout),
            at => at,
        },
        Err(_) => panic!("out of memory"),
    }
}

#[export_name = "cabi_realloc"]
extern "C" fn realloc(old: usize, old_size: usize, align: usize, size: usize) -> usize {
    let new = reserve(size, align);
    if old_size > 0 {
        // SAFETY: the caller gives what it was given here; the new bytes are others.
        unsafe { std::ptr::copy_nonoverlapping(old as *const u8, new as *mut u8, old_size.min(size)) };
    }
    new
}

/// The value in a place of its own, whose address is the function's result.
pub fn area<T: Value>(value: T) -> u32 {
    let at = reserve(T::SIZE, T::ALIGN);
    // SAFETY: reserved for it.
    unsafe { value.store(at) };
    at as u32
}

/// Nobody ends the program in which standard output would be written out.
pub fn printed<T>(value: T) -> T {
    let _ = std::io::Write::flush(&mut std::io::stdout());
    value
}

pub const fn up(offset: usize, align: usize) -> usize {
    offset.div_ceil(align) * align
}

const fn most(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Value for $type {
            const SIZE: usize = std::mem::size_of::<$type>();
            const ALIGN: usize = Self::SIZE;
            const FLAT: usize = 1;

            fn lift(slots: &mut Slots) -> Self {
                slots.next() as $type
            }
            unsafe fn load(at: usize) -> Self {
                unsafe { (at as *const $type).read_unaligned() }
            }
            unsafe fn store(self, at: usize) {
                unsafe { (at as *mut $type).write_unaligned(self) }
            }
        }
    )*};
}

numbers!(i8, i16, i32, i64, u8, u16, u32, u64, usize, isize);

macro_rules! floats {
    ($($type:ty as $bits:ty),*) => {$(
        impl Value for $type {
            const SIZE: usize = std::mem::size_of::<$type>();
            const ALIGN: usize = Self::SIZE;
            const FLAT: usize = 1;

            fn lift(slots: &mut Slots) -> Self {
                <$type>::from_bits(slots.next() as $bits)
            }
            unsafe fn load(at: usize) -> Self {
                unsafe { (at as *const $type).read_unaligned() }
            }
            unsafe fn store(self, at: usize) {
                unsafe { (at as *mut $type).write_unaligned(self) }
            }
        }
    )*};
}

floats!(f32 as u32, f64 as u64);

impl Value for bool {
    const SIZE: usize = 1;
    const ALIGN: usize = 1;
    const FLAT: usize = 1;

    fn lift(slots: &mut Slots) -> Self {
        slots.next() as u8 != 0
    }
    unsafe fn load(at: usize) -> Self {
        unsafe { u8::load(at) != 0 }
    }
    unsafe fn store(self, at: usize) {
        unsafe { (self as u8).store(at) }
    }
}

impl Value for char {
    const SIZE: usize = 4;
    const ALIGN: usize = 4;
    const FLAT: usize = 1;

    fn lift(slots: &mut Slots) -> Self {
        char::from_u32(slots.next() as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
    unsafe fn load(at: usize) -> Self {
        char::from_u32(unsafe { u32::load(at) }).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
    unsafe fn store(self, at: usize) {
        unsafe { (self as u32).store(at) }
    }
}

impl<T: Value> Value for Vec<T> {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;
    const FLAT: usize = 2;

    fn lift(slots: &mut Slots) -> Self {
        let start = slots.next() as usize;
        let len = slots.next() as usize;
        // SAFETY: the host wrote them there.
        (0..len).map(|i| unsafe { T::load(start + i * T::SIZE) }).collect()
    }
    unsafe fn load(at: usize) -> Self {
        let (start, len) = unsafe { (u32::load(at) as usize, u32::load(at + 4) as usize) };
        (0..len).map(|i| unsafe { T::load(start + i * T::SIZE) }).collect()
    }
    unsafe fn store(self, at: usize) {
        let len = self.len();
        let start = reserve(len * T::SIZE, T::ALIGN);
        for (i, value) in self.into_iter().enumerate() {
            unsafe { value.store(start + i * T::SIZE) };
        }
        unsafe {
            (start as u32).store(at);
            (len as u32).store(at + 4);
        }
    }
}

impl Value for String {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;
    const FLAT: usize = 2;

    fn lift(slots: &mut Slots) -> Self {
        text(Vec::lift(slots))
    }
    unsafe fn load(at: usize) -> Self {
        text(unsafe { Vec::load(at) })
    }
    unsafe fn store(self, at: usize) {
        unsafe { self.into_bytes().store(at) }
    }
}

// The host passes UTF-8 alone.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

impl<T: Value> Value for Option<T> {
    const SIZE: usize = up(up(1, T::ALIGN) + T::SIZE, T::ALIGN);
    const ALIGN: usize = T::ALIGN;
    const FLAT: usize = 1 + T::FLAT;

    fn lift(slots: &mut Slots) -> Self {
        if slots.next() as u8 == 0 {
            slots.at += T::FLAT;
            return None;
        }
        Some(T::lift(slots))
    }
    unsafe fn load(at: usize) -> Self {
        unsafe { bool::load(at).then(|| T::load(at + up(1, T::ALIGN))) }
    }
    unsafe fn store(self, at: usize) {
        unsafe {
            self.is_some().store(at);
            if let Some(value) = self {
                value.store(at + up(1, T::ALIGN));
            }
        }
    }
}

impl<T: Value, E: Value> Value for Result<T, E> {
    const SIZE: usize = up(up(1, Self::ALIGN) + most(T::SIZE, E::SIZE), Self::ALIGN);
    const ALIGN: usize = most(T::ALIGN, E::ALIGN);
    const FLAT: usize = 1 + most(T::FLAT, E::FLAT);

    fn lift(slots: &mut Slots) -> Self {
        let end = slots.at + Self::FLAT;
        let value = if slots.next() as u8 == 0 { Ok(T::lift(slots)) } else { Err(E::lift(slots)) };
        slots.at = end;
        value
    }
    unsafe fn load(at: usize) -> Self {
        let inside = at + up(1, Self::ALIGN);
        unsafe { if bool::load(at) { Err(E::load(inside)) } else { Ok(T::load(inside)) } }
    }
    unsafe fn store(self, at: usize) {
        let inside = at + up(1, Self::ALIGN);
        unsafe {
            self.is_err().store(at);
            match self {
                Ok(value) => value.store(inside),
                Err(error) => error.store(inside),
            }
        }
    }
}

impl Value for () {
    const SIZE: usize = 0;
    const ALIGN: usize = 1;
    const FLAT: usize = 0;

    fn lift(_: &mut Slots) -> Self {}
    unsafe fn load(_: usize) -> Self {}
    unsafe fn store(self, _: usize) {}
}

/// A struct: its fields one behind the other. As `record!(Point { x: f64, y: f64 })`.
macro_rules! record {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        impl $crate::__workbooks::Value for $name {
            const ALIGN: usize = {
                let mut align = 1;
                $(if <$type as $crate::__workbooks::Value>::ALIGN > align {
                    align = <$type as $crate::__workbooks::Value>::ALIGN;
                })*
                align
            };
            const SIZE: usize = {
                let mut at = 0;
                $(at = $crate::__workbooks::up(at, <$type as $crate::__workbooks::Value>::ALIGN)
                    + <$type as $crate::__workbooks::Value>::SIZE;)*
                $crate::__workbooks::up(at, Self::ALIGN)
            };
            const FLAT: usize = 0 $(+ <$type as $crate::__workbooks::Value>::FLAT)*;

            fn lift(slots: &mut $crate::__workbooks::Slots) -> Self {
                $name { $($field: $crate::__workbooks::Value::lift(slots)),* }
            }
            #[allow(unused_assignments)]
            unsafe fn load(start: usize) -> Self {
                let mut at = start;
                $(
                    at = $crate::__workbooks::up(at, <$type as $crate::__workbooks::Value>::ALIGN);
                    let $field = unsafe { <$type as $crate::__workbooks::Value>::load(at) };
                    at += <$type as $crate::__workbooks::Value>::SIZE;
                )*
                $name { $($field),* }
            }
            #[allow(unused_assignments)]
            unsafe fn store(self, start: usize) {
                let mut at = start;
                $(
                    at = $crate::__workbooks::up(at, <$type as $crate::__workbooks::Value>::ALIGN);
                    unsafe { $crate::__workbooks::Value::store(self.$field, at) };
                    at += <$type as $crate::__workbooks::Value>::SIZE;
                )*
            }
        }
    };
}

macro_rules! tuples {
    ($(($($name:ident $number:tt),+))*) => {$(
        impl<$($name: Value),+> Value for ($($name,)+) {
            const ALIGN: usize = {
                let mut align = 1;
                $(align = most(align, $name::ALIGN);)+
                align
            };
            const SIZE: usize = {
                let mut at = 0;
                $(at = up(at, $name::ALIGN) + $name::SIZE;)+
                up(at, Self::ALIGN)
            };
            const FLAT: usize = 0 $(+ $name::FLAT)+;

            fn lift(slots: &mut Slots) -> Self {
                ($($name::lift(slots),)+)
            }
            #[allow(unused_assignments, non_snake_case)]
            unsafe fn load(start: usize) -> Self {
                let mut at = start;
                $(
                    at = up(at, $name::ALIGN);
                    let $name = unsafe { $name::load(at) };
                    at += $name::SIZE;
                )+
                ($($name,)+)
            }
            #[allow(unused_assignments)]
            unsafe fn store(self, start: usize) {
                let mut at = start;
                $(
                    at = up(at, $name::ALIGN);
                    unsafe { self.$number.store(at) };
                    at += $name::SIZE;
                )+
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

pub(crate) use record;
