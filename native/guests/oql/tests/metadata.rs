//! guides/format.md, "Identity": the keywords that feed the page's head.

use oql::{Metadata, metadata};

#[test]
fn file_keywords_wherever_they_stand_but_not_inside_blocks() {
    let org = "#+title: Tea\n#+TITLE: and cake\n#+LANGUAGE: en\n#+AUTHOR:\n\
               * One\n#+DATE: today\n#+begin_src org\n#+DESCRIPTION: no\n#+end_src\n";
    let expected = Metadata {
        title: Some("Tea and cake".into()),
        language: Some("en".into()),
        date: Some("today".into()),
        ..Metadata::default()
    };
    assert_eq!(metadata(org), expected);
}
