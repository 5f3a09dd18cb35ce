//! Tables: those of Org, and those that table.el draws.

use super::elements::{Found, Here, Reader};
use super::lines::skip;
use super::probe;
use super::tree::Kind;

impl<'d, 'a> Reader<'d, 'a> {
    /// Rows that begin with a bar, then formulas.
    #[inline(never)]
    pub fn table(&mut self, here: Here) -> (Kind<'a>, usize) {
        let end = self.run(here, |line| skip(line).starts_with('|'));
        (Kind::Table(self.lines.body(here.at..end)), self.formulas(here, end))
    }

    /// A table that table.el drew: from one rule to another.
    #[inline(never)]
    pub fn drawn(&mut self, here: Here) -> Found<'a> {
        let end = self.drawn_end(here);
        let last = end.checked_sub(1).filter(|last| *last > here.at)?;
        if !probe::is_drawn_rule(skip(self.line(last))) {
            return None;
        }
        Some((Kind::Drawn(self.lines.body(here.at..end)), self.formulas(here, end)))
    }

    /// The index behind the lines that begin with a bar or a plus. Kept, for each
    /// rule among them asks for it where they are no table.
    fn drawn_end(&mut self, here: Here) -> usize {
        let (known, to) = &self.drawn;
        if *to == here.to && known.contains(&here.at) {
            return known.end;
        }
        let end = self.run(here, |line| skip(line).starts_with(['|', '+']));
        self.drawn = (here.at..end, here.to);
        end
    }

    fn formulas(&self, here: Here, end: usize) -> usize {
        let mut at = end;
        while at < here.to && probe::is_formula(skip(self.line(at))) {
            at += 1;
        }
        at
    }
}
