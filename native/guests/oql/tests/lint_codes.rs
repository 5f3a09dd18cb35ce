//! guides/format.md, "Lint": for each code documents that have it, with the
//! exact place, and documents that almost do. In a document the issue's first
//! character is marked with `‸`.

use oql::{Issue, Level, lint};

const ROOT: &str = "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";

/// A component: title, properties, header arguments, code.
fn c(title: &str, properties: &str, args: &str, code: &str) -> String {
    let drawer = match properties {
        "" => String::new(),
        some => format!(":PROPERTIES:\n{some}\n:END:\n"),
    };
    format!("** {title}\n{drawer}#+begin_src js{args}\n{code}\n#+end_src\n")
}

fn wired(title: &str, properties: &str) -> String {
    c(title, properties, "", "1")
}

/// The issue of a marked document that has no other.
fn marked(code: &str, level: Level, heading: Option<&str>, body: &str) -> Issue {
    let whole = body.replace("ROOT", ROOT.trim_end());
    let at = whole.find('‸').unwrap_or_else(|| panic!("no mark in {body}"));
    let org = whole.replace('‸', "");
    let mut all = lint(&org);
    assert_eq!(all.len(), 1, "{org}\n{all:#?}");
    let issue = all.remove(0);
    let line = whole[..at].matches('\n').count() + 1;
    let column = whole[..at].rsplit('\n').next().unwrap().chars().count() + 1;
    assert_eq!((issue.code.as_str(), issue.level), (code, level), "{org}");
    assert_eq!((issue.line, issue.column), (line, column), "{org}\n{issue:?}");
    assert_eq!(issue.heading.as_deref(), heading, "{org}");
    assert!(!issue.message.is_empty() && issue.hint.as_ref().is_some_and(|h| !h.is_empty()));
    issue
}

fn error(code: &str, heading: &str, body: &str) -> Issue {
    marked(code, Level::Error, Some(heading), &format!("ROOT\n{body}"))
}

fn warning(code: &str, heading: &str, body: &str) -> Issue {
    marked(code, Level::Warning, Some(heading), &format!("ROOT\n{body}"))
}

fn sound(bodies: &[String]) {
    for body in bodies {
        let org = format!("{ROOT}{body}");
        assert_eq!(lint(&org), [], "{org}");
    }
}

#[test]
fn missing_version() {
    let case = |heading, org: &str| marked("missing_version", Level::Error, heading, org);
    case(None, "‸");
    case(None, "‸no heading");
    case(Some("a"), "text\n‸* A\n");
    case(Some("b"), "** A\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n‸* B\n");
    let issue = case(Some("a"), "* A\n:PROPERTIES:\n:x: y\n  ‸:WORKBOOK_VERSION: 2\n:END:\n");
    assert!(issue.message.contains("`2`"));
    sound(&[String::new(), "* Another\n".into()]);
}

#[test]
fn several_roots() {
    let second = "* X\n:PROPERTIES:\n‸:WORKBOOK_VERSION: 1\n:END:\n";
    let issue = error("several_roots", "x", second);
    assert!(issue.message.contains("`X`") && issue.message.contains("`W` at line 1"), "{}", issue.message);
    error("several_roots", "x", &second.replace(": 1", ": 2"));
    sound(&[second.replace('‸', "").replace("* X", "** X")]);
}

#[test]
fn missing_block() {
    error("missing_block", "a", "** A\n:PROPERTIES:\n‸:out: a\n:END:\n");
    error("missing_block", "ä", "** Ä\n:PROPERTIES:\n:x: é\n\t‸:in: a\n:END:\n*** B\n#+begin_src js\n1\n#+end_src\n");
    error("missing_block", "a", "** A\n:PROPERTIES:\n‸:deps:\n:END:\n- prose\n");
    sound(&["** A\n:PROPERTIES:\n:other: a\n:END:\n".into(), "** COMMENT A\n:PROPERTIES:\n:out: a\n:END:\n".into()]);
}

#[test]
fn unknown_language() {
    let with = |lang: &str, out: &str| wired("A", out).replace("js", lang);
    let issue = error("unknown_language", "a", &with("‸python", ":out: a"));
    assert!(issue.message.contains("`python`"));
    error("unknown_language", "a", &with("‸COBOL", ":out: a"));
    let none = error("unknown_language", "a", &wired("A", ":out: a").replace("#+begin_src js", "‸#+begin_src"));
    assert!(none.message.contains("names no language"));
    let other = format!("{}#+begin_src python\n1\n#+end_src\n", wired("A", ":out: a"));
    sound(&[with("python", ":in: a"), with("Rust", ":out: a"), other]);
}

#[test]
fn bad_sig() {
    for sig in [
        "score‸",
        "f(a‸) -> u8",
        "f(a: ‸int)",
        "f(ü: list<‸>)",
        "f(a: u8) -> record‸{}",
        "f(a: u8) ‸x",
        "f(a: u8, ‸a: u8)",
        "f(a: record{b: u8, ‸b: u8})",
        "‸9(a: u8)",
    ] {
        let issue = error("bad_sig", "a", &wired("A", &format!(":out: o\n:sig:  {sig}")));
        assert!(issue.message.contains(&sig.replace('‸', "")), "{}", issue.message);
    }
    let arity = error("bad_sig", "a", &wired("A", ":in: a b\n:sig: ‸f(a: u8) -> u8"));
    assert!(arity.message.contains("1 parameter") && arity.message.contains("2 input(s): a, b"), "{}", arity.message);
    error("bad_sig", "a", &c("A", ":in: x\n:sig: ‸f() -> u8", " :var x=1", "1"));
    error("bad_sig", "a", &wired("A", ":out: x y\n:sig: ‸f() -> u8"));
    error("bad_sig", "a", &wired("A", ":out: x y\n:sig: ‸f() -> tuple<u8>"));
    sound(&[
        wired("A", ":out: x y\n:sig: f() -> tuple<u8, string>"),
        wired("A", ":in: a\n:sig: f(b: u8)"),
        wired("A", ":sig: f(a: list<record{x: option<u8>}>,) -> result<_, string>"),
    ]);
}

#[test]
fn unknown_dep() {
    let issue = error("unknown_dep", "a", &wired("A", ":out: a\n:deps: ‸nope"));
    assert!(issue.message.contains("`nope`") && issue.message.contains("no component of this file has that id"));
    error("unknown_dep", "b", &(wired("A", ":out: a") + &wired("B", ":deps: a, w/a  ‸w/none")));
    error("unknown_dep", "b", &(wired("A", ":out: a") + &wired("B", ":deps: a\n:deps+: ‸c")));
    let prose = error("unknown_dep", "a", &(wired("A", ":deps: ‸prose") + "** Prose\n"));
    assert!(prose.message.contains("that heading is no component"));
    error("unknown_dep", "a", &c("A", "", " :var x=‸nothing", "1"));
    error("unknown_dep", "v", &(wired("A", ":out: a b") + &c("V", "", " :var ü=1 x=‸a", "1")));
    let port = error("unknown_dep", "v", &(wired("A", ":out: a b") + &c("V", "", " :var x = ‸a.c", "1")));
    assert!(port.message.contains("no output `c`; it has: a, b"));
    let inherited = "** P\n:PROPERTIES:\n:header-args: :var x=‸gone\n:END:\n*** V\n#+begin_src js\n1\n#+end_src\n";
    error("unknown_dep", "v", inherited);
    sound(&[
        wired("A", ":out: a") + &wired("B", ":deps: A"),
        wired("A", ":out: a b") + &c("V", "", " :var x=a.b y=a:a", "1"),
    ]);
}

#[test]
fn duplicate_output() {
    let issue = error("duplicate_output", "b", &(wired("A", ":out: a") + &wired("B", ":out: x ‸a")));
    assert!(issue.message.contains("`w/a` at line 7"), "{}", issue.message);
    error("duplicate_output", "b", &(wired("A", ":sig: a() -> u8") + &wired("B", ":out: ‸a")));
    error("duplicate_output", "b", &(wired("A", ":out: a") + &wired("B", ":sig: ‸a() -> u8")));
    sound(&[wired("A", ":out: a a"), wired("A", ":out: a") + &wired("COMMENT B", ":out: a")]);
}

#[test]
fn cycle() {
    let round = wired("A", ":in: y ‸z\n:out: x") + &wired("B", ":in: x\n:out: y2") + &wired("C", ":in: y2\n:out: z");
    let issue = error("cycle", "a", &round);
    assert!(issue.message.ends_with(": w/a → w/b → w/c → w/a"), "{}", issue.message);
    assert!(error("cycle", "a", &wired("A", ":out: x\n:deps: ‸a")).message.ends_with(": w/a → w/a"));
    let var = c("A", ":out: x", " :var v=‸b", "1") + &wired("B", ":in: x\n:out: y");
    assert!(error("cycle", "a", &var).message.ends_with(": w/a → w/b → w/a"));
    let order = wired("A", ":out: x\n:deps: ‸b") + &wired("B", ":out: y\n:deps: w/a");
    error("cycle", "a", &order);
    let tail = wired("T", ":in: x\n:out: t") + &wired("A", ":in: ‸y\n:out: x") + &wired("B", ":in: x\n:out: y");
    assert!(error("cycle", "a", &tail).message.ends_with(": w/a → w/b → w/a"), "who only waits is not on it");
    sound(&[
        wired("A", ":in: own\n:out: own"),
        wired("A", ":out: x") + &wired("B", ":in: x\n:out: y") + &wired("C", ":in: x y\n:deps: a b"),
    ]);
}

#[test]
fn two_knots_are_two_cycles_and_one_knot_is_one() {
    let codes = |body: String| lint(&format!("{ROOT}{body}")).into_iter().map(|i| i.code).collect::<Vec<_>>();
    let pair =
        |a: &str, b: &str| wired(a, &format!(":out: {a}\n:deps: {b}")) + &wired(b, &format!(":out: {b}\n:deps: {a}"));
    assert_eq!(codes(pair("a", "b") + &pair("c", "d")), ["cycle", "cycle"]);
    let knot = wired("a", ":deps: b c") + &wired("b", ":deps: a c") + &wired("c", ":deps: a b");
    assert_eq!(codes(knot), ["cycle"]);
}

#[test]
fn bad_noweb() {
    let main = |code: &str| c("Main", ":out: a", " :noweb yes", code);
    error("bad_noweb", "main", &main("x\n  ‸<<nope>>"));
    error("bad_noweb", "main", &(main("ü ‸<<lib()>>") + "** Lib\n#+name: lib\n#+begin_src js\n1\n#+end_src\n"));
    let own = main("<<lib>>") + "** Lib\n#+name: lib\n#+begin_src js\nx ‸<<lib>>\n#+end_src\n";
    let issue = error("bad_noweb", "lib", &own);
    assert!(issue.message.ends_with(": lib → lib"), "{}", issue.message);
    sound(&[c("Main", ":out: a", "", "<<nope>>"), main("1 << 2 >> 3"), main("<< nope >>")]);
}

#[test]
fn unclosed_block() {
    let issue = error("unclosed_block", "a", "** A\ntext\n‸#+begin_src js\nx\n** B\n");
    assert!(issue.message.contains("#+begin_src") && issue.hint.unwrap().contains("#+end_src"));
    error("unclosed_block", "w", "‸#+BEGIN_QUOTE\nx\n");
    sound(&["#+begin_src js\n,* x\n#+end_src\n".into()]);
}

#[test]
fn unclosed_drawer() {
    assert!(error("unclosed_drawer", "a", "** A\n‸:NOTES:\nx\n").message.contains(":NOTES:"));
    error("unclosed_drawer", "a", "** A\n‸:PROPERTIES:\n:out: x\n");
    sound(&["** A\n:NOTES:\nx\n:END:\n".into()]);
}

#[test]
fn bad_header_arg() {
    let block = |args: &str| c("A", ":out: a", args, "1");
    for args in [
        " ‸:exports maybe",
        " ‸:eval perhaps",
        " ‸:noweb sure",
        " ‸:frobnicate 1",
        " ‸:var x",
        " ‸:var",
        " ‸:colnames a",
        " ‸:hlines 1",
    ] {
        warning("bad_header_arg", "a", &block(args));
    }
    warning("bad_header_arg", "a", &block(" :var ü=1 ‸y z=3"));
    warning("bad_header_arg", "a", &block(" :var x=1 y=‸(+ 1 2)"));
    warning("bad_header_arg", "a", &block("").replace("#+begin", "#+HEADER: :results value ‸:no-such\n#+begin"));
    warning("bad_header_arg", "a", &wired("A", ":out: a\n:header-args+: ‸:exports all"));
    let file = "#+PROPERTY: header-args:js :results value ‸:no-such 1\nROOT\n".to_string();
    marked("bad_header_arg", Level::Warning, None, &(file + &block("") + &wired("B", ":out: b")));
    sound(&[
        block(" :exports code results :eval never-export :noweb tangle :var x=1 :results output :session"),
        block(" -n -r :exports both"),
        "** A\n#+begin_src sh :shebang #!/bin/sh\n1\n#+end_src\n".into(),
    ]);
}

#[test]
fn dangling_input() {
    let issue = warning("dangling_input", "b", &(wired("A", ":out: x") + &wired("B", ":in: ‸q\n:deps: a")));
    assert!(issue.message.contains("`q`"));
    let elsewhere = wired("A", ":out: x") + &wired("C", ":out: z") + &wired("B", ":in: z ‸q\n:deps: a");
    warning("dangling_input", "b", &elsewhere);
    warning("dangling_input", "b", &(wired("A", ":out: x") + &wired("B", ":sig: ‸b(q: u8) -> u8\n:deps: a")));
    sound(&[wired("A", ":in: q"), wired("A", ":out: x") + &wired("B", ":in: x q\n:deps: a")]);
}

#[test]
fn unused_output() {
    let with = |exports: &str, body: String| {
        marked("unused_output", Level::Warning, Some("a"), &format!("#+EXPORTS: {exports}\nROOT\n{body}"))
    };
    assert!(with("x", wired("A", ":out: x ‸y")).message.contains("`y`"));
    with("b", wired("A", ":sig: ‸a() -> u8") + &wired("B", ":out: b"));
    let taken = "#+EXPORTS: y\n".to_string() + &wired("A", ":out: x") + &wired("B", ":in: x\n:out: y");
    sound(&[wired("A", ":out: x y"), taken]);
}

#[test]
fn unknown_export() {
    let with = |exports: &str| {
        marked("unknown_export", Level::Warning, None, &format!("{exports}\nROOT\n{}", wired("A", ":out: a")))
    };
    assert!(with("#+EXPORTS: a, ‸gone").message.contains("`gone`"));
    with("#+EXPORTS: a\n#+exports: ‸ü");
    sound(&["#+EXPORTS: a\n".to_string() + &wired("A", ":out: a"), "#+EXPORTS:\n".into()]);
}

#[test]
fn duplicate_name() {
    let issue = warning("duplicate_name", "w", "#+name: t\n| 1 |\n\n#+NAME:  ‸t\n#+caption: c\n| 2 |\n");
    assert!(issue.message.contains("`t`") && issue.message.contains("line 6"), "{}", issue.message);
    warning("duplicate_name", "a", "#+name: t\n| 1 |\n** A\n- item\n  #+name: ‸t\n  : x\n");
    sound(&["#+name: t\n| 1 |\n\n#+name: T\n| 2 |\n** COMMENT A\n#+name: t\n| 3 |\n".into()]);
}

#[test]
fn every_line_of_a_file_with_windows_line_ends_has_its_number() {
    let org = format!("{ROOT}{}", wired("A", ":out: a\n:deps: é nope")).replace('\n', "\r\n");
    let places: Vec<_> = lint(&org).into_iter().map(|i| (i.code, i.line, i.column)).collect();
    assert_eq!(places, [("unknown_dep".to_string(), 8, 8), ("unknown_dep".to_string(), 8, 10)]);
}

#[test]
fn messages_do_not_repeat_megabytes() {
    let name = "n".repeat(100_000);
    let wiring = format!(":in: {name}\n:out: o\n:deps: {name}-d\n:sig: {name}");
    let org = format!("{ROOT}{}", c(&name, &wiring, &format!(" :{name} :var x={name}-v"), "1"));
    let all = lint(&org);
    assert!(all.len() >= 4);
    for issue in all {
        assert!(issue.message.len() < 1000, "{}: {} bytes", issue.code, issue.message.len());
    }
}
