//! The values of this embedding: a tree that answers any question about its shape.

use std::cell::RefCell;

use workbooks_engine::{Opaque, Reference, Resource, Sink, Source};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Nothing,
    Bool(bool),
    Int(i128),
    Float(f64),
    Nan(u64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Node>),
    Tuple(Vec<Node>),
    Record(Vec<(String, Node)>),
    Map(Vec<(Node, Node)>),
    Case(String, Option<Box<Node>>),
    Some(Box<Node>),
    Result(Result<Option<Box<Node>>, Option<Box<Node>>>),
}

fn side(content: &Option<Box<Node>>) -> Option<&Node> {
    content.as_deref()
}

impl<'a> Source<'a> for &'a Node {
    fn boolean(self) -> Option<bool> {
        if let Node::Bool(value) = self { Some(*value) } else { None }
    }
    fn integer(self) -> Option<i128> {
        if let Node::Int(value) = self { Some(*value) } else { None }
    }
    fn float(self) -> Option<f64> {
        match self {
            Node::Float(value) => Some(*value),
            Node::Int(value) => Some(*value as f64),
            _ => None,
        }
    }
    fn text(self) -> Option<&'a str> {
        match self {
            Node::Text(text) => Some(text),
            Node::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }
    fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Node::Text(text) => Some(text.as_bytes()),
            Node::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
    fn list(self) -> Option<Vec<Self>> {
        if let Node::List(items) = self { Some(items.iter().collect()) } else { None }
    }
    fn tuple(self) -> Option<Vec<Self>> {
        if let Node::Tuple(items) = self { Some(items.iter().collect()) } else { None }
    }
    fn is_none(self) -> bool {
        *self == Node::Nothing
    }
    fn some(self) -> Option<Self> {
        if let Node::Some(content) = self { Some(content) } else { None }
    }
    fn is_record(self) -> bool {
        matches!(self, Node::Record(_))
    }
    fn field(self, name: &str) -> Option<Self> {
        let Node::Record(fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, content)| content)
    }
    fn name(self) -> Option<String> {
        match self {
            Node::Case(name, None) => Some(name.clone()),
            _ => self.text().map(str::to_string),
        }
    }
    fn case(self) -> Option<(String, Self)> {
        if let Node::Case(name, Some(content)) = self { Some((name.clone(), content)) } else { None }
    }
    fn result(self) -> Option<Result<Option<Self>, Option<Self>>> {
        let Node::Result(result) = self else { return None };
        Some(result.as_ref().map(side).map_err(side))
    }
    fn nan_bits(self) -> Option<u64> {
        if let Node::Nan(bits) = self { Some(*bits) } else { None }
    }
    fn entries(self) -> Option<Vec<(Self, Self)>> {
        if let Node::Map(entries) = self {
            Some(entries.iter().map(|(key, content)| (key, content)).collect())
        } else {
            None
        }
    }
    fn reference(self) -> Option<&'a Reference> {
        None
    }
    fn resource(self) -> Option<&'a Resource> {
        None
    }
    fn opaque(self) -> Opaque {
        std::sync::Arc::new(self.clone())
    }
    fn describe(self) -> String {
        format!("{self:?}").chars().take(60).collect()
    }
}

/// Makes them; a value is known by its number until [`Arena::node`] gives it out.
#[derive(Default)]
pub struct Arena(RefCell<Vec<Node>>);

impl Arena {
    pub fn node(&self, number: usize) -> Node {
        self.0.borrow().get(number).cloned().expect("a number given out here")
    }

    fn keep(&self, node: Node) -> usize {
        let mut nodes = self.0.borrow_mut();
        nodes.push(node);
        nodes.len() - 1
    }

    fn nodes(&self, numbers: &[usize]) -> Vec<Node> {
        numbers.iter().map(|number| self.node(*number)).collect()
    }

    fn boxed(&self, content: Option<usize>) -> Option<Box<Node>> {
        content.map(|number| Box::new(self.node(number)))
    }
}

impl Sink for Arena {
    type Out = usize;
    fn boolean(&self, value: bool) -> usize {
        self.keep(Node::Bool(value))
    }
    fn integer(&self, value: i128) -> usize {
        self.keep(Node::Int(value))
    }
    fn float(&self, value: f64) -> usize {
        assert!(!value.is_nan(), "not-a-number comes with its bits");
        self.keep(Node::Float(value))
    }
    fn nan(&self, bits: u64) -> usize {
        self.keep(Node::Nan(bits))
    }
    fn text(&self, value: &str) -> usize {
        self.keep(Node::Text(value.into()))
    }
    fn bytes(&self, bytes: &[u8]) -> usize {
        self.keep(Node::Bytes(bytes.into()))
    }
    fn list(&self, items: &[usize]) -> usize {
        self.keep(Node::List(self.nodes(items)))
    }
    fn tuple(&self, items: &[usize]) -> usize {
        self.keep(Node::Tuple(self.nodes(items)))
    }
    fn record(&self, names: &[usize], contents: &[usize]) -> usize {
        assert_eq!(names.len(), contents.len());
        let names = self.nodes(names).into_iter().map(|name| match name {
            Node::Text(name) => name,
            other => panic!("a field is called {other:?}"),
        });
        self.keep(Node::Record(names.zip(self.nodes(contents)).collect()))
    }
    fn case(&self, name: &str, content: Option<usize>) -> usize {
        self.keep(Node::Case(name.into(), self.boxed(content)))
    }
    fn none(&self) -> usize {
        self.keep(Node::Nothing)
    }
    fn some(&self, content: usize) -> usize {
        self.keep(Node::Some(Box::new(self.node(content))))
    }
    fn result(&self, content: Result<Option<usize>, Option<usize>>) -> usize {
        self.keep(Node::Result(content.map(|ok| self.boxed(ok)).map_err(|err| self.boxed(err))))
    }
    fn map(&self, keys: &[usize], contents: &[usize]) -> usize {
        self.keep(Node::Map(self.nodes(keys).into_iter().zip(self.nodes(contents)).collect()))
    }
    fn opaque(&self, value: &Opaque) -> usize {
        let value: &Node = value.downcast_ref().expect("a value given here");
        self.keep(value.clone())
    }
    fn reference(&self, _reference: Reference) -> usize {
        panic!("nothing here makes references")
    }
    fn resource(&self, _resource: Resource) -> usize {
        panic!("nothing here has resources of its own")
    }
}
