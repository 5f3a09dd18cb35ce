//! guides/format.md, "The plan", "What each kernel call answers" and "Decided":
//! the sentences that no other file here is named after. What those paragraphs
//! say of entries, time and steps is not the kernel's.

use oql::{Level, RenderOptions, lint, parse_headlines, render, tangle_plan};
use serde_json::{Value, json};

const ROOT: &str = "* Hello\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";

fn js(title: &str, properties: &str) -> String {
    format!("** {title}\n:PROPERTIES:\n{properties}\n:END:\n#+begin_src js\nx\n#+end_src\n")
}

fn plan(body: &str) -> Value {
    serde_json::to_value(tangle_plan(&format!("{ROOT}{body}"))).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn page(org: &str) -> String {
    render(org, &RenderOptions::default())
}

// The plan

#[test]
fn plan_stable_order_is_document_order() {
    let body = js("Last", ":in: m\n:out: l") + &js("Mid", ":in: f\n:out: m") + &js("First", ":out: f");
    let got = plan(&body);
    let ids = |list: &str| -> Vec<String> {
        got[list].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(ids("components"), ["hello/last", "hello/mid", "hello/first"]);
    assert_eq!(ids("worlds"), ids("components"));
    let takers: Vec<&Value> = got["edges"].as_array().unwrap().iter().map(|e| &e["to"]["component"]).collect();
    assert_eq!(takers, ["hello/last", "hello/mid"]);
}

#[test]
fn plan_edges_name_component_and_port_on_both_ends() {
    let got = plan(&(js("Parse", ":out: parsed") + &js("Process", ":in: parsed\n:out: done")));
    assert_eq!(
        got["edges"],
        json!([{"from": {"component": "hello/parse", "port": "parsed"},
                "to": {"component": "hello/process", "port": "parsed"}}])
    );
}

#[test]
fn plan_keys_are_the_contracts_even_for_an_empty_file() {
    let text = serde_json::to_string(&tangle_plan("")).unwrap();
    assert_eq!(text, r#"{"worlds":[],"components":[],"edges":[],"imports":[],"exports":[]}"#);
}

#[test]
fn plan_position_spans_the_block_in_bytes() {
    let org = format!("{ROOT}Ünïcode first.\n{}", js("Ä", ":out: a"));
    let position = tangle_plan(&org).worlds[0].position;
    assert_eq!(&org[position.start..position.end], "#+begin_src js\nx\n#+end_src");
    assert_eq!(org[..position.start].matches('\n').count() + 1, position.line);
}

#[test]
fn plan_imports_are_inputs_that_nothing_in_the_file_produces() {
    let body = js("A", ":in: x own\n:out: own") + &js("B", ":in: y\n:out: x");
    assert_eq!(plan(&body)["imports"], json!(["own", "y"]), "no component feeds itself");
}

#[test]
fn plan_exports_are_outputs_that_nothing_consumes() {
    let body = js("A", ":out: used free") + &js("B", ":in: used\n:out: end");
    assert_eq!(plan(&body)["exports"], json!(["free", "end"]));
}

#[test]
fn plan_exports_keyword_exports_a_consumed_output_too() {
    let body = format!("#+EXPORTS: used\n{}{}", js("A", ":out: used"), js("B", ":in: used\n:out: end"));
    assert_eq!(plan(&body)["exports"], json!(["used"]));
}

// What each kernel call answers

#[test]
fn headlines_every_heading_has_every_key() {
    let got = serde_json::to_value(parse_headlines("* COMMENT a\n** b :noexport:\n******** deep\n")).unwrap();
    let got = got.as_array().unwrap();
    assert_eq!(got.len(), 3);
    let mut wanted = [
        "level",
        "title",
        "todo",
        "priority",
        "tags",
        "all_tags",
        "properties",
        "scheduled",
        "deadline",
        "closed",
        "position",
        "id",
    ];
    wanted.sort_unstable();
    for heading in got {
        let mut keys = keys(heading);
        keys.sort_unstable();
        assert_eq!(keys, wanted);
        assert_eq!(keys.len(), 12);
    }
}

#[test]
fn headlines_positions_are_byte_offsets_into_the_input() {
    let org = "Ünï 日本\n* Ä\nß\n** B\n";
    let got = parse_headlines(org);
    assert_eq!(&org[got[0].position.start..got[0].position.end], "* Ä\nß\n** B\n");
    assert_eq!(&org[got[1].position.start..got[1].position.end], "** B\n");
}

#[test]
fn lint_issues_have_level_code_message_line_column_heading() {
    let issues =
        lint(&format!("{ROOT}** Ä\n:PROPERTIES:\n:out: a\n:END:\n#+begin_src js é :exports maybe\nx\n#+end_src\n"));
    let issue = serde_json::to_value(&issues[0]).unwrap();
    for key in ["level", "code", "message", "line", "column", "heading"] {
        assert!(issue.get(key).is_some(), "{key} in {issue}");
    }
    assert_eq!((&issue["line"], &issue["column"], &issue["heading"]), (&json!(9), &json!(18), &json!("ä")));
}

#[test]
fn lint_errors_and_warnings_are_the_contracts_and_those_of_the_guide() {
    let block = "#+begin_src js :exports maybe\nx\n#+end_src\n";
    let wired =
        |title: &str, properties: &str, block: &str| format!("** {title}\n:PROPERTIES:\n{properties}\n:END:\n{block}");
    let all = [
        "no heading".to_string(),
        format!("{ROOT}{ROOT}"),
        ROOT.to_string()
            + "#+EXPORTS: y\n"
            + &wired("Dep", ":out: a\n:deps: nope", block)
            + &wired("Twice", ":out: a", block)
            + &wired("One", ":in: two\n:out: one", block)
            + &wired("Two", ":in: one\n:out: two", block)
            + &wired("Lang", ":out: l", "#+begin_src cobol\n#+end_src\n")
            + &wired("Sig", ":sig: f(", block)
            + &wired("None", ":out: n", "")
            + &wired("Dangling", ":in: q\n:deps: dep", block)
            + "** Open\n#+begin_quote\n** Drawer\n:NOTE:\n",
    ];
    let mut found: Vec<(String, Level)> = all.iter().flat_map(|o| lint(o)).map(|i| (i.code, i.level)).collect();
    found.sort();
    found.dedup();
    let wanted = [
        ("bad_header_arg", Level::Warning),
        ("bad_sig", Level::Error),
        ("cycle", Level::Error),
        ("dangling_input", Level::Warning),
        ("duplicate_output", Level::Error),
        ("missing_block", Level::Error),
        ("missing_version", Level::Error),
        ("several_roots", Level::Error),
        ("unclosed_block", Level::Error),
        ("unclosed_drawer", Level::Error),
        ("unknown_dep", Level::Error),
        ("unknown_export", Level::Warning),
        ("unknown_language", Level::Error),
        ("unused_output", Level::Warning),
    ];
    assert_eq!(found, wanted.map(|(code, level)| (code.to_string(), level)));
}

#[test]
fn render_settings_are_orgs_own_but_for_the_table_of_contents() {
    let org = "* [#A] 1\nSCHEDULED: <2026-01-01 Thu>\n** 2\n*** 3\n**** 4\n";
    let got = page(org);
    assert!(got.contains("<span class=\"section-number-4\">1.1.1.</span> 3</h4>"), "section numbers on: {got}");
    assert!(got.contains("<li><a id=\"4\"></a>4"), "headline levels 3: {got}");
    assert!(!got.contains("[A]") && !got.contains("2026"), "priorities and planning off: {got}");
    assert!(!got.contains("Table of Contents"), "{got}");
}

#[test]
fn render_options_of_the_file_override_and_those_of_the_call_override_them() {
    let org = "#+OPTIONS: H:1 toc:t\n* 1\n** 2\n";
    assert!(page(org).contains("<li><a id=\"2\"></a>2") && page(org).contains("Table of Contents"));
    let call = RenderOptions::from_json(r#"{"headline_levels": 2, "toc": false}"#).unwrap();
    let got = render(org, &call);
    assert!(got.contains("<h3 id=\"2\">") && !got.contains("Table of Contents"), "{got}");
}

#[test]
fn render_places_each_components_result_under_its_own_block() {
    let org = format!("{ROOT}{}{}", js("A", ":out: a"), js("B", ":out: b"));
    let options = json!({"results": {"hello/a": {"a": "first"}, "hello/b": {"b": "second"}}}).to_string();
    let got = render(&org, &RenderOptions::from_json(&options).unwrap());
    let at = |text: &str| got.find(text).unwrap_or_else(|| panic!("{text} in {got}"));
    assert!(at("id=\"a\"") < at("first") && at("first") < at("id=\"b\"") && at("id=\"b\"") < at("second"));
}

#[test]
fn render_drops_or_notes_what_it_refuses() {
    let got = page("#+INCLUDE: \"x.org\"\n\n@@html:<b>@@\n\n#+begin_export html\n<i>\n#+end_export\n#+HTML: <u>\n");
    assert_eq!(got, "<p class=\"note\">Not included: &quot;x.org&quot;</p>\n");
}

#[test]
fn no_nesting_is_too_deep_be_it_100_000_quotes_or_4_000_list_levels() {
    let quotes = "#+begin_quote\n".repeat(100_000) + "deep\n" + &"#+end_quote\n".repeat(100_000);
    let levels: String = (0..4000).map(|level| " ".repeat(level) + "- a\n").collect();
    assert!(page(&quotes).contains("deep") && page(&levels).ends_with("</ul>\n"));
    assert!(parse_headlines(&quotes).is_empty() && tangle_plan(&quotes).components.is_empty());
    assert_eq!(lint(&quotes)[0].code, "missing_version");
}

// Decided

#[test]
fn decided_var_names_follow_the_in_names() {
    let body = "** V\n:PROPERTIES:\n:in: b a\n:END:\n#+begin_src js :var z=1 :var a=2\nx\n#+end_src\n";
    let got = plan(body);
    assert_eq!(got["components"][0]["in"], json!(["b", "a", "z"]), "a :var that :in: names keeps its place");
    assert_eq!(got["worlds"][0]["args"]["in"], got["components"][0]["in"]);
    assert_eq!(got["imports"], json!(["b"]));
}

#[test]
fn decided_a_header_row_names_the_columns_only_when_colnames_yes() {
    let table = "#+NAME: t\n| name | n |\n|------+---|\n| Ada | 36 |\n";
    let with = |args: &str| plan(&format!("{table}** V\n#+begin_src js :var t=t {args}\nx\n#+end_src\n"));
    assert_eq!(with("")["components"][0]["values"]["t"], json!([["Ada", 36]]));
    assert_eq!(with(":colnames yes")["components"][0]["values"]["t"], json!([{"name": "Ada", "n": 36}]));
}

#[test]
fn decided_blocks_of_other_languages_are_no_part_of_the_source() {
    let body = "** A\n:PROPERTIES:\n:out: a\n:END:\n#+begin_src js\n1\n#+end_src\n#+begin_src c\n2\n#+end_src\n#+begin_src js\n3\n#+end_src\n";
    let got = plan(body);
    assert_eq!(got["worlds"].as_array().unwrap().len(), 1);
    assert_eq!(got["worlds"][0]["src"], "1\n3\n");
}

#[test]
fn decided_deps_hold_full_ids_and_an_edge_for_order_alone_has_no_port_at_either_end() {
    let got = plan(&(js("First Step", ":out: a") + &js("B", ":deps: first-step")));
    assert_eq!(got["components"][1]["deps"], json!(["hello/first-step"]));
    assert_eq!(
        got["edges"],
        json!([{"from": {"component": "hello/first-step", "port": null}, "to": {"component": "hello/b", "port": null}}])
    );
}

#[test]
fn decided_a_world_carries_a_line_map_through_noweb() {
    let body = "** A\n:PROPERTIES:\n:out: a\n:END:\n#+begin_src js :noweb yes\none\n  <<lib>>\nlast\n#+end_src\n** Lib\n#+name: lib\n#+begin_src js\nthrow 1\n#+end_src\n";
    let got = plan(body);
    assert_eq!(got["worlds"][0]["src"], "one\n  throw 1\nlast\n");
    let org = format!("{ROOT}{body}");
    let line = |text: &str| org.lines().position(|l| l == text).unwrap() + 1;
    assert_eq!(
        got["worlds"][0]["lines"],
        json!([
            {"src": 1, "org": line("one"), "column": 0},
            {"src": 2, "org": line("throw 1"), "column": -2},
            {"src": 3, "org": line("last"), "column": 0}
        ])
    );
}
