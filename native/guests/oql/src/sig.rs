//! Signatures: `name(a: type, b: type) -> type using other(c: type) -> type`.

use std::fmt::Display;

use crate::hash::HashSet;
use crate::header_args::short;
use crate::syntax::MAX_DEPTH;

/// A parsed `:sig:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The function's name.
    pub name: String,
    /// Parameters in order.
    pub params: Vec<(String, Type)>,
    /// The result; none where no arrow follows.
    pub result: Option<Type>,
    /// Functions of other components that it calls.
    pub using: Vec<Signature>,
}

/// The types a signature may name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// `bool`, `s8` … `u64`, `f32`, `f64`, `char`, `string`.
    Primitive(&'static str),
    /// `list<t>`
    List(Box<Type>),
    /// `option<t>`
    Option(Box<Type>),
    /// `result`, `result<t>`, `result<t, e>`, `result<_, e>`
    Result(Option<Box<Type>>, Option<Box<Type>>),
    /// `tuple<a, b>`
    Tuple(Vec<Type>),
    /// `record{a: t, b: t}`
    Record(Vec<(String, Type)>),
}

const PRIMITIVES: [&str; 13] =
    ["bool", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64", "f32", "f64", "char", "string"];

/// Why a text is no signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigError {
    /// What was expected, and where (in characters, from 1).
    pub message: String,
    /// The byte it is about.
    pub at: usize,
}

impl Display for SigError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Reads a signature; the error says what was expected, and where (in characters, from 1).
pub fn parse_sig(text: &str) -> Result<Signature, String> {
    read_sig(text).map_err(|e| e.message)
}

/// Reads a signature; the error has its place.
pub fn read_sig(text: &str) -> Result<Signature, SigError> {
    let mut p = Parser { text, at: 0 };
    let mut sig = p.function()?;
    if p.using() {
        let mut seen = HashSet::default();
        loop {
            let start = p.next();
            let function = p.function()?;
            if !seen.insert(function.name.clone()) {
                return Err(SigError { message: format!("`{}` is used twice", short(&function.name)), at: start });
            }
            sig.using.push(function);
            if !p.eat(",") {
                break;
            }
        }
    }
    p.end()?;
    Ok(sig)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), SigError> {
        match self.eat(token) {
            true => Ok(()),
            false => Err(self.wanted(&format!("`{token}`"))),
        }
    }

    fn end(&mut self) -> Result<(), SigError> {
        self.skip();
        match self.rest().is_empty() {
            true => Ok(()),
            false => Err(self.wanted("the end")),
        }
    }

    /// Where the next token begins.
    fn next(&mut self) -> usize {
        self.skip();
        self.at
    }

    fn wanted(&self, what: &str) -> SigError {
        let place = self.text.get(..self.at).unwrap_or("").chars().count() + 1;
        let message = match self.rest().chars().next() {
            Some(c) => format!("expected {what} at character {place}, found `{c}`"),
            None => format!("expected {what} at the end"),
        };
        SigError { message, at: self.at }
    }

    fn name(&mut self, what: &str) -> Result<String, SigError> {
        self.skip();
        let rest = self.rest();
        let valid = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let mut len = rest.find(|c| !valid(c)).unwrap_or(rest.len());
        // `name->`: the dash is the arrow's.
        if rest.get(..len).is_some_and(|w| w.ends_with('-')) && rest.get(len..).is_some_and(|r| r.starts_with('>')) {
            len -= 1;
        }
        let word = rest.get(..len).unwrap_or("");
        if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(self.wanted(what));
        }
        self.at += len;
        Ok(word.to_string())
    }

    /// `name(a: type) -> type`
    fn function(&mut self) -> Result<Signature, SigError> {
        let name = self.name("a function name")?;
        self.expect("(")?;
        let mut params: Vec<(String, Type)> = Vec::new();
        let mut seen = HashSet::default();
        while !self.eat(")") {
            let start = self.next();
            let (param, ty) = self.field(0)?;
            if !seen.insert(param.clone()) {
                return Err(SigError { message: format!("the parameter `{param}` stands there twice"), at: start });
            }
            params.push((param, ty));
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        let result = match self.eat("->") {
            true => Some(self.ty(0)?),
            false => None,
        };
        Ok(Signature { name, params, result, using: Vec::new() })
    }

    /// Whether the word `using` comes next; it is taken then.
    fn using(&mut self) -> bool {
        let before = self.next();
        let found = self.name("").is_ok_and(|word| word == "using");
        if !found {
            self.at = before;
        }
        found
    }

    fn field(&mut self, depth: usize) -> Result<(String, Type), SigError> {
        let name = self.name("a name")?;
        self.expect(":")?;
        Ok((name, self.ty(depth)?))
    }

    fn ty(&mut self, depth: usize) -> Result<Type, SigError> {
        if depth > MAX_DEPTH {
            return Err(SigError { message: format!("types nest deeper than {MAX_DEPTH}"), at: self.at });
        }
        let start = self.next();
        let word = self.name("a type")?;
        if let Some(primitive) = PRIMITIVES.iter().find(|p| **p == word) {
            return Ok(Type::Primitive(primitive));
        }
        match word.as_str() {
            "list" => Ok(Type::List(self.one(depth)?)),
            "option" => Ok(Type::Option(self.one(depth)?)),
            "result" => self.result(depth),
            "tuple" => {
                self.expect("<")?;
                let mut types = Vec::new();
                loop {
                    types.push(self.ty(depth + 1)?);
                    if !self.eat(",") {
                        self.expect(">")?;
                        return Ok(Type::Tuple(types));
                    }
                }
            }
            "record" => self.record(depth),
            _ => {
                let message = format!(
                    "`{}` is no type; the types are {}, list<…>, option<…>, result<…>, tuple<…>, record{{…}}",
                    short(&word),
                    PRIMITIVES.join(", ")
                );
                Err(SigError { message, at: start })
            }
        }
    }

    fn one(&mut self, depth: usize) -> Result<Box<Type>, SigError> {
        self.expect("<")?;
        let ty = self.ty(depth + 1)?;
        self.expect(">")?;
        Ok(Box::new(ty))
    }

    fn result(&mut self, depth: usize) -> Result<Type, SigError> {
        if !self.eat("<") {
            return Ok(Type::Result(None, None));
        }
        let ok = match self.eat("_") {
            true => None,
            false => Some(Box::new(self.ty(depth + 1)?)),
        };
        let err = match self.eat(",") {
            true => Some(Box::new(self.ty(depth + 1)?)),
            false => None,
        };
        self.expect(">")?;
        Ok(Type::Result(ok, err))
    }

    fn record(&mut self, depth: usize) -> Result<Type, SigError> {
        let open = self.next();
        self.expect("{")?;
        let mut fields: Vec<(String, Type)> = Vec::new();
        let mut seen = HashSet::default();
        while !self.eat("}") {
            let start = self.next();
            let (name, ty) = self.field(depth + 1)?;
            if !seen.insert(name.clone()) {
                return Err(SigError { message: format!("the field `{name}` stands there twice"), at: start });
            }
            fields.push((name, ty));
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        match fields.is_empty() {
            true => Err(SigError { message: "a record needs at least one field".into(), at: open }),
            false => Ok(Type::Record(fields)),
        }
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Type::Primitive(name) => f.write_str(name),
            Type::List(of) => write!(f, "list<{of}>"),
            Type::Option(of) => write!(f, "option<{of}>"),
            Type::Result(None, None) => f.write_str("result"),
            Type::Result(Some(ok), None) => write!(f, "result<{ok}>"),
            Type::Result(None, Some(err)) => write!(f, "result<_, {err}>"),
            Type::Result(Some(ok), Some(err)) => write!(f, "result<{ok}, {err}>"),
            Type::Tuple(types) => {
                let types: Vec<String> = types.iter().map(Type::to_string).collect();
                write!(f, "tuple<{}>", types.join(", "))
            }
            Type::Record(fields) => {
                let fields: Vec<String> = fields.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
                write!(f, "record{{{}}}", fields.join(", "))
            }
        }
    }
}
