//! The Org kernel on documents that nobody would write.
//!
//! Every call of the kernel reads the document. None may panic; positions are ranges of the
//! document; the page is balanced and carries nothing that a browser would run. A document
//! and another one behind it have the headings of both.

#![no_main]

#[path = "../../native/guests/oql/tests/pages/check.rs"]
mod page;

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use oql::{RenderOptions, check_upgrade, lint, parse_headlines, render, tangle_plan};

const TRUSTING: &str = r#"{"toc": true, "title": true, "num": 2, "results": {"workbook/a": {"x": 1}}}"#;

fuzz_target!(|data: &[u8]| {
    let org = String::from_utf8_lossy(data);
    headlines(&org);
    plan(&org);
    issues(&org);
    assert_eq!(page::check(&render(&org, &RenderOptions::default())), Ok(()));
    if let Ok(options) = RenderOptions::from_json(TRUSTING) {
        assert_eq!(page::check(&render(&org, &options)), Ok(()));
    }
    // Half a document, upgraded to the whole.
    let half = org.get(..org.len() / 2).unwrap_or("");
    let _ = serde_json::to_string(&check_upgrade(half, &org)).expect("issues are JSON");
});

fn headlines(org: &str) {
    let headlines = parse_headlines(org);
    let mut ids = HashSet::new();
    for headline in &headlines {
        let text = org.get(headline.position.start..headline.position.end).expect("a range of the document");
        assert!(text.starts_with('*'), "{text:?}");
        assert!(ids.insert(&headline.id), "{} twice", headline.id);
    }
    // What the second document declares could change how the first one reads.
    if !org.contains("#+") {
        let twice = format!("{org}\n{org}");
        assert_eq!(parse_headlines(&twice).len(), headlines.len() * 2);
    }
}

fn plan(org: &str) {
    let plan = tangle_plan(org);
    let ids: HashSet<_> = plan.components.iter().map(|component| &component.id).collect();
    assert_eq!(ids.len(), plan.components.len());
    for world in &plan.worlds {
        assert!(org.get(world.position.start..world.position.end).is_some());
    }
    for edge in &plan.edges {
        assert!(ids.contains(&edge.from.component) && ids.contains(&edge.to.component));
    }
}

fn issues(org: &str) {
    let lines = org.matches('\n').count() + 1;
    for issue in lint(org) {
        assert!((1..=lines).contains(&issue.line) && issue.column >= 1, "{issue:?}");
        assert!(!issue.message.is_empty(), "{issue:?}");
    }
}
