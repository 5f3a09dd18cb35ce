//! A run's values, placed under the blocks they come from.

use serde_json::{Map, Value};

use super::Html;
use super::escape::escape;
use super::options::{RenderOptions, StepError};
use super::values::value_html;
use crate::components::Model;
use crate::hash::{HashMap, HashSet};
use crate::syntax::document::Document;

/// Which block shows which component's result.
#[derive(Default)]
pub struct Placement {
    blocks: HashMap<usize, Live>,
    outs: HashMap<String, Vec<String>>,
}

/// A block of a component that ran.
#[derive(Clone)]
pub struct Live {
    /// The component's id.
    pub component: String,
    /// It is the component's last block: the result goes under it.
    pub last: bool,
}

impl Placement {
    /// Where the results in these options go.
    pub fn of(doc: &Document, options: &RenderOptions) -> Self {
        let mut placement = Placement::default();
        if options.results.is_none() && options.errors.is_none() {
            return placement;
        }
        let has = |id: &String| {
            options.results.as_ref().is_some_and(|r| r.contains_key(id))
                || options.errors.as_ref().is_some_and(|e| e.contains_key(id))
        };
        for draft in Model::read(doc).drafts {
            if !has(&draft.id) {
                continue;
            }
            let count = draft.blocks.len();
            for (i, (start, _)) in draft.blocks.iter().enumerate() {
                let live = Live { component: draft.id.clone(), last: i + 1 == count };
                placement.blocks.insert(*start, live);
            }
            placement.outs.insert(draft.id, draft.outs.into_iter().map(|out| out.text.into_owned()).collect());
        }
        placement
    }

    /// The blocks begin elsewhere: where `place` says, if at all.
    pub fn moved(&mut self, place: impl Fn(usize) -> Option<usize>) {
        let blocks = std::mem::take(&mut self.blocks).into_iter();
        self.blocks = blocks.filter_map(|(start, live)| Some((place(start)?, live))).collect();
    }

    /// Whether the block that begins here is one of a component that ran.
    pub fn has_block(&self, start: usize) -> bool {
        self.blocks.contains_key(&start)
    }

    /// The component whose block begins here, if it ran.
    pub fn of_block(&self, start: usize) -> Option<Live> {
        self.blocks.get(&start).cloned()
    }
}

impl<'r, 'a> Html<'r, 'a> {
    /// A component's outputs, or why there are none.
    pub fn result(&self, component: &str) -> String {
        let mut out = format!("<div class=\"results\" data-component=\"{}\">\n", escape(component));
        let results = self.options.results.as_ref().and_then(|r| r.get(component));
        if let Some(ports) = results {
            for port in self.ports(component, ports) {
                let value = ports.get(port).unwrap_or(&Value::Null);
                out.push_str(&format!(
                    "<div class=\"result\"><span class=\"result-name\">{}</span> {}</div>\n",
                    escape(port),
                    value_html(port, value)
                ));
            }
        }
        let error = self.options.errors.as_ref().and_then(|e| e.get(component));
        if let Some(error) = error {
            out.push_str(&why(error));
        }
        out.push_str("</div>\n");
        out
    }

    /// Ports in the order of `:out:`, then whatever else there is.
    fn ports<'p>(&'p self, component: &str, ports: &'p Map<String, Value>) -> Vec<&'p str> {
        let outs = self.results.outs.get(component).map_or(&[][..], Vec::as_slice);
        let named = outs.iter().filter(|o| ports.contains_key(*o));
        let mut order: Vec<&str> = named.map(String::as_str).collect();
        let known: HashSet<&str> = order.iter().copied().collect();
        order.extend(ports.keys().map(String::as_str).filter(|port| !known.contains(port)));
        order
    }
}

/// Why a component has no result. That it was not to run, or that another one
/// failed before it, is no error of its own.
fn why(error: &StepError) -> String {
    let message = escape(&error.message);
    if matches!(error.kind.as_str(), "skipped" | "eval") {
        return format!("<div class=\"skipped\"><strong>skipped</strong> {message}</div>\n");
    }
    let kind = escape(&error.kind.replace('_', " "));
    let line = error.line.map(|line| format!(" (line {line})")).unwrap_or_default();
    format!("<div class=\"error\" role=\"alert\"><strong>{kind}</strong> {message}{line}</div>\n")
}
