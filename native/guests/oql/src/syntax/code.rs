//! Lines of blocks: their indentation, their commas.

use std::borrow::Cow;

use super::lines::indentation;

/// Indentation so many columns narrower, cut at its end as Emacs cuts it; of a
/// tab that would reach too far blanks stay.
pub fn narrower(white: &str, common: usize) -> Cow<'_, str> {
    let wanted = indentation(white).saturating_sub(common);
    let mut columns = 0;
    for (i, b) in white.bytes().enumerate() {
        let head = white.get(..i).unwrap_or("");
        let next = if b == b'\t' { (columns / 8 + 1) * 8 } else { columns + 1 };
        match (columns == wanted, next > wanted) {
            (true, _) => return Cow::Borrowed(head),
            (false, true) => return Cow::Owned(format!("{head}{}", " ".repeat(wanted - columns))),
            (false, false) => columns = next,
        }
    }
    Cow::Borrowed(white)
}

/// `,* x`, `,#+x`, `,,* x`: a comma that only Org needs.
pub fn is_escaped(code: &str) -> bool {
    let rest = code.trim_start_matches(',');
    rest.len() < code.len() && (rest.starts_with('*') || rest.starts_with("#+"))
}
