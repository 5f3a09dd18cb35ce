//! A document as lines with byte positions.

/// A byte range of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The text the span covers.
    pub fn of(self, text: &str) -> &str {
        slice(text, self.start, self.end)
    }
}

/// `text[start..end]`, or nothing where that is no range of it.
pub fn slice(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or("")
}

/// The lines of a document, without their line ends.
pub struct Lines {
    spans: Vec<Span>,
}

impl Lines {
    /// Splits at `\n`; a `\r` before it belongs to the line end.
    pub fn new(text: &str) -> Self {
        let mut spans = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches('\n');
            let content = content.strip_suffix('\r').unwrap_or(content);
            spans.push(Span { start, end: start + content.len() });
            start += line.len();
        }
        Lines { spans }
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.spans.len()
    }

    /// The line with this index (from 0); an empty span past the end.
    pub fn get(&self, index: usize) -> Span {
        self.spans.get(index).copied().unwrap_or_default()
    }

    /// The lines with these indices.
    pub fn range(&self, range: std::ops::Range<usize>) -> &[Span] {
        self.spans.get(range).unwrap_or(&[])
    }

    /// The number (from 1) of the line that holds this byte.
    pub fn number_at(&self, offset: usize) -> usize {
        self.spans.partition_point(|s| s.start <= offset).max(1)
    }
}

/// Indentation in columns; a tab goes to the next multiple of eight.
pub fn indentation(line: &str) -> usize {
    let mut columns = 0;
    for b in line.bytes() {
        match b {
            b' ' => columns += 1,
            b'\t' => columns = (columns / 8 + 1) * 8,
            _ => break,
        }
    }
    columns
}
