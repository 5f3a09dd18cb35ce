//! guides/format.md, "Header arguments": what may stand behind `:var x=`.

use oql::{Issue, lint, tangle_plan};
use serde_json::{Value, json};

const ROOT: &str = "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";

const DATA: &str = "#+NAME: tbl
| a | b |
|---+---|
| 1 | x |
| 2.5 | \"q\" |
|---+---|
| 1. | 1e3 |

#+NAME: flat
| 1 | 2 |
| 3 | 4 |

#+name: lst
- one
- 2
  - sub
- [ ] box
  more

#+name: ex
#+begin_example
  ex
    am
#+end_example

#+name: fx
: fixed
: two

#+name: fn
: 42

#+name: par
some text
here

#+name: q
#+begin_quote
  hi
#+end_quote
";

fn org(args: &str) -> String {
    format!("{ROOT}{DATA}** V\n#+begin_src js {args}\n1\n#+end_src\n")
}

fn with(args: &str) -> Value {
    serde_json::to_value(tangle_plan(&org(args))).unwrap()["components"][0]["values"]["x"].clone()
}

fn x(value: &str) -> Value {
    with(&format!(":var x={value}"))
}

fn issues(org: &str) -> Vec<Issue> {
    lint(org)
}

#[test]
fn values_as_written() {
    for (written, value) in [
        ("7", json!(7)),
        ("+3", json!(3)),
        ("-2.5", json!(-2.5)),
        (".5", json!(0.5)),
        ("1e3", json!(1000.0)),
        ("1.", json!(1)),
        ("\"a b\"", json!("a b")),
        (r#""a\n\"b\"""#, json!("a\n\"b\"")),
        ("true", json!(true)),
        ("t", json!(true)),
        ("false", json!(false)),
        ("nil", Value::Null),
        ("'(1 2 \"x\" t nil)", json!([1, 2, "x", true, null])),
        ("'(1 (2 (3)) ())", json!([1, [2, [3]], []])),
        ("'()", json!([])),
        ("[1 2]", json!([1, 2])),
        ("[1, {\"k\": 2}]", json!([1, {"k": 2}])),
    ] {
        assert_eq!(x(written), value, "{written}");
        assert_eq!(issues(&org(&format!(":var x={written}"))), [], "{written}");
    }
}

#[test]
fn data_of_the_file() {
    for (name, value) in [
        ("flat", json!([[1, 2], [3, 4]])),
        ("tbl", json!([[1, "x"], [2.5, "\"q\""], [1, 1000.0]])),
        ("lst", json!(["one", "2", "box more"])),
        ("ex", json!("ex\n  am\n")),
        ("fx", json!("fixed\ntwo")),
        ("fn", json!(42)),
        ("par", json!("some text\nhere\n")),
        ("q", json!("hi\n")),
    ] {
        assert_eq!(x(name), value, "{name}");
    }
}

#[test]
fn colnames_rownames_and_hlines() {
    assert_eq!(with(":var x=tbl :colnames no"), json!([["a", "b"], [1, "x"], [2.5, "\"q\""], [1, 1000.0]]));
    assert_eq!(
        with(":var x=tbl :colnames yes"),
        json!([{"a": 1, "b": "x"}, {"a": 2.5, "b": "\"q\""}, {"a": 1, "b": 1000.0}])
    );
    assert_eq!(
        with(":var x=tbl :colnames no :hlines yes"),
        json!([["a", "b"], null, [1, "x"], [2.5, "\"q\""], null, [1, 1000.0]])
    );
    assert_eq!(with(":var x=flat :rownames yes"), json!([[2], [4]]));
    assert_eq!(with(":var x=tbl :rownames yes :colnames yes"), json!([{"b": "x"}, {"b": "\"q\""}, {"b": 1000.0}]));
    assert_eq!(with(":var x=flat :colnames yes"), json!([{"1": 3, "2": 4}]), "the first row names, rule or none");
}

#[test]
fn an_index_counts_headers_and_rules_as_emacs_does() {
    for (index, value) in [
        ("tbl[0]", json!(["a", "b"])),
        ("tbl[2]", json!([1, "x"])),
        ("tbl[-1]", json!([1, 1000.0])),
        ("tbl[2,0]", json!(1)),
        ("tbl[3,-1]", json!("\"q\"")),
        ("tbl[2:3,1]", json!(["x", "\"q\""])),
        ("tbl[2:-1]", json!([[1, "x"], [2.5, "\"q\""], [1, 1000.0]])),
        ("tbl[1]", Value::Null),
        ("flat[,0]", json!([1, 3])),
        ("flat[*,1]", json!([2, 4])),
        ("flat[0:1,0:1]", json!([[1, 2], [3, 4]])),
        ("flat[0:0]", json!([1, 2])),
        ("flat[1:0]", json!([])),
        ("lst[1]", json!("2")),
        ("lst[0:1]", json!(["one", "2"])),
        ("ex[0]", json!("ex\n  am\n")),
    ] {
        assert_eq!(x(index), value, "{index}");
    }
    assert_eq!(with(":var x=tbl[,0] :colnames no"), json!(["a", 1, 2.5, 1]));
    assert_eq!(with(":var x=tbl[0:2] :colnames yes"), json!([{"a": 1, "b": "x"}]));
}

/// The only issue, its code, its place and a piece of what it says.
fn refused(value: &str, code: &str, says: &str) {
    let org = org(&format!(":exports both :var y=1 x={value} :results value"));
    let all = issues(&org);
    let line = org.lines().position(|l| l.starts_with("#+begin_src js")).unwrap();
    let column = org.lines().nth(line).unwrap().find("x=").unwrap() + 3;
    assert_eq!(all.len(), 1, "{value}: {all:#?}");
    assert_eq!((all[0].code.as_str(), all[0].line, all[0].column), (code, line + 1, column), "{value}");
    assert!(all[0].message.contains(says), "{}", all[0].message);
    assert!(all[0].heading.as_deref() == Some("v") && all[0].hint.is_some());
}

#[test]
fn what_is_not_evaluated_is_told_at_its_place() {
    for (value, says) in [
        ("f(1, 2)", "calls are not evaluated"),
        ("tbl(y=1)[0]", "calls are not evaluated"),
        ("(+ 1 2)", "Emacs Lisp"),
        ("'(a b)", "Emacs Lisp"),
        ("`(1 ,y)", "Emacs Lisp"),
        ("'(1", "Emacs Lisp"),
        ("[1 a]", "neither JSON nor"),
        ("\"a\"b", "the string does not end"),
        ("*this*", "Emacs Lisp"),
        ("[[x]]", "neither JSON nor"),
    ] {
        refused(value, "bad_header_arg", says);
    }
}

#[test]
fn what_is_not_there_is_told_at_its_place() {
    for (value, says) in [
        ("nope", "nothing in this file has that name"),
        ("nope[0]", "nothing in this file has that name"),
        ("w/nope", "nothing in this file has that name"),
        ("other.org:tbl", "other files are not read"),
        ("/tmp/x:tbl", "other files are not read"),
        ("tbl[6]", "there is no `6` among 6"),
        ("tbl[-7]", "there is no `-7` among 6"),
        ("flat[0,2]", "there is no `2` among 2"),
        ("flat[0:9]", "there is no `0:9` among 2"),
        ("flat[a]", "`a` is no index"),
    ] {
        refused(value, "unknown_dep", says);
    }
}

#[test]
fn names_that_hold_no_value_are_refused() {
    let blocks = "#+name: py\n#+begin_src python\n1\n#+end_src\n#+name: call\n#+CALL: py()\n#+name: rule\n-----\n";
    for (name, says) in [("py", "belongs to no component"), ("call", "holds no data"), ("rule", "holds no data")] {
        let all = issues(&(org(&format!(":var x={name}")) + "** W\n" + blocks));
        assert_eq!(all.len(), 1, "{all:#?}");
        assert!(all[0].code == "unknown_dep" && all[0].message.contains(says), "{}", all[0].message);
    }
}

#[test]
fn a_components_output_has_no_index_yet() {
    let a = "** A\n:PROPERTIES:\n:out: o\n:END:\n#+begin_src js\n1\n#+end_src\n";
    let all = issues(&(org(":var x=a[0]") + a));
    assert_eq!((all[0].code.as_str(), all.len()), ("bad_header_arg", 1));
}

#[test]
fn the_first_of_two_names_counts_and_what_is_commented_out_is_not_there() {
    let gone = "** COMMENT Gone\n#+name: late\n| gone |\n";
    let here = "** Here\n#+name: late\n| here |\n\n#+name: late\n| again |\n";
    let org = org(":var x=late") + gone + here;
    let plan = serde_json::to_value(tangle_plan(&org)).unwrap();
    assert_eq!(plan["components"][0]["values"]["x"], json!([["here"]]));
    let all = issues(&org);
    let lines =
        |text: &str| org.lines().enumerate().filter(|(_, l)| *l == text).map(|(i, _)| i + 1).collect::<Vec<_>>();
    assert_eq!((all.len(), all[0].code.as_str()), (1, "duplicate_name"));
    assert_eq!((all[0].line, all[0].column), (lines("#+name: late")[2], 9));
    assert!(all[0].message.contains(&format!("line {}", lines("| here |")[0])), "{}", all[0].message);
}

#[test]
fn tables_do_not_multiply_without_end() {
    let names = "n".repeat(100_000);
    let table = format!("#+NAME: wide\n| {names} |\n|---|\n{}", "| 1 |\n".repeat(20_000));
    let org = format!("{ROOT}{table}** V\n#+begin_src js :var x=wide :colnames yes\n1\n#+end_src\n");
    let all = issues(&org);
    assert_eq!((all.len(), all[0].code.as_str()), (1, "unknown_dep"));
    assert!(all[0].message.contains("too large"));
}
