//! JSON to terms and back, by serde_json.

use std::cell::Cell;
use std::fmt;

use rustler::types::atom;
use rustler::types::map::MapIterator;
use rustler::{Binary, Encoder, Env, ListIterator, OwnedBinary, Term, TermType};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};
use workbooks_engine::Sink;

use crate::atoms;
use crate::sink::Terms;

/// Values encoded on a normal scheduler before the work moves to a dirty one.
const NORMAL_BUDGET: u32 = 500;

/// Nesting beyond this is refused, as serde_json does on the way in.
const MAX_DEPTH: u32 = 127;

/// `{:ok, json}`, `{:error, message}`, or `:dirty` when there is more to do than
/// a normal scheduler should.
#[rustler::nif]
fn json_encode<'a>(env: Env<'a>, term: Term<'a>) -> Term<'a> {
    let budget = Cell::new(NORMAL_BUDGET);
    let answer = to_json(env, term, &budget);
    if budget.get() == 0 { atoms::dirty().encode(env) } else { answer }
}

/// As `json_encode`, however much there is.
#[rustler::nif(schedule = "DirtyCpu")]
fn json_encode_dirty<'a>(env: Env<'a>, term: Term<'a>) -> Term<'a> {
    to_json(env, term, &Cell::new(u32::MAX))
}

/// `{:ok, term}` or `{:error, message}`. For texts of a few kilobytes.
#[rustler::nif]
fn json_decode<'a>(env: Env<'a>, text: Binary<'a>) -> Term<'a> {
    from_json(env, text)
}

/// As `json_decode`, for texts of any size.
#[rustler::nif(schedule = "DirtyCpu")]
fn json_decode_dirty<'a>(env: Env<'a>, text: Binary<'a>) -> Term<'a> {
    from_json(env, text)
}

fn to_json<'a>(env: Env<'a>, term: Term<'a>, budget: &Cell<u32>) -> Term<'a> {
    match serde_json::to_vec(&Json { term, depth: 0, budget }) {
        Ok(text) => (atoms::ok(), OwnedBinary::from_slice(&text).release(env)).encode(env),
        Err(wrong) => (atoms::error(), wrong.to_string()).encode(env),
    }
}

fn from_json<'a>(env: Env<'a>, text: Binary<'a>) -> Term<'a> {
    let mut json = serde_json::Deserializer::from_slice(text.as_slice());
    let decoded = Make(env).deserialize(&mut json).and_then(|term| json.end().map(|()| term));
    match decoded {
        Ok(term) => (atoms::ok(), term).encode(env),
        Err(wrong) => (atoms::error(), wrong.to_string()).encode(env),
    }
}

struct Json<'a, 'b> {
    term: Term<'a>,
    depth: u32,
    budget: &'b Cell<u32>,
}

impl<'a, 'b> Json<'a, 'b> {
    fn inside(&self, term: Term<'a>) -> Json<'a, 'b> {
        Json { term, depth: self.depth + 1, budget: self.budget }
    }
}

impl Serialize for Json<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let left = self.budget.get().saturating_sub(1);
        self.budget.set(left);
        if left == 0 {
            return Err(S::Error::custom("more than a normal scheduler should do"));
        }
        if self.depth > MAX_DEPTH {
            return Err(S::Error::custom(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        match self.term.get_type() {
            TermType::Atom => serialize_atom(self.term, serializer),
            TermType::Integer => match (self.term.decode::<i64>(), self.term.decode::<u64>()) {
                (Ok(integer), _) => serializer.serialize_i64(integer),
                (_, Ok(integer)) => serializer.serialize_u64(integer),
                _ => Err(S::Error::custom("an integer of more than 64 bits has no JSON form here")),
            },
            TermType::Float => serializer.serialize_f64(self.term.decode().map_err(|_| S::Error::custom("a float"))?),
            TermType::Binary => serializer.serialize_str(text(self.term)?),
            TermType::List => {
                let length = self.term.list_length().map_err(|_| S::Error::custom("an improper list"))?;
                let items: ListIterator = self.term.decode().map_err(|_| S::Error::custom("a list"))?;
                let mut list = serializer.serialize_seq(Some(length))?;
                for item in items {
                    list.serialize_element(&self.inside(item))?;
                }
                list.end()
            }
            TermType::Map => {
                let entries = MapIterator::new(self.term).ok_or_else(|| S::Error::custom("a map"))?;
                let mut entries =
                    entries.map(|(key, value)| Ok((key_text(key)?, value))).collect::<Result<Vec<_>, _>>()?;
                // A map has no order of its own: sorted, equal maps are equal texts.
                entries.sort_by(|(a, _), (b, _)| a.cmp(b));
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(&key, &self.inside(value))?;
                }
                map.end()
            }
            _ => Err(S::Error::custom("only nil, booleans, numbers, strings, atoms, lists and maps have a JSON form")),
        }
    }
}

fn text<'a, E: serde::ser::Error>(term: Term<'a>) -> Result<&'a str, E> {
    let binary = Binary::from_term(term).map_err(|_| E::custom("a bitstring has no JSON form"))?;
    std::str::from_utf8(binary.as_slice()).map_err(|_| E::custom("a binary that is not UTF-8 has no JSON form"))
}

fn key_text<E: serde::ser::Error>(key: Term) -> Result<String, E> {
    match key.get_type() {
        TermType::Binary => text(key).map(str::to_string),
        TermType::Atom => atom_text(key),
        TermType::Integer => Ok(format!("{key:?}")),
        _ => Err(E::custom("only strings, atoms and integers can be keys in JSON")),
    }
}

fn atom_text<E: serde::ser::Error>(term: Term) -> Result<String, E> {
    term.atom_to_string().map_err(|_| E::custom("an atom"))
}

fn serialize_atom<S: Serializer>(term: Term, serializer: S) -> Result<S::Ok, S::Error> {
    match atom_text(term)?.as_str() {
        "nil" => serializer.serialize_unit(),
        "true" => serializer.serialize_bool(true),
        "false" => serializer.serialize_bool(false),
        other => serializer.serialize_str(other),
    }
}

/// Makes terms of what serde_json reads, without a tree in between.
#[derive(Clone, Copy)]
struct Make<'a>(Env<'a>);

impl<'de, 'a> DeserializeSeed<'de> for Make<'a> {
    type Value = Term<'a>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Term<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, 'a> Visitor<'de> for Make<'a> {
    type Value = Term<'a>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Term<'a>, E> {
        Ok(atom::nil().encode(self.0))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Term<'a>, E> {
        Ok(value.encode(self.0))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Term<'a>, E> {
        Ok(value.encode(self.0))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Term<'a>, E> {
        Ok(value.encode(self.0))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Term<'a>, E> {
        Ok(value.encode(self.0))
    }

    fn visit_str<E>(self, value: &str) -> Result<Term<'a>, E> {
        Ok(Terms::new(self.0, false).text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Term<'a>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(items.encode(self.0))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Term<'a>, A::Error> {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        while let Some((key, value)) = map.next_entry_seed(self, self)? {
            keys.push(key);
            values.push(value);
        }
        Ok(Term::map_from_term_arrays(self.0, &keys, &values).unwrap_or_else(|_| last_wins(self.0, &keys, &values)))
    }
}

/// A text may give a key twice; as in JavaScript the last one counts.
fn last_wins<'a>(env: Env<'a>, keys: &[Term<'a>], values: &[Term<'a>]) -> Term<'a> {
    let pairs = keys.iter().zip(values);
    pairs.fold(Term::map_new(env), |map, (key, value)| map.map_put(*key, *value).unwrap_or(map))
}
