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
