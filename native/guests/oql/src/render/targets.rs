//! What internal links may point at.

use std::collections::HashMap;

use crate::syntax::document::Document;
use crate::syntax::tree::walk;

/// Anchors by what a link may write.
#[derive(Default)]
pub struct Targets {
    /// `<<target>>`s and `#+NAME:`s.
    named: HashMap<String, String>,
    /// Headings by title.
    headings: HashMap<String, (String, usize)>,
    /// Headings by `:ID:`.
    ids: HashMap<String, (String, usize)>,
}

/// The id a target or name gets.
pub fn anchor(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("-")
}

fn key(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Targets {
    /// Those of a document.
    pub fn of(doc: &Document) -> Self {
        let mut targets = Targets::default();
        for (i, heading) in doc.headings.iter().enumerate() {
            let id = heading_id(doc, i);
            targets.headings.entry(key(heading.title)).or_insert((id.clone(), i));
            if let Some(uuid) = heading.property("ID") {
                targets.ids.entry(uuid.to_string()).or_insert((id, i));
            }
        }
        for line in (0..doc.lines.len()).map(|i| doc.lines.get(i).of(doc.text)) {
            let mut rest = line;
            while let Some((_, behind)) = rest.split_once("<<") {
                let name = behind.trim_start_matches('<');
                let end = name.find(['<', '>']).unwrap_or(name.len());
                let name = name.get(..end).unwrap_or("");
                if behind.get(end..).is_some() && !name.is_empty() {
                    targets.named.entry(key(name)).or_insert(anchor(name));
                }
                rest = behind.get(end.max(1)..).unwrap_or("");
            }
        }
        for (_, section) in doc.all_sections() {
            walk(section, &mut |element| {
                if let Some(name) = element.name() {
                    targets.named.entry(key(name)).or_insert(anchor(name));
                }
            });
        }
        targets
    }

    /// The anchor of a fuzzy link, and the heading it is, if one.
    pub fn find(&self, path: &str) -> Option<(String, Option<usize>)> {
        if let Some(title) = path.strip_prefix('*') {
            return self.heading(title);
        }
        let key = key(path);
        if let Some(id) = self.named.get(&key) {
            return Some((id.clone(), None));
        }
        self.heading(path)
    }

    fn heading(&self, title: &str) -> Option<(String, Option<usize>)> {
        let (id, heading) = self.headings.get(&key(title))?;
        Some((id.clone(), Some(*heading)))
    }

    /// The heading with this `:ID:`.
    pub fn by_id(&self, id: &str) -> Option<(String, usize)> {
        self.ids.get(id).cloned()
    }
}

/// A heading's id on the page: its `:CUSTOM_ID:`, else its own.
pub fn heading_id(doc: &Document, index: usize) -> String {
    let Some(heading) = doc.headings.get(index) else {
        return String::new();
    };
    heading.property("CUSTOM_ID").map(anchor).filter(|id| !id.is_empty()).unwrap_or_else(|| heading.id.clone())
}
