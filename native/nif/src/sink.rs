//! Values on their way from a guest, as terms.

use rustler::types::atom;
use rustler::types::tuple::make_tuple;
use rustler::{Encoder, Env, NewBinary, Term};
use workbooks_engine::Sink;

use crate::atoms;

/// Makes terms of one environment.
pub struct Terms<'a>(pub Env<'a>);

impl<'a> Sink for Terms<'a> {
    type Out = Term<'a>;

    fn boolean(&self, value: bool) -> Term<'a> {
        value.encode(self.0)
    }

    fn integer(&self, value: i128) -> Term<'a> {
        match i64::try_from(value) {
            Ok(value) => value.encode(self.0),
            // WIT's widest integers are 64 bits: what is no i64 is a u64.
            Err(_) => u64::try_from(value).unwrap_or(u64::MAX).encode(self.0),
        }
    }

    fn float(&self, value: f64) -> Term<'a> {
        if value.is_finite() {
            value.encode(self.0)
        } else if value.is_nan() {
            atoms::nan().encode(self.0)
        } else if value > 0.0 {
            atoms::infinity().encode(self.0)
        } else {
            atoms::neg_infinity().encode(self.0)
        }
    }

    fn text(&self, value: &str) -> Term<'a> {
        NewBinary::from_slice(self.0, value.as_bytes()).into()
    }

    fn bytes(&self, len: usize, bytes: &mut dyn Iterator<Item = u8>) -> Term<'a> {
        let mut binary = NewBinary::new(self.0, len);
        for (slot, byte) in binary.as_mut_slice().iter_mut().zip(bytes) {
            *slot = byte;
        }
        binary.into()
    }

    fn list(&self, items: &[Term<'a>]) -> Term<'a> {
        items.encode(self.0)
    }

    fn tuple(&self, items: &[Term<'a>]) -> Term<'a> {
        make_tuple(self.0, items)
    }

    fn record(&self, names: &[Term<'a>], contents: &[Term<'a>]) -> Term<'a> {
        // Fails only for names given twice, which no record type has.
        Term::map_from_term_arrays(self.0, names, contents).unwrap_or_else(|_| Term::map_new(self.0))
    }

    fn case(&self, name: &str, content: Option<Term<'a>>) -> Term<'a> {
        match content {
            Some(content) => (self.text(name), content).encode(self.0),
            None => self.text(name),
        }
    }

    fn none(&self) -> Term<'a> {
        atom::nil().encode(self.0)
    }

    fn some(&self, content: Term<'a>) -> Term<'a> {
        (atoms::some(), content).encode(self.0)
    }

    fn result(&self, content: Result<Option<Term<'a>>, Option<Term<'a>>>) -> Term<'a> {
        let content_or_nil = |content: Option<Term<'a>>| content.unwrap_or_else(|| self.none());
        match content {
            Ok(content) => (atoms::ok(), content_or_nil(content)).encode(self.0),
            Err(content) => (atoms::error(), content_or_nil(content)).encode(self.0),
        }
    }
}
