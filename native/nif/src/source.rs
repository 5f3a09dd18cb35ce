//! Terms on their way to a guest.

use rustler::types::atom::{self, Atom};
use rustler::types::map::MapIterator;
use rustler::types::tuple::get_tuple;
use rustler::{Binary, ListIterator, Resource, Term, TermType};
use workbooks_engine::{Opaque, Reference, Source};

use crate::atoms;
use crate::held::Held;
use crate::resources::{HandleResource, ReferenceResource};

/// Text of a wrong value in an error's message, at most.
const SHOWN: usize = 60;

/// A term as the engine reads it.
#[derive(Clone, Copy)]
pub struct Value<'a>(pub Term<'a>);

impl<'a> Value<'a> {
    fn atom(self) -> Option<Atom> {
        Atom::from_term(self.0).ok()
    }

    /// The resource behind a struct of ours.
    fn behind<R: Resource>(self) -> Option<&'a R> {
        self.0.map_get(atoms::r#ref()).ok()?.try_get_resource::<R>()
    }

    fn pair(self) -> Option<(Term<'a>, Term<'a>)> {
        match get_tuple(self.0).ok()?.as_slice() {
            [tag, content] => Some((*tag, *content)),
            _ => None,
        }
    }
}

impl<'a> Source<'a> for Value<'a> {
    fn boolean(self) -> Option<bool> {
        self.0.decode().ok()
    }

    fn integer(self) -> Option<i128> {
        self.0.decode::<i64>().map(i128::from).or_else(|_| self.0.decode::<u64>().map(i128::from)).ok()
    }

    fn float(self) -> Option<f64> {
        if let Ok(float) = self.0.decode::<f64>() {
            return Some(float);
        }
        if let Some(integer) = self.integer() {
            return Some(integer as f64);
        }
        let atom = self.atom()?;
        if atom == atoms::nan() {
            Some(f64::NAN)
        } else if atom == atoms::infinity() {
            Some(f64::INFINITY)
        } else if atom == atoms::neg_infinity() {
            Some(f64::NEG_INFINITY)
        } else {
            None
        }
    }

    fn text(self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn bytes(self) -> Option<&'a [u8]> {
        Binary::from_term(self.0).ok().map(|binary| binary.as_slice())
    }

    fn list(self) -> Option<Vec<Self>> {
        // An improper list has no length and is no list here.
        let length = self.0.list_length().ok()?;
        let items: ListIterator = self.0.decode().ok()?;
        let mut list = Vec::with_capacity(length);
        list.extend(items.map(Value));
        Some(list)
    }

    fn tuple(self) -> Option<Vec<Self>> {
        get_tuple(self.0).ok().map(|items| items.into_iter().map(Value).collect())
    }

    fn is_none(self) -> bool {
        self.atom().is_some_and(|atom| atom == atom::nil())
    }

    fn some(self) -> Option<Self> {
        let (tag, content) = self.pair()?;
        (Value(tag).atom()? == atoms::some()).then_some(Value(content))
    }

    fn is_record(self) -> bool {
        self.0.is_map()
    }

    fn field(self, name: &str) -> Option<Self> {
        if let Ok(found) = self.0.map_get(name) {
            return Some(Value(found));
        }
        // Only atoms that exist are looked for: a component's names never make new ones.
        let env = self.0.get_env();
        let by_atom = |name: &str| {
            let atom = Atom::existing_from_str(env, name).ok()?;
            self.0.map_get(atom).ok().map(Value)
        };
        by_atom(name).or_else(|| if name.contains('-') { by_atom(&name.replace('-', "_")) } else { None })
    }

    fn name(self) -> Option<String> {
        match self.atom() {
            Some(_) => self.0.atom_to_string().ok().map(|name| name.replace('_', "-")),
            None => self.text().map(str::to_string),
        }
    }

    fn case(self) -> Option<(String, Self)> {
        let (tag, content) = self.pair()?;
        Some((Value(tag).name()?, Value(content)))
    }

    fn result(self) -> Option<Result<Option<Self>, Option<Self>>> {
        let side = |atom: Atom, content: Option<Value<'a>>| {
            if atom == atoms::ok() {
                Some(Ok(content))
            } else if atom == atoms::error() {
                Some(Err(content))
            } else {
                None
            }
        };
        match self.atom() {
            Some(atom) => side(atom, None),
            None => {
                let (tag, content) = self.pair()?;
                side(Value(tag).atom()?, Some(Value(content)))
            }
        }
    }

    fn nan_bits(self) -> Option<u64> {
        let (tag, bits) = self.pair()?;
        if Value(tag).atom()? == atoms::nan() { bits.decode().ok() } else { None }
    }

    fn entries(self) -> Option<Vec<(Self, Self)>> {
        Some(MapIterator::new(self.0)?.map(|(key, content)| (Value(key), Value(content))).collect())
    }

    fn reference(self) -> Option<&'a Reference> {
        self.behind::<ReferenceResource>().map(|found| &found.0)
    }

    fn resource(self) -> Option<&'a workbooks_engine::Resource> {
        self.behind::<HandleResource>().map(|found| &found.0)
    }

    fn opaque(self) -> Opaque {
        Held::opaque(self.0)
    }

    fn describe(self) -> String {
        match self.0.get_type() {
            TermType::List => match self.0.list_length() {
                Ok(length) => format!("a list of {length}"),
                Err(_) => "an improper list".into(),
            },
            TermType::Map => "a map".into(),
            TermType::Tuple => format!("a tuple of {}", get_tuple(self.0).map_or(0, |items| items.len())),
            TermType::Binary => match self.text() {
                Some(text) => {
                    let shown: String = text.chars().take(SHOWN).collect();
                    if shown.len() < text.len() { format!("{shown:?}…") } else { format!("{shown:?}") }
                }
                None => "a binary that is not UTF-8".into(),
            },
            TermType::Atom => match self.0.atom_to_string().ok() {
                Some(name) if matches!(name.as_str(), "nil" | "true" | "false") => name,
                Some(name) => format!(":{name}"),
                None => "an atom".into(),
            },
            TermType::Integer | TermType::Float => {
                let shown: String = format!("{:?}", self.0).chars().take(SHOWN).collect();
                shown
            }
            TermType::Fun => "a function".into(),
            TermType::Pid => "a pid".into(),
            _ => "a term of another kind".into(),
        }
    }
}
