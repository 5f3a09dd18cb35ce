//! Signatures: `name(a: type, b: type) -> type`.

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
}

/// The types a signature may name.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Reads a signature; the error says what was expected, and where (in characters, from 1).
pub fn parse_sig(text: &str) -> Result<Signature, String> {
    let mut p = Parser { text, at: 0 };
    let name = p.name("a function name")?;
    p.expect("(")?;
    let mut params: Vec<(String, Type)> = Vec::new();
    while !p.eat(")") {
        let (param, ty) = p.field(0)?;
        if params.iter().any(|(n, _)| *n == param) {
            return Err(format!("the parameter `{param}` stands there twice"));
        }
        params.push((param, ty));
        if !p.eat(",") {
            p.expect(")")?;
            break;
        }
    }
    let result = match p.eat("->") {
        true => Some(p.ty(0)?),
        false => None,
    };
    p.end()?;
    Ok(Signature { name, params, result })
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

    fn expect(&mut self, token: &str) -> Result<(), String> {
        match self.eat(token) {
            true => Ok(()),
            false => Err(self.wanted(&format!("`{token}`"))),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        self.skip();
        match self.rest().is_empty() {
            true => Ok(()),
            false => Err(self.wanted("the end")),
        }
    }

    fn wanted(&self, what: &str) -> String {
        let place = self.text.get(..self.at).unwrap_or("").chars().count() + 1;
        match self.rest().chars().next() {
            Some(c) => format!("expected {what} at character {place}, found `{c}`"),
            None => format!("expected {what} at the end"),
        }
    }

    fn name(&mut self, what: &str) -> Result<String, String> {
        self.skip();
        let rest = self.rest();
        let valid = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let mut len = rest.find(|c| !valid(c)).unwrap_or(rest.len());
        // `name->`: the dash is the arrow's.
        if let Some(arrow) = rest.find("->") {
            len = len.min(arrow);
        }
        let word = rest.get(..len).unwrap_or("");
        if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(self.wanted(what));
        }
        self.at += len;
        Ok(word.to_string())
    }

    fn field(&mut self, depth: usize) -> Result<(String, Type), String> {
        let name = self.name("a name")?;
        self.expect(":")?;
        Ok((name, self.ty(depth)?))
    }

    fn ty(&mut self, depth: usize) -> Result<Type, String> {
        if depth > MAX_DEPTH {
            return Err(format!("types nest deeper than {MAX_DEPTH}"));
        }
        self.skip();
        let start = self.at;
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
                self.at = start;
                Err(format!(
                    "`{word}` is no type; the types are {}, list<…>, option<…>, result<…>, tuple<…>, record{{…}}",
                    PRIMITIVES.join(", ")
                ))
            }
        }
    }

    fn one(&mut self, depth: usize) -> Result<Box<Type>, String> {
        self.expect("<")?;
        let ty = self.ty(depth + 1)?;
        self.expect(">")?;
        Ok(Box::new(ty))
    }

    fn result(&mut self, depth: usize) -> Result<Type, String> {
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

    fn record(&mut self, depth: usize) -> Result<Type, String> {
        self.expect("{")?;
        let mut fields: Vec<(String, Type)> = Vec::new();
        while !self.eat("}") {
            let (name, ty) = self.field(depth + 1)?;
            if fields.iter().any(|(n, _)| *n == name) {
                return Err(format!("the field `{name}` stands there twice"));
            }
            fields.push((name, ty));
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        match fields.is_empty() {
            true => Err("a record needs at least one field".into()),
            false => Ok(Type::Record(fields)),
        }
    }
}
