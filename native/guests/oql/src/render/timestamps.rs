//! Timestamps.

use super::escape::escape;

/// The text of a timestamp; a range's dashes as one.
pub fn text(stamp: &str) -> String {
    match stamp.split_once(">--<").map(|p| (p, ">", "<")).or_else(|| stamp.split_once("]--[").map(|p| (p, "]", "["))) {
        Some(((from, to), close, open)) => {
            format!("{}&#x2013;{}", escape(&format!("{from}{close}")), escape(&format!("{open}{to}")))
        }
        None => escape(stamp),
    }
}

/// A timestamp in a text.
pub fn html(stamp: &str) -> String {
    format!("<span class=\"timestamp-wrapper\"><span class=\"timestamp\">{}</span></span>", text(stamp))
}
