//! The outline: sections in sections, then list items.

use super::Html;
use super::escape::{push_attribute, typography};
use super::outline::Shown;
use super::settings::Tags;
use crate::digits::number_into;
use crate::syntax::headings::Heading;
use crate::syntax::objects::Place;
use crate::syntax::text::Text;
use crate::syntax::tree::{Element, Kind};

/// Elements that may hold a section.
const CONTAINERS: [&str; 9] = ["div", "section", "article", "aside", "main", "header", "footer", "nav", "details"];

enum Open {
    Section(&'static str),
    Item(&'static str),
}

/// A class from a state or tag: what is no ASCII letter or digit becomes `_`.
fn class_into(out: &mut String, name: &str) {
    out.extend(name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }));
}

impl<'r, 'a> Html<'r, 'a> {
    /// The whole document.
    pub fn document(&mut self, out: &mut String) {
        if self.settings.toc != super::options::Depth::Off {
            self.contents(None, self.settings.toc, out);
        }
        let doc = self.doc;
        if !self.outline.headless {
            self.elements(&doc.preamble, out);
        }
        let mut open: Vec<(usize, Open)> = Vec::new();
        for at in 0..self.outline.shown.len() {
            let Some(shown) = self.outline.shown.get(at).copied() else { break };
            let list = self.close(&mut open, shown.level, out);
            self.heading(at, shown, &mut open, list, out);
        }
        self.close(&mut open, 0, out);
    }

    /// `#+TITLE:`, several lines as one.
    pub fn page_title(&mut self, out: &mut String) {
        let doc = self.doc;
        let titles = doc.keywords.iter().filter(|(_, keyword)| *keyword.key == *"TITLE");
        let mut between = "<h1 class=\"title\">";
        for (_, keyword) in titles {
            out.push_str(between);
            self.text_of(&Text::new(keyword.value, Place::Keyword), out);
            between = " ";
        }
        if between == " " {
            out.push_str("</h1>\n");
        }
    }

    /// Closes what is as deep as `level`; tells which list stays open for an item there.
    fn close(&self, open: &mut Vec<(usize, Open)>, level: usize, out: &mut String) -> Option<&'static str> {
        while open.last().is_some_and(|(l, _)| *l >= level) {
            match open.pop() {
                Some((_, Open::Section(container))) => {
                    for part in ["</", container, ">\n"] {
                        out.push_str(part);
                    }
                }
                Some((l, Open::Item(list))) => {
                    out.push_str("</li>\n");
                    if l == level && l > self.settings.levels {
                        return Some(list);
                    }
                    for part in ["</", list, ">\n"] {
                        out.push_str(part);
                    }
                }
                None => {}
            }
        }
        None
    }

    /// The heading that stands at `at` among those shown.
    fn heading(
        &mut self,
        at: usize,
        shown: Shown,
        open: &mut Vec<(usize, Open)>,
        list: Option<&'static str>,
        out: &mut String,
    ) {
        let doc = self.doc;
        let Some(heading) = doc.headings.get(shown.index) else {
            return;
        };
        if shown.level > self.settings.levels {
            let list = list.unwrap_or_else(|| {
                let list = if shown.numbered { "ol" } else { "ul" };
                for part in ["<", list, " class=\"org-", list, "\">\n"] {
                    out.push_str(part);
                }
                list
            });
            out.push_str("<li><a id=\"");
            self.id_into("", shown.index, out);
            out.push_str("\"></a>");
            self.title(heading, self.settings.tags != Tags::None, out);
            out.push_str("<br />\n");
            if !shown.bare && self.has_section(shown.index) {
                self.section(&shown, heading, out);
            }
            open.push((shown.level, Open::Item(list)));
            return;
        }
        let container = self.outer_element(&shown, heading);
        let n = shown.level + 1;
        out.push('<');
        out.push_str(container);
        self.id_attribute("outline-container-", shown.index, out);
        out.push_str(" class=\"outline-");
        number_into(out, n);
        if let Some(class) = heading.property("HTML_CONTAINER_CLASS") {
            out.push(' ');
            push_attribute(out, class);
        }
        // HTML has no deeper ones than `<h6>`.
        let h = n.min(6);
        out.push_str("\">\n<h");
        number_into(out, h);
        out.push_str(" id=\"");
        self.id_into("", shown.index, out);
        out.push('"');
        if let Some(class) = heading.property("HTML_HEADLINE_CLASS") {
            out.push_str(" class=\"");
            push_attribute(out, class);
            out.push('"');
        }
        out.push('>');
        if shown.numbered {
            out.push_str("<span class=\"section-number-");
            number_into(out, n);
            out.push_str("\">");
            self.section_number(&shown, out);
            out.push_str("</span> ");
        }
        self.title(heading, self.settings.tags != Tags::None, out);
        out.push_str("</h");
        number_into(out, h);
        out.push_str(">\n");
        // One without anything of its own has a section where headings stand below it.
        if !shown.bare && (self.has_section(shown.index) || self.outline.has_below(doc, at)) {
            self.section(&shown, heading, out);
        }
        open.push((shown.level, Open::Section(container)));
    }

    /// `1.2.`
    pub fn section_number(&self, shown: &Shown, out: &mut String) {
        for part in self.outline.number(shown) {
            number_into(out, *part);
            out.push('.');
        }
    }

    fn id_into(&self, prefix: &str, heading: usize, out: &mut String) {
        out.push_str(prefix);
        push_attribute(out, self.targets.heading_id(heading));
    }

    /// ` id="…"` for a part of a heading's section; nothing where that is another heading's id.
    fn id_attribute(&self, prefix: &str, heading: usize, out: &mut String) {
        if self.targets.is_free(prefix, heading) {
            out.push_str(" id=\"");
            self.id_into(prefix, heading, out);
            out.push('"');
        }
    }

    /// What holds a heading's section: what it or, for those of the first level,
    /// the document asks for, where that is something that can hold any section.
    fn outer_element(&self, shown: &Shown, heading: &Heading) -> &'static str {
        let file = || Some(self.settings.container.as_str()).filter(|_| shown.level == 1);
        let asked = heading.property("HTML_CONTAINER").or_else(file).unwrap_or("div");
        CONTAINERS.into_iter().find(|c| c.eq_ignore_ascii_case(asked)).unwrap_or("div")
    }

    /// State, priority, title, tags.
    pub fn title(&mut self, heading: &Heading<'a>, tags: bool, out: &mut String) {
        self.before_title(heading, out);
        self.text_of(&heading.text, out);
        if tags {
            self.behind_title(heading, out);
        }
    }

    /// State and priority.
    pub fn before_title(&self, heading: &Heading, out: &mut String) {
        if let Some(todo) = heading.todo.filter(|_| self.settings.todo) {
            out.push_str(if heading.done { "<span class=\"done " } else { "<span class=\"todo " });
            class_into(out, todo);
            out.push_str("\">");
            out.push_str(&typography(todo, self.settings.special));
            out.push_str("</span> ");
        }
        if let Some(priority) = heading.priority.filter(|_| self.settings.priority) {
            out.push_str("<span class=\"priority\">[");
            push_attribute(out, priority);
            out.push_str("]</span> ");
        }
    }

    /// Tags.
    pub fn behind_title(&self, heading: &Heading, out: &mut String) {
        for (i, tag) in heading.tags.iter().enumerate() {
            out.push_str(match i {
                0 => "&#xa0;&#xa0;&#xa0;<span class=\"tag\"><span class=\"",
                _ => "&#xa0;<span class=\"",
            });
            class_into(out, tag);
            out.push_str("\">");
            push_attribute(out, tag);
            out.push_str("</span>");
        }
        if !heading.tags.is_empty() {
            out.push_str("</span>");
        }
    }

    /// Whether anything at all stands below the heading's line besides what
    /// Babel takes out of the text.
    fn has_section(&self, index: usize) -> bool {
        let doc = self.doc;
        let Some(heading) = doc.headings.get(index) else { return false };
        let elements = doc.section_of(index);
        let gone = |element: &Element<'a>| match &element.kind {
            Kind::Source(_) | Kind::Call(_) => !self.is_exported(element),
            _ => self.exports.drops(element),
        };
        if heading.body.start == heading.line + 1 && !elements.is_empty() {
            return !elements.iter().all(gone);
        }
        let mut lines = doc.lines.range(heading.line + 1..heading.body.end).iter();
        lines.any(|line| !line.of(doc.text).trim().is_empty())
    }

    fn section(&mut self, shown: &Shown, heading: &Heading<'a>, out: &mut String) {
        out.push_str("<div class=\"outline-text-");
        number_into(out, shown.level + 1);
        out.push('"');
        self.id_attribute("text-", shown.index, out);
        out.push_str(">\n");
        self.planning(heading, out);
        self.property_drawer(heading.line + 1..heading.body.start, out);
        let doc = self.doc;
        self.elements(doc.section_of(shown.index), out);
        out.push_str("</div>\n");
    }
}
