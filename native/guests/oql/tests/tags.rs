//! guides/format.md, "Headlines and metadata": `all_tags`, positions and ids of awkward texts.

use oql::{headlines_json, parse_headlines};

fn all_tags(org: &str) -> Vec<String> {
    parse_headlines(org).into_iter().map(|h| h.all_tags.join(" ")).collect()
}

#[test]
fn tags_come_down_from_the_file_and_the_headings_above() {
    let org = "#+FILETAGS: :f:g:\n* A :a:\n** B :b:\n*** C\n** D :a:d:\n* E\n";
    assert_eq!(all_tags(org), ["f g a", "f g a b", "f g a b", "f g a d", "f g"]);
}

#[test]
fn a_level_that_is_skipped_inherits_all_the_same() {
    assert_eq!(all_tags("** A :a:\n**** B\n*** C :c:\n**** D\n* E\n"), ["a", "a", "a c", "a c", ""]);
}

#[test]
fn several_filetags_add_up_and_those_in_a_block_do_not_count() {
    let org = "#+filetags: a b\n#+begin_example\n#+FILETAGS: no\n#+end_example\n* H\n#+FILETAGS: :c:\n";
    assert_eq!(all_tags(org), ["a b c"]);
}

#[test]
fn megabytes_of_tags_are_not_repeated_under_every_heading() {
    let tags: String = (0..20_000).map(|i| format!("t{i}:")).collect();
    let org = format!("* A :{tags}\n{}", "** B\n".repeat(20_000));
    let size = headlines_json(&org).len();
    assert!(size < 8 << 20, "{size} of {}", org.len());
}

#[test]
fn positions_are_exact_with_windows_line_ends_and_any_script() {
    let org = "Präambel\r\n* 日本 :ü:\r\n:PROPERTIES:\r\n:k: v\r\n:END:\r\nText\r\n** עברית\r\n* e\u{301}\r\n";
    let got = parse_headlines(org);
    let text = |i: usize| &org[got[i].position.start..got[i].position.end];
    assert!(text(0).starts_with("* 日本") && text(0).ends_with("** עברית\r\n"));
    assert_eq!(text(1), "** עברית\r\n");
    assert_eq!(text(2), "* e\u{301}\r\n");
    assert_eq!([got[0].position.line, got[1].position.line, got[2].position.line], [2, 7, 8]);
    assert_eq!((got[0].title.as_str(), got[0].tags.join(" ")), ("日本", "ü".to_string()));
    assert_eq!(got[0].properties.0, [("k".to_string(), "v".to_string())]);
}

#[test]
fn ids_are_unique_whatever_the_titles() {
    let org = "* \n* !\n* heading-2\n* 日本\n* 日本!\n* İ\n* a_b\n* a b\n* a-b-2\n";
    let ids: Vec<String> = parse_headlines(org).into_iter().map(|h| h.id).collect();
    assert_eq!(ids, ["heading", "heading-2", "heading-2-2", "日本", "日本-2", "i\u{307}", "a-b", "a-b-2", "a-b-2-2"]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_heading() {
    let org = "\u{feff}* A :t:\n** B\n";
    let got = parse_headlines(org);
    assert_eq!((got[0].title.as_str(), got[0].position.line, got[0].position.start), ("A", 1, 3));
    assert_eq!(&org[got[1].position.start..got[1].position.end], "** B\n");
}

#[test]
fn odd_levels_inherit_by_their_stars() {
    assert_eq!(
        all_tags("#+STARTUP: odd\n* A :a:\n** B :b:\n*** C :c:\n***** D\n* E\n"),
        ["a", "a b", "a b c", "a b c", ""]
    );
}
