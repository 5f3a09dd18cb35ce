//! LaTeX, in the form that MathJax and KaTeX read.

use super::Html;
use super::escape::push_text;
use super::indentation::{dedented, lines_of, unescaped};
use crate::syntax::lines::Span;
use crate::syntax::tree::Element;

/// Environments that are mathematics, with a star or without.
const MATH: [&str; 16] = [
    "align",
    "alignat",
    "darray",
    "dgroup",
    "displaymath",
    "dmath",
    "dseries",
    "empheq",
    "eqnarray",
    "equation",
    "flalign",
    "gather",
    "math",
    "multline",
    "subequations",
    "xalignat",
];

/// Whether an environment is mathematics.
pub fn is_math(source: &str) -> bool {
    let name = source.trim_start_matches([' ', '\t']).strip_prefix("\\begin{").and_then(|s| s.split('}').next());
    name.map(|n| n.strip_suffix('*').unwrap_or(n)).is_some_and(|n| n == "xxalignat" || MATH.contains(&n))
}

/// Writes a fragment; `$x$` and `$$x$$` in the form that MathJax reads.
pub fn fragment(text: &str, out: &mut String) {
    let double = text.strip_prefix("$$").and_then(|t| t.strip_suffix("$$"));
    let single = || text.strip_prefix('$').and_then(|t| t.strip_suffix('$'));
    match (double, single()) {
        (Some(inner), _) => {
            out.push_str("\\[");
            push_text(out, inner);
            out.push_str("\\]");
        }
        (None, Some(inner)) => {
            out.push_str("\\(");
            push_text(out, inner);
            out.push_str("\\)");
        }
        (None, None) => push_text(out, text),
    }
}

impl<'r, 'a> Html<'r, 'a> {
    /// `\begin{x} … \end{x}`, with its name as a label for MathJax.
    pub fn environment(&mut self, element: &Element<'a>, span: Span, out: &mut String) {
        let lines = unescaped(self.doc.text, lines_of(self.doc, span));
        let mut label = self.named_id(element);
        for line in dedented(lines) {
            push_text(out, &line);
            out.push('\n');
            if let Some(id) = label.take() {
                out.push_str("\\label{");
                push_text(out, &id);
                out.push_str("}\n");
            }
        }
    }
}
