//! guides/format.md, `:noweb yes` (with `<<name>>`) and the line map.

use oql::{lint, tangle_plan};

const ROOT: &str = "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";

fn org(libs: &str, block: &str) -> String {
    format!(
        "{ROOT}** Main\n:PROPERTIES:\n:out: a\n:END:\n#+begin_src js :noweb yes\n{block}\n#+end_src\n** Lib\n{libs}"
    )
}

fn named(name: &str, body: &str) -> String {
    format!("#+name: {name}\n#+begin_src js\n{body}\n#+end_src\n")
}

/// The Org line's text behind each source line must be the source line's own.
fn check_lines(org: &str) -> String {
    let world = &tangle_plan(org).worlds[0];
    let lines: Vec<&str> = org.lines().collect();
    for (i, text) in world.src.lines().enumerate() {
        let run = world.lines.iter().rev().find(|r| r.src <= i + 1).unwrap();
        let there = lines[run.org + (i + 1 - run.src) - 1];
        let trimmed = text.trim();
        assert!(there.contains(trimmed), "{trimmed:?} is not on {there:?}");
        if let (Some(a), Some(b)) = (text.find(trimmed), there.find(trimmed)) {
            assert_eq!(i64::try_from(a).unwrap() + run.column, i64::try_from(b).unwrap(), "{text}");
        }
    }
    world.src.clone()
}

#[test]
fn a_reference_is_replaced_and_keeps_its_prefix_on_every_line() {
    let org = org(&named("lib", "one\n  two"), "start\n  <<lib>>\nend");
    assert_eq!(check_lines(&org), "start\n  one\n    two\nend\n");
}

#[test]
fn text_around_a_reference_stays() {
    let org = org(&named("lib", "1\n2"), "// <<lib>>;");
    assert_eq!(tangle_plan(&org).worlds[0].src, "// 1\n// 2;\n");
}

#[test]
fn references_nest_and_blocks_are_dedented() {
    let libs =
        "  #+name: outer\n  #+begin_src js\n    o\n    <<inner>>\n  #+end_src\n".to_string() + &named("inner", "i");
    let org = org(&libs, "<<outer>>\nm");
    assert_eq!(check_lines(&org), "o\ni\nm\n");
}

#[test]
fn noweb_ref_joins_blocks() {
    let libs = "#+begin_src js :noweb-ref lib\na\n#+end_src\n#+begin_src js :noweb-ref lib\nb\n#+end_src\n";
    assert_eq!(check_lines(&org(libs, "<<lib>>")), "a\nb\n");
}

#[test]
fn without_noweb_yes_nothing_is_replaced() {
    let org = org(&named("lib", "1"), "<<lib>>").replace(":noweb yes", "");
    assert_eq!(tangle_plan(&org).worlds[0].src, "<<lib>>\n");
}

#[test]
fn an_unknown_name_stays_and_is_told() {
    let org = org("", "<<nope>>");
    assert_eq!(tangle_plan(&org).worlds[0].src, "<<nope>>\n");
    let issue = lint(&org).into_iter().find(|i| i.code == "bad_noweb").unwrap();
    assert_eq!(issue.line, 10);
    assert!(issue.message.contains("nope"));
}

#[test]
fn a_circle_stays_and_is_told() {
    let org = org(&(named("a", "<<b>>") + &named("b", "<<a>>")), "<<a>>");
    assert_eq!(tangle_plan(&org).worlds[0].src, "<<a>>\n");
    let issue = lint(&org).into_iter().find(|i| i.code == "bad_noweb").unwrap();
    assert!(issue.message.contains("a → b → a"), "{}", issue.message);
}

#[test]
fn doubling_references_do_not_grow_without_end() {
    let libs: String = (0..40).map(|i| named(&format!("a{i}"), &format!("<<a{}>><<a{}>>", i + 1, i + 1))).collect();
    let org = org(&libs, "<<a0>>");
    assert!(tangle_plan(&org).worlds[0].src.len() < 16 << 20);
    assert!(lint(&org).iter().any(|i| i.code == "bad_noweb"));
}

fn src(org: &str) -> String {
    tangle_plan(org).worlds[0].src.clone()
}

fn bad(org: &str) -> Vec<(usize, usize, String)> {
    let all = lint(org).into_iter().filter(|i| i.code == "bad_noweb");
    all.map(|i| (i.line, i.column, i.message)).collect()
}

#[test]
fn what_stands_between_two_references_stands_before_each_line_of_the_second() {
    let libs = named("aa", "1\n\n2") + &named("bb", "[<<aa>>]");
    let org = org(&libs, "  <<aa>>\nx <<aa>> y <<aa>>z\n<<bb>>");
    assert_eq!(src(&org), "  1\n  \n  2\nx 1\nx \nx 2 y 1\n y \n y 2z\n[1\n[\n[2]\n");
}

#[test]
fn a_name_neither_begins_nor_ends_with_a_blank() {
    let libs = named("a b", "ab") + &named("<c", "c");
    assert_eq!(src(&org(&libs, "<<a b>> << a b>> 1 << 2\n<<a b >>\n<<<c>>")), "ab << a b>> 1 << 2\n<<a b >>\nc\n");
}

#[test]
fn a_separator_stands_between_the_blocks_of_one_reference() {
    let part = |code: &str, sep: &str| format!("#+begin_src js :noweb-ref all{sep}\n{code}\n#+end_src\n");
    let libs = part("1", " :noweb-sep \"--\"")
        + &part("2", " :noweb-sep \"\"")
        + &part("3", " :noweb-sep \"\\n\\n\"")
        + &part("4", "");
    assert_eq!(src(&org(&libs, "  <<all>>;\nend")), "  1--23\n  \n  4;\nend\n");
}

#[test]
fn a_name_is_stronger_than_a_noweb_ref_and_the_first_of_two_counts() {
    let libs = "#+begin_src js :noweb-ref lib\nref\n#+end_src\n".to_string() + &named("lib", "1") + &named("lib", "2");
    assert_eq!(src(&org(&libs, "<<lib>>")), "1\n");
}

#[test]
fn what_is_commented_out_cannot_be_referred_to() {
    let org = org("", "<<lib>>") + "** COMMENT Gone\n" + &named("lib", "gone") + "** Here\n" + &named("lib", "here");
    assert_eq!(src(&org), "here\n");
}

#[test]
fn the_block_that_is_included_decides_over_its_own_references_where_it_says_so() {
    let inner = |args: &str| format!("#+name: o\n#+begin_src js{args}\n<<in>>\n#+end_src\n{}", named("in", "i"));
    for (args, expected) in
        [("", "i\n"), (" :noweb eval", "i\n"), (" :noweb no", "<<in>>\n"), (" :noweb tangle", "<<in>>\n")]
    {
        assert_eq!(src(&org(&inner(args), "<<o>>")), expected, "{args}");
    }
}

#[test]
fn the_values_of_noweb_that_replace_before_a_run() {
    let with = |value: &str| src(&org(&named("lib", "1"), "<<lib>>").replace(":noweb yes", &format!(":noweb {value}")));
    for yes in ["yes", "eval", "no-export", "strip-export", "tangle eval", "YES"] {
        assert_eq!(with(yes), "1\n", "{yes}");
    }
    for no in ["no", "tangle"] {
        assert_eq!(with(no), "<<lib>>\n", "{no}");
    }
}

#[test]
fn line_three_after_an_expansion_is_found_where_it_was_written() {
    let org =
        org("  #+name: lib\n  #+begin_src js\n    a\n\tb\n    ,* c\n  #+end_src\n", "    one\n      <<lib>>\n    two");
    let src = src(&org);
    assert_eq!(src, "one\n  a\n      b\n  * c\ntwo\n");
    check_lines(&org);
}

#[test]
fn a_call_is_refused_at_its_place() {
    let org = org(&named("lib", "1"), "one\n  two <<lib(a=1)>>");
    let all = bad(&org);
    assert_eq!((all.len(), all[0].0, all[0].1), (1, 11, 7));
    assert!(all[0].2.contains("write `<<lib>>`"), "{}", all[0].2);
    assert!(tangle_plan(&org).worlds[0].src.contains("two <<lib(a=1)>>"));
}

#[test]
fn a_missing_name_deep_inside_is_told_once_where_it_stands() {
    let org = org(&(named("a", "ü <<nope>>") + &named("b", "<<a>><<a>>")), "<<a>>\n<<b>>");
    let line = org.lines().position(|l| l.starts_with('ü')).unwrap() + 1;
    let all = bad(&org);
    assert_eq!((all.len(), all[0].0, all[0].1), (1, line, 3));
}

#[test]
fn a_block_that_includes_itself_is_told_with_the_way() {
    let own = org("", "<<main>>").replace("#+begin_src js :noweb yes", "#+name: main\n#+begin_src js :noweb yes");
    assert!(bad(&own)[0].2.ends_with("main → main"), "{:?}", bad(&own));
    let round = org(&(named("a", "<<b>>") + &named("b", "<<c>>") + &named("c", "x <<b>>")), "<<a>> <<a>>");
    let all = bad(&round);
    assert_eq!(all.len(), 1);
    assert!(all[0].2.ends_with("b → c → b"), "{}", all[0].2);
}

#[test]
fn a_bomb_is_told_where_it_goes_off() {
    let libs: String = (0..30).map(|i| named(&format!("a{i}"), &format!("<<a{}>>\n<<a{}>>", i + 1, i + 1))).collect();
    let org = org(&(libs + &named("a30", "boom")), "<<a0>>");
    let all = bad(&org);
    assert!(!all.is_empty() && all.len() < 31, "{}", all.len());
    assert!(all.iter().all(|(_, _, message)| message.contains("far more text")), "{:?}", all[0]);
    assert!(src(&org).len() < 8 << 20);
}

#[test]
fn of_far_too_many_issues_the_errors_stay() {
    let refs: String = (0..12_000).map(|i| format!("<<no{i}>>\n")).collect();
    let all = lint(&org("#+begin_src js :no-such 1\n#+end_src\n", &refs));
    assert_eq!(all.len(), 10_000);
    assert!(all.iter().all(|i| i.code == "bad_noweb") && all.is_sorted_by_key(|i| i.line));
}
