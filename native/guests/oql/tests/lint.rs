//! guides/format.md, "What each kernel call answers": the issues, one by one.

use oql::{Issue, Level, lint};

const ROOT: &str = "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";
const BLOCK: &str = "#+begin_src js\nx\n#+end_src\n";

fn c(title: &str, properties: &str) -> String {
    format!("** {title}\n:PROPERTIES:\n{properties}\n:END:\n{BLOCK}")
}

fn issues(body: &str) -> Vec<Issue> {
    lint(&format!("{ROOT}{body}"))
}

fn only(body: &str, code: &str, level: Level) -> Issue {
    let mut all = issues(body);
    assert_eq!(all.len(), 1, "{all:#?}");
    let issue = all.remove(0);
    assert_eq!((issue.code.as_str(), issue.level), (code, level));
    assert!(!issue.message.is_empty() && issue.hint.is_some());
    issue
}

#[test]
fn a_sound_workbook_has_no_issues() {
    let body = c("A", ":in: name\n:out: x") + &c("B", ":in: x\n:out: y\n:deps: a");
    assert_eq!(issues(&body), []);
}

#[test]
fn missing_version() {
    let all = lint("text\n* A\n");
    assert_eq!((all[0].code.as_str(), all[0].line, all[0].heading.as_deref()), ("missing_version", 2, Some("a")));
    assert_eq!(lint("")[0].code, "missing_version");
    let other = lint("* A\n:PROPERTIES:\n:WORKBOOK_VERSION: 2\n:END:\n");
    assert_eq!((other[0].code.as_str(), other[0].line), ("missing_version", 3));
}

#[test]
fn several_roots() {
    let issue = only("* X\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n", "several_roots", Level::Error);
    assert_eq!((issue.line, issue.column, issue.heading.as_deref()), (7, 1, Some("x")));
}

#[test]
fn unknown_dep() {
    let issue = only(&c("A", ":out: a\n:deps: nope"), "unknown_dep", Level::Error);
    assert_eq!((issue.line, issue.heading.as_deref()), (8, Some("a")));
    assert!(issue.message.contains("`nope`"));
    only("** V\n#+begin_src js :var x=nothing\nx\n#+end_src\n", "unknown_dep", Level::Error);
    only(&(c("A", ":out: a b") + "** V\n#+begin_src js :var x=a\nx\n#+end_src\n"), "unknown_dep", Level::Error);
}

#[test]
fn duplicate_output() {
    let issue = only(&(c("A", ":out: a") + &c("B", ":out: a")), "duplicate_output", Level::Error);
    assert_eq!(issue.heading.as_deref(), Some("b"));
}

#[test]
fn cycle_shows_its_path() {
    let body = c("A", ":in: z\n:out: x") + &c("B", ":in: x\n:out: y") + &c("C", ":in: y\n:out: z");
    let issue = only(&body, "cycle", Level::Error);
    assert!(issue.message.ends_with("w/a → w/b → w/c → w/a"), "{}", issue.message);
    let own = only(&c("A", ":out: x\n:deps: a"), "cycle", Level::Error);
    assert!(own.message.ends_with("w/a → w/a"));
}

#[test]
fn unknown_language_only_with_out() {
    let block = "#+begin_src python\n1\n#+end_src\n";
    let with = |p: &str| format!("** A\n:PROPERTIES:\n{p}\n:END:\n{block}");
    assert_eq!(only(&with(":out: a"), "unknown_language", Level::Error).line, 9);
    assert_eq!(issues(&with(":in: a")), []);
}

#[test]
fn bad_sig() {
    for sig in
        ["score", "f(a) -> u8", "f(a: int)", "f(a: list<>)", "f(a: u8) -> record{}", "f(a: u8) x", "f(a: u8, a: u8)"]
    {
        let issue = only(&c("A", &format!(":sig: {sig}")), "bad_sig", Level::Error);
        assert!(issue.message.contains(sig), "{}", issue.message);
    }
    only(&c("A", ":in: a b\n:sig: f(a: u8) -> u8"), "bad_sig", Level::Error);
    only(&c("A", ":out: x y\n:sig: f() -> u8"), "bad_sig", Level::Error);
    assert_eq!(issues(&c("A", ":out: x y\n:sig: f() -> tuple<u8, string>")), []);
}

#[test]
fn missing_block() {
    only("** A\n:PROPERTIES:\n:out: a\n:END:\n", "missing_block", Level::Error);
}

#[test]
fn unclosed_block() {
    let issue = only("** A\ntext\n#+begin_src js\nx\n** B\n", "unclosed_block", Level::Error);
    assert_eq!((issue.line, issue.heading.as_deref()), (7, Some("a")));
    only("#+BEGIN_QUOTE\nx\n", "unclosed_block", Level::Error);
}

#[test]
fn unclosed_drawer() {
    let issue = only("** A\n:NOTES:\nx\n", "unclosed_drawer", Level::Error);
    assert!(issue.message.contains(":NOTES:"));
    only("** A\n:PROPERTIES:\n:out: x\n", "unclosed_drawer", Level::Error);
}

#[test]
fn dangling_input_only_where_deps_give_nothing() {
    let body = c("A", ":out: x") + &c("B", ":in: q\n:deps: a");
    let issue = only(&body, "dangling_input", Level::Warning);
    assert_eq!(issue.heading.as_deref(), Some("b"));
    assert!(issue.message.contains("`q`") && issue.hint.unwrap().contains(":deps:"));
    assert_eq!(issues(&c("A", ":in: q")), [], "a plain import is no issue");
}

#[test]
fn an_import_beside_an_input_from_deps_is_no_issue() {
    assert_eq!(issues(&(c("A", ":out: x") + &c("B", ":in: x q\n:deps: a"))), []);
    let var = "** B\n:PROPERTIES:\n:in: q\n:deps: a\n:END:\n#+begin_src js :var v=a\nx\n#+end_src\n";
    assert_eq!(issues(&(c("A", ":out: x") + var)), [], "a :var from a named component is from :deps: too");
}

#[test]
fn every_unsupplied_input_dangles_even_beside_one_from_elsewhere() {
    let body = c("A", ":out: x") + &c("C", ":out: z") + &c("B", ":in: z q r\n:deps: a");
    let all = issues(&body);
    let codes: Vec<&str> = all.iter().map(|i| i.code.as_str()).collect();
    assert_eq!(codes, ["dangling_input", "dangling_input"]);
}

#[test]
fn unused_output_only_beside_exports() {
    let body = c("A", ":out: x y");
    only(&format!("#+EXPORTS: x\n{body}"), "unused_output", Level::Warning);
    assert_eq!(issues(&body), []);
}

#[test]
fn bad_header_arg() {
    for args in [":exports maybe", ":eval perhaps", ":noweb sure", ":frobnicate 1", ":var x"] {
        let body = format!("** A\n:PROPERTIES:\n:out: a\n:END:\n#+begin_src js {args}\nx\n#+end_src\n");
        let issue = only(&body, "bad_header_arg", Level::Warning);
        assert_eq!((issue.line, issue.column), (9, 16));
    }
    only("** V\n#+begin_src js :var x=(+ 1 2)\nx\n#+end_src\n", "bad_header_arg", Level::Warning);
}

#[test]
fn issues_stand_in_the_order_of_their_lines_and_serialise_as_the_contract_says() {
    let all = issues("** A\n:PROPERTIES:\n:out: a\n:END:\n** B\n#+begin_src js\n");
    let lines: Vec<_> = all.iter().map(|i| i.line).collect();
    assert!(lines.is_sorted() && lines.len() == 2);
    let text = serde_json::to_string(&all[0]).unwrap();
    assert!(text.starts_with(r#"{"level":"error","code":"missing_block","message":""#), "{text}");
}

#[test]
fn a_function_that_is_used_is_the_sig_of_one_of_the_deps() {
    let twice = c("Twice", ":sig: twice_it(x: record{aB: f64}) -> f64");
    let user = |sig: &str, deps: &str| c("User", &format!("{deps}:out: y\n:sig: user() -> f64 using {sig}"));
    let good = user("twiceIt(n: record{a_b: f64}) -> f64", ":deps: twice\n");
    assert_eq!(issues(&(twice.clone() + &good)), []);
    for (sig, deps, said) in [
        ("other() -> f64", ":deps: twice\n", "`other` is the `:sig:` of none of the components in `:deps:`"),
        ("twice_it(x: record{aB: f64}) -> f64", "", "`twice_it` is the `:sig:` of none of"),
        ("twice_it(x: f64) -> f64", ":deps: twice\n", "`twice_it` has another type in the `:sig:` of w/twice"),
        ("twice_it(x: record{aB: f64})", ":deps: twice\n", "`twice_it` has another type"),
        ("twice_it(x: record{aB: f64}) -> f64", ":deps: twice again\n", "of w/twice, and of w/again"),
    ] {
        let again = c("Again", ":out: z\n:in:\n:sig: twiceIt() -> f64");
        let all = issues(&(twice.clone() + &again + &user(sig, deps)));
        let found = all.iter().find(|issue| issue.message.contains(said));
        assert!(
            found.is_some_and(|issue| issue.code == "bad_sig" && issue.heading.as_deref() == Some("user")),
            "{all:#?}"
        );
    }
    // Who calls waits, as far as circles go.
    let circle =
        c("A", ":deps: b\n:sig: a() -> f64 using b() -> f64") + &c("B", ":deps: a\n:sig: b() -> f64 using a() -> f64");
    only(&circle, "cycle", Level::Error);
}

#[test]
fn several_outputs_are_a_tuple_or_a_record() {
    assert_eq!(issues(&c("A", ":out: a b\n:sig: f() -> record{b: f64, a: u8}")), []);
    only(&c("A", ":out: a c\n:sig: f() -> record{b: f64, a: u8}"), "bad_sig", Level::Error);
}
