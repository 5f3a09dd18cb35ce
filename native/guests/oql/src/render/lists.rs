//! Lists.

use super::Html;
use crate::syntax::tree::{Check, Element, Item, Kind, List, ListKind};

impl<'r, 'a> Html<'r, 'a> {
    /// A list.
    pub fn list(&mut self, element: &Element<'a>, list: &List<'a>, out: &mut String) {
        let name = match list.kind {
            ListKind::Unordered => "ul",
            ListKind::Ordered => "ol",
            ListKind::Descriptive => "dl",
        };
        let attributes = self.tag(element, &format!("org-{name}"));
        out.push_str(&format!("<{name}{attributes}>\n"));
        for item in &list.items {
            self.item(item, list.kind, out);
        }
        out.push_str(&format!("</{name}>\n"));
    }

    fn item(&mut self, item: &Item<'a>, kind: ListKind, out: &mut String) {
        let state = match item.checkbox {
            Some(Check::On) => " class=\"on\"",
            Some(Check::Off) => " class=\"off\"",
            Some(Check::Trans) => " class=\"trans\"",
            None => "",
        };
        let checkbox = match item.checkbox {
            Some(Check::On) => "<code>[X]</code> ",
            Some(Check::Off) => "<code>[&#xa0;]</code> ",
            Some(Check::Trans) => "<code>[-]</code> ",
            None => "",
        };
        if kind == ListKind::Descriptive {
            out.push_str(&format!("<dt{state}>{checkbox}"));
            match &item.tag {
                Some(tag) => self.text_of(tag, out),
                None => out.push_str("(no term)"),
            }
            out.push_str("</dt><dd>");
            self.contents_of(item, out);
            out.push_str("</dd>\n");
            return;
        }
        let value = match item.counter {
            Some(n) => format!(" value=\"{n}\""),
            None => String::new(),
        };
        out.push_str(&format!("<li{value}{state}>{checkbox}"));
        if let Some(tag) = &item.tag {
            out.push_str("<b>");
            self.text_of(tag, out);
            out.push_str("</b> ");
        }
        self.contents_of(item, out);
        out.push_str("</li>\n");
    }

    /// A first paragraph stands bare unless another one follows.
    fn contents_of(&mut self, item: &Item<'a>, out: &mut String) {
        let bare = item.children.iter().filter(|c| matches!(c.kind, Kind::Paragraph(_))).count() == 1;
        match item.children.split_first() {
            Some((first, rest)) if bare => match &first.kind {
                Kind::Paragraph(text) if self.figure_path(text).is_none() => {
                    self.text_of(text, out);
                    if !rest.is_empty() {
                        out.push('\n');
                        self.elements(rest, out);
                    }
                }
                _ => self.elements(&item.children, out),
            },
            _ => self.elements(&item.children, out),
        }
    }
}
