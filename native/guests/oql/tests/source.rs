//! A block's text as Babel takes it: each expected text is Emacs' own (Org 9.5,
//! `indent-tabs-mode` off).

use oql::tangle_plan;

fn org(begin: &str, body: &str) -> String {
    let head = "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** A\n:PROPERTIES:\n:out: a\n:END:\n";
    format!("{head}#+begin_src {begin}\n{body}#+end_src\n")
}

fn src(begin: &str, body: &str) -> String {
    tangle_plan(&org(begin, body)).worlds[0].src.clone()
}

#[test]
fn common_indentation_goes_in_columns() {
    for (body, expected) in [
        ("  a\n    b\n", "a\n  b\n"),
        ("    a\n\tb\n", "a\n    b\n"),
        ("  \ta\n  b\n", "      a\nb\n"),
        ("   a\n\n      \n   b\n", "a\n\n\nb\n"),
        ("a\n   \n  b\n", "a\n   \n  b\n"),
        ("        a\n\t        b\n", "a\n\tb\n"),
        ("  a\n  \tb\n\t  c\n", "a\n      b\n\tc\n"),
        ("  \n \t\n", "\n\n"),
        ("\t\tx\n        y\n", "\tx\ny\n"),
        ("  a\n \n", "a\n\n"),
        ("\n\n  a\n", "\n\na\n"),
        ("", ""),
    ] {
        assert_eq!(src("js", body), expected, "{body:?}");
    }
}

#[test]
fn commas_that_only_org_needs_go() {
    assert_eq!(src("js", "  ,* a\n  ,#+b\n  ,,* c\n  , d\n"), "* a\n#+b\n,* c\n, d\n");
}

#[test]
fn the_switch_i_keeps_the_indentation() {
    assert_eq!(src("js -n -i :eval yes", "  a\n    b\n"), "  a\n    b\n");
    assert_eq!(src("js :eval yes -i", "  a\n"), "a\n");
}

#[test]
fn columns_lead_back_to_the_document() {
    let org = org("js", "  \ta\n  b\n  ,* c\n\td\n");
    let world = &tangle_plan(&org).worlds[0];
    let lines: Vec<&str> = org.lines().collect();
    for (i, text) in world.src.lines().enumerate() {
        let run = world.lines.iter().rev().find(|r| r.src <= i + 1).unwrap();
        let code = text.trim_start();
        let column = i64::try_from(text.len() - code.len()).unwrap() + run.column;
        let there = lines[run.org + (i + 1 - run.src) - 1];
        assert_eq!(there.get(usize::try_from(column).unwrap()..), Some(code), "{text}");
    }
}
