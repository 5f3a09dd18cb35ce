//! What a macro is given.

/// A macro's arguments: split at commas, of which a backslash keeps one;
/// blanks and line ends in a row as one blank.
pub fn macro_arguments(args: &str) -> Vec<String> {
    let blank = [' ', '\t', '\r', '\n'];
    let words: Vec<&str> = args.trim_matches(blank).split(blank).filter(|w| !w.is_empty()).collect();
    let mut out = vec![String::new()];
    let mut slashes = 0;
    for c in words.join(" ").chars().map(Some).chain([None]) {
        if c == Some('\\') {
            slashes += 1;
            continue;
        }
        let comma = c == Some(',');
        let kept = if comma { slashes / 2 } else { slashes };
        if let Some(last) = out.last_mut() {
            last.extend(std::iter::repeat_n('\\', kept));
            if !comma || slashes % 2 == 1 {
                last.extend(c);
            }
        }
        if comma && slashes % 2 == 0 {
            out.push(String::new());
        }
        slashes = 0;
    }
    out
}
