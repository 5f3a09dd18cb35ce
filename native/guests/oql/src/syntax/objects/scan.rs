//! Where every mark of a text stands.

/// Sorted places of one mark.
type Places = Vec<usize>;

/// A text and where its marks stand.
#[derive(Default)]
pub struct Scan<'t> {
    /// The text.
    pub text: &'t str,
    /// Where it stands in the document.
    pub base: usize,
    /// Line ends.
    pub newline: Places,
    /// `]`
    pub square_close: Places,
    /// `[`
    pub square_open: Places,
    /// `]]`
    pub square_two: Places,
    /// `>`
    pub angle_close: Places,
    /// `>>`
    pub angle_two: Places,
    /// `>>>`
    pub angle_three: Places,
    /// `@@`
    pub at_two: Places,
    /// `}}}`
    pub curly_three: Places,
    /// `$`
    pub dollar: Places,
    /// `$$`
    pub dollar_two: Places,
    /// `\)`
    pub latex_paren: Places,
    /// `\]`
    pub latex_square: Places,
    /// Where emphasis may end, by mark.
    pub closers: [Places; 6],
    /// `[` with its `]`.
    pub squares: Vec<(usize, usize)>,
    /// `{` with its `}`.
    pub curlies: Vec<(usize, usize)>,
    /// `(` with its `)`.
    pub parens: Vec<(usize, usize)>,
}

/// The marks of emphasis.
pub const MARKS: [u8; 6] = *b"*/_+=~";

/// The first of these places from `from` on.
pub fn next(places: &[usize], from: usize) -> Option<usize> {
    places.get(places.partition_point(|p| *p < from)).copied()
}

/// What closes the bracket at `open`.
pub fn partner(pairs: &[(usize, usize)], open: usize) -> Option<usize> {
    let at = pairs.binary_search_by_key(&open, |p| p.0).ok()?;
    pairs.get(at).map(|p| p.1)
}

impl<'t> Scan<'t> {
    /// Notes the marks of a text.
    pub fn new(text: &'t str, base: usize) -> Self {
        let mut s = Scan { text, base, ..Scan::default() };
        let bytes = text.as_bytes();
        let (mut squares, mut curlies, mut parens) = (Vec::new(), Vec::new(), Vec::new());
        for (i, b) in bytes.iter().copied().enumerate() {
            let after = bytes.get(i + 1).copied().unwrap_or(b'\n');
            match b {
                b'\n' => s.newline.push(i),
                b'[' => {
                    s.square_open.push(i);
                    squares.push(i);
                }
                b'{' => curlies.push(i),
                b'(' => parens.push(i),
                b']' => {
                    s.square_close.push(i);
                    if after == b']' {
                        s.square_two.push(i);
                    }
                    s.squares.extend(squares.pop().map(|o| (o, i)));
                }
                b'}' => {
                    if bytes.get(i..i + 3) == Some(b"}}}") {
                        s.curly_three.push(i);
                    }
                    s.curlies.extend(curlies.pop().map(|o| (o, i)));
                }
                b')' => s.parens.extend(parens.pop().map(|o| (o, i))),
                b'>' => {
                    s.angle_close.push(i);
                    if after == b'>' {
                        s.angle_two.push(i);
                        if bytes.get(i + 2) == Some(&b'>') {
                            s.angle_three.push(i);
                        }
                    }
                }
                b'@' if after == b'@' => s.at_two.push(i),
                b'$' => {
                    s.dollar.push(i);
                    if after == b'$' {
                        s.dollar_two.push(i);
                    }
                }
                b'\\' if after == b')' => s.latex_paren.push(i),
                b'\\' if after == b']' => s.latex_square.push(i),
                _ => {}
            }
            if let Some(mark) = MARKS.iter().position(|m| *m == b) {
                let before = i.checked_sub(1).and_then(|j| bytes.get(j)).copied();
                let spaced = before.is_none_or(|b| b.is_ascii_whitespace());
                let ends = !spaced && s.ends_emphasis(i + 1);
                if let Some(places) = s.closers.get_mut(mark).filter(|_| ends) {
                    places.push(i);
                }
            }
        }
        s.squares.sort_unstable();
        s.curlies.sort_unstable();
        s.parens.sort_unstable();
        s
    }

    /// The byte at a place; 0 behind the end.
    pub fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }
}
