//! `metadata`: what a document says of itself.

use crate::syntax::document::Document;

/// The file keywords that feed a page's head; a keyword given twice is one text.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Metadata {
    /// `#+TITLE:`
    pub title: Option<String>,
    /// `#+DESCRIPTION:`
    pub description: Option<String>,
    /// `#+AUTHOR:`
    pub author: Option<String>,
    /// `#+LANGUAGE:`
    pub language: Option<String>,
    /// `#+DATE:`
    pub date: Option<String>,
}

/// What `org` says of itself.
pub fn metadata(org: &str) -> Metadata {
    let document = Document::read(org);
    let keyword = |key: &str| {
        let values: Vec<&str> = document.keyword(key).filter(|value| !value.is_empty()).collect();
        (!values.is_empty()).then(|| values.join(" "))
    };
    Metadata {
        title: keyword("TITLE"),
        description: keyword("DESCRIPTION"),
        author: keyword("AUTHOR"),
        language: keyword("LANGUAGE"),
        date: keyword("DATE"),
    }
}
