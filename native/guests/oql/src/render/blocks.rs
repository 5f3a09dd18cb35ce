//! Elements → HTML.

use super::Html;
use super::attributes::Attributes;
use super::escape::{legal, push_plain};
use super::indentation::{dedented, unescaped};
use super::settings::Latex;
use crate::syntax::lines::{Span, slice};
use crate::syntax::text::Text;
use crate::syntax::tree::{Element, Kind};

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

    // What writes a kind is not inlined: its loops would keep everything on the stack.
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

    #[inline(never)]
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

    #[inline(never)]
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
}
