//! What a module may import: "host", whose functions are the host's.

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::function::Rest;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::{Declarations, Declared, Exports, ModuleDef};
use rquickjs::{Array, Ctx, Error, Exception, Function, Module, Promise, Value};

use crate::{host, json};

/// The module's name.
const HOST: &str = "host";

/// Resolves "host" and refuses all else, in plain words.
#[derive(Clone, Default)]
pub(crate) struct Imports {
    /// What was refused last: QuickJS does not say where in the source that was.
    refused: Rc<RefCell<Option<String>>>,
}

impl Imports {
    /// What was refused since this was last asked.
    pub(crate) fn refused(&self) -> Option<String> {
        self.refused.take()
    }
}

impl Resolver for Imports {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        _base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String, Error> {
        if name == HOST {
            return Ok(name.to_owned());
        }
        self.refused.replace(Some(name.to_owned()));
        let message = format!("'{name}' cannot be imported: a block can import {}", offered(ctx)?);
        Err(Exception::throw_type(ctx, &message))
    }
}

impl Loader for Imports {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>, Error> {
        Module::declare_def::<HostModule, _>(ctx.clone(), name)
    }
}

/// `"host" (fetchRow, score) and nothing else`
fn offered(ctx: &Ctx<'_>) -> Result<String, Error> {
    let functions = host::of(ctx)?.functions();
    Ok(match functions.as_slice() {
        [] => format!("\"{HOST}\" and nothing else"),
        functions => format!("\"{HOST}\" ({}) and nothing else", functions.join(", ")),
    })
}

/// QuickJS's words for a name that "host" has not, with those it has.
pub(crate) fn missing(ctx: &Ctx<'_>, message: &str) -> Option<String> {
    let name = message.strip_prefix("Could not find export '")?.strip_suffix("' in module 'host'")?;
    let functions = host::of(ctx).ok()?.functions();
    let offered = if functions.is_empty() { "nothing".to_owned() } else { functions.join(", ") };
    Some(format!("\"{HOST}\" has no '{name}': it has {offered}"))
}

struct HostModule;

impl ModuleDef for HostModule {
    fn declare(declarations: &Declarations<'_>) -> Result<(), Error> {
        for name in host::of(declarations.module().ctx())?.functions() {
            declarations.declare(name)?;
        }
        Ok(())
    }

    fn evaluate<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>) -> Result<(), Error> {
        for name in host::of(ctx)?.functions() {
            exports.export(name.as_str(), function(ctx, &name)?)?;
        }
        Ok(())
    }
}

/// Answers a promise, as such a function does where nothing waits for it: here the
/// call has returned by then.
fn function<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Function<'js>, Error> {
    let called = name.to_owned();
    let function = Function::new(ctx.clone(), move |ctx: Ctx<'js>, arguments: Rest<Value<'js>>| {
        let (promise, resolve, reject) = Promise::new(&ctx)?;
        match call(&ctx, &called, arguments.0) {
            Ok(value) => resolve.call::<_, ()>((value,))?,
            Err(Error::Exception) => reject.call::<_, ()>((ctx.catch(),))?,
            Err(error) => return Err(error),
        }
        Ok::<_, Error>(promise)
    })?;
    function.with_name(name)
}

fn call<'js>(ctx: &Ctx<'js>, name: &str, arguments: Vec<Value<'js>>) -> Result<Value<'js>, Error> {
    let array = Array::new(ctx.clone())?;
    for (index, argument) in arguments.into_iter().enumerate() {
        array.set(index, argument)?;
    }
    let arguments = json::stringify(ctx, array.into_value())?;
    match host::of(ctx)?.call(name, &arguments) {
        Ok(answer) => json::parse(ctx, answer),
        Err(message) => Err(Exception::throw_message(ctx, &message)),
    }
}
