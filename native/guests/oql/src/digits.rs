//! Numbers as digits, which costs a fraction of what `write!` does.

/// Appends a number.
pub fn number_into(out: &mut String, number: usize) {
    // As many digits as the largest one has.
    let mut digits = [0; 20];
    let mut rest = number;
    let mut first = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        first -= 1;
        if rest == 0 {
            break;
        }
    }
    out.push_str(digits.get(first..).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or(""));
}
