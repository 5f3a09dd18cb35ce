//! `#+ATTR_HTML:` lines, and the attributes and id of an element's tag.

use super::Html;
use super::escape::push_attribute;
use crate::syntax::lines::slice;
use crate::syntax::tree::Element;

/// What a document that need not be trusted may say.
const ALLOWED: [&str; 24] = [
    "align",
    "alt",
    "border",
    "cellpadding",
    "cellspacing",
    "class",
    "colspan",
    "dir",
    "frame",
    "height",
    "id",
    "lang",
    "loading",
    "rel",
    "reversed",
    "role",
    "rowspan",
    "rules",
    "start",
    "summary",
    "title",
    "translate",
    "valign",
    "width",
];

/// How many attributes an element may have.
const MOST: usize = 64;

/// Attributes in order, each name once.
#[derive(Debug, Clone, Default)]
pub struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Sets an attribute, in its place where there is one.
    pub fn set(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_string(), value)),
        }
    }

    /// Sets all of `others`.
    pub fn merge(&mut self, others: Attributes) {
        for (name, value) in others.0 {
            self.set(&name, value);
        }
    }

    /// Takes an attribute out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.remove(at).1)
    }

    /// All but those of these names.
    pub fn without(&self, names: &[&str]) -> Attributes {
        Attributes(self.0.iter().filter(|(n, _)| !names.contains(&n.as_str())).cloned().collect())
    }

    /// Writes ` name="value"` for each.
    pub fn write(&self, out: &mut String) {
        for (name, value) in &self.0 {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            push_attribute(out, value);
            out.push('"');
        }
    }
}

/// One `:name value` of an `#+ATTR_HTML:` line.
struct Pair<'t> {
    name: &'t str,
    /// Nothing where the attribute is to be left out.
    value: Option<&'t str>,
}

/// The pairs of some attribute lines: a name is a word that begins with a
/// colon, its value what follows up to the next name.
fn pairs(text: &str) -> Vec<Pair<'_>> {
    let mut out: Vec<Pair> = Vec::new();
    let mut name: Option<&str> = None;
    let mut start = 0;
    let mut at = 0;
    let end = |from: usize, to: usize| value(slice(text, from, to));
    for word in text.split_inclusive([' ', '\t']) {
        let bare = word.trim_end_matches([' ', '\t']);
        let valid = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if let Some(found) = bare.strip_prefix(':')
            && !found.is_empty()
            && found.bytes().all(valid)
        {
            if let Some(name) = name.replace(found) {
                out.push(Pair { name, value: end(start, at) });
            }
            start = at + word.len();
        }
        at += word.len();
        if out.len() >= MOST {
            return out;
        }
    }
    if let Some(name) = name {
        out.push(Pair { name, value: end(start, text.len()) });
    }
    out
}

/// A value as Org reads it: `nil` and nothing are none, `""` is the empty text.
fn value(text: &str) -> Option<&str> {
    let text = text.trim_matches([' ', '\t']);
    match text {
        "" | "nil" => None,
        _ if text.len() > 1 && text.bytes().all(|b| b == b'"') => Some(slice(text, 1, text.len() - 1)),
        _ => Some(text),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

impl<'r, 'a> Html<'r, 'a> {
    /// Whether the document may set this attribute.
    fn allows(&self, name: &str) -> bool {
        if self.options.allow_html {
            return is_name(name);
        }
        let aria = |n: &str| n.starts_with("aria-") && n.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        ALLOWED.contains(&name) || aria(name)
    }

    /// Puts what an element's `#+ATTR_HTML:` lines ask for over `base`; of two of
    /// a name the last counts.
    pub fn over(&self, element: &Element<'a>, mut base: Attributes) -> Attributes {
        self.each_asked(element, |name, value| match value {
            Some(value) => base.set(name, value.to_string()),
            None => {
                base.take(name);
            }
        });
        base
    }

    /// The attributes that an element's `#+ATTR_HTML:` lines ask for; of two of a
    /// name the first counts.
    pub fn asked(&self, element: &Element<'a>) -> Attributes {
        let mut own = Attributes::default();
        self.each_asked(element, |name, value| {
            if let (None, Some(value)) = (own.get(name), value) {
                own.set(name, value.to_string());
            }
        });
        own
    }

    fn each_asked(&self, element: &Element<'a>, mut f: impl FnMut(&str, Option<&str>)) {
        let Some(meta) = element.meta.as_ref().filter(|m| !m.attr_html.is_empty()) else {
            return;
        };
        let lines: Vec<&str> = meta.attr_html.iter().take(MOST).map(|s| s.of(self.doc.text)).collect();
        for pair in pairs(&lines.join(" ")) {
            if self.allows(pair.name) {
                f(pair.name, pair.value);
            }
        }
    }

    /// Those with the id that the element asks for or its name gives it; no id
    /// where another element has it already.
    pub fn asked_and_named(&mut self, element: &Element<'a>) -> Attributes {
        let mut own = self.asked(element);
        self.settle_id(&mut own, element);
        own
    }

    /// Sets the id: the one that is asked for, else the name's.
    pub fn settle_id(&mut self, own: &mut Attributes, element: &Element<'a>) {
        let id = match own.take("id") {
            Some(asked) => self.targets.claim(&asked),
            None => self.named_id(element),
        };
        if let Some(id) = id {
            own.set("id", id);
        }
    }

    /// Those with an id in any case, as Org gives one to what a link may want.
    pub fn settle_any_id(&mut self, own: &mut Attributes, element: &Element<'a>, kind: &str) {
        self.settle_id(own, element);
        if own.get("id").is_none() {
            let id = self.fresh_id(kind);
            own.set("id", id);
        }
    }

    /// An id that nothing has: `kind-1`, `kind-2`, …
    pub fn fresh_id(&mut self, kind: &str) -> String {
        loop {
            self.fresh += 1;
            let id = format!("{kind}-{}", self.fresh);
            if self.targets.find(&id).is_none()
                && let Some(id) = self.targets.claim(&id)
            {
                return id;
            }
        }
    }

    /// The id that an element's name gives it, be the name empty.
    pub fn named_id(&mut self, element: &Element) -> Option<String> {
        let empty = element.meta.as_ref().is_some_and(|m| m.name.is_none() && m.named.start > 0);
        if empty { Some(self.fresh_id("name")) } else { self.targets.claim(element.name()?) }
    }
}
