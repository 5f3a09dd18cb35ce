//! Elements → HTML.

use super::Html;
use super::attributes::Attributes;
use super::code::{code_of, switches, write_code};
use super::escape::{legal, push_attribute, push_plain, push_text};
use super::exports::Noweb;
use super::images::is_standalone;
use super::indentation::{dedented, unescaped};
use super::settings::Latex;
use super::translations::Phrase;
use crate::syntax::lines::{Span, slice};
use crate::syntax::objects::ObjectKind;
use crate::syntax::switches::Switches;
use crate::syntax::text::Text;
use crate::syntax::tree::{Element, Kind, Source};

/// Special blocks that are elements of their own in HTML 5.
const HTML5: [&str; 18] = [
    "article",
    "aside",
    "audio",
    "canvas",
    "details",
    "figcaption",
    "figure",
    "footer",
    "header",
    "main",
    "menu",
    "meter",
    "nav",
    "output",
    "progress",
    "section",
    "summary",
    "video",
];

impl<'r, 'a> Html<'r, 'a> {
    /// Elements in a row.
    pub fn elements(&mut self, elements: &[Element<'a>], out: &mut String) {
        let mut rest = elements;
        while let Some((element, behind)) = rest.split_first() {
            rest = behind;
            match &element.kind {
                Kind::Paragraph(text) if !self.exports.drops(element) => {
                    let mut more = Vec::new();
                    rest = self.continued(element, behind, &mut more);
                    self.paragraph(element, text, &more, out);
                }
                _ if !self.exports.drops(element) => self.element(element, out),
                _ => {}
            }
        }
    }

    /// The texts that go on with a paragraph, for what stood between them is
    /// taken out with the blank lines behind it; gives what is left.
    fn continued<'e>(
        &self,
        element: &Element<'a>,
        behind: &'e [Element<'a>],
        texts: &mut Vec<&'e Text<'a>>,
    ) -> &'e [Element<'a>] {
        let mut rest = behind;
        let mut end = element.span.end;
        while let Some((first, after)) = rest.split_first()
            && self.is_taken(first)
            && !slice(self.doc.text, end, first.span.start).lines().skip(1).any(|line| line.trim().is_empty())
        {
            let skip = after.iter().take_while(|e| self.is_taken(e)).count();
            let Some((Element { kind: Kind::Paragraph(text), span, .. }, left)) =
                after.get(skip..).and_then(<[Element]>::split_first)
            else {
                break;
            };
            texts.push(text);
            end = span.end;
            rest = left;
        }
        rest
    }

    /// Whether Babel takes this block or call out of the text.
    fn is_taken(&self, element: &Element) -> bool {
        match &element.kind {
            Kind::Call(_) => true,
            Kind::Source(_) => !self.is_exported(element),
            _ => false,
        }
    }

    /// Whether an element is part of what Emacs exports, be it to nothing.
    pub fn is_exported(&self, element: &Element) -> bool {
        let s = self.settings;
        match &element.kind {
            Kind::Comment | Kind::CommentBlock | Kind::Call(_) => false,
            Kind::Clock(_) => s.clocks,
            Kind::Drawer(name, _) => s.drawers.show(name.of(self.doc.text)),
            Kind::Fixed(_) => s.fixed,
            Kind::Latex(_) => s.latex != Latex::None,
            Kind::Table(_) | Kind::Drawn(_) => s.tables,
            Kind::Source(_) => {
                let shown = self.exports.block_at(element.span.start);
                shown.code || (shown.result && self.results.has_block(element.span.start))
            }
            _ => !self.exports.drops(element),
        }
    }

    fn element(&mut self, element: &Element<'a>, out: &mut String) {
        match &element.kind {
            Kind::Paragraph(text) => self.paragraph(element, text, &[], out),
            Kind::List(list) => self.list(element, list, out),
            Kind::Table(lines) if self.settings.tables => self.table(element, lines, out),
            Kind::Drawn(lines) if self.settings.tables => self.drawn(lines, out),
            Kind::Source(source) => self.source(element, source, out),
            Kind::Example(_) => self.example(element, out),
            Kind::Fixed(lines) if self.settings.fixed => self.fixed(lines, out),
            Kind::Export(backend, lines) => {
                if self.options.allow_html && backend.of(self.doc.text).eq_ignore_ascii_case("html") {
                    for line in dedented(unescaped(self.doc.text, lines)) {
                        out.push_str(&legal(&line));
                        out.push('\n');
                    }
                }
            }
            Kind::Verse(text) => self.verse(text, out),
            Kind::Quote(children) => {
                let own = self.asked_and_named(element);
                self.container("blockquote", &own, children, out);
            }
            Kind::Center(children) => {
                let mut own = Attributes::default();
                own.set("class", "org-center".into());
                self.container("div", &own, children, out);
            }
            Kind::Special(name, children) => {
                let name = name.of(self.doc.text);
                let mut own = self.asked(element);
                let fancy = self.settings.fancy && HTML5.contains(&name);
                if !fancy {
                    let class = match own.get("class") {
                        Some(asked) => format!("{asked} {name}"),
                        None => name.to_string(),
                    };
                    own.set("class", class);
                }
                self.settle_any_id(&mut own, element, "block");
                self.container(if fancy { name } else { "div" }, &own, children, out);
            }
            Kind::Drawer(name, children) => self.drawer(*name, children, out),
            Kind::Dynamic(children) => self.elements(children, out),
            Kind::Rule => out.push_str("<hr />\n"),
            Kind::Keyword(keyword) => self.keyword(keyword, element.span, out),
            Kind::Latex(span) => self.latex(element, *span, out),
            Kind::Inlinetask(heading, children) => self.inlinetask(heading, children, out),
            Kind::Clock(span) => self.clock(*span, out),
            Kind::Table(_) | Kind::Drawn(_) | Kind::Fixed(_) => {}
            Kind::Diary(_) | Kind::Call(_) | Kind::Footnote(..) | Kind::Comment | Kind::CommentBlock => {}
        }
    }

    fn container(&mut self, name: &str, own: &Attributes, children: &[Element<'a>], out: &mut String) {
        out.push('<');
        out.push_str(name);
        own.write(out);
        out.push_str(">\n");
        let in_note = std::mem::take(&mut self.in_note);
        self.elements(children, out);
        self.in_note = in_note;
        out.push_str("</");
        out.push_str(name);
        out.push_str(">\n");
    }

    fn latex(&mut self, element: &Element<'a>, span: Span, out: &mut String) {
        match self.settings.latex {
            Latex::All => self.environment(element, span, out),
            Latex::Verbatim => {
                push_plain(out, span.of(self.doc.text), self.plain(true));
                out.push('\n');
            }
            Latex::None => {}
        }
    }

    fn paragraph(&mut self, element: &Element<'a>, text: &Text<'a>, more: &[&Text<'a>], out: &mut String) {
        let doc = self.doc;
        if more.is_empty() && is_standalone(doc, &self.abbreviations, text) {
            return self.figure(element, text, out);
        }
        let start = out.len();
        let mut own = self.asked(element);
        if let Some(id) = own.take("id").and_then(|id| self.targets.claim(&id)) {
            own.set("id", id);
        }
        out.push_str("<p");
        own.write(out);
        if self.in_note {
            out.push_str(" class=\"footpara\"");
        }
        out.push_str(">\n");
        let body = out.len();
        self.attributes_for_link(element);
        self.paragraph_text(text, out);
        for text in more {
            out.push('\n');
            self.paragraph_text(text, out);
        }
        let stamps = self.only_stamps(doc.objects(text));
        let empty = out.get(body..).is_some_and(|b| b.trim_matches([' ', '\t', '\n', '\r']).is_empty());
        // What Babel takes out of the text leaves no paragraph behind.
        if empty && !stamps && doc.objects(text).iter().all(|o| self.is_taken_out(&o.kind)) {
            return out.truncate(start);
        }
        out.push_str("\n</p>\n");
    }

    /// Whether Babel takes such an object out of the text, with nothing in its
    /// place, or the page refuses it.
    fn is_taken_out(&self, kind: &ObjectKind) -> bool {
        match kind {
            ObjectKind::Text(text) => text.trim_matches([' ', '\t', '\n', '\r']).is_empty(),
            ObjectKind::InlineSource(..) | ObjectKind::InlineCall(_) => true,
            ObjectKind::Macro(call) => call.name.eq_ignore_ascii_case("results"),
            ObjectKind::Snippet(snippet) => snippet.backend == "html" && !self.options.allow_html,
            _ => false,
        }
    }

    /// A paragraph without its tag.
    pub fn bare_paragraph(&mut self, element: &Element<'a>, text: &Text<'a>, out: &mut String) {
        self.attributes_for_link(element);
        self.paragraph_text(text, out);
    }

    fn paragraph_text(&mut self, text: &Text<'a>, out: &mut String) {
        let doc = self.doc;
        self.lone_stamps = self.only_stamps(doc.objects(text));
        self.ended_objects(doc.objects(text), out);
        self.lone_stamps = false;
        self.link_attributes = None;
    }

    /// The first link of a paragraph gets the paragraph's attributes.
    pub fn attributes_for_link(&mut self, element: &Element<'a>) {
        let asked = element.meta.as_ref().is_some_and(|m| !m.attr_html.is_empty());
        self.link_attributes = asked.then(|| self.over(element, Attributes::default()));
    }

    fn example(&mut self, element: &Element<'a>, out: &mut String) {
        let mut own = self.asked(element);
        let switches = switches(self.doc, element).unwrap_or(Switches::read(""));
        if own.take("textarea").is_some() {
            return self.textarea(element, &switches, &own, out);
        }
        self.settle_any_id(&mut own, element, "example");
        out.push_str("<pre class=\"example\"");
        own.take("class");
        own.write(out);
        out.push_str(">\n");
        let lines = code_of(self.doc, element, &switches);
        write_code(&lines, &switches, self.references.lines.before(element), &mut self.targets, out);
        out.push_str("</pre>\n");
    }

    /// `:textarea t`, for trusted documents.
    fn textarea(&mut self, element: &Element<'a>, switches: &Switches, own: &Attributes, out: &mut String) {
        let lines = code_of(self.doc, element, switches);
        let mut size = Attributes::default();
        size.set("cols", own.get("width").unwrap_or("80").to_string());
        size.set("rows", own.get("height").map_or_else(|| lines.len().to_string(), str::to_string));
        out.push_str("<p>\n<textarea");
        size.write(out);
        out.push_str(">\n");
        for (i, line) in lines.iter().enumerate() {
            if i > 0 {
                out.push('\n');
            }
            push_text(out, line);
        }
        out.push_str("</textarea>\n</p>\n");
    }

    fn fixed(&mut self, lines: &[Span], out: &mut String) {
        let text = self.doc.text;
        let inner = lines.iter().map(|span| {
            let line = span.of(text).trim_start_matches([' ', '\t']);
            let line = line.strip_prefix(':').unwrap_or(line);
            line.strip_prefix(' ').unwrap_or(line).into()
        });
        out.push_str("<pre class=\"example\">\n");
        write_lines(&dedented(inner.collect()), out);
        out.push_str("</pre>\n");
    }

    fn verse(&mut self, text: &Text<'a>, out: &mut String) {
        let doc = self.doc;
        let mut html = String::new();
        self.ended_objects(doc.objects(text), &mut html);
        out.push_str("<p class=\"verse\">\n");
        for line in dedented(html.split('\n').map(Into::into).collect()) {
            let line = line.trim_end_matches([' ', '\t']);
            let line = line.strip_suffix("<br />").unwrap_or(line);
            let body = line.trim_start_matches([' ', '\t']);
            for _ in 0..line.len() - body.len() {
                out.push_str("&#xa0;");
            }
            out.push_str(body);
            out.push_str("<br />\n");
        }
        out.push_str("</p>\n");
    }

    /// A source block with its result.
    fn source(&mut self, element: &Element<'a>, source: &Source, out: &mut String) {
        let shown = self.exports.block_at(element.span.start);
        if shown.code {
            self.listing(element, source, shown.noweb, out);
        }
        if let Some(live) = self.results.of_block(element.span.start).filter(|live| shown.result && live.last) {
            out.push_str(&self.result(&live.component));
        }
    }

    fn listing(&mut self, element: &Element<'a>, source: &Source, noweb: Noweb, out: &mut String) {
        let lang = source.lang.of(self.doc.text);
        let switches = switches(self.doc, element).unwrap_or(Switches::read(""));
        let mut own = self.asked(element);
        if own.take("textarea").is_some() {
            return self.textarea(element, &switches, &own, out);
        }
        let id = self.named_id(element);
        if lang.is_empty() {
            out.push_str("<pre class=\"example\"");
        } else {
            out.push_str("<div class=\"org-src-container\">\n");
            let open = "<label class=\"org-src-name\"><span class=\"listing-number\">";
            if self.captioned(element, Phrase::Listing, open, " </span>", out) {
                out.push_str("</label>");
            }
            out.push_str("<pre class=\"src src-");
            push_attribute(out, lang);
            out.push('"');
        }
        if let Some(id) = id {
            out.push_str(" id=\"");
            push_attribute(out, &id);
            out.push('"');
        }
        out.push_str(if lang.is_empty() { ">\n" } else { ">" });
        let lines = match noweb {
            Noweb::Keep => code_of(self.doc, element, &switches),
            Noweb::Expand | Noweb::Strip => self.woven(source, noweb),
        };
        write_code(&lines, &switches, self.references.lines.before(element), &mut self.targets, out);
        out.push_str(if lang.is_empty() { "</pre>\n" } else { "</pre>\n</div>\n" });
    }
}

fn write_lines(lines: &[std::borrow::Cow<str>], out: &mut String) {
    for line in lines {
        push_text(out, line);
        out.push('\n');
    }
}
