//! Values on their way from a guest, as terms.

use rustler::types::atom;
use rustler::types::tuple::make_tuple;
use rustler::{Atom, Encoder, Env, NewBinary, ResourceArc, Term};
use workbooks_engine::{Opaque, Reference, Resource, Sink};

use crate::atoms;
use crate::held::Held;
use crate::resources::{HandleResource, ReferenceResource};

/// Makes terms of one environment.
pub struct Terms<'a> {
    env: Env<'a>,
    /// Whether a NaN shows its bits.
    nan_payload: bool,
}

impl<'a> Terms<'a> {
    pub fn new(env: Env<'a>, nan_payload: bool) -> Terms<'a> {
        Terms { env, nan_payload }
    }
}

impl<'a> Sink for Terms<'a> {
    type Out = Term<'a>;

    fn boolean(&self, value: bool) -> Term<'a> {
        value.encode(self.env)
    }

    fn integer(&self, value: i128) -> Term<'a> {
        match i64::try_from(value) {
            Ok(value) => value.encode(self.env),
            // WIT's widest integers are 64 bits: what is no i64 is a u64.
            Err(_) => u64::try_from(value).unwrap_or(u64::MAX).encode(self.env),
        }
    }

    fn float(&self, value: f64) -> Term<'a> {
        if value.is_finite() {
            value.encode(self.env)
        } else if value > 0.0 {
            atoms::infinity().encode(self.env)
        } else {
            atoms::neg_infinity().encode(self.env)
        }
    }

    fn text(&self, value: &str) -> Term<'a> {
        NewBinary::from_slice(self.env, value.as_bytes()).into()
    }

    fn nan(&self, bits: u64) -> Term<'a> {
        if self.nan_payload { (atoms::nan(), bits).encode(self.env) } else { atoms::nan().encode(self.env) }
    }

    fn bytes(&self, bytes: &[u8]) -> Term<'a> {
        NewBinary::from_slice(self.env, bytes).into()
    }

    fn list(&self, items: &[Term<'a>]) -> Term<'a> {
        items.encode(self.env)
    }

    fn tuple(&self, items: &[Term<'a>]) -> Term<'a> {
        make_tuple(self.env, items)
    }

    fn record(&self, names: &[Term<'a>], contents: &[Term<'a>]) -> Term<'a> {
        // Fails only for names given twice, which no record type has.
        Term::map_from_term_arrays(self.env, names, contents).unwrap_or_else(|_| Term::map_new(self.env))
    }

    fn case(&self, name: &str, content: Option<Term<'a>>) -> Term<'a> {
        match content {
            Some(content) => (self.text(name), content).encode(self.env),
            None => self.text(name),
        }
    }

    fn none(&self) -> Term<'a> {
        atom::nil().encode(self.env)
    }

    fn some(&self, content: Term<'a>) -> Term<'a> {
        (atoms::some(), content).encode(self.env)
    }

    fn result(&self, content: Result<Option<Term<'a>>, Option<Term<'a>>>) -> Term<'a> {
        let content_or_nil = |content: Option<Term<'a>>| content.unwrap_or_else(|| self.none());
        match content {
            Ok(content) => (atoms::ok(), content_or_nil(content)).encode(self.env),
            Err(content) => (atoms::error(), content_or_nil(content)).encode(self.env),
        }
    }

    fn map(&self, keys: &[Term<'a>], contents: &[Term<'a>]) -> Term<'a> {
        let mut map = Term::map_new(self.env);
        // A guest may give a key twice: the last one holds.
        for (key, content) in keys.iter().zip(contents) {
            map = map.map_put(*key, *content).unwrap_or(map);
        }
        map
    }

    fn opaque(&self, value: &Opaque) -> Term<'a> {
        match value.downcast_ref::<Held>() {
            Some(held) => held.load(self.env),
            None => self.none(),
        }
    }

    fn reference(&self, reference: Reference) -> Term<'a> {
        let (kind, number) = (reference.kind(), reference.number());
        let own = ResourceArc::new(ReferenceResource(reference)).encode(self.env);
        if kind == "func" {
            return self.structure(atoms::function_struct(), &[(atoms::r#ref(), own)]);
        }
        // Kinds are the engine's own few constants.
        let kind = Atom::from_str(self.env, kind).map_or_else(|_| kind.encode(self.env), |atom| atom.encode(self.env));
        let fields = [(atoms::r#ref(), own), (atoms::kind(), kind), (atoms::value(), number.encode(self.env))];
        self.structure(atoms::reference_struct(), &fields)
    }

    fn resource(&self, resource: Resource) -> Term<'a> {
        let name = self.text(resource.name());
        let own = ResourceArc::new(HandleResource(resource)).encode(self.env);
        self.structure(atoms::resource_struct(), &[(atoms::r#ref(), own), (atoms::name(), name), (atoms::instance(), self.none())])
    }
}

impl<'a> Terms<'a> {
    /// A struct of Elixir's with these fields, which must be all it has.
    fn structure(&self, module: Atom, fields: &[(Atom, Term<'a>)]) -> Term<'a> {
        let mut keys = vec![atoms::__struct__().encode(self.env)];
        let mut values = vec![module.encode(self.env)];
        for (key, value) in fields {
            keys.push(key.encode(self.env));
            values.push(*value);
        }
        // Fails only for keys given twice.
        Term::map_from_term_arrays(self.env, &keys, &values).unwrap_or_else(|_| self.none())
    }
}
