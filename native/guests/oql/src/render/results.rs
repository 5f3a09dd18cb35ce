//! A run's values, placed under the blocks they come from.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Html;
use super::escape::escape;
use super::options::RenderOptions;
use crate::components::Model;
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
            placement.outs.insert(draft.id, draft.outs);
        }
        placement
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
            let (class, role) = match error.kind.as_str() {
                "skipped" => ("skipped", ""),
                _ => ("error", " role=\"alert\""),
            };
            let line = match error.line {
                Some(line) => format!(" (line {line})"),
                None => String::new(),
            };
            out.push_str(&format!(
                "<div class=\"{class}\"{role}><strong>{}</strong> {}{line}</div>\n",
                escape(&error.kind),
                escape(&error.message)
            ));
        }
        out.push_str("</div>\n");
        out
    }

    /// Ports in the order of `:out:`, then whatever else there is.
    fn ports<'p>(&'p self, component: &str, ports: &'p Map<String, Value>) -> Vec<&'p str> {
        let outs = self.results.outs.get(component).map_or(&[][..], Vec::as_slice);
        let named = outs.iter().filter(|o| ports.contains_key(*o));
        let mut order: Vec<&str> = named.map(String::as_str).collect();
        for port in ports.keys() {
            if !outs.contains(port) {
                order.push(port);
            }
        }
        order
    }
}

/// A value as a reader wants to see it.
pub fn value_html(port: &str, value: &Value) -> String {
    match value {
        Value::Null => "<output class=\"null\">nothing</output>".into(),
        Value::String(text) if is_svg(text) => format!(
            "<img class=\"result-svg\" alt=\"{}\" src=\"data:image/svg+xml;base64,{}\" />",
            escape(port),
            base64(text.as_bytes())
        ),
        Value::String(text) if text.trim_end_matches('\n').contains('\n') => {
            format!("<pre class=\"example\">\n{}</pre>", escape(text))
        }
        Value::Array(rows) if !rows.is_empty() => table(rows).unwrap_or_else(|| pretty(value)),
        Value::Object(map) if !map.is_empty() && map.values().all(is_scalar) => {
            let row = |(k, v): (&String, &Value)| {
                format!("<tr>\n<th scope=\"row\">{}</th>\n{}</tr>\n", escape(k), cell("td", v))
            };
            let rows: String = map.iter().map(row).collect();
            format!("<table>\n<tbody>\n{rows}</tbody>\n</table>")
        }
        Value::Array(_) | Value::Object(_) => pretty(value),
        scalar => format!("<output>{}</output>", escape(&plain(scalar))),
    }
}

fn is_svg(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim();
    let body = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, b)| b),
        None => text,
    };
    let mut body = body.trim_start();
    while let Some(rest) = body.strip_prefix("<!") {
        body = rest.split_once('>').map_or("", |(_, b)| b).trim_start();
    }
    body.strip_prefix("<svg").is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/'))
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("<pre class=\"example\">\n{}\n</pre>", escape(&text))
}

fn cell(name: &str, value: &Value) -> String {
    let align = if value.is_number() { "org-right" } else { "org-left" };
    format!("<{name} class=\"{align}\">{}</{name}>\n", escape(&plain(value)))
}

/// A list of lists or a list of objects, of scalars, as a table.
fn table(rows: &[Value]) -> Option<String> {
    let mut out = String::from("<table>\n");
    if rows.iter().all(Value::is_array) {
        out.push_str("<tbody>\n");
        for row in rows.iter().filter_map(Value::as_array) {
            if !row.iter().all(is_scalar) {
                return None;
            }
            out.push_str("<tr>\n");
            row.iter().for_each(|v| out.push_str(&cell("td", v)));
            out.push_str("</tr>\n");
        }
    } else if rows.iter().all(Value::is_object) {
        let objects: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
        let mut keys: Vec<&str> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for object in &objects {
            if !object.values().all(is_scalar) {
                return None;
            }
            keys.extend(object.keys().map(String::as_str).filter(|k| seen.insert(*k)));
        }
        // Many rows of ever other keys are no table.
        if keys.is_empty() || keys.len() > 200 {
            return None;
        }
        out.push_str("<thead>\n<tr>\n");
        for key in &keys {
            out.push_str(&format!("<th scope=\"col\">{}</th>\n", escape(key)));
        }
        out.push_str("</tr>\n</thead>\n<tbody>\n");
        for object in objects {
            out.push_str("<tr>\n");
            for key in &keys {
                out.push_str(&cell("td", object.get(*key).unwrap_or(&Value::Null)));
            }
            out.push_str("</tr>\n");
        }
    } else {
        return None;
    }
    out.push_str("</tbody>\n</table>");
    Some(out)
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for i in 0..4u32 {
            let index = usize::try_from((word >> (18 - 6 * i)) & 63).unwrap_or(0);
            let padding = usize::try_from(i).unwrap_or(0) > chunk.len();
            let letter = LETTERS.get(index).copied().unwrap_or(b'=');
            out.push(if padding { '=' } else { char::from(letter) });
        }
    }
    out
}
