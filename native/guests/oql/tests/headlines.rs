//! guides/format.md, "Identity" and `parse_headlines`.

use oql::{headlines_json, parse_headlines};
use serde_json::json;

fn ids(org: &str) -> Vec<String> {
    parse_headlines(org).into_iter().map(|h| h.id).collect()
}

#[test]
fn every_field_of_the_contract() {
    let org = "pre\n* TODO [#A] A title :x:y:\nDEADLINE: <2026-01-02 Fri> SCHEDULED: <2026-01-01 Thu 10:00 +1w>\n:PROPERTIES:\n:Key: value here\n:empty:\n:Key+: more\n:END:\ntext\n** DONE Sub\nCLOSED: [2026-01-03 Sat]\n* Next\n";
    let got = serde_json::to_value(parse_headlines(org)).unwrap();
    let next = org.find("* Next").unwrap();
    assert_eq!(
        got,
        json!([
            {"id": "a-title", "level": 1, "title": "A title", "todo": "TODO", "priority": "A",
             "tags": ["x", "y"], "all_tags": ["x", "y"], "properties": {"Key": "value here more", "empty": ""},
             "scheduled": "<2026-01-01 Thu 10:00 +1w>", "deadline": "<2026-01-02 Fri>", "closed": null,
             "position": {"line": 2, "start": 4, "end": next}},
            {"id": "sub", "level": 2, "title": "Sub", "todo": "DONE", "priority": null, "tags": [],
             "all_tags": ["x", "y"], "properties": {}, "scheduled": null, "deadline": null, "closed": "[2026-01-03 Sat]",
             "position": {"line": 10, "start": org.find("** DONE").unwrap(), "end": next}},
            {"id": "next", "level": 1, "title": "Next", "todo": null, "priority": null, "tags": [],
             "all_tags": [], "properties": {}, "scheduled": null, "deadline": null, "closed": null,
             "position": {"line": 12, "start": next, "end": org.len()}}
        ])
    );
}

#[test]
fn an_id_is_the_title_lower_cased_with_hyphens() {
    assert_eq!(ids("* Über, die *Maße*!\n* 1 + 2\n* !!!\n"), ["über-die-maße", "1-2", "heading"]);
}

#[test]
fn an_id_ends_with_the_last_word_within_64_characters() {
    let word = "é".repeat(31);
    let (fits, cut) = (format!("{word}-{word}x"), format!("{word}-{word}"));
    assert_eq!(ids(&format!("* {word} {word}x\n* {word} {word} xx\n* {word} {word}xx!\n")), [fits, cut, word]);
    // Of a word alone its beginning is left; what is lower-cased into two characters counts as two.
    assert_eq!(ids(&format!("* {}\n* {}\n", "x".repeat(65), "İ".repeat(33))), ["x".repeat(64), "i̇".repeat(32)]);
}

#[test]
fn cut_ids_get_numbers_that_nobody_else_has() {
    let long = "a".repeat(64);
    let headings = format!("* {long}b\n* {long}c\n* {}-2 b\n* {}-2\n", "a".repeat(62), "a".repeat(62));
    let start = "a".repeat(62);
    assert_eq!(ids(&headings), [long.clone(), format!("{long}-2"), format!("{start}-2"), format!("{start}-2-2")]);
}

#[test]
fn duplicates_get_numbers_that_nobody_else_has() {
    assert_eq!(ids("* A\n* A 2\n* A\n* A\n"), ["a", "a-2", "a-3", "a-4"]);
}

#[test]
fn todo_keywords_of_the_file_are_respected() {
    let org = "#+TODO: NEXT(n) WAIT(w@/!) | OVER\n#+SEQ_TODO: ONE TWO\n* NEXT a\n* OVER b\n* TODO c\n* TWO d\n";
    let todos: Vec<_> = parse_headlines(org).into_iter().map(|h| (h.todo, h.title)).collect();
    let some = |s: &str| Some(s.to_string());
    assert_eq!(
        todos,
        [(some("NEXT"), "a".into()), (some("OVER"), "b".into()), (None, "TODO c".into()), (some("TWO"), "d".into())]
    );
}

#[test]
fn a_heading_needs_a_blank_behind_its_stars() {
    assert_eq!(ids("*bold* text\n *not*\n* \n** yes"), ["heading", "yes"]);
}

#[test]
fn a_drawer_that_is_no_property_drawer_gives_no_properties() {
    let h = &parse_headlines("* A\n:PROPERTIES:\nnonsense\n:END:\n")[0];
    assert!(h.properties.0.is_empty());
}

#[test]
fn tags_are_not_part_of_words() {
    let h = &parse_headlines("* See a:b:\n* :only:\n")[..];
    assert_eq!((h[0].title.as_str(), h[0].tags.len()), ("See a:b:", 0));
    assert_eq!((h[1].title.as_str(), h[1].tags.len()), ("", 1));
}

#[test]
fn the_json_is_that_of_the_headlines() {
    for org in [
        "",
        "* A\n",
        "* TODO [#A] Ä :x:\n:PROPERTIES:\n:k: v\n:END:\n** B\n* A\n* A\n",
        "* \"a\" \\ \u{1}\t\u{8}\u{c}\u{7f}\u{2028}b :t:u:\nSCHEDULED: <2026-01-01>\n:PROPERTIES:\n:k\": \\\n:k\": x\n:END:\n** c :v:\n",
    ] {
        assert_eq!(headlines_json(org), serde_json::to_string(&parse_headlines(org)).unwrap());
    }
}

#[test]
fn a_state_needs_a_space_behind_it_and_tags_one_before_them() {
    let of = |org: &str| parse_headlines(org).into_iter().map(|h| (h.todo, h.title, h.tags.len())).next().unwrap();
    let some = |s: &str| Some(s.to_string());
    assert_eq!(of("* TODO\n"), (None, "TODO".into(), 0));
    assert_eq!(of("* TODO :a:\n"), (some("TODO"), ":a:".into(), 0));
    assert_eq!(of("*  DONE  a  :b:c: \n"), (some("DONE"), "a".into(), 2));
}

#[test]
fn a_state_named_inside_a_block_is_none() {
    let org = "#+begin_example\n#+TODO: A | B\n#+end_example\n* A x\n* TODO y\n";
    let todos: Vec<_> = parse_headlines(org).into_iter().map(|h| h.todo).collect();
    assert_eq!(todos, [None, Some("TODO".to_string())]);
}

#[test]
fn fifteen_stars_make_no_heading_and_odd_levels_are_halved() {
    let levels = |org: &str| parse_headlines(org).into_iter().map(|h| h.level).collect::<Vec<_>>();
    assert_eq!(levels("* a\n************** b\n*************** c\n"), [1, 14]);
    assert_eq!(levels("#+STARTUP: odd\n* a\n*** b\n***** c\n"), [1, 2, 3]);
}

#[test]
fn what_is_added_to_a_property_comes_behind_it() {
    let h = &parse_headlines("* A\n:PROPERTIES:\n:k+: b\n:k: a\n:k+: c\n:END:\n")[0];
    assert_eq!(h.properties.0, [("k".to_string(), "a b c".to_string())]);
}
