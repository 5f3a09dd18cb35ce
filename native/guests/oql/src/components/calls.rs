//! Functions of other components: what stands after `using` in a `:sig:`.

use super::Model;
use crate::hash::HashMap;
use crate::header_args::short;
use crate::issue::Code;
use crate::sig::{Signature, Type};

impl Model<'_, '_> {
    /// Notes the functions that are the `:sig:` of none of the component's `:deps:`, of
    /// several, or of another type. A component that is called, and that no `:in:`, `:out:`
    /// or `:var` makes a step, is there for its callers alone.
    pub fn calls(&mut self) {
        let mut wrong = Vec::new();
        let mut called = Vec::new();
        for draft in &self.drafts {
            let Some((signature, at)) = draft.signature.as_ref().filter(|(sig, _)| !sig.using.is_empty()) else {
                continue;
            };
            let mut offers: HashMap<String, Vec<(usize, &str, &Signature)>> = HashMap::default();
            for (index, dep) in draft.deps.iter().filter_map(|(dep, _)| Some((*dep, self.drafts.get(*dep)?))) {
                if let Some((offer, _)) = &dep.signature {
                    offers.entry(wit_name(&offer.name)).or_default().push((index, &dep.id, offer));
                }
            }
            for function in &signature.using {
                let name = short(&function.name);
                let message = match offers.get(&wit_name(&function.name)).map_or(&[][..], Vec::as_slice) {
                    [] => format!("`{name}` is the `:sig:` of none of the components in `:deps:`"),
                    [(index, _, offer)] if same(function, offer) => {
                        called.push(*index);
                        continue;
                    }
                    [(_, id, _)] => format!("`{name}` has another type in the `:sig:` of {id}"),
                    [(_, one, _), (_, other, _), ..] => format!("`{name}` is the `:sig:` of {one}, and of {other}"),
                };
                wrong.push((draft.heading, *at, message));
            }
        }
        for index in called {
            if let Some(draft) = self.drafts.get_mut(index).filter(|draft| draft.unwired) {
                draft.library = true;
                draft.ins.clear();
                draft.outs.clear();
            }
        }
        for (heading, at, message) in wrong {
            let hint = "name the component in :deps: and write its :sig: after using";
            self.hint(Code::BadSig, heading, at, message, hint);
        }
    }
}

/// `movingAverage` and `moving_average` are `moving-average` in WIT.
fn wit_name(name: &str) -> String {
    let mut kebab = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        match c {
            '_' => kebab.push('-'),
            'A'..='Z' => {
                if !kebab.is_empty() && !kebab.ends_with('-') {
                    kebab.push('-');
                }
                kebab.push(c.to_ascii_lowercase());
            }
            _ => kebab.push(c),
        }
    }
    kebab
}

/// Whether two functions are of one type: parameters' names do not matter.
fn same(one: &Signature, other: &Signature) -> bool {
    let params = one.params.iter().zip(&other.params).all(|((_, a), (_, b))| same_type(a, b));
    let result = match (&one.result, &other.result) {
        (Some(a), Some(b)) => same_type(a, b),
        (None, None) => true,
        _ => false,
    };
    one.params.len() == other.params.len() && params && result
}

fn same_type(one: &Type, other: &Type) -> bool {
    let maybe = |a: &Option<Box<Type>>, b: &Option<Box<Type>>| match (a, b) {
        (Some(a), Some(b)) => same_type(a, b),
        (None, None) => true,
        _ => false,
    };
    match (one, other) {
        (Type::List(a), Type::List(b)) | (Type::Option(a), Type::Option(b)) => same_type(a, b),
        (Type::Tuple(a), Type::Tuple(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_type(a, b)),
        (Type::Result(a, b), Type::Result(c, d)) => maybe(a, c) && maybe(b, d),
        (Type::Record(a), Type::Record(b)) => {
            let fields = a.iter().zip(b).all(|((n, a), (m, b))| wit_name(n) == wit_name(m) && same_type(a, b));
            a.len() == b.len() && fields
        }
        _ => one == other,
    }
}
