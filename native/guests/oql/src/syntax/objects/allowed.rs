//! What may stand where.

/// Where a text stands, which decides what objects it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A paragraph, a verse: everything.
    Paragraph,
    /// A heading's title.
    Title,
    /// A list item's term.
    Tag,
    /// A table's cell.
    Cell,
    /// A caption or a keyword such as `#+TITLE:`.
    Keyword,
}

/// Objects beyond emphasis, entities, LaTeX and scripts, which may stand in
/// every text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed(u16);

impl Allowed {
    pub const CITATION: Allowed = Allowed(1);
    pub const SNIPPET: Allowed = Allowed(1 << 1);
    pub const FOOTNOTE: Allowed = Allowed(1 << 2);
    pub const CALL: Allowed = Allowed(1 << 3);
    pub const SOURCE: Allowed = Allowed(1 << 4);
    pub const BREAK: Allowed = Allowed(1 << 5);
    pub const LINK: Allowed = Allowed(1 << 6);
    pub const MACRO: Allowed = Allowed(1 << 7);
    pub const RADIO: Allowed = Allowed(1 << 8);
    pub const COOKIE: Allowed = Allowed(1 << 9);
    pub const TARGET: Allowed = Allowed(1 << 10);
    pub const TIMESTAMP: Allowed = Allowed(1 << 11);

    /// Everything.
    pub const ALL: Allowed = Allowed((1 << 12) - 1);
    /// Nothing beyond what may stand everywhere: a radio target, what stands
    /// before or behind a citation's key.
    pub const LEAST: Allowed = Allowed(0);
    /// What a link's description may hold.
    pub const DESCRIPTION: Allowed =
        Allowed(Self::SNIPPET.0 | Self::CALL.0 | Self::SOURCE.0 | Self::MACRO.0 | Self::COOKIE.0);
    /// A table's cell has no code, no line break and no cookie.
    const CELL: Allowed = Allowed(Self::ALL.0 & !(Self::CALL.0 | Self::SOURCE.0 | Self::BREAK.0 | Self::COOKIE.0));

    /// What a text may hold that stands there.
    pub fn at(place: Place) -> Allowed {
        match place {
            Place::Paragraph => Allowed::ALL,
            Place::Title | Place::Tag => Allowed(Self::ALL.0 & !Self::BREAK.0),
            Place::Cell => Allowed::CELL,
            Place::Keyword => Allowed(Self::ALL.0 & !Self::FOOTNOTE.0),
        }
    }

    /// Whether this may stand there.
    pub fn has(self, object: Allowed) -> bool {
        self.0 & object.0 != 0
    }
}
