//! Objects → HTML.

use std::collections::HashMap;

use super::Html;
use super::entities::entity;
use super::escape::{class, escape, legal, typography};
use super::options::Scripts;
use crate::syntax::document::Document;
use crate::syntax::lines::slice;
use crate::syntax::objects::{Citation, LinkForm, Object, ObjectKind, objects_of};
use crate::syntax::text::Text;

/// `#+MACRO: name text`, and the file's own: title, author, date, email.
pub fn macros(doc: &Document) -> HashMap<String, String> {
    let mut out = HashMap::new();
    for (name, key) in [("title", "TITLE"), ("author", "AUTHOR"), ("date", "DATE"), ("email", "EMAIL")] {
        let value: Vec<&str> = doc.keyword(key).collect();
        out.insert(name.to_string(), value.join(" "));
    }
    for line in doc.keyword("MACRO") {
        let (name, text) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        out.insert(name.to_lowercase(), text.trim().to_string());
    }
    out
}

impl<'r, 'a> Html<'r, 'a> {
    /// A text with its markup.
    pub fn inline(&mut self, text: &str, out: &mut String) {
        self.objects(&objects_of(text), true, out);
    }

    /// A text of the document with its markup.
    pub fn text_of(&mut self, text: &Text<'a>, out: &mut String) {
        let doc = self.doc;
        self.objects(doc.objects(text), true, out);
    }

    /// A text with its markup but without links, footnotes and targets.
    pub fn plain_inline(&mut self, text: &str, out: &mut String) {
        let kept: Vec<Object> = unlinked(objects_of(text));
        self.objects(&kept, true, out);
    }

    /// Objects in a row; `macros` are only expanded outside of macros.
    pub fn objects(&mut self, objects: &[Object], macros: bool, out: &mut String) {
        for object in objects {
            self.object(object, macros, out);
        }
    }

    fn wrap(&mut self, tag: &str, mark: char, inner: &[Object], macros: bool, out: &mut String) {
        if !self.settings.emphasis {
            out.push(mark);
            self.objects(inner, macros, out);
            out.push(mark);
            return;
        }
        let name = tag.split(' ').next().unwrap_or(tag);
        out.push_str(&format!("<{tag}>"));
        self.objects(inner, macros, out);
        out.push_str(&format!("</{name}>"));
    }

    fn object(&mut self, object: &Object, macros: bool, out: &mut String) {
        match &object.kind {
            ObjectKind::Text(text) => self.text(text, out),
            ObjectKind::Bold(inner) => self.wrap("b", '*', inner, macros, out),
            ObjectKind::Italic(inner) => self.wrap("i", '/', inner, macros, out),
            ObjectKind::Strike(inner) => self.wrap("del", '+', inner, macros, out),
            ObjectKind::Underline(inner) => {
                self.wrap("span class=\"underline\"", '_', inner, macros, out);
            }
            ObjectKind::Verbatim(text) | ObjectKind::Code(text) => {
                out.push_str(&format!("<code>{}</code>", escape(text)));
            }
            ObjectKind::Link(link) => match link.form {
                LinkForm::Plain | LinkForm::Angle => self.bare_url(link.path, out),
                _ => self.link(link.path, link.description.as_deref(), macros, out),
            },
            ObjectKind::Footnote(label, definition) => {
                if self.settings.footnotes {
                    let inline = definition.as_ref().map(|objects| {
                        |html: &mut Self| {
                            let mut text = String::new();
                            html.objects(objects, macros, &mut text);
                            text
                        }
                    });
                    self.footnote(label, inline, out);
                }
            }
            ObjectKind::Timestamp(stamp) => {
                if self.settings.timestamps {
                    out.push_str(&super::timestamps::html(stamp));
                }
            }
            ObjectKind::Entity(name) => self.entity(name, out),
            ObjectKind::Latex(text) => out.push_str(&escape(&latex(text))),
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
                self.objects(inner, macros, &mut text);
                match self.targets.claim(&words(inner)) {
                    Some(id) => out.push_str(&format!("<a id=\"{}\">{text}</a>", escape(&id))),
                    None => out.push_str(&text),
                }
            }
            ObjectKind::Cookie(text) => {
                if self.settings.cookies {
                    out.push_str(&format!("<code>{}</code>", escape(text)));
                }
            }
            ObjectKind::Macro(name, args) => self.call(name, args, macros, out),
            ObjectKind::InlineSource(source) => {
                let (lang, code) = (class(source.lang), escape(source.code));
                out.push_str(&format!("<code class=\"src src-{lang}\" data-lang=\"{lang}\">{code}</code>"));
            }
            ObjectKind::InlineCall(_) => {}
            ObjectKind::Citation(citation) => self.citation(citation, macros, out),
            ObjectKind::Subscript(inner, braced) => {
                self.script("sub", '_', inner, *braced, macros, out);
            }
            ObjectKind::Superscript(inner, braced) => {
                self.script("sup", '^', inner, *braced, macros, out);
            }
            ObjectKind::LineBreak => out.push_str("<br />\n"),
        }
    }

    /// Keys and what stands around them, in parentheses.
    fn citation(&mut self, citation: &Citation, macros: bool, out: &mut String) {
        out.push('(');
        self.objects(&citation.prefix, macros, out);
        for (i, reference) in citation.references.iter().enumerate() {
            if i > 0 {
                out.push_str("; ");
            }
            self.objects(&reference.prefix, macros, out);
            out.push_str(&escape(reference.key));
            self.objects(&reference.suffix, macros, out);
        }
        self.objects(&citation.suffix, macros, out);
        out.push(')');
    }

    fn text(&self, text: &str, out: &mut String) {
        let html = typography(text, self.settings.special);
        match self.settings.breaks {
            true => out.push_str(&html.replace('\n', "<br />\n")),
            false => out.push_str(&html),
        }
    }

    fn script(&mut self, tag: &str, mark: char, inner: &[Object], braced: bool, macros: bool, out: &mut String) {
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
        self.objects(inner, macros, out);
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

    fn call(&mut self, name: &str, args: &str, macros: bool, out: &mut String) {
        let Some(template) = self.macros.get(&name.to_lowercase()).filter(|_| macros) else {
            return;
        };
        let cost = template.len() * (1 + template.matches('$').count()) + args.len() + 16;
        let Some(left) = self.macro_budget.checked_sub(cost) else {
            return;
        };
        self.macro_budget = left;
        let text = fill(template, args);
        let parsed = objects_of(&text);
        self.objects(&parsed, false, out);
    }
}

/// `$1` … `$9` replaced by the arguments, `$0` by all of them.
fn fill(template: &str, args: &str) -> String {
    let list: Vec<String> = args.replace("\\,", "\u{0}").split(',').map(|a| a.trim().replace('\u{0}', ",")).collect();
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(slice(rest, 0, at));
        let digit = rest.as_bytes().get(at + 1).copied().filter(u8::is_ascii_digit);
        match digit {
            Some(b'0') => out.push_str(args),
            Some(d) => {
                let index = usize::from(d - b'1');
                out.push_str(list.get(index).map_or("", String::as_str));
            }
            None => out.push('$'),
        }
        rest = slice(rest, at + 1 + usize::from(digit.is_some()), rest.len());
    }
    out.push_str(rest);
    out
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

/// The plain words among these objects.
fn words(inner: &[Object]) -> String {
    let words = inner.iter().filter_map(|o| match &o.kind {
        ObjectKind::Text(t) => Some(*t),
        _ => None,
    });
    words.collect()
}

fn unlinked(objects: Vec<Object<'_>>) -> Vec<Object<'_>> {
    let mut out = Vec::new();
    for Object { kind, span } in objects {
        let kind = match kind {
            ObjectKind::Link(link) => match link.description {
                Some(inner) => {
                    out.extend(unlinked(inner));
                    continue;
                }
                None => ObjectKind::Text(link.path),
            },
            ObjectKind::Radio(inner) => {
                out.extend(unlinked(inner));
                continue;
            }
            ObjectKind::Footnote(..) | ObjectKind::Target(_) => continue,
            ObjectKind::Bold(inner) => ObjectKind::Bold(unlinked(inner)),
            ObjectKind::Italic(inner) => ObjectKind::Italic(unlinked(inner)),
            ObjectKind::Underline(inner) => ObjectKind::Underline(unlinked(inner)),
            ObjectKind::Strike(inner) => ObjectKind::Strike(unlinked(inner)),
            other => other,
        };
        out.push(Object { kind, span });
    }
    out
}
