//! A value as a reader wants to see it.

use serde_json::{Map, Value};

use super::escape::escape;
use crate::hash::HashSet;
use crate::table::number;

/// The value, under the name of its port, as HTML.
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
        Value::Array(items) if !items.is_empty() => {
            line(items).or_else(|| table(items)).unwrap_or_else(|| pretty(value))
        }
        Value::Object(map) if !map.is_empty() && map.values().all(is_scalar) => {
            let row = |(k, v): (&String, &Value)| {
                format!("<tr>\n<th scope=\"row\">{}</th>\n{}</tr>\n", escape(k), cell(v, v.is_number()))
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

fn align(right: bool) -> &'static str {
    if right { "org-right" } else { "org-left" }
}

fn cell(value: &Value, right: bool) -> String {
    format!("<td class=\"{}\">{}</td>\n", align(right), escape(&plain(value)))
}

/// A list of scalars as one line, which the page wraps.
fn line(items: &[Value]) -> Option<String> {
    let lines = |v: &Value| v.as_str().is_some_and(|s| s.contains('\n'));
    if !items.iter().all(is_scalar) || items.iter().any(lines) {
        return None;
    }
    let words: Vec<String> = items.iter().map(word).collect();
    Some(format!("<output>{}</output>", escape(&words.join(", "))))
}

/// An item of such a line: a string in quotes only where it would be misread.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) if is_clear(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether the text, between commas, can be nothing but itself.
fn is_clear(text: &str) -> bool {
    !text.is_empty()
        && text.trim().len() == text.len()
        && !text.contains([',', '"'])
        && !matches!(text, "true" | "false" | "null")
        && number(text).is_none()
}

/// Which columns hold more numbers than anything else.
fn right_columns(rows: &[Vec<&Value>]) -> Vec<bool> {
    let mut counts = vec![(0usize, 0usize); rows.iter().map(Vec::len).max().unwrap_or(0)];
    for row in rows {
        for (value, (numbers, all)) in row.iter().zip(&mut counts) {
            *numbers += usize::from(value.is_number());
            *all += usize::from(!value.is_null());
        }
    }
    counts.iter().map(|(numbers, all)| numbers * 2 > *all).collect()
}

/// A list of lists or a list of objects, of scalars, as a table.
fn table(items: &[Value]) -> Option<String> {
    let mut head = String::new();
    let rows: Vec<Vec<&Value>> = if items.iter().all(Value::is_array) {
        items.iter().filter_map(Value::as_array).map(|row| row.iter().collect()).collect()
    } else if items.iter().all(Value::is_object) {
        let objects: Vec<&Map<String, Value>> = items.iter().filter_map(Value::as_object).collect();
        let keys = keys(&objects)?;
        let rows = objects.iter().map(|o| keys.iter().map(|k| o.get(*k).unwrap_or(&Value::Null)).collect());
        let rows: Vec<Vec<&Value>> = rows.collect();
        head.push_str("<thead>\n<tr>\n");
        for (key, right) in keys.iter().zip(right_columns(&rows)) {
            head.push_str(&format!("<th scope=\"col\" class=\"{}\">{}</th>\n", align(right), escape(key)));
        }
        head.push_str("</tr>\n</thead>\n");
        rows
    } else {
        return None;
    };
    if !rows.iter().flatten().all(|v| is_scalar(v)) {
        return None;
    }
    let right = right_columns(&rows);
    let mut out = format!("<table>\n{head}<tbody>\n");
    for row in rows {
        out.push_str("<tr>\n");
        for (value, right) in row.into_iter().zip(&right) {
            out.push_str(&cell(value, *right));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>");
    Some(out)
}

/// Every key of these objects, in order; nothing where they make no table.
fn keys<'v>(objects: &[&'v Map<String, Value>]) -> Option<Vec<&'v str>> {
    let mut seen = HashSet::default();
    let mut keys: Vec<&str> = Vec::new();
    for object in objects {
        keys.extend(object.keys().map(String::as_str).filter(|k| seen.insert(*k)));
    }
    // Many rows of ever other keys are no table, nor are those of which most have next to none.
    let cells: usize = objects.iter().map(|o| o.len()).sum();
    let full = keys.len().saturating_mul(objects.len()) <= 8 * cells + 1024;
    (!keys.is_empty() && keys.len() <= 200 && full).then_some(keys)
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
