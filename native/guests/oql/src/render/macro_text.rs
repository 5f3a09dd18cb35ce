//! What macros become: templates with arguments, properties of headings.

use crate::syntax::headings::Heading;
use crate::syntax::lines::slice;

/// `$1`, `$2`, … replaced by the arguments; by nothing where there is none.
pub fn fill(template: &str, arguments: &[String]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(slice(rest, 0, at));
        let behind = slice(rest, at + 1, rest.len());
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        match slice(behind, 0, digits) {
            "" => out.push('$'),
            number => {
                // Org reads `$0` as the first one, too.
                let index = number.parse::<usize>().ok().map(|n| n.saturating_sub(1));
                out.push_str(index.and_then(|i| arguments.get(i)).map_or("", String::as_str));
            }
        }
        rest = slice(behind, digits, behind.len());
    }
    out.push_str(rest);
    out
}

/// A property that is the heading's own text.
pub fn special(heading: &Heading, key: &str) -> Option<String> {
    let value = match key.to_ascii_uppercase().as_str() {
        "ITEM" => Some(heading.title),
        "TODO" => heading.todo,
        "PRIORITY" => Some(heading.priority.unwrap_or("B")),
        "SCHEDULED" => heading.scheduled,
        "DEADLINE" => heading.deadline,
        "CLOSED" => heading.closed,
        "TAGS" if !heading.tags.is_empty() => return Some(format!(":{}:", heading.tags.join(":"))),
        _ => None,
    };
    value.map(str::to_string)
}
