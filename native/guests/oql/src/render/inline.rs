//! Objects → HTML.

use super::Html;
use super::entities::entity;
use super::escape::{class, escape, legal, typography};
use super::settings::{Latex, Scripts};
use crate::syntax::objects::{Citation, LinkForm, Object, ObjectKind, objects_of};
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
        for object in objects {
            self.object(object, out);
        }
    }

    fn wrap(&mut self, tag: &str, mark: char, inner: &[Object], out: &mut String) {
        if !self.settings.emphasis {
            out.push(mark);
            self.objects(inner, out);
            out.push(mark);
            return;
        }
        let name = tag.split(' ').next().unwrap_or(tag);
        out.push_str(&format!("<{tag}>"));
        self.objects(inner, out);
        out.push_str(&format!("</{name}>"));
    }

    fn object(&mut self, object: &Object, out: &mut String) {
        match &object.kind {
            ObjectKind::Text(text) => self.text(text, out),
            ObjectKind::Bold(inner) => self.wrap("b", '*', inner, out),
            ObjectKind::Italic(inner) => self.wrap("i", '/', inner, out),
            ObjectKind::Strike(inner) => self.wrap("del", '+', inner, out),
            ObjectKind::Underline(inner) => {
                self.wrap("span class=\"underline\"", '_', inner, out);
            }
            ObjectKind::Verbatim(text) | ObjectKind::Code(text) => {
                out.push_str(&format!("<code>{}</code>", escape(text)));
            }
            ObjectKind::Link(link) => match link.form {
                LinkForm::Plain | LinkForm::Angle => self.bare_url(link.path, out),
                _ => self.link(link.path, link.description.as_deref(), out),
            },
            ObjectKind::Footnote(label, definition) => {
                self.footnote(label, definition.as_deref(), object.span.start, out);
            }
            ObjectKind::Timestamp(stamp) => {
                if !self.lone_stamps || !self.hides(stamp) {
                    self.timestamp(stamp, out);
                }
            }
            ObjectKind::Entity(name) => self.entity(name, out),
            ObjectKind::Latex(text) => match self.settings.latex {
                Latex::All => out.push_str(&escape(&latex(text))),
                Latex::Verbatim => self.text(text, out),
                Latex::None => {}
            },
            ObjectKind::Snippet(backend, value) => {
                if self.options.allow_html && backend.eq_ignore_ascii_case("html") {
                    out.push_str(&legal(value));
                }
            }
            ObjectKind::Target(name) => {
                if let Some(id) = self.targets.claim(name) {
                    out.push_str(&format!("<a id=\"{}\"></a>", escape(&id)));
                }
            }
            ObjectKind::Radio(inner) => {
                let mut text = String::new();
                self.objects(inner, &mut text);
                match self.targets.claim(&super::targets::words(inner)) {
                    Some(id) => out.push_str(&format!("<a id=\"{}\">{text}</a>", escape(&id))),
                    None => out.push_str(&text),
                }
            }
            ObjectKind::Cookie(text) => {
                if self.settings.cookies {
                    out.push_str(&format!("<code>{}</code>", escape(text)));
                }
            }
            ObjectKind::Macro(name, args) => {
                // What could be replaced was so in the text.
                out.push_str("<span class=\"note\">Not expanded: {{{");
                out.push_str(&escape(name));
                if !args.is_empty() {
                    out.push_str(&escape(&format!("({args})")));
                }
                out.push_str("}}}</span>");
            }
            ObjectKind::InlineSource(source) => {
                let (lang, code) = (class(source.lang), escape(source.code));
                out.push_str(&format!("<code class=\"src src-{lang}\" data-lang=\"{lang}\">{code}</code>"));
            }
            ObjectKind::InlineCall(_) => {}
            ObjectKind::Citation(citation) => self.citation(citation, out),
            ObjectKind::Subscript(inner, braced) => {
                self.script("sub", '_', inner, *braced, out);
            }
            ObjectKind::Superscript(inner, braced) => {
                self.script("sup", '^', inner, *braced, out);
            }
            ObjectKind::LineBreak => out.push_str("<br />\n"),
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
            out.push_str(&escape(reference.key));
            self.objects(&reference.suffix, out);
        }
        self.objects(&citation.suffix, out);
        out.push(')');
    }

    fn text(&self, text: &str, out: &mut String) {
        let html = typography(text, self.settings.special);
        match self.settings.breaks {
            true => out.push_str(&html.replace('\n', "<br />\n")),
            false => out.push_str(&html),
        }
    }

    fn script(&mut self, tag: &str, mark: char, inner: &[Object], braced: bool, out: &mut String) {
        let shown = match self.settings.scripts {
            Scripts::All => true,
            Scripts::None => false,
            Scripts::Braced => braced,
        };
        let (open, close) = match (shown, braced) {
            (true, _) => (format!("<{tag}>"), format!("</{tag}>")),
            (false, true) => (format!("{mark}{{"), "}".to_string()),
            (false, false) => (mark.to_string(), String::new()),
        };
        out.push_str(&open);
        self.objects(inner, out);
        out.push_str(&close);
    }

    fn entity(&mut self, name: &str, out: &mut String) {
        if !self.settings.entities {
            return out.push_str(&escape(&format!("\\{name}")));
        }
        let html = match self.entities.get(name) {
            Some(html) => html.clone(),
            None => {
                let html = entity(name);
                self.entities.insert(name.to_string(), html.clone());
                html
            }
        };
        match html {
            Some(html) => out.push_str(&html),
            None => out.push_str(&escape(&format!("\\{name}"))),
        }
    }
}

/// `$x$` and `$$x$$` in the form MathJax reads.
fn latex(text: &str) -> String {
    if let Some(inner) = text.strip_prefix("$$").and_then(|t| t.strip_suffix("$$")) {
        return format!("\\[{inner}\\]");
    }
    match text.strip_prefix('$').and_then(|t| t.strip_suffix('$')) {
        Some(inner) => format!("\\({inner}\\)"),
        None => text.to_string(),
    }
}
