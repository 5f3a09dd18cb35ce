//! What single options choose from.

use crate::hash::HashSet;

/// Sub- and superscripts: all, none, only with braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// `^:t`
    All,
    /// `^:nil`
    None,
    /// `^:{}`
    Braced,
}

/// Tags behind titles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    /// `tags:nil`
    None,
    /// `tags:t`
    All,
    /// `tags:not-in-toc`
    NotInToc,
}

/// Trees with the tag `ARCHIVE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archived {
    /// `arch:nil`
    None,
    /// `arch:headline`: the heading alone.
    Headline,
    /// `arch:t`
    All,
}

/// Timestamps in a paragraph that holds nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamps {
    /// `<:t`
    All,
    /// `<:nil`
    None,
    /// `<:active`
    Active,
    /// `<:inactive`
    Inactive,
}

/// LaTeX fragments and environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latex {
    /// `tex:t`: for MathJax.
    All,
    /// `tex:nil`
    None,
    /// `tex:verbatim`: as Org writes it.
    Verbatim,
}

/// Links that lead nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// `broken-links:nil`, for which Emacs would not export at all: what they say.
    Text,
    /// `broken-links:mark`, and where nothing is said.
    Mark,
    /// `broken-links:t`: dropped.
    Drop,
}

/// Names that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// `nil`
    None,
    /// `t`
    All,
    /// `("A" "B")`, in small letters.
    Only(HashSet<String>),
    /// `(not "A" "B")`, in small letters.
    Not(HashSet<String>),
}

impl Names {
    /// Whether one of this name, in whatever case, is shown.
    pub fn show(&self, name: &str) -> bool {
        match self {
            Names::None => false,
            Names::All => true,
            Names::Only(names) => names.contains(&name.to_ascii_lowercase()),
            Names::Not(names) => !names.contains(&name.to_ascii_lowercase()),
        }
    }
}

/// Headings with a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tasks {
    /// `tasks:nil`
    None,
    /// `tasks:t`
    All,
    /// `tasks:todo`
    Todo,
    /// `tasks:done`
    Done,
    /// `tasks:("WAIT" "DONE")`
    Only(HashSet<String>),
}
