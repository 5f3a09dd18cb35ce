//! Where blocks and drawers end: looked up, never searched for, so that a
//! thousand unclosed openers cost no more than a thousand lines.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::lines::{Lines, skip, trim};
use crate::hash::HashMap;

/// Indices of lines, in order.
type Places = Vec<usize>;

/// End lines by what they close; read when first asked for.
#[derive(Default)]
pub struct Ends {
    marks: OnceCell<Marks>,
    latex: OnceCell<HashMap<String, Places>>,
}

/// End lines that begin with `#+end` or are `:end:`.
#[derive(Default)]
struct Marks {
    blocks: HashMap<String, Places>,
    /// `#+end:`
    colon: Places,
    /// `#+end:` and `#+end`
    dynamic: Places,
    /// `:end:`
    drawer: Places,
}

impl Ends {
    /// The first `#+end_NAME` among the lines `from..to`.
    pub fn block(&self, text: &str, lines: &Lines, name: &str, from: usize, to: usize) -> Option<usize> {
        let blocks = &self.marks(text, lines).blocks;
        if blocks.is_empty() {
            return None;
        }
        first(blocks.get(lower(name).as_ref())?, from, to)
    }

    /// The first `#+end:` or `#+end`.
    pub fn dynamic(&self, text: &str, lines: &Lines, from: usize, to: usize) -> Option<usize> {
        first(&self.marks(text, lines).dynamic, from, to)
    }

    /// The first `#+end:`.
    pub fn colon(&self, text: &str, lines: &Lines, from: usize, to: usize) -> Option<usize> {
        first(&self.marks(text, lines).colon, from, to)
    }

    /// The first `:end:`.
    pub fn drawer(&self, text: &str, lines: &Lines, from: usize, to: usize) -> Option<usize> {
        first(&self.marks(text, lines).drawer, from, to)
    }

    /// The first line that ends with `\end{NAME}`.
    pub fn latex(&self, text: &str, lines: &Lines, name: &str, from: usize, to: usize) -> Option<usize> {
        let latex = self.latex.get_or_init(|| {
            let mut latex: HashMap<String, Places> = HashMap::default();
            for (i, line) in all(text, lines) {
                if let Some(name) = latex_end(line) {
                    latex.entry(lower(name).into_owned()).or_default().push(i);
                }
            }
            latex
        });
        if latex.is_empty() {
            return None;
        }
        first(latex.get(lower(name).as_ref())?, from, to)
    }

    fn marks(&self, text: &str, lines: &Lines) -> &Marks {
        self.marks.get_or_init(|| {
            let mut marks = Marks::default();
            for (i, line) in all(text, lines) {
                let body = skip(line);
                match body.as_bytes().first() {
                    Some(b'#') => marks.note(body, i),
                    Some(b':') if is_drawer_end(body) => marks.drawer.push(i),
                    _ => {}
                }
            }
            marks
        })
    }
}

impl Marks {
    fn note(&mut self, body: &str, line: usize) {
        let Some(rest) = strip_prefix_no_case(trim(body), "#+end") else { return };
        match rest.strip_prefix('_') {
            Some(name) => match self.blocks.get_mut(lower(name).as_ref()) {
                Some(places) => places.push(line),
                None => drop(self.blocks.insert(lower(name).into_owned(), vec![line])),
            },
            None if rest == ":" => {
                self.colon.push(line);
                self.dynamic.push(line);
            }
            None if rest.is_empty() => self.dynamic.push(line),
            None => {}
        }
    }
}

fn all<'t>(text: &'t str, lines: &'t Lines) -> impl Iterator<Item = (usize, &'t str)> {
    lines.range(0..lines.count()).iter().enumerate().map(|(i, span)| (i, span.of(text)))
}

fn first(places: &[usize], from: usize, to: usize) -> Option<usize> {
    places.get(places.partition_point(|l| *l < from)).copied().filter(|l| *l < to)
}

fn latex_end(line: &str) -> Option<&str> {
    let line = line.trim_end_matches([' ', '\t']).strip_suffix('}')?;
    let open = line.rfind('{')?;
    let end = open.checked_sub("\\end".len())?;
    line.get(end..open)?.eq_ignore_ascii_case("\\end").then(|| line.get(open + 1..)).flatten()
}

fn lower(name: &str) -> Cow<'_, str> {
    match name.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        true => Cow::Borrowed(name),
        false => Cow::Owned(name.to_lowercase()),
    }
}

/// A line `:end:`, without its indentation.
pub fn is_drawer_end(body: &str) -> bool {
    body.trim_end_matches([' ', '\t']).eq_ignore_ascii_case(":end:")
}

/// `str::strip_prefix` that ignores ASCII case.
pub fn strip_prefix_no_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.as_bytes().get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix.as_bytes()).then(|| text.get(prefix.len()..)).flatten()
}
