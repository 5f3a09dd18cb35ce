//! guides/format.md, "Upgrading": what those who use the old text would break on.

use oql::{Issue, Level, check_upgrade};

const ROOT: &str = "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";

fn c(title: &str, properties: &str) -> String {
    block(title, properties, "js", "1")
}

fn block(title: &str, properties: &str, lang: &str, code: &str) -> String {
    format!("** {title}\n:PROPERTIES:\n{properties}\n:END:\n#+begin_src {lang}\n{code}\n#+end_src\n")
}

fn check(old: &str, new: &str) -> Vec<Issue> {
    check_upgrade(&format!("{ROOT}{old}"), &format!("{ROOT}{new}"))
}

fn codes(old: &str, new: &str) -> Vec<String> {
    check(old, new).into_iter().map(|i| i.code).collect()
}

fn only(old: &str, new: &str, code: &str, level: Level) -> Issue {
    let mut all = check(old, new);
    assert_eq!(all.len(), 1, "{all:#?}");
    let issue = all.remove(0);
    assert_eq!((issue.code.as_str(), issue.level), (code, level));
    assert!(!issue.message.is_empty() && issue.hint.is_some() && issue.heading.is_some());
    issue
}

#[test]
fn the_same_text_and_what_adds_to_it_break_nothing() {
    let old = c("A", ":in: n\n:out: a") + &c("B", ":in: a\n:sig: b(a: u8) -> u8");
    assert_eq!(codes(&old, &old), Vec::<String>::new());
    let new = format!("prose\n{old}{}", c("C", ":in: n\n:out: c"));
    assert_eq!(codes(&old, &new), Vec::<String>::new());
    assert_eq!(codes("", &c("A", ":out: a")), Vec::<String>::new());
    assert_eq!(codes(&c("A", ":in: gone\n:out: a"), &c("A", ":out: a")), Vec::<String>::new(), "an input less is fine");
}

#[test]
fn export_removed() {
    let issue = only(&c("A", ":out: a b"), &c("A", ":out: b"), "export_removed", Level::Error);
    assert_eq!((issue.line, issue.column, issue.heading.as_deref()), (7, 7, Some("a")), "its place is the old text's");
    assert!(issue.message.contains("`a`"));
    let taken = c("A", ":out: a") + &c("B", ":in: a\n:out: b");
    let issue = only(&c("A", ":out: a"), &taken, "export_removed", Level::Error);
    assert!(issue.hint.unwrap().contains("name it in #+EXPORTS:"));
    let named = |names: &str| format!("#+EXPORTS: {names}\n{}", c("A", ":out: a b"));
    only(&named("a b"), &named("a"), "export_removed", Level::Error);
    assert_eq!(codes(&named("a"), &named("a b")), Vec::<String>::new());
    assert_eq!(codes(&c("A", ":out: a"), &format!("#+EXPORTS: a\n{taken}")), Vec::<String>::new());
}

#[test]
fn export_type_changed() {
    let sig = |ty: &str| c("A", &format!(":out: a\n:sig: f(){ty}"));
    let changed = |old: &str, new: &str| only(&sig(old), &sig(new), "export_type_changed", Level::Error);
    let issue = changed(" -> list<u8>", " -> list<string>");
    assert_eq!((issue.line, issue.column), (8, 1));
    assert!(issue.message.contains("`list<u8>`") && issue.message.contains("`list<string>`"), "{}", issue.message);
    changed(" -> record{a: u8, b: f64}", " -> record{a: u8}");
    changed(" -> record{a: u8, b: f64}", " -> record{b: f64, a: u8}");
    changed(" -> result<u8>", " -> result<u8, string>");
    changed(" -> u8", "");
    let issue = only(&sig(" -> u8"), &c("A", ":out: a"), "export_type_changed", Level::Error);
    assert!(issue.message.contains("no longer says its type"));
    assert_eq!(issue.line, 5, "without a :sig: it is the heading's line");
    for (old, new) in [(" -> list<u8>", " ->  list< u8 >"), (" -> tuple<u8, s8>", "->tuple<u8,s8>"), ("", " -> u8")] {
        assert_eq!(codes(&sig(old), &sig(new)), Vec::<String>::new(), "{old:?} {new:?}");
    }
    assert_eq!(codes(&c("A", ":out: a"), &sig(" -> u8")), Vec::<String>::new(), "nothing was promised");
}

#[test]
fn a_type_belongs_to_its_output_wherever_that_stands() {
    let pair = |outs: &str, types: &str| c("A", &format!(":out: {outs}\n:sig: f() -> tuple<{types}>"));
    assert_eq!(codes(&pair("a b", "u8, string"), &pair("b a", "string, u8")), Vec::<String>::new());
    let issue = only(&pair("a b", "u8, string"), &pair("a b", "u8, char"), "export_type_changed", Level::Error);
    assert!(issue.message.contains("`b`"));
    let moved = c("A", ":sig: a() -> u8") + &c("B", ":in: a\n:out: b");
    let all = codes(&c("A", ":sig: a() -> u8"), &format!("#+EXPORTS: a\n{moved}"));
    assert_eq!(all, Vec::<String>::new());
}

#[test]
fn component_removed() {
    let two = c("A", ":out: a") + &c("B", ":in: a\n:out: b");
    let new = c("A", ":out: b");
    let issue = only(&two, &new, "component_removed", Level::Error);
    assert_eq!((issue.line, issue.column, issue.heading.as_deref()), (12, 1, Some("b")));
    assert!(issue.message.contains("`w/b`"));
    let renamed = check_upgrade(
        &format!("{ROOT}{}", c("A", ":out: a")),
        &format!("{}{}", ROOT.replace("* W", "* V"), c("A", ":out: a")),
    );
    assert_eq!((renamed.len(), renamed[0].code.as_str()), (1, "component_removed"));
    assert!(renamed[0].hint.as_ref().unwrap().contains("`v/a`"));
    let commented = c("A", ":out: b") + &c("COMMENT B", ":out: c");
    only(&two, &commented, "component_removed", Level::Error);
}

#[test]
fn import_added() {
    let issue = only(&c("A", ":in: x\n:out: a"), &c("A", ":in: x yy\n:out: a"), "import_added", Level::Error);
    assert_eq!((issue.line, issue.column, issue.heading.as_deref()), (7, 8, Some("a")), "its place is the new text's");
    assert!(issue.message.contains("`yy`"));
    let filled = "** A\n:PROPERTIES:\n:in: x\n:out: a\n:END:\n#+begin_src js :var x=1\n1\n#+end_src\n";
    only(filled, &c("A", ":in: x\n:out: a"), "import_added", Level::Error);
    assert_eq!(codes(&c("A", ":in: x\n:out: a"), filled), Vec::<String>::new());
    let both = c("A", ":in: x\n:out: a") + &c("B", ":in: z\n:out: b") + &c("C", ":in: z\n:out: c");
    assert_eq!(codes(&c("A", ":in: x\n:out: a"), &both), ["import_added"], "once, whoever takes it");
}

#[test]
fn import_type_changed() {
    let sig = |ty: &str| c("A", &format!(":out: a\n:in: n\n:sig: f(n: {ty})"));
    let issue = only(&sig("string"), &sig("u8"), "import_type_changed", Level::Error);
    assert_eq!((issue.line, issue.column), (9, 1));
    assert!(issue.message.contains("`n`") && issue.message.contains("`u8`"));
    only(&sig("list<u8>"), &sig("option<list<u8>>"), "import_type_changed", Level::Error);
    assert_eq!(codes(&sig("u8"), &sig(" u8 ")), Vec::<String>::new());
    assert_eq!(codes(&c("A", ":out: a\n:in: n"), &sig("u8")), Vec::<String>::new(), "untyped took what fitted");
    assert_eq!(codes(&sig("u8"), &c("A", ":out: a\n:in: n")), Vec::<String>::new(), "untyped takes all");
}

#[test]
fn capability_added() {
    let js = c("A", ":out: a");
    for lang in ["rust", "zig", "c"] {
        let issue = only(&js, &block("A", ":out: a", lang, "1"), "capability_added", Level::Warning);
        assert!(issue.message.contains(&format!("a compiler for `{lang}`")), "{}", issue.message);
        assert_eq!((issue.line, issue.heading.as_deref()), (9, Some("a")));
    }
    let all = check(&js, &c("A", ":out: a\n:CAPS: net, disk"));
    let places: Vec<_> = all.iter().map(|i| (i.code.as_str(), i.line, i.column)).collect();
    assert_eq!(places, [("capability_added", 8, 8), ("capability_added", 8, 13)]);
}

#[test]
fn a_capability_is_new_once_and_only_if_nothing_had_it() {
    let caps = |title: &str, names: &str| c(title, &format!(":out: {title}\n:caps: {names}"));
    let new = caps("a", "net") + &caps("b", "net");
    assert_eq!(codes(&(c("a", ":out: a") + &c("b", ":out: b")), &new), ["capability_added"]);
    assert_eq!(codes(&(caps("a", "net") + &c("b", ":out: b")), &new), Vec::<String>::new());
    let rust = block("A", ":out: a", "rust", "1");
    assert_eq!(codes(&rust, &(rust.clone() + &block("B", ":out: b", "rust", "1"))), Vec::<String>::new());
    assert_eq!(codes(&rust, &c("A", ":out: a")), Vec::<String>::new(), "one less breaks nothing");
}

#[test]
fn what_code_imports_is_a_capability() {
    let js = |code: &str| block("A", ":out: a", "js", code);
    let wat = |code: &str| block("A", ":out: a", "wat", code);
    let says = |old: &str, new: &str, module: &str| {
        let issue = only(old, new, "capability_added", Level::Warning);
        assert!(issue.message.contains(&format!("the import `{module}`")), "{}", issue.message);
        issue
    };
    let issue = says(&wat("(module)"), &wat("(module\n  (import \"wasi:http/x\" \"send\" (func)))"), "wasi:http/x");
    assert_eq!(issue.line, 11);
    for code in ["import fs from 'fs'", "import 'fs'", "import(\"fs\")", "} from \"fs\"", "export * from 'fs'"] {
        says(&js("1"), &js(code), "fs");
    }
    for code in ["// import 'fs'", "Array.from('fs')", "x.import('fs')", "important 'fs'", "const s = 'import x'"] {
        assert_eq!(codes(&js("1"), &js(code)), Vec::<String>::new(), "{code}");
    }
    assert_eq!(codes(&wat("(module)"), &wat(";; (import \"a\" \"b\")")), Vec::<String>::new());
}

#[test]
fn what_is_gone_comes_first_and_each_by_its_line() {
    let old = c("A", ":out: a") + &c("B", ":out: b");
    let new = c("C", ":in: n m\n:out: c\n:caps: net");
    let got = codes(&old, &new);
    assert_eq!(
        got,
        [
            "component_removed",
            "export_removed",
            "component_removed",
            "export_removed",
            "import_added",
            "import_added",
            "capability_added"
        ]
    );
    let text = serde_json::to_string(&check(&old, &new)[0]).unwrap();
    assert!(text.starts_with(r#"{"level":"error","code":"component_removed","message":""#), "{text}");
}

#[test]
fn texts_that_are_no_workbooks_are_compared_as_they_are() {
    assert_eq!(check_upgrade("", ""), []);
    assert_eq!(check_upgrade("prose", "* A\n#+begin_src js\n"), []);
    assert_eq!(check_upgrade(&format!("{ROOT}{}", c("A", ":sig: f(")), ROOT)[0].code, "component_removed");
}
