//! A macro's arguments and template.

use crate::syntax::lines::slice;

/// Arguments are separated by commas; a backslash keeps one from separating,
/// and a backslash before it keeps that one from doing so.
pub fn arguments(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut slashes = 0;
    let mut blank = false;
    for c in text.trim().chars() {
        // Blanks in a row are one.
        let again = std::mem::replace(&mut blank, c.is_ascii_whitespace());
        if blank && again {
            continue;
        }
        let c = if blank { ' ' } else { c };
        if c == '\\' {
            slashes += 1;
            continue;
        }
        let kept = if c == ',' { slashes / 2 } else { slashes };
        if let Some(last) = out.last_mut() {
            last.extend(std::iter::repeat_n('\\', kept));
            if c != ',' || slashes % 2 == 1 {
                last.push(c);
            }
        }
        if c == ',' && slashes % 2 == 0 {
            out.push(String::new());
        }
        slashes = 0;
    }
    if let Some(last) = out.last_mut() {
        last.extend(std::iter::repeat_n('\\', slashes));
    }
    out
}

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
