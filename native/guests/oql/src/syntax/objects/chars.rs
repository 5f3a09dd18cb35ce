//! Kinds of characters, as Org's syntax table and Emacs' classes draw them.

use super::ranges::{BREAKABLE, CIRCLED, MARKS, NUMBERS, PUNCTUATION, SYMBOLS};

fn within(ranges: &[u32], c: char) -> bool {
    let c = u32::from(c);
    // An odd count of borders lies behind a character within a range.
    let at = ranges.partition_point(|border| *border < c);
    at % 2 == 1 || ranges.get(at) == Some(&c)
}

/// A blank or a line end; also the blank of no width that keeps marks apart.
pub fn is_space(c: char) -> bool {
    match c {
        ' ' | '\t' | '\n' | '\r' | '\u{c}' => true,
        _ if c.is_ascii() => false,
        _ => matches!(c, '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{3000}'),
    }
}

/// A part of a word.
pub fn is_word(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || matches!(c, '$' | '%' | '\''),
        false => !within(&PUNCTUATION, c) && !within(&SYMBOLS, c),
    }
}

/// Whether a Latin letter behind it goes on with its word; one of another
/// script ends there.
pub fn goes_on(c: char) -> bool {
    let latin = matches!(c, '\u{80}'..='\u{24f}' | '\u{2b0}'..='\u{36f}' | '\u{1dc0}'..='\u{1eff}'
        | '\u{2c60}'..='\u{2c7f}' | '\u{a700}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab6f}' | '\u{fb00}'..='\u{fb06}');
    is_word(c) && (c.is_ascii() || latin || within(&MARKS, c))
}

/// A punctuation mark, a bracket or a blank.
pub fn is_punctuation(c: char) -> bool {
    match c.is_ascii() {
        true => !c.is_ascii_alphanumeric() && !"$%&'*+-/=\\_|~".contains(c),
        false => within(&PUNCTUATION, c),
    }
}

/// A letter.
pub fn is_letter(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphabetic(),
        false => (c.is_alphabetic() && !within(&CIRCLED, c)) || within(&MARKS, c),
    }
}

/// A letter or a digit.
pub fn is_alphanumeric(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphanumeric(),
        false => (c.is_alphanumeric() && !within(&NUMBERS, c) && !within(&CIRCLED, c)) || within(&MARKS, c),
    }
}

/// A character at which a line may be broken though no blank stands there.
pub fn is_breakable(c: char) -> bool {
    !c.is_ascii() && within(&BREAKABLE, c)
}
