//! What a task says of itself: planning, properties, clocks, drawers; inline tasks.

use super::Html;
use super::escape::push_attribute;
use super::outline::left_out;
use super::settings::Names;
use super::timestamps;
use crate::syntax::headings::Heading;
use crate::syntax::lines::Span;
use crate::syntax::timestamp::timestamp_len;
use crate::syntax::tree::Element;

/// What a planning line says, in the order of the page.
const KEYS: [&str; 3] = ["CLOSED:", "DEADLINE:", "SCHEDULED:"];

impl<'r, 'a> Html<'r, 'a> {
    /// `CLOSED:`, `DEADLINE:`, `SCHEDULED:`, where they are wanted.
    pub fn planning(&self, heading: &Heading, out: &mut String) {
        if !self.settings.planning {
            return;
        }
        let line = self.doc.lines.get(heading.line + 1).of(self.doc.text).trim_start();
        let plans = |key: &str| line.get(..key.len()).is_some_and(|k| k.eq_ignore_ascii_case(key));
        if !KEYS.iter().any(|key| plans(key)) {
            return;
        }
        out.push_str("<p><span class=\"timestamp-wrapper\">");
        let stamps = [heading.closed, heading.deadline, heading.scheduled];
        let mut between = "";
        for (key, stamp) in KEYS.iter().zip(stamps) {
            let Some(stamp) = stamp else { continue };
            for part in [between, "<span class=\"timestamp-kwd\">", key, "</span> <span class=\"timestamp\">"] {
                out.push_str(part);
            }
            self.planned(stamp, out);
            out.push_str("</span>");
            between = " ";
        }
        out.push_str("</span></p>\n");
    }

    /// The properties among these lines, where they are wanted.
    pub fn property_drawer(&self, lines: std::ops::Range<usize>, out: &mut String) {
        if self.settings.properties == Names::None {
            return;
        }
        let doc = self.doc;
        let mut open = false;
        for line in doc.lines.range(lines) {
            let Some((key, value)) = node_property(line.of(doc.text)) else { continue };
            if !self.settings.properties.show(key) {
                continue;
            }
            if !open {
                out.push_str("<pre class=\"example\">\n");
                open = true;
            }
            push_attribute(out, key);
            out.push_str(": ");
            push_attribute(out, value);
            out.push('\n');
        }
        if open {
            out.push_str("</pre>\n");
        }
    }

    /// `CLOCK: [from]--[to] =>  1:00`, where it is wanted.
    #[inline(never)]
    pub fn clock(&self, span: Span, out: &mut String) {
        let line = span.of(self.doc.text).trim();
        let Some(value) = line.get("CLOCK:".len()..).filter(|_| self.settings.clocks) else {
            return;
        };
        let value = value.trim_start();
        out.push_str("<p>\n<span class=\"timestamp-wrapper\">\n<span class=\"timestamp-kwd\">CLOCK:</span> ");
        out.push_str("<span class=\"timestamp\">");
        // Org finds the stamps of a clock by the word in capitals.
        let len = timestamp_len(value).unwrap_or(0);
        let raw = value.get(..len).filter(|_| line.starts_with("CLOCK:")).unwrap_or("");
        push_attribute(out, &timestamps::canonical(raw));
        let rest = value.get(len..).unwrap_or("");
        if !raw.is_empty() && rest.starts_with([' ', '\t']) {
            out.push(' ');
        }
        out.push_str("</span>");
        let duration = rest.split_once(" => ").map_or("", |(_, d)| d.trim());
        if !duration.is_empty() && !duration.contains([' ', '\t']) {
            out.push_str(" <span class=\"timestamp\">(");
            push_attribute(out, duration);
            out.push_str(")</span>");
        }
        out.push_str("\n</span>\n</p>\n");
    }

    /// A drawer's contents, where drawers of its name are wanted.
    pub fn drawer(&mut self, name: Span, children: &[Element<'a>], out: &mut String) {
        if self.settings.drawers.show(name.of(self.doc.text)) {
            self.elements(children, out);
        }
    }

    /// A heading of fifteen stars or more.
    #[inline(never)]
    pub fn inlinetask(&mut self, heading: &Heading<'a>, children: &[Element<'a>], out: &mut String) {
        if !self.settings.inlinetasks || left_out(heading, self.settings) {
            return;
        }
        out.push_str("<div class=\"inlinetask\">\n<b>");
        self.title(heading, self.settings.tags != super::settings::Tags::None, out);
        out.push_str("</b><br />\n");
        self.planning(heading, out);
        self.property_drawer(heading.line + 1..heading.body.start, out);
        self.elements(children, out);
        out.push_str("</div>\n");
    }
}

/// `:key: value`
fn node_property(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let word = line.split([' ', '\t']).next()?;
    let key = word.strip_prefix(':')?.strip_suffix(':')?;
    let named = |name: &str| key.eq_ignore_ascii_case(name);
    let value = line.get(word.len()..).unwrap_or("").trim();
    (!key.is_empty() && !named("PROPERTIES") && !named("END")).then_some((key, value))
}
