//! A compiled module: QuickJS's bytecode, with the source for the places of errors.

use rquickjs::module::{WriteOptions, WriteOptionsEndianness};
use rquickjs::{Ctx, Error, Module, Object, Promise, Value, qjs};

const MARK: &[u8; 8] = b"wbjs\0\0\0\x01";

/// The parts of what [`compile`] made.
pub(crate) struct Code<'a> {
    pub(crate) name: &'a str,
    pub(crate) source: &'a str,
    bytecode: &'a [u8],
}

/// Parses `source` and resolves its imports; runs nothing.
pub(crate) fn compile(ctx: &Ctx<'_>, name: &str, source: &str) -> Result<Vec<u8>, Error> {
    let module = Module::declare(ctx.clone(), name, source)?;
    let bytecode =
        module.write(WriteOptions { endianness: WriteOptionsEndianness::Little, ..WriteOptions::default() })?;
    let mut code = Vec::with_capacity(MARK.len() + 8 + name.len() + source.len() + bytecode.len());
    code.extend_from_slice(MARK);
    for text in [name, source] {
        // Linear memory has no more than 2³² bytes.
        code.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        code.extend_from_slice(text.as_bytes());
    }
    code.extend_from_slice(&bytecode);
    Ok(code)
}

impl<'a> Code<'a> {
    /// None where it is no code. Whether it is whole and this engine's own is for the
    /// host to know.
    pub(crate) fn read(code: &'a [u8]) -> Option<Self> {
        let (name, rest) = text(code.strip_prefix(MARK)?)?;
        let (source, bytecode) = text(rest)?;
        Some(Self { name, source, bytecode })
    }

    /// Begins the module's evaluation: its exports, and the promise of its end.
    pub(crate) fn evaluate<'js>(&self, ctx: &Ctx<'js>) -> Result<(Object<'js>, Promise<'js>), Error> {
        // SAFETY: the context is alive, and of every value that QuickJS gives us to keep
        // exactly one `Value` or one later call of QuickJS takes the reference. The
        // bytecode is that of `compile`, as `load` demands; were it not, what it could
        // harm is the memory of this instance.
        unsafe {
            let context = ctx.as_raw().as_ptr();
            let read = qjs::JS_ReadObject(
                context,
                self.bytecode.as_ptr(),
                self.bytecode.len() as _,
                qjs::JS_READ_OBJ_BYTECODE as i32,
            );
            // What was thrown is pending, here and below.
            let module = Value::from_raw(ctx.clone(), read);
            if qjs::JS_VALUE_GET_TAG(read) != qjs::JS_TAG_MODULE || qjs::JS_ResolveModule(context, read) < 0 {
                return Err(Error::Exception);
            }
            // Evaluation takes one reference, `module` has the other.
            qjs::JS_DupValue(context, read);
            let promise = Value::from_raw(ctx.clone(), qjs::JS_EvalFunction(context, read));
            let promise = promise.into_promise().ok_or(Error::Exception)?;
            let exports = qjs::JS_GetModuleNamespace(context, qjs::JS_VALUE_GET_PTR(read).cast());
            let exports = Value::from_raw(ctx.clone(), exports);
            drop(module);
            Ok((exports.into_object().ok_or(Error::Exception)?, promise))
        }
    }
}

/// A text behind its length, and what follows it.
fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}
