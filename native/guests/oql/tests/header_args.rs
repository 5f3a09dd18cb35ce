//! guides/format.md, "Header arguments": which one counts, as Emacs merges them.

use oql::tangle_plan;
use serde_json::{Value, json};

const ROOT: &str = "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";

fn component(org: &str) -> Value {
    let plan = serde_json::to_value(tangle_plan(org)).unwrap();
    let last = |key: &str| plan[key].as_array().and_then(|a| a.last()).cloned().unwrap_or(Value::Null);
    json!({"values": last("components")["values"], "in": last("components")["in"], "args": last("worlds")["args"]})
}

fn values(org: &str) -> Value {
    component(org)["values"].clone()
}

fn exports(org: &str) -> Value {
    component(org)["args"]["exports"].clone()
}

fn block(args: &str) -> String {
    format!("#+begin_src js {args}\n1\n#+end_src\n")
}

fn under(properties: &str, rest: &str) -> String {
    format!("** C\n:PROPERTIES:\n:out: o\n{properties}:END:\n{rest}")
}

#[test]
fn the_last_line_of_the_file_counts_and_a_plus_adds_to_it() {
    let org = |lines: &str| format!("{lines}{ROOT}{}", under("", &block("")));
    assert_eq!(values(&org("#+PROPERTY: header-args :var a=1\n#+PROPERTY: header-args :var b=2\n")), json!({"b": 2}));
    assert_eq!(
        values(&org("#+PROPERTY: header-args :var a=1\n#+PROPERTY: header-args+ :var b=2\n")),
        json!({"a": 1, "b": 2})
    );
    assert_eq!(values(&org("#+property: HEADER-ARGS:JS :var a=1\n")), json!({"a": 1}), "case does not matter");
    assert_eq!(values(&org("#+PROPERTY: header-argsx :var a=1\n")), json!({}));
}

#[test]
fn a_property_drawer_before_the_first_heading_is_nearer_than_the_keyword() {
    let rest = format!("#+PROPERTY: header-args :var a=1\n{ROOT}{}", under("", &block("")));
    let drawer = |key: &str| format!("# a comment\n:PROPERTIES:\n:{key}: :var b=2\n:END:\n{rest}");
    assert_eq!(values(&drawer("header-args")), json!({"b": 2}));
    assert_eq!(values(&drawer("header-args+")), json!({"a": 1, "b": 2}));
}

#[test]
fn a_property_drawer_is_the_files_where_org_entry_get_finds_it() {
    let rest = format!("{ROOT}{}", under("", &block("")));
    let drawer = |before: &str, inside: &str| {
        values(&format!("{before}:PROPERTIES:\n:header-args: :var b=2\n{inside}:END:\n{rest}"))
    };
    for before in ["", "# a comment\n", "#\n# another\n", "  # indented\n"] {
        assert_eq!(drawer(before, ""), json!({"b": 2}), "{before:?}");
    }
    for before in ["\n", "# a comment\n\n", "\n# a comment\n", "text\n", "#+TITLE: t\n"] {
        assert_eq!(drawer(before, ""), json!({}), "{before:?}");
    }
    for inside in ["\n", "no property\n"] {
        assert_eq!(drawer("", inside), json!({}), "{inside:?}");
    }
}

#[test]
fn the_nearest_heading_hides_what_is_above_unless_it_adds() {
    let file = "#+PROPERTY: header-args :var f=1\n";
    let org = |root: &str, own: &str| {
        format!("{file}* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n{root}:END:\n{}", under(own, &block("")))
    };
    assert_eq!(values(&org("", "")), json!({"f": 1}));
    assert_eq!(values(&org(":header-args: :var r=1\n", "")), json!({"r": 1}));
    assert_eq!(values(&org(":header-args+: :var r=1\n", "")), json!({"f": 1, "r": 1}));
    assert_eq!(values(&org(":header-args: :var r=1\n", ":header-args+: :var o=1\n")), json!({"o": 1, "r": 1}));
    assert_eq!(values(&org(":header-args+: :var r=1\n", ":header-args: :var o=1\n")), json!({"o": 1}));
    // A sibling's are nobody else's.
    let sibling =
        format!("{}{}", under(":header-args: :var s=1\n", &block("")), "** D\n:PROPERTIES:\n:out: p\n:END:\n");
    assert_eq!(values(&format!("{file}{ROOT}{sibling}{}", block(""))), json!({"f": 1}));
}

#[test]
fn of_two_lines_in_one_drawer_the_first_counts_and_every_plus() {
    let own = ":header-args: :var a=1\n:header-args: :var b=1\n:header-args+: :var c=1\n:header-args+: :var d=1\n";
    assert_eq!(values(&format!("{ROOT}{}", under(own, &block("")))), json!({"a": 1, "c": 1, "d": 1}));
}

#[test]
fn the_language_is_stronger_than_any_place_without_it() {
    let org = |lang: &str| {
        format!(
            "#+PROPERTY: header-args:{lang} :exports none\n{ROOT}{}",
            under(":header-args: :exports both\n", &block(""))
        )
    };
    assert_eq!(exports(&org("js")), json!("none"));
    assert_eq!(exports(&org("python")), json!("both"));
    let plus = format!(
        "#+PROPERTY: header-args:js :var a=1\n{ROOT}{}",
        under(":header-args:js+: :var b=2\n:header-args+: :var c=3\n", &block(""))
    );
    assert_eq!(values(&plus), json!({"a": 1, "b": 2, "c": 3}));
}

#[test]
fn header_lines_are_stronger_than_the_first_line_and_the_first_of_them_is_the_strongest() {
    let org = |lines: &str, args: &str| format!("{ROOT}{}", under("", &format!("{lines}{}", block(args))));
    assert_eq!(exports(&org("#+HEADER: :exports both\n", ":exports code")), json!("both"));
    assert_eq!(exports(&org("#+HEADERS: :exports both\n#+header: :exports none\n", "")), json!("both"));
    assert_eq!(values(&org("#+HEADER: :var x=1\n", ":var x=2 y=3")), json!({"x": 1, "y": 3}));
}

#[test]
fn exports_is_the_last_word_that_excludes_the_others() {
    let org = |args: &str| format!("#+PROPERTY: header-args :exports none\n{ROOT}{}", under("", &block(args)));
    assert_eq!(exports(&org("")), json!("none"));
    assert_eq!(exports(&org(":exports code results")), json!("results"));
    assert_eq!(exports(&org(":exports")), json!("none"), "nothing said changes nothing");
    let file = "#+PROPERTY: header-args :exports none\n#+PROPERTY: header-args+ :exports\n";
    assert_eq!(exports(&format!("{file}{ROOT}{}", under("", &block("")))), json!("none"));
}

#[test]
fn vars_add_up_in_the_order_of_the_document_and_the_strongest_of_a_name_counts() {
    let org = format!(
        "#+PROPERTY: header-args :var a=1 b=1\n{ROOT}{}",
        under(":header-args+: :var c=2 b=2\n", &format!("#+HEADER: :var d=3\n{}", block(":var e=4 a=4, :var f = 5")))
    );
    let got = component(&org.replace("a=4,", "a=4"));
    assert_eq!(got["in"], json!(["a", "b", "c", "d", "e", "f"]));
    assert_eq!(got["values"], json!({"a": 4, "b": 2, "c": 2, "d": 3, "e": 4, "f": 5}));
}

#[test]
fn quotes_and_brackets_keep_blanks_and_colons_and_what_never_closes_does_not() {
    let org = |args: &str| format!("{ROOT}{}", under("", &block(args)));
    let got = component(&org(r#":var s="a :exports none" l='(1 "b :c") j={"k": [1, ":x"]} :exports both"#));
    assert_eq!(got["values"], json!({"s": "a :exports none", "l": [1, "b :c"], "j": {"k": [1, ":x"]}}));
    assert_eq!(got["args"]["exports"], json!("both"));
    assert_eq!(exports(&org(":var s=(1 :exports both")), json!("both"));
    assert_eq!(exports(&org(":var s=\"1 :exports both")), json!("both"));
    assert_eq!(values(&org(r#":var s="" t="\"q\"""#)), json!({"s": "", "t": "\"q\""}));
}

#[test]
fn tangle_is_kept_where_it_names_a_path() {
    let tangle = |args: &str| component(&format!("{ROOT}{}", under("", &block(args))))["args"]["tangle"].clone();
    assert_eq!(tangle(":tangle src/a.js"), json!("src/a.js"));
    assert_eq!(tangle(":tangle \"a b.js\""), json!("a b.js"));
    assert_eq!(tangle(":tangle yes"), json!("yes"));
    assert_eq!((tangle(":tangle no"), tangle("")), (Value::Null, Value::Null));
}

#[test]
fn every_block_of_a_source_may_say_what_the_others_do_not() {
    let blocks = format!("{}{}", block(":exports both :var x=1"), block(":var x=2 y=3"));
    let got = component(&format!("{ROOT}{}", under("", &blocks)));
    assert_eq!((&got["in"], &got["args"]["exports"]), (&json!(["x", "y"]), &json!("both")));
    assert_eq!(got["values"], json!({"x": 2, "y": 3}));
}

#[test]
fn a_block_that_is_not_to_run_is_no_part_of_a_source_that_is() {
    let src = |blocks: &str| {
        let plan = tangle_plan(&format!("{ROOT}{}", under("", blocks)));
        (plan.worlds[0].src.clone(), plan.worlds[0].args.eval)
    };
    let shown = "#+begin_src js :eval no\nshown\n#+end_src\n";
    assert_eq!(src(&format!("{shown}{}", block(""))), ("1\n".to_string(), true));
    assert_eq!(src(shown), ("shown\n".to_string(), false));
}

#[test]
fn the_result_of_a_block_is_no_block() {
    let blocks = format!("{}\n#+RESULTS:\n#+begin_src js\nresult\n#+end_src\n", block(""));
    assert_eq!(tangle_plan(&format!("{ROOT}{}", under("", &blocks))).worlds[0].src, "1\n");
}

#[test]
fn archived_headings_are_not_in_the_plan_as_emacs_tangles_none_of_them() {
    let org = format!("{ROOT}{}*** Below\n:PROPERTIES:\n:out: p\n:END:\n{}", under("", &block("")), block(""));
    assert_eq!(tangle_plan(&org).components.len(), 2);
    assert_eq!(tangle_plan(&org.replace("** C\n", "** C :ARCHIVE:\n")).components.len(), 0);
}
