//! Elements → HTML.

use super::Html;
use super::attributes::attributes;
use super::escape::{class, escape, legal};
use crate::header_args::HeaderArgs;
use crate::source::dedented;
use crate::syntax::lines::Span;
use crate::syntax::objects::{Object, ObjectKind};
use crate::syntax::text::Text;
use crate::syntax::tree::{Caption, Element, Keyword, Kind, Source};

impl<'r, 'a> Html<'r, 'a> {
    /// Elements in a row.
    pub fn elements(&mut self, elements: &[Element<'a>], out: &mut String) {
        // Results in the file belong to the block before them.
        let mut drop_results = false;
        for element in elements {
            let results = element.meta.as_ref().is_some_and(|m| m.results);
            if results && drop_results {
                drop_results = false;
                continue;
            }
            match &element.kind {
                Kind::Source(source) if !results => {
                    drop_results = !self.source(element, source, out);
                }
                Kind::Comment | Kind::CommentBlock => {}
                _ => {
                    drop_results = false;
                    self.element(element, out);
                }
            }
        }
    }

    fn element(&mut self, element: &Element<'a>, out: &mut String) {
        match &element.kind {
            Kind::Paragraph(text) => self.paragraph(element, text, out),
            Kind::List(list) => self.list(element, list, out),
            Kind::Table(lines) if self.settings.tables => self.table(element, lines, out),
            Kind::Source(source) => {
                self.source(element, source, out);
            }
            Kind::Example(lines) => {
                let text = self.code(lines);
                let attributes = self.tag(element, "example");
                out.push_str(&format!("<pre{attributes}>\n{}</pre>\n", escape(&text)));
            }
            Kind::Fixed(lines) if self.settings.fixed => self.fixed(element, lines, out),
            Kind::Table(lines) | Kind::Fixed(lines) | Kind::Drawn(lines) => {
                let text = self.joined(lines);
                out.push_str(&format!("<p>\n{}\n</p>\n", escape(&text)));
            }
            Kind::Export(backend, lines) => {
                let html = backend.of(self.doc.text).eq_ignore_ascii_case("html");
                if html && self.options.allow_html {
                    out.push_str(&legal(&self.code(lines)));
                }
            }
            Kind::Verse(text) => self.verse(element, text, out),
            Kind::Quote(children) => {
                let attributes = self.tag(element, "");
                self.container("blockquote", &attributes, children, out);
            }
            Kind::Center(children) => {
                let attributes = self.tag(element, "org-center");
                self.container("div", &attributes, children, out);
            }
            Kind::Special(name, children) => {
                let name = class(name.of(self.doc.text));
                let attributes = self.tag(element, &name);
                self.container("div", &attributes, children, out);
            }
            Kind::Drawer(name, children) => {
                let name = name.of(self.doc.text);
                let hidden = ["properties", "logbook"].iter().any(|n| name.eq_ignore_ascii_case(n));
                if self.settings.drawers && !hidden {
                    self.elements(children, out);
                }
            }
            Kind::Dynamic(children) => self.elements(children, out),
            Kind::Rule => out.push_str("<hr />\n"),
            Kind::Keyword(keyword) => self.keyword(keyword, out),
            Kind::Latex(span) => {
                out.push_str(&format!("{}\n", escape(span.of(self.doc.text))));
            }
            Kind::Inlinetask(_, children) => self.elements(children, out),
            Kind::Clock(_) | Kind::Diary(_) | Kind::Call(_) | Kind::Footnote(..) => {}
            Kind::Comment | Kind::CommentBlock => {}
        }
    }

    fn container(&mut self, name: &str, attributes: &str, children: &[Element<'a>], out: &mut String) {
        out.push_str(&format!("<{name}{attributes}>\n"));
        self.elements(children, out);
        out.push_str(&format!("</{name}>\n"));
    }

    /// Lines of text as one text.
    pub fn joined(&self, lines: &[Span]) -> String {
        let lines: Vec<&str> = lines.iter().map(|s| s.of(self.doc.text).trim()).collect();
        lines.join("\n")
    }

    /// Lines of a block, each with its line end.
    pub fn code(&self, lines: &[Span]) -> String {
        let mut out = String::new();
        for (line, _) in dedented(self.doc.text, lines) {
            out.push_str(&line);
            out.push('\n');
        }
        out
    }

    /// The picture that is all of this paragraph.
    pub fn figure_path(&self, text: &Text<'a>) -> Option<&'a str> {
        let source = text.span.of(self.doc.text);
        if !source.starts_with("[[") || source.contains('\n') {
            return None;
        }
        match self.doc.objects(text) {
            [Object { kind: ObjectKind::Link(link), .. }] if link.description.is_none() => {
                self.image(link.path, &[]).map(|_| link.path)
            }
            _ => None,
        }
    }

    fn paragraph(&mut self, element: &Element<'a>, text: &Text<'a>, out: &mut String) {
        if let Some(path) = self.figure_path(text) {
            return self.figure(element, path, out);
        }
        let mut body = String::new();
        self.text_of(text, &mut body);
        if body.trim().is_empty() {
            return;
        }
        let attributes = match element.name() {
            Some(_) => self.tag(element, ""),
            None => String::new(),
        };
        out.push_str(&format!("<p{attributes}>\n{body}\n</p>\n"));
    }

    fn figure(&mut self, element: &Element<'a>, path: &str, out: &mut String) {
        let mut own = attributes(self.doc, element);
        let id = match self.asked_id(&mut own) {
            Some(id) => {
                own.push(("id".into(), id));
                String::new()
            }
            None => self.named_id(element).map(|id| format!(" id=\"{}\"", escape(&id))).unwrap_or_default(),
        };
        let Some(image) = self.image(path, &own) else {
            return;
        };
        out.push_str(&format!("<figure{id}>\n{image}\n"));
        if let Some(caption) = captions(element) {
            self.figures += 1;
            out.push_str(&format!("<figcaption><span class=\"figure-number\">Figure {}: </span>", self.figures));
            self.caption(caption, out);
            out.push_str("</figcaption>\n");
        }
        out.push_str("</figure>\n");
    }

    /// Caption lines as one.
    pub fn caption(&mut self, captions: &[Caption<'a>], out: &mut String) {
        for (i, caption) in captions.iter().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            self.text_of(&caption.long, out);
        }
    }

    fn fixed(&mut self, element: &Element<'a>, lines: &[Span], out: &mut String) {
        let mut text = String::new();
        for span in lines {
            let line = span.of(self.doc.text).trim_start();
            let line = line.strip_prefix(':').unwrap_or(line);
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        }
        let attributes = self.tag(element, "example");
        out.push_str(&format!("<pre{attributes}>\n{}</pre>\n", escape(&text)));
    }

    fn verse(&mut self, element: &Element<'a>, text: &Text<'a>, out: &mut String) {
        let attributes = self.tag(element, "verse");
        out.push_str(&format!("<p{attributes}>\n"));
        let text = text.span.of(self.doc.text);
        let mut body = String::new();
        for line in text.lines() {
            let trimmed = line.trim_start();
            for _ in 0..line.chars().count() - trimmed.chars().count() {
                body.push_str("&#xa0;");
            }
            self.inline(trimmed, &mut body);
            body.push_str("<br />\n");
        }
        out.push_str(&body);
        out.push_str("</p>\n");
    }

    fn keyword(&mut self, keyword: &Keyword, out: &mut String) {
        let value = keyword.value.of(self.doc.text);
        match keyword.key.as_str() {
            "INCLUDE" => out.push_str(&format!("<p class=\"note\">Not included: {}</p>\n", escape(value))),
            "HTML" if self.options.allow_html => {
                out.push_str(&legal(value));
                out.push('\n');
            }
            _ => {}
        }
    }

    /// A source block with its result; tells whether results in the file stay.
    fn source(&mut self, element: &Element<'a>, source: &Source, out: &mut String) -> bool {
        let doc = self.doc;
        let heading = doc.heading_at(element.span.start);
        let args = HeaderArgs::of(doc, heading, element, source);
        let said = args.get("exports").and_then(|v| v.split([' ', '\t']).next());
        let live = self.results.of_block(element.span.start);
        let (code, result) = match (said, live.is_some()) {
            (Some("code"), _) => (true, false),
            (Some("results"), _) => (false, true),
            (Some("both"), _) => (true, true),
            (Some("none"), _) => (false, false),
            (_, live) => (true, live),
        };
        if code {
            self.listing(element, source, out);
        }
        let Some(live) = live else { return result };
        if result && live.last {
            let id = live.component.clone();
            out.push_str(&self.result(&id));
        }
        false
    }

    fn listing(&mut self, element: &Element<'a>, source: &Source, out: &mut String) {
        let lang = class(source.lang.of(self.doc.text));
        let text = self.code(&source.body);
        out.push_str("<div class=\"org-src-container\">\n");
        if let Some(caption) = captions(element) {
            self.listings += 1;
            out.push_str(&format!(
                "<label class=\"org-src-name\"><span class=\"listing-number\">Listing {}: </span>",
                self.listings
            ));
            self.caption(caption, out);
            out.push_str("</label>");
        }
        let (kind, data) = match lang.is_empty() {
            true => ("src src-nil".to_string(), String::new()),
            false => (format!("src src-{lang}"), format!(" data-lang=\"{lang}\"")),
        };
        let attributes = self.tag(element, &kind);
        out.push_str(&format!("<pre{attributes}{data}>{}</pre>\n</div>\n", escape(&text)));
    }
}

/// The captions of an element that has any.
pub fn captions<'e, 'a>(element: &'e Element<'a>) -> Option<&'e [Caption<'a>]> {
    element.meta.as_ref().map(|m| m.caption.as_slice()).filter(|c| !c.is_empty())
}
