//! Radio targets: every text that says what one of them says is a link to it.
//!
//! Texts are read as words, blanks and single other characters. An automaton
//! over the targets, fed with a text from its end, knows at every place which
//! of them begin there, so that neither their number nor their length nor how
//! they overlap makes a text cost more than its length.

use std::collections::VecDeque;

use super::chars::{is_alphanumeric, is_breakable, is_space};
use crate::hash::HashMap;
use crate::syntax::lines::{Span, slice};

/// The targets of a document.
#[derive(Debug, Default)]
pub struct Targets {
    words: HashMap<String, u32>,
    /// How many tokens each target has; where several begin, the last counts.
    lengths: Vec<usize>,
    nodes: Vec<Node>,
    edges: HashMap<(usize, u32), usize>,
}

/// What has been read so far, from the end on.
#[derive(Debug, Default, Clone, Copy)]
struct Node {
    /// The longest shorter ending that is a node.
    shorter: usize,
    /// The target that begins here and counts.
    target: Option<usize>,
}

/// A word, blanks, or a single other character.
struct Token {
    span: Span,
    /// What it says and whether a word follows; nothing where no target says it.
    symbol: Option<u32>,
    word: bool,
}

/// Where links to radio targets may stand in a text, in order.
#[derive(Debug)]
pub struct Matches(Vec<Span>);

impl Matches {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first that begins at a place or behind.
    pub fn next(&self, from: usize) -> Option<Span> {
        self.0.get(self.0.partition_point(|link| link.start < from)).copied()
    }
}

impl Targets {
    /// From what the targets say, in the order of the document.
    pub fn new<'t>(names: impl Iterator<Item = &'t str>) -> Self {
        let mut targets = Targets { nodes: vec![Node::default()], ..Targets::default() };
        let mut seen: HashMap<&str, ()> = HashMap::default();
        for name in names {
            if seen.insert(name, ()).is_none() {
                targets.add(name);
            }
        }
        targets.link();
        targets
    }

    fn add(&mut self, name: &str) {
        let mut word = String::new();
        for part in parts(name) {
            fold(part, &mut word);
            let next = self.words.len() as u32;
            self.words.entry(word.clone()).or_insert(next);
        }
        let tokens = self.tokens(name);
        let mut node = 0;
        for symbol in tokens.iter().rev().filter_map(|t| t.symbol) {
            let next = self.nodes.len();
            node = *self.edges.entry((node, symbol)).or_insert(next);
            if node == next {
                self.nodes.push(Node::default());
            }
        }
        if let Some(node) = self.nodes.get_mut(node) {
            node.target = Some(self.lengths.len());
        }
        self.lengths.push(tokens.len());
    }

    /// Gives every node its shorter one, the shallow ones first.
    fn link(&mut self) {
        let mut children: Vec<Vec<(u32, usize)>> = vec![Vec::new(); self.nodes.len()];
        for ((from, symbol), to) in &self.edges {
            if let Some(list) = children.get_mut(*from) {
                list.push((*symbol, *to));
            }
        }
        let mut queue = VecDeque::from([0]);
        while let Some(node) = queue.pop_front() {
            let shorter = self.nodes.get(node).map_or(0, |n| n.shorter);
            for (symbol, child) in children.get(node).into_iter().flatten().copied() {
                let behind = if node == 0 { 0 } else { self.step(shorter, symbol) };
                let inherited = self.nodes.get(behind).and_then(|n| n.target);
                if let Some(n) = self.nodes.get_mut(child) {
                    n.shorter = behind;
                    n.target = n.target.max(inherited);
                }
                queue.push_back(child);
            }
        }
    }

    fn step(&self, mut node: usize, symbol: u32) -> usize {
        loop {
            if let Some(next) = self.edges.get(&(node, symbol)) {
                return *next;
            }
            if node == 0 {
                return 0;
            }
            node = self.nodes.get(node).map_or(0, |n| n.shorter);
        }
    }

    /// Where links may stand in a text.
    pub fn matches(&self, text: &str) -> Matches {
        let tokens = self.tokens(text);
        let mut out = Vec::new();
        let mut node = 0;
        for (i, token) in tokens.iter().enumerate().rev() {
            node = token.symbol.map_or(0, |symbol| self.step(node, symbol));
            let open = i.checked_sub(1).and_then(|i| tokens.get(i)).is_none_or(|before| !before.word);
            let target = self.nodes.get(node).and_then(|n| n.target).filter(|_| open);
            let last = target.and_then(|t| self.lengths.get(t)).and_then(|len| tokens.get(i + len - 1));
            out.extend(last.map(|last| Span { start: token.span.start, end: last.span.end }));
        }
        out.reverse();
        Matches(out)
    }

    fn tokens(&self, text: &str) -> Vec<Token> {
        let mut out: Vec<Token> = Vec::new();
        let mut folded = String::new();
        let mut at = 0;
        for part in parts(text) {
            let word = part.chars().next().is_some_and(in_word);
            if let Some(before) = out.last_mut().filter(|_| word) {
                before.symbol = before.symbol.map(|s| s | 1);
            }
            fold(part, &mut folded);
            let symbol = self.words.get(folded.as_str()).map(|s| s * 2);
            out.push(Token { span: Span { start: at, end: at + part.len() }, symbol, word });
            at += part.len();
        }
        out
    }
}

/// Part of a word that no line break may divide.
fn in_word(c: char) -> bool {
    is_alphanumeric(c) && !is_breakable(c)
}

/// A text in words, blanks and single other characters.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = |kind: fn(char) -> bool| {
            // Mostly no byte needs to be looked at as part of a character.
            let ascii = rest.bytes().take_while(|b| b.is_ascii() && kind(char::from(*b))).count();
            match rest.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
                true => ascii,
                false => rest.find(|c| !kind(c)).unwrap_or(rest.len()),
            }
        };
        let len = match () {
            _ if is_space(first) => end(is_space),
            _ if in_word(first) => end(in_word),
            _ => first.len_utf8(),
        };
        let (part, behind) = (slice(rest, 0, len), slice(rest, len, rest.len()));
        rest = behind;
        Some(part)
    })
}

/// The same for every case, and for all blanks.
fn fold(part: &str, out: &mut String) {
    out.clear();
    if part.starts_with(is_space) {
        out.push(' ');
    } else if part.is_ascii() {
        out.push_str(part);
        out.make_ascii_lowercase();
    } else {
        out.extend(part.chars().flat_map(char::to_lowercase));
    }
}
