//! Code, examples, verse: what keeps its lines.

use super::Html;
use super::attributes::Attributes;
use super::code::{code_of, switches, write_code};
use super::escape::{push_attribute, push_text};
use super::exports::Weave;
use super::indentation::dedented;
use super::translations::Phrase;
use crate::syntax::lines::Span;
use crate::syntax::switches::Switches;
use crate::syntax::text::Text;
use crate::syntax::tree::{Element, Source};

impl<'r, 'a> Html<'r, 'a> {
    /// `#+begin_example`
    #[inline(never)]
    pub fn example(&mut self, element: &Element<'a>, out: &mut String) {
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

    /// `: …`
    #[inline(never)]
    pub fn fixed(&mut self, lines: &[Span], out: &mut String) {
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

    /// `#+begin_verse`
    #[inline(never)]
    pub fn verse(&mut self, text: &Text<'a>, out: &mut String) {
        let doc = self.doc;
        let mut html = String::new();
        self.ended_objects(doc.objects(text), &mut html);
        out.push_str("<p class=\"verse\">\n");
        let lines = html.split('\n').filter(|_| !html.is_empty()).map(Into::into);
        for line in dedented(lines.collect()) {
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
    #[inline(never)]
    pub fn source(&mut self, element: &Element<'a>, source: &Source, out: &mut String) {
        let shown = self.exports.block_at(element.span.start);
        if shown.code {
            self.listing(element, source, shown.noweb, out);
        }
        if let Some(live) = self.results.of_block(element.span.start).filter(|live| shown.result && live.last) {
            out.push_str(&self.result(&live.component));
        }
    }

    fn listing(&mut self, element: &Element<'a>, source: &Source, noweb: Weave, out: &mut String) {
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
            Weave::Keep => code_of(self.doc, element, &switches),
            Weave::Expand | Weave::Strip => self.woven(source, noweb),
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
