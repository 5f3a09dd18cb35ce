//! The keys of keywords: a document that is all keywords has few of them.

use std::rc::Rc;

use crate::hash::HashMap;

/// Upper-cased keys by how they are written.
#[derive(Default)]
pub struct Keys<'a> {
    last: Option<(&'a str, Rc<str>)>,
    known: HashMap<&'a str, Rc<str>>,
}

impl<'a> Keys<'a> {
    /// A key upper-cased.
    pub fn upper(&mut self, key: &'a str) -> Rc<str> {
        // Keywords of a kind mostly stand together.
        if let Some((written, upper)) = &self.last
            && *written == key
        {
            return Rc::clone(upper);
        }
        let upper = Rc::clone(self.known.entry(key).or_insert_with(|| key.to_uppercase().into()));
        self.last = Some((key, Rc::clone(&upper)));
        upper
    }
}
