//! Brackets and their partners.

use memchr::memchr2_iter;

/// Every bracket of one kind that has a partner.
#[derive(Debug, Default)]
pub struct Pairs {
    /// Where each opens, where it closes, how it nests; in order of the first.
    pairs: Vec<(usize, usize, Nesting)>,
}

/// How the brackets inside a pair nest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// Every innermost pair lies this deep; none at all: 0.
    Even(u8),
    /// Some lie deeper than others.
    Uneven,
}

impl Nesting {
    /// A pair that holds pairs of these kinds.
    fn over(inner: Option<Nesting>) -> Nesting {
        match inner {
            None => Nesting::Even(0),
            Some(Nesting::Even(depth)) if depth < 3 => Nesting::Even(depth + 1),
            Some(_) => Nesting::Uneven,
        }
    }

    fn and(self, other: Option<Nesting>) -> Nesting {
        match other {
            None => self,
            Some(other) if other == self => self,
            Some(_) => Nesting::Uneven,
        }
    }
}

impl Pairs {
    /// Pairs the brackets of a text.
    pub fn new(text: &str, open: u8, close: u8) -> Self {
        let mut pairs = Vec::new();
        let mut stack: Vec<(usize, Option<Nesting>)> = Vec::new();
        for at in memchr2_iter(open, close, text.as_bytes()) {
            if text.as_bytes().get(at) == Some(&open) {
                stack.push((at, None));
            } else if let Some((from, inner)) = stack.pop() {
                let nesting = Nesting::over(inner);
                pairs.push((from, at, nesting));
                if let Some((_, outer)) = stack.last_mut() {
                    *outer = Some(nesting.and(*outer));
                }
            }
        }
        pairs.sort_unstable_by_key(|pair| pair.0);
        Pairs { pairs }
    }

    /// What closes the bracket at `open`, and how what lies between nests.
    pub fn partner(&self, open: usize) -> Option<(usize, Nesting)> {
        let at = self.pairs.binary_search_by_key(&open, |pair| pair.0).ok()?;
        self.pairs.get(at).map(|pair| (pair.1, pair.2))
    }
}
