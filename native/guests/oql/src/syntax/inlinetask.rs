//! Inline tasks: headings of fifteen stars or more, which are part of a section.

use super::MAX_DEPTH;
use super::drawer::attached;
use super::elements::{Found, Here, Reader};
use super::lines::{is_blank, slice};
use super::structure::{is_task_end, next_stars};
use super::title::title_line;
use super::tree::Kind;

impl<'d, 'a> Reader<'d, 'a> {
    /// The task at `here`, with what stands before a line of stars and `END`.
    pub fn inlinetask(&mut self, here: Here, level: usize) -> Found<'a> {
        if here.depth >= MAX_DEPTH {
            return None;
        }
        let line = self.line(here.at);
        let mut heading = title_line(self.text, slice(line, level, line.len()), self.states, true);
        heading.level = self.states.level(level);
        heading.line = here.at;
        heading.start = self.lines.start(here.at);
        let mut body = here.at + 1..here.at + 1;
        let end = next_stars(self.text, self.lines, here.at + 1, here.to);
        let end = end.filter(|(end, stars)| is_task_end(self.line(*end), *stars)).map(|(end, _)| end);
        let mut children = Vec::new();
        if let Some(end) = end {
            body = attached(&mut heading, self.text, self.lines, here.at)..end;
            while body.start < end && is_blank(self.line(body.start)) {
                body.start += 1;
            }
            children = self.elements(self.whole(body.start, end), None, here.depth + 1);
        }
        let next = end.map_or(here.at + 1, |end| end + 1);
        heading.body = body;
        heading.end = self.lines.start(next);
        Some((Kind::Inlinetask(Box::new(heading), children), next))
    }
}
