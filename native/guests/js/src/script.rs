//! The parts of a context that are written in JavaScript. They are run when a module first
//! asks for something of theirs: in the memory that each instance begins with they are not.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use rquickjs::context::EvalOptions;
use rquickjs::function::{IntoArgs, This};
use rquickjs::object::{Accessor, Property};
use rquickjs::{Ctx, Error, Function, Object, Persistent, Value};

/// What such a script made, once it did. It has to go before its runtime, so that the
/// runtime's own functions hold it weakly.
pub(crate) struct Script {
    made: Rc<Made>,
}

type Made = RefCell<Option<Persistent<Object<'static>>>>;

impl Script {
    /// Gives `object` these properties, of the object that `make` answers.
    pub(crate) fn install<'js, F>(object: &Object<'js>, names: &[&'static str], make: F) -> Result<Self, Error>
    where
        F: Fn(&Ctx<'js>) -> Result<Object<'js>, Error> + Clone + 'js,
    {
        let made = Rc::new(RefCell::new(None));
        for &name in names {
            let (made, make) = (Rc::downgrade(&made), make.clone());
            let get = move |ctx: Ctx<'js>| -> Result<Value<'js>, Error> { found(&ctx, &made, &make)?.get(name) };
            // As any other function of the environment's, it may be replaced.
            let set = move |this: This<Object<'js>>, value: Value<'js>| {
                this.0.prop(name, Property::from(value).writable().enumerable().configurable())
            };
            object.prop(name, Accessor::new(get, set).enumerable().configurable())?;
        }
        Ok(Self { made })
    }

    /// What was made, where something was asked for.
    pub(crate) fn made<'js>(&self, ctx: &Ctx<'js>) -> Result<Option<Object<'js>>, Error> {
        let made = self.made.borrow().clone();
        made.map(|made| made.restore(ctx)).transpose()
    }
}

fn found<'js>(
    ctx: &Ctx<'js>,
    made: &Weak<Made>,
    make: impl Fn(&Ctx<'js>) -> Result<Object<'js>, Error>,
) -> Result<Object<'js>, Error> {
    let made = made.upgrade().ok_or(Error::Unknown)?;
    let before = made.borrow().clone();
    if let Some(before) = before {
        return before.restore(ctx);
    }
    let object = make(ctx)?;
    made.replace(Some(Persistent::save(ctx, object.clone())));
    Ok(object)
}

/// What the script called `name`, an arrow function, answers.
pub(crate) fn run<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    source: &str,
    arguments: impl IntoArgs<'js>,
) -> Result<Object<'js>, Error> {
    let mut options = EvalOptions::default();
    options.filename = Some(name.to_owned());
    ctx.eval_with_options::<Function, _>(source, options)?.call(arguments)
}
