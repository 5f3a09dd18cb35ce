//! `<<name>>` in source blocks, each line still knowing where it stands.

mod names;
mod reference;

use std::borrow::Cow;
use std::rc::Rc;

use crate::hash::{HashMap, HashSet};
use crate::header_args::{Scopes, short};
use crate::source::CodeLine;
use crate::syntax::MAX_DEPTH;
use crate::syntax::document::Document;
use names::{Part, names};
pub use reference::references;

/// Something a reference could not do, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Byte of the reference in the document.
    pub offset: usize,
    /// What is wrong, for the author.
    pub message: String,
}

/// What a name stands for.
struct Body<'a> {
    lines: Vec<CodeLine<'a>>,
    /// Bytes of all lines together.
    size: usize,
}

/// Expands references within one document.
pub struct Noweb<'d, 'a> {
    doc: &'d Document<'a>,
    parts: HashMap<&'d str, Rc<[Part<'d>]>>,
    /// What names came to.
    known: HashMap<&'d str, Rc<Body<'a>>>,
    /// The names that are being expanded, outermost first.
    path: Vec<&'d str>,
    /// References that somebody was told of.
    told: HashSet<usize>,
    /// How much text may still be made; none once that was too little.
    budget: Option<usize>,
    complaints: Vec<Complaint>,
}

impl<'d, 'a> Noweb<'d, 'a> {
    /// Looks up what names there are.
    pub fn new(doc: &'d Document<'a>, scopes: &Scopes<'a>) -> Self {
        let parts = names(doc, scopes).into_iter().map(|(name, parts)| (name, parts.into())).collect();
        Noweb {
            doc,
            parts,
            known: HashMap::default(),
            path: Vec::new(),
            told: HashSet::default(),
            budget: Some(doc.text.len().saturating_mul(4) + (1 << 20)),
            complaints: Vec::new(),
        }
    }

    /// A block's lines with every reference replaced, and what was wrong. The
    /// block's own name, if it has one, is no reference that it can make.
    pub fn expand(&mut self, name: Option<&'d str>, lines: Vec<CodeLine<'a>>) -> (Vec<CodeLine<'a>>, Vec<Complaint>) {
        self.path.extend(name);
        let lines = self.lines(lines);
        self.path.clear();
        (lines, std::mem::take(&mut self.complaints))
    }

    fn lines(&mut self, lines: Vec<CodeLine<'a>>) -> Vec<CodeLine<'a>> {
        let mut out = Vec::with_capacity(lines.len());
        for line in lines {
            self.line(line, &mut out);
        }
        out
    }

    fn line(&mut self, line: CodeLine<'a>, out: &mut Vec<CodeLine<'a>>) {
        let references = references(&line.text);
        if references.is_empty() {
            return out.push(line);
        }
        let part = |from: usize, to: usize| line.text.get(from..to).unwrap_or("");
        // The line being put together; it stands where `line` does until a
        // reference puts something else at its beginning.
        let mut current = CodeLine { text: Cow::default(), ..line };
        // Its characters while all of them are blank.
        let mut lead = Some(0);
        let mut at = 0;
        for reference in references {
            let prefix = part(at, reference.start);
            current.text.to_mut().push_str(prefix);
            lead = blank(lead, prefix);
            at = reference.end;
            let body = self.body(part(reference.start + 2, reference.end - 2));
            let body = match body.and_then(|body| self.pay(body, prefix)) {
                Ok(body) => body,
                Err(message) => {
                    if let Some(message) = message {
                        self.complain(&line, reference.start, message);
                    }
                    current.text.to_mut().push_str(part(reference.start, reference.end));
                    lead = None;
                    continue;
                }
            };
            let shift = i64::try_from(prefix.chars().count()).unwrap_or(0);
            for (i, inner) in body.lines.iter().enumerate() {
                let place = CodeLine { text: Cow::default(), line: inner.line, column: inner.column };
                if i > 0 {
                    out.push(std::mem::replace(&mut current, place));
                    current.text.to_mut().push_str(prefix);
                    current.column -= shift;
                    lead = blank(Some(0), prefix);
                } else if let Some(lead) = lead {
                    (current.line, current.column) = (place.line, place.column - lead);
                }
                current.text += inner.text.clone();
                lead = blank(lead, &inner.text);
            }
        }
        current.text.to_mut().push_str(part(at, line.text.len()));
        out.push(current);
    }

    /// Takes what putting this body in costs; what is too much is told once.
    fn pay(&mut self, body: Rc<Body<'a>>, prefix: &str) -> Result<Rc<Body<'a>>, Option<String>> {
        let before = self.budget.ok_or(None)?;
        let size = body.size + body.lines.len().saturating_mul(prefix.len() + 32);
        self.budget = before.checked_sub(size);
        let message =
            "replacing all references would make far more text than the document has: this one and later ones stay";
        self.budget.map(|_| body).ok_or_else(|| Some(message.to_string()))
    }

    /// What a name stands for.
    fn body(&mut self, name: &str) -> Result<Rc<Body<'a>>, Option<String>> {
        let shown = short(name);
        if let Some(open) = name.find('(')
            && name.ends_with(')')
        {
            let block = short(name.get(..open).unwrap_or(""));
            return Err(Some(format!(
                "`<<{shown}>>` asks for a result, and nothing is run to make a source: write `<<{block}>>` for the block's code"
            )));
        }
        let Some((key, parts)) = self.parts.get_key_value(name).map(|(key, parts)| (*key, parts.clone())) else {
            return Err(Some(format!("no source block is named `{shown}`, so `<<{shown}>>` stays as it is")));
        };
        if let Some(from) = self.path.iter().position(|n| *n == key) {
            let way = self.path.iter().skip(from).chain([&key]).copied().map(short).collect::<Vec<_>>();
            return Err(Some(format!("`<<{shown}>>` refers to itself: {}", way.join(" → "))));
        }
        if self.path.len() >= MAX_DEPTH {
            return Err(Some(format!("references nest deeper than {MAX_DEPTH} at `<<{shown}>>`")));
        }
        if let Some(known) = self.known.get(key) {
            return Ok(known.clone());
        }
        self.path.push(key);
        let mut body: Vec<CodeLine<'a>> = Vec::new();
        let mut separator: Option<&str> = None;
        for part in parts.iter() {
            let lines = part.code(self.doc);
            // A block that says nothing of its references goes with the one that includes it.
            let lines = if part.expands.unwrap_or(true) { self.lines(lines) } else { lines };
            join(&mut body, separator.replace(&part.separator), lines);
        }
        self.path.pop();
        let size = body.iter().map(|l| l.text.len()).sum();
        let body = Rc::new(Body { lines: body, size });
        self.known.insert(key, body.clone());
        Ok(body)
    }

    fn complain(&mut self, line: &CodeLine, at: usize, message: String) {
        // A line of code ends as the document's line does.
        let span = self.doc.lines.get(line.line.saturating_sub(1));
        let offset = span.end.saturating_sub(line.text.len() - at).max(span.start);
        if self.told.insert(offset) {
            self.complaints.push(Complaint { offset, message });
        }
    }
}

/// How many characters there are with these, while all of them are blank.
fn blank(lead: Option<i64>, text: &str) -> Option<i64> {
    let lead = lead.filter(|_| text.trim().is_empty())?;
    Some(lead + i64::try_from(text.chars().count()).unwrap_or(0))
}

/// Puts `lines` behind `body`, a separator between them.
fn join<'a>(body: &mut Vec<CodeLine<'a>>, separator: Option<&str>, lines: Vec<CodeLine<'a>>) {
    let mut lines = lines.into_iter();
    if let Some(separator) = separator {
        for (i, piece) in separator.split('\n').enumerate() {
            match body.last_mut() {
                Some(last) if i == 0 => last.text.to_mut().push_str(piece),
                Some(last) => {
                    let place = CodeLine { text: Cow::Owned(piece.to_string()), line: last.line, column: last.column };
                    body.push(place);
                }
                None => {}
            }
        }
        if let (Some(last), Some(first)) = (body.last_mut(), lines.next()) {
            if last.text.trim().is_empty() {
                let lead = i64::try_from(last.text.chars().count()).unwrap_or(0);
                (last.line, last.column) = (first.line, first.column - lead);
            }
            last.text += first.text;
        }
    }
    body.extend(lines);
}
