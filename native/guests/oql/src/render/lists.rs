//! Lists.

use super::Html;
use super::attributes::Attributes;
use super::escape::push_attribute;
use crate::digits::number_into;
use crate::syntax::tree::{Check, Element, Item, Kind, List, ListKind};

impl<'r, 'a> Html<'r, 'a> {
    /// A list.
    #[inline(never)]
    pub fn list(&mut self, element: &Element<'a>, list: &List<'a>, out: &mut String) {
        let (name, class) = match list.kind {
            ListKind::Unordered => ("ul", "org-ul"),
            ListKind::Ordered => ("ol", "org-ol"),
            ListKind::Descriptive => ("dl", "org-dl"),
        };
        out.push('<');
        out.push_str(name);
        if element.meta.is_some() {
            self.list_attributes(element, class).write(out);
        } else {
            for part in [" class=\"", class, "\""] {
                out.push_str(part);
            }
        }
        out.push_str(">\n");
        for item in &list.items {
            self.item(item, list, out);
        }
        out.push_str("</");
        out.push_str(name);
        out.push_str(">\n");
    }

    fn list_attributes(&mut self, element: &Element<'a>, class: &str) -> Attributes {
        let mut own = self.asked(element);
        let class = match own.get("class") {
            Some(asked) => format!("{class} {asked}"),
            None => class.to_string(),
        };
        own.set("class", class);
        if let Some(id) = own.take("id").and_then(|id| self.targets.claim(&id)) {
            own.set("id", id);
        }
        own
    }

    fn item(&mut self, item: &Item<'a>, list: &List<'a>, out: &mut String) {
        let kind = list.kind;
        let (state, checkbox) = match item.checkbox {
            Some(Check::On) => (" class=\"on\"", "<code>[X]</code> "),
            Some(Check::Off) => (" class=\"off\"", "<code>[&#xa0;]</code> "),
            Some(Check::Trans) => (" class=\"trans\"", "<code>[-]</code> "),
            None => ("", ""),
        };
        out.push_str(if kind == ListKind::Descriptive { "<dt" } else { "<li" });
        out.push_str(state);
        let close = match kind {
            ListKind::Descriptive => {
                out.push('>');
                out.push_str(checkbox);
                self.term(item, out);
                out.push_str("</dt><dd>");
                "</dd>\n"
            }
            ListKind::Ordered => {
                if let Some(counter) = item.counter {
                    out.push_str(" value=\"");
                    number_into(out, usize::try_from(counter).unwrap_or(usize::MAX));
                    out.push('"');
                }
                out.push('>');
                out.push_str(checkbox);
                "</li>\n"
            }
            ListKind::Unordered => {
                self.item_id(item, out);
                out.push('>');
                out.push_str(checkbox);
                "</li>\n"
            }
        };
        let start = out.len();
        self.contents_of(list.contents(item), out);
        let end = start + out.get(start..).map_or(0, |body| body.trim_end_matches([' ', '\t', '\n', '\r']).len());
        out.truncate(end);
        out.push_str(close);
    }

    fn term(&mut self, item: &Item<'a>, out: &mut String) {
        match (&item.tag, item.counter) {
            (Some(tag), _) => self.text_of(tag, out),
            (None, Some(counter)) => number_into(out, usize::try_from(counter).unwrap_or(usize::MAX)),
            (None, None) => out.push_str("(no term)"),
        }
    }

    /// What would be the term in a list of descriptions, or a number in an
    /// ordered one, is the item's id, as Org has it.
    fn item_id(&mut self, item: &Item<'a>, out: &mut String) {
        let wanted = match (&item.tag, item.counter) {
            (Some(tag), _) => tag.span.of(self.doc.text).to_string(),
            (None, Some(counter)) => counter.to_string(),
            (None, None) => return,
        };
        if let Some(id) = self.targets.claim(&wanted) {
            out.push_str(" id=\"");
            push_attribute(out, &id);
            out.push('"');
        }
    }

    /// A first paragraph stands bare where nothing, or a list alone, follows it.
    fn contents_of(&mut self, contents: &[Element<'a>], out: &mut String) {
        let mut shown = contents.iter().filter(|c| self.is_exported(c));
        let (first, second, third) = (shown.next(), shown.next(), shown.next());
        let followed = third.is_some() || second.is_some_and(|s| !matches!(s.kind, Kind::List(_)));
        match first {
            Some(element @ Element { kind: Kind::Paragraph(text), .. }) if !followed => {
                self.bare_paragraph(element, text, out);
                if let Some(second) = second {
                    out.push('\n');
                    self.elements(std::slice::from_ref(second), out);
                }
            }
            _ => self.elements(contents, out),
        }
    }
}
