//! Our tree → facts.

use oql::header_args::{HeaderArgs, Scopes, Var};
use oql::syntax::document::Document;
use oql::syntax::headings;
use oql::syntax::lines::Span;
use oql::syntax::objects::Place;
use oql::syntax::text::Text;
use oql::syntax::tree::{Check, Element, Kind, List, ListKind, Source};

use crate::facts::{ARGUMENTS, Facts, Heading, Item, trimmed, words};
use crate::objects::objects;

/// What the kernel has.
pub fn read(org: &str) -> Facts {
    let doc = Document::read(org);
    let mut tree = Tree { doc: &doc, scopes: Scopes::read(&doc), facts: Facts::default(), heading: None };
    for (key, value) in &doc.properties {
        tree.facts.add("properties", 0, format!("{key:?} {value:?}"));
    }
    for heading in &doc.headings {
        tree.heading(heading, false);
    }
    for (at, keyword) in &doc.keywords {
        tree.facts.add("keywords", *at, format!("{} {:?}", keyword.key, keyword.value.of(org)));
    }
    for (heading, section) in doc.all_sections() {
        tree.heading = heading;
        tree.elements(section, 1, 0);
    }
    tree.facts
}

struct Tree<'d, 'a> {
    doc: &'d Document<'a>,
    scopes: Scopes<'a>,
    facts: Facts,
    /// The heading of the section at hand.
    heading: Option<usize>,
}

impl<'a> Tree<'_, 'a> {
    fn heading(&mut self, heading: &headings::Heading<'a>, inline: bool) {
        let at = heading.start;
        let fact = Heading {
            level: heading.level,
            end: trimmed(self.doc.text, heading.end),
            line: heading.line + 1,
            todo: heading.todo,
            done: heading.done,
            priority: heading.priority,
            tags: heading.tags.clone(),
            commented: heading.commented,
            title: heading.title,
            inline,
        };
        self.facts.add("headings", at, fact.fact());
        let planning = [("scheduled", heading.scheduled), ("deadline", heading.deadline), ("closed", heading.closed)];
        for (key, timestamp) in planning {
            if let Some(timestamp) = timestamp {
                self.facts.add("planning", at, format!("{key} {timestamp:?}"));
            }
        }
        for (key, value) in &heading.properties {
            self.facts.add("properties", at, format!("{key:?} {value:?}"));
        }
        self.text(&heading.text);
    }

    fn text(&mut self, text: &Text<'a>) {
        objects(self.doc, self.doc.objects(text), &mut self.facts);
    }

    fn elements(&mut self, elements: &[Element<'a>], depth: usize, lists: usize) {
        for element in elements {
            self.element(element, depth, lists);
        }
    }

    /// An element `depth` deep, inside so many lists.
    fn element(&mut self, element: &Element<'a>, depth: usize, lists: usize) {
        let at = element.span.start;
        for caption in element.meta.iter().flat_map(|meta| &meta.caption) {
            caption.short.iter().for_each(|short| self.text(short));
            self.text(&caption.long);
        }
        let kind = match &element.kind {
            Kind::Paragraph(text) => {
                self.text(text);
                "paragraph"
            }
            Kind::List(list) => {
                self.facts.add("outline", at, format!("depth {depth} plain-list to {}", element.end()));
                return self.list(at, list, depth, lists);
            }
            Kind::Table(lines) => {
                self.table(element, lines);
                "table"
            }
            Kind::Drawn(_) => {
                self.facts.add("tables", at, format!("table.el named {:?}", element.name()));
                "table"
            }
            Kind::Source(source) => {
                self.source(element, source);
                "src-block"
            }
            Kind::Example(body) => {
                self.block(element, "example-block", &format!("{:?}", self.value(body)));
                "example-block"
            }
            Kind::Export(backend, body) => {
                let backend = backend.of(self.doc.text).to_uppercase();
                self.block(element, "export-block", &format!("{backend:?} {:?}", self.value(body)));
                "export-block"
            }
            Kind::Verse(text) => {
                self.block(element, "verse-block", "");
                self.text(text);
                "verse-block"
            }
            Kind::Quote(children) => {
                self.block(element, "quote-block", "");
                self.elements(children, depth + 1, lists);
                "quote-block"
            }
            Kind::Center(children) => {
                self.block(element, "center-block", "");
                self.elements(children, depth + 1, lists);
                "center-block"
            }
            Kind::Special(name, children) => {
                self.block(element, "special-block", &format!("{:?}", name.of(self.doc.text)));
                self.elements(children, depth + 1, lists);
                "special-block"
            }
            Kind::Dynamic(children) => {
                self.block(element, "dynamic-block", "");
                self.elements(children, depth + 1, lists);
                "dynamic-block"
            }
            Kind::Drawer(name, children) => {
                self.facts.add("drawers", at, format!("{:?}", name.of(self.doc.text)));
                self.elements(children, depth + 1, lists);
                "drawer"
            }
            Kind::Footnote(label, children) => {
                self.facts.add("footnotes", at, format!("definition {:?}", label.of(self.doc.text)));
                self.elements(children, depth + 1, lists);
                "footnote-definition"
            }
            Kind::Inlinetask(heading, children) => {
                self.heading(heading, true);
                self.elements(children, depth + 1, lists);
                "inlinetask"
            }
            Kind::Fixed(body) => {
                let value: Vec<&str> = body.iter().map(|line| fixed(line.of(self.doc.text))).collect();
                self.facts.add("blocks", at, format!("fixed-width {:?}", value.join("\n").trim_end()));
                "fixed-width"
            }
            Kind::Rule => "horizontal-rule",
            Kind::Keyword(_) => "keyword",
            Kind::Latex(value) => {
                self.facts.add("objects", at, format!("latex {:?}", value.of(self.doc.text)));
                "latex-environment"
            }
            Kind::Clock(_) => {
                self.facts.add("clocks", at, "clock");
                "clock"
            }
            Kind::Diary(_) => "diary-sexp",
            Kind::Call(_) => {
                self.facts.add("calls", at, "call");
                "babel-call"
            }
            Kind::Comment => "comment",
            Kind::CommentBlock => "comment-block",
        };
        self.facts.add("outline", at, format!("depth {depth} {kind} to {}", element.end()));
    }

    fn list(&mut self, at: usize, list: &List<'a>, depth: usize, lists: usize) {
        let kind = match list.kind {
            ListKind::Unordered => "unordered",
            ListKind::Ordered => "ordered",
            ListKind::Descriptive => "descriptive",
        };
        self.facts.add("lists", at, format!("{kind} depth {lists}"));
        for item in &list.items {
            let fact = Item {
                bullet: item.bullet(self.doc.text).of(self.doc.text),
                counter: item.counter.map(u64::from),
                checkbox: item.checkbox.map(|check| match check {
                    Check::On => "on",
                    Check::Off => "off",
                    Check::Trans => "trans",
                }),
                tag: item.tag.as_ref().map(|tag| tag.span.of(self.doc.text)),
            };
            let at = item.span.start;
            self.facts.add("lists", at, fact.fact());
            self.facts.add("outline", at, format!("depth {} item to {}", depth + 1, item.end()));
            item.tag.iter().for_each(|tag| self.text(tag));
            self.elements(list.contents(item), depth + 2, lists + 1);
        }
    }

    fn table(&mut self, element: &Element<'a>, lines: &[Span]) {
        let at = element.span.start;
        self.facts.add("tables", at, format!("org named {:?}", element.name()));
        for (n, span) in lines.iter().enumerate() {
            let line = span.of(self.doc.text);
            let start = span.start + line.find('|').map_or(0, |bar| bar + 1);
            let inner = self.doc.text[start..span.end].trim_end();
            if inner.starts_with('-') {
                self.facts.add("tables", at, format!("row {n:03} rule"));
                continue;
            }
            let mut cells = Vec::new();
            let mut from = start;
            for cell in inner.strip_suffix('|').unwrap_or(inner).split('|') {
                let lead = cell.len() - cell.trim_start_matches([' ', '\t']).len();
                let span = Span { start: from + lead, end: from + lead + cell.trim_matches([' ', '\t']).len() };
                cells.push(span.of(self.doc.text));
                self.text(&Text::new(span, Place::Cell));
                from += cell.len() + 1;
            }
            if inner.is_empty() {
                cells.clear();
            }
            self.facts.add("tables", at, format!("row {n:03} {cells:?}"));
        }
    }

    fn block(&mut self, element: &Element, kind: &str, fact: &str) {
        self.facts.add("blocks", element.span.start, format!("{kind} named {:?} {fact}", element.name()));
    }

    fn source(&mut self, element: &Element, source: &Source) {
        let (at, text) = (element.span.start, self.doc.text);
        let fact = format!(
            "{:?} {:?} {:?}",
            source.lang.of(text),
            words(&format!("{} {}", source.switches.of(text), source.args.of(text))),
            self.value(&source.body)
        );
        self.block(element, "src-block", &fact);
        for header in element.meta.iter().flat_map(|meta| &meta.headers) {
            self.facts.add("arguments", at, format!("header {:?}", header.of(text)));
        }
        let arguments = HeaderArgs::of(self.doc, &self.scopes, self.heading, element, source);
        for key in ARGUMENTS {
            let value = if key == "exports" { arguments.exports() } else { arguments.get(key) };
            if let Some(value) = value {
                let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
                self.facts.add("arguments", at, format!(":{key} {:?}", bare.unwrap_or(value)));
            }
        }
        let mut vars: Vec<Var> = Vec::new();
        arguments.each_var(true, |var| match vars.iter_mut().find(|known| known.name == var.name) {
            Some(known) => *known = var,
            None => vars.push(var),
        });
        for var in vars {
            self.facts.add("arguments", at, format!(":var {:?}", format!("{}={}", var.name, var.value)));
        }
    }

    /// A block's lines without the commas that keep them from being Org.
    fn value(&self, lines: &[Span]) -> String {
        let mut value = String::new();
        for span in lines {
            let line = span.of(self.doc.text);
            let code = line.trim_start_matches([' ', '\t']);
            let bare = code.trim_start_matches(',');
            let (lead, commas) = (&line[..line.len() - code.len()], code.len() - bare.len());
            value.push_str(lead);
            if commas > 0 && (bare.starts_with('*') || bare.starts_with("#+")) {
                value.push_str(&code[1..]);
            } else {
                value.push_str(code);
            }
            value.push('\n');
        }
        value
    }
}

/// A fixed-width line without its colon.
fn fixed(line: &str) -> &str {
    let line = line.trim_start().trim_start_matches(':');
    line.strip_prefix(' ').unwrap_or(line)
}
