//! The tree beside that of Emacs' `org-element`, over `corpus/`.
//!
//! Both are written down as lines, by topic; a topic of a file is equal where
//! its lines are. `ORG_DIFF=<part of a path>` prints how they differ, as does
//! `ORG_DIFF=links:<part of a path>` for one topic.

#[path = "../differential/corpus.rs"]
mod corpus;
mod facts;
#[path = "../differential/lines.rs"]
mod lines;
mod objects;
mod ours;
mod theirs;

/// Per cent of the topics of files that are equal at least.
const LEAST: f64 = 98.0;

#[test]
fn trees_are_those_of_org_element() {
    let mut tally = corpus::Tally::new("parse", "parse-differences.txt");
    for file in corpus::files() {
        let theirs = theirs::read(&file.org, &file.expected("json"));
        let ours = corpus::attempt(&file.name, || ours::read(&file.org));
        for topic in facts::TOPICS {
            let (theirs, ours) = (theirs.lines(topic), ours.lines(topic));
            if !theirs.is_empty() || !ours.is_empty() {
                tally.add(&format!("{topic}:{}", file.name), Some(&theirs), &ours);
            }
        }
    }
    tally.finish(LEAST);
}
