//! Objects → HTML.

use super::Html;
use super::escape::{Plain, legal, push_attribute, push_plain, push_text};
use super::latex::fragment;
use super::settings::{Latex, Scripts};
use crate::header_args::HeaderArgs;
use crate::syntax::entities::{blanks, entity};
use crate::syntax::objects::{Citation, InlineCode, Object, ObjectKind, objects_of};
use crate::syntax::text::Text;

impl<'r, 'a> Html<'r, 'a> {
    /// A text with its markup.
    pub fn inline(&mut self, text: &str, out: &mut String) {
        self.objects(&objects_of(text), out);
    }

    /// A text of the document with its markup.
    pub fn text_of(&mut self, text: &Text<'a>, out: &mut String) {
        let doc = self.doc;
        self.objects(doc.objects(text), out);
    }

    /// Objects in a row.
    pub fn objects(&mut self, objects: &[Object], out: &mut String) {
        self.row(objects, false, out);
    }

    /// Objects in a row, behind the last of which a line ends.
    pub fn ended_objects(&mut self, objects: &[Object], out: &mut String) {
        self.row(objects, true, out);
        if self.settings.breaks {
            out.push_str("<br />");
        }
    }

    fn row(&mut self, objects: &[Object], ends_line: bool, out: &mut String) {
        match self.settings.quotes {
            true => self.quoted(objects, ends_line, out),
            false => self.plainly(objects, ends_line, out),
        }
    }

    /// Objects in a row, quotes as they were typed.
    pub fn plainly(&mut self, objects: &[Object], ends_line: bool, out: &mut String) {
        let last = objects.len().saturating_sub(1);
        for (i, object) in objects.iter().enumerate() {
            self.in_row(object, objects.get(i + 1), ends_line && i == last, out);
        }
    }

    /// An object and what follows it in its row.
    pub fn in_row(&mut self, object: &Object, next: Option<&Object>, ends_line: bool, out: &mut String) {
        match (&object.kind, next.map(|o| &o.kind)) {
            (ObjectKind::Timestamp(stamp), Some(ObjectKind::Text(text))) => {
                self.timestamp(stamp, text.starts_with([' ', '\t']), out);
            }
            _ => self.object(object, ends_line, out),
        }
    }

    fn wrap(&mut self, open: &str, close: &str, mark: char, inner: &[Object], out: &mut String) {
        if !self.settings.emphasis {
            out.push(mark);
            self.objects(inner, out);
            out.push(mark);
            return;
        }
        out.push_str(open);
        self.objects(inner, out);
        out.push_str(close);
    }

    /// An object; whether a line ends behind it.
    pub fn object(&mut self, object: &Object, ends_line: bool, out: &mut String) {
        match &object.kind {
            ObjectKind::Text(text) => push_plain(out, text, self.plain(ends_line)),
            ObjectKind::Bold(inner) => self.wrap("<b>", "</b>", '*', inner, out),
            ObjectKind::Italic(inner) => self.wrap("<i>", "</i>", '/', inner, out),
            ObjectKind::Strike(inner) => self.wrap("<del>", "</del>", '+', inner, out),
            ObjectKind::Underline(inner) => self.wrap("<span class=\"underline\">", "</span>", '_', inner, out),
            ObjectKind::Verbatim(text) | ObjectKind::Code(text) => {
                out.push_str("<code>");
                push_text(out, text);
                out.push_str("</code>");
            }
            ObjectKind::Link(link) => self.link(link, out),
            ObjectKind::Footnote(note) => {
                let (label, definition) = (note.label, &note.definition);
                self.footnote(label, definition.as_deref(), object.span.start, out);
            }
            ObjectKind::Timestamp(stamp) => self.timestamp(stamp, false, out),
            ObjectKind::Entity(name) => self.entity(object, name, ends_line, out),
            ObjectKind::Latex(text) => match self.settings.latex {
                Latex::All => fragment(text, out),
                Latex::Verbatim => push_plain(out, text, self.plain(ends_line)),
                Latex::None => {}
            },
            ObjectKind::Snippet(snippet) => {
                let (backend, value) = (snippet.backend, snippet.value);
                if self.options.allow_html && backend == "html" {
                    out.push_str(&legal(value));
                }
            }
            ObjectKind::Target(name) => {
                if let Some(id) = self.targets.claim(name) {
                    anchor(&id, out);
                    out.push_str("</a>");
                }
            }
            ObjectKind::Radio(inner) => {
                let id = self.targets.claim(&super::names::words(inner));
                if let Some(id) = &id {
                    anchor(id, out);
                }
                self.objects(inner, out);
                if id.is_some() {
                    out.push_str("</a>");
                }
            }
            ObjectKind::Cookie(text) => {
                if self.settings.cookies {
                    out.push_str("<code>");
                    push_text(out, text);
                    out.push_str("</code>");
                }
            }
            ObjectKind::Macro(call) => self.macro_left(call.name, call.arguments, out),
            ObjectKind::InlineSource(source) => self.inline_source(object, source, out),
            ObjectKind::InlineCall(_) => {}
            ObjectKind::Citation(citation) => self.citation(citation, out),
            ObjectKind::Subscript(inner, braced) => {
                self.script(["<sub>", "</sub>"], '_', inner, *braced, out);
            }
            ObjectKind::Superscript(inner, braced) => {
                self.script(["<sup>", "</sup>"], '^', inner, *braced, out);
            }
            ObjectKind::LineBreak => {
                out.push_str("<br />");
                if object.span.of(self.doc.text).ends_with('\n') {
                    out.push('\n');
                }
            }
        }
    }

    /// Keys and what stands around them, in parentheses.
    fn citation(&mut self, citation: &Citation, out: &mut String) {
        out.push('(');
        self.objects(&citation.prefix, out);
        for (i, reference) in citation.references.iter().enumerate() {
            if i > 0 {
                out.push_str("; ");
            }
            self.objects(&reference.prefix, out);
            push_text(out, reference.key);
            self.objects(&reference.suffix, out);
        }
        self.objects(&citation.suffix, out);
        out.push(')');
    }

    /// How plain text is written.
    pub fn plain(&self, ends_line: bool) -> Plain {
        Plain { special: self.settings.special, breaks: self.settings.breaks, ends_line }
    }

    fn script(&mut self, tag: [&str; 2], mark: char, inner: &[Object], braced: bool, out: &mut String) {
        let [open, close] = tag;
        let shown = match self.settings.scripts {
            Scripts::All => true,
            Scripts::None => false,
            Scripts::Braced => braced,
        };
        if shown {
            out.push_str(open);
            self.objects(inner, out);
            return out.push_str(close);
        }
        out.push(mark);
        if braced {
            out.push('{');
        }
        self.objects(inner, out);
        if braced {
            out.push('}');
        }
    }

    fn entity(&mut self, object: &Object, name: &str, ends_line: bool, out: &mut String) {
        if self.settings.entities {
            if let Some(count) = blanks(name) {
                return out.extend(std::iter::repeat_n('\u{2002}', count));
            }
            if let Some(text) = entity(name) {
                return push_text(out, text);
            }
        }
        out.push('\\');
        push_plain(out, name, self.plain(ends_line));
        if object.span.of(self.doc.text).ends_with("{}") {
            out.push_str("{}");
        }
    }

    /// A macro that could not be replaced in the text; the result of inline
    /// code is written as one.
    fn macro_left(&mut self, name: &str, args: &str, out: &mut String) {
        if name.eq_ignore_ascii_case("results") {
            return self.inline(args, out);
        }
        out.push_str("<span class=\"note\">Not expanded: {{{");
        push_text(out, name);
        if !args.is_empty() {
            out.push('(');
            push_text(out, args);
            out.push(')');
        }
        out.push_str("}}}</span>");
    }

    /// `src_lang[args]{code}`: Babel puts its result in its place, and there is
    /// none but where the document says to show the code.
    fn inline_source(&mut self, object: &Object, source: &InlineCode, out: &mut String) {
        let heading = self.doc.heading_at(object.span.start);
        // Arguments of a text that stands nowhere are as good as none.
        let args = HeaderArgs::inline(self.scopes, heading, source.lang, source.args);
        if !matches!(args.exports(), Some("code" | "both")) {
            return;
        }
        out.push_str("<code class=\"src src-");
        push_attribute(out, source.lang);
        out.push_str("\">");
        for (i, line) in source.code.split('\n').enumerate() {
            if i > 0 {
                out.push(' ');
            }
            push_text(out, if i > 0 { line.trim_start_matches([' ', '\t']) } else { line });
        }
        out.push_str("</code>");
    }
}

/// Writes the start of an anchor.
fn anchor(id: &str, out: &mut String) {
    out.push_str("<a id=\"");
    push_attribute(out, id);
    out.push_str("\">");
}
