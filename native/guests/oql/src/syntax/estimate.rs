//! How many elements a section may have, from a look at how its lines begin.

use super::elements::{Reader, Region};
use super::lines::skip;
use super::probe;

/// How a line begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Blank,
    Text,
    Item,
    Row,
    Fixed,
    Other,
}

impl<'d, 'a> Reader<'d, 'a> {
    /// About as many elements as there are. A list that grows while it is filled
    /// is there twice, and elements take far more memory than their text.
    pub fn estimate(&self, region: Region) -> usize {
        let mut count = 0;
        let mut before = Look::Blank;
        for at in region.from..region.to {
            let line = self.line(at);
            let body = skip(line);
            let look = match body.as_bytes().first() {
                None => Look::Blank,
                Some(b'|') => Look::Row,
                Some(b':') if probe::is_fixed(body) => Look::Fixed,
                Some(b'-' | b'+' | b'*' | b'0'..=b'9') if probe::item(line, body).is_some() => Look::Item,
                Some(b'#' | b':' | b'[' | b'%' | b'*' | b'\\') => Look::Other,
                // What is indented goes on with the item before it.
                _ if before == Look::Item && body.len() < line.len() => Look::Item,
                _ => Look::Text,
            };
            count += usize::from(look != Look::Blank && (look != before || look == Look::Other));
            before = look;
        }
        count
    }
}
