//! guides/format.md, "Components and their wiring" and "The plan".

use oql::{Plan, tangle_plan};
use serde_json::{Value, json};

const ROOT: &str = "* Hello\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";

fn component(title: &str, properties: &str, block: &str) -> String {
    format!("** {title}\n:PROPERTIES:\n{properties}\n:END:\n{block}")
}

fn js(title: &str, properties: &str) -> String {
    component(title, properties, "#+begin_src js\nx\n#+end_src\n")
}

fn plan(body: &str) -> Plan {
    tangle_plan(&format!("{ROOT}{body}"))
}

fn value(body: &str) -> Value {
    serde_json::to_value(plan(body)).unwrap()
}

fn edges(body: &str) -> Vec<String> {
    let text = |p: &Option<String>| p.clone().unwrap_or("-".into());
    plan(body)
        .edges
        .iter()
        .map(|e| format!("{}.{} > {}.{}", e.from.component, text(&e.from.port), e.to.component, text(&e.to.port)))
        .collect()
}

#[test]
fn the_plan_is_the_contracts_map() {
    let org = "#+TITLE: t\n* Hello\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\nProse.\n** Greet\n:PROPERTIES:\n:in: name\n:out: greeting\n:END:\nMore.\n#+begin_src js :exports code\n  export function greet(name) {\n    return name;\n  }\n#+end_src\n";
    let start = org.find("#+begin_src").unwrap();
    let golden = json!({
        "worlds": [{"id": "hello/greet", "lang": "javascript",
            "src": "export function greet(name) {\n  return name;\n}\n",
            "args": {"in": ["name"], "out": ["greeting"], "exports": "code", "eval": true},
            "position": {"line": 13, "start": start, "end": org.len() - 1},
            "lines": [{"src": 1, "org": 14, "column": 2}]}],
        "components": [{"id": "hello/greet", "world": "hello/greet", "in": ["name"],
            "out": ["greeting"], "deps": [], "sig": null, "values": {}, "title": "Greet"}],
        "edges": [],
        "imports": ["name"],
        "exports": ["greeting"]
    });
    assert_eq!(serde_json::to_value(tangle_plan(org)).unwrap(), golden);
    let text = serde_json::to_string(&tangle_plan(org)).unwrap();
    assert!(text.starts_with(r#"{"worlds":[{"id":"hello/greet","lang":"javascript","src":"#), "{text}");
    assert!(
        text.contains(
            r#""args":{"in":["name"],"out":["greeting"],"exports":"code","eval":true},"position":{"line":13,"#
        )
    );
    assert_eq!(text, serde_json::to_string(&tangle_plan(org)).unwrap(), "same bytes");
}

#[test]
fn a_component_id_is_workbook_and_heading() {
    let p = plan(&(js("My Step!", ":out: a") + &js("My step", ":out: b")));
    let ids: Vec<&str> = p.components.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids, ["hello/my-step", "hello/my-step-2"]);
}

#[test]
fn without_a_version_the_first_level_one_heading_is_the_workbook() {
    let p = tangle_plan(&format!("* First\n{}", js("A", ":out: a")));
    assert_eq!(p.components[0].id, "first/a");
}

#[test]
fn a_block_directly_under_the_root_is_a_component_too() {
    let p = tangle_plan("* Root\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:out: a\n:END:\n#+begin_src js\n1\n#+end_src\n");
    assert_eq!(p.components[0].id, "root/root");
}

#[test]
fn an_input_matches_an_output_of_the_same_name() {
    let body = js("Parse", ":in: text\n:out: parsed") + &js("Process", ":in: parsed\n:out: done");
    assert_eq!(edges(&body), ["hello/parse.parsed > hello/process.parsed"]);
    assert_eq!(plan(&body).imports, ["text"]);
    assert_eq!(plan(&body).exports, ["done"]);
}

#[test]
fn deps_decide_between_outputs_of_one_name() {
    let body = js("A", ":out: x") + &js("B", ":out: x") + &js("C", ":in: x\n:deps: b");
    assert_eq!(edges(&body), ["hello/b.x > hello/c.x"]);
    assert_eq!(plan(&body).components[2].deps, ["hello/b"]);
}

#[test]
fn deps_take_full_ids_and_commas_and_order_alone_has_null_ports() {
    let body = js("A", ":out: x") + &js("B", ":out: y") + &js("C", ":deps: hello/a, b");
    assert_eq!(edges(&body), ["hello/a.- > hello/c.-", "hello/b.- > hello/c.-"]);
    let json = value(&body);
    assert_eq!(json["edges"][0]["from"]["port"], Value::Null);
}

#[test]
fn imports_are_named_once_in_document_order() {
    let body = js("A", ":in: q p") + &js("B", ":in: p r");
    assert_eq!(plan(&body).imports, ["q", "p", "r"]);
}

#[test]
fn exports_keyword_names_the_exports() {
    let body = format!("#+EXPORTS: b, a\n{}{}", js("A", ":out: a c"), js("B", ":in: c\n:out: b"));
    assert_eq!(plan(&body).exports, ["b", "a"]);
}

#[test]
fn sig_gives_inputs_and_output_where_nothing_else_does() {
    let c = &plan(&js("S", ":sig: score(items: list<string>, k: u8) -> list<f64>")).components[0];
    assert_eq!((c.ins.join(" "), c.out.join(" ")), ("items k".into(), "score".into()));
    assert_eq!(c.sig.as_deref(), Some("score(items: list<string>, k: u8) -> list<f64>"));
}

#[test]
fn var_values_come_from_the_file() {
    let body = component(
        "V",
        ":in: a",
        "#+HEADER: :var s=\"two words\"\n#+begin_src js :var n=5 f=1.5 :var l='(1 \"b\") :var j={\"k\": [1, 2]} b=true\nx\n#+end_src\n",
    );
    let json = value(&body);
    let c = &json["components"][0];
    assert_eq!(c["in"], json!(["a", "s", "n", "f", "l", "j", "b"]));
    assert_eq!(
        serde_json::to_string(&c["values"]).unwrap(),
        serde_json::to_string(
            &json!({"b": true, "f": 1.5, "j": {"k": [1, 2]}, "l": [1, "b"], "n": 5, "s": "two words"})
        )
        .unwrap()
    );
    assert_eq!(json["imports"], json!(["a"]));
    // In the text itself the values stand in the order of the inputs.
    let text = serde_json::to_string(&plan(&body)).unwrap();
    assert!(text.contains(r#""values":{"s":"two words","n":5,"f":1.5,"#), "{text}");
}

#[test]
fn var_comes_from_properties_and_from_the_file_keyword_too() {
    let body = format!(
        "#+PROPERTY: header-args:js :var z=1\n{}",
        component("V", ":out: o\n:header-args: :var y=2", "#+begin_src js :var x=3\n1\n#+end_src\n")
    );
    let json = value(&body);
    assert_eq!(json["components"][0]["values"], json!({"x": 3, "y": 2, "z": 1}));
}

#[test]
fn a_heading_whose_block_has_only_var_is_a_component() {
    let p = plan("** V\n#+begin_src js :var x=1\nx\n#+end_src\n** Plain\n#+begin_src js\ny\n#+end_src\n");
    assert_eq!(p.components.len(), 1);
    assert!(p.components[0].out.is_empty());
}

#[test]
fn var_naming_a_component_is_an_edge() {
    let body = js("Other Step", ":out: a b")
        + &js("One", ":out: v")
        + "** V\n#+begin_src js :var x=one :var y=other-step.b :var z=other-step:a\nx\n#+end_src\n";
    assert_eq!(
        edges(&body),
        ["hello/one.v > hello/v.x", "hello/other-step.b > hello/v.y", "hello/other-step.a > hello/v.z"]
    );
    assert!(plan(&body).imports.is_empty() && plan(&body).exports.is_empty());
}

#[test]
fn var_naming_a_named_block_of_a_component_is_an_edge() {
    let body = component("One", ":out: v", "#+name: blk\n#+begin_src js\nx\n#+end_src\n")
        + "** V\n#+begin_src js :var x=blk\nx\n#+end_src\n";
    assert_eq!(edges(&body), ["hello/one.v > hello/v.x"]);
}

fn table_value(args: &str, rows: &str) -> Value {
    let body = format!("#+NAME: tbl\n{rows}\n** V\n#+begin_src js :var t=tbl {args}\nx\n#+end_src\n");
    value(&body)["components"][0]["values"]["t"].clone()
}

#[test]
fn table_cells_that_parse_as_numbers_are_numbers() {
    let got = table_value("", "| a | 1 | -2.5 | 1e3 | 1x |  | 2026-01-01 |");
    assert_eq!(got, json!([["a", 1, -2.5, 1000.0, "1x", "", "2026-01-01"]]));
}

#[test]
fn a_header_row_is_dropped_unless_colnames_says_otherwise() {
    let rows = "| n | v |\n|---+---|\n| a | 1 |\n|---+---|\n| b | 2 |";
    assert_eq!(table_value("", rows), json!([["a", 1], ["b", 2]]));
    assert_eq!(table_value(":colnames yes", rows), json!([{"n": "a", "v": 1}, {"n": "b", "v": 2}]));
    assert_eq!(table_value(":colnames no", rows), json!([["n", "v"], ["a", 1], ["b", 2]]));
    assert_eq!(table_value("", "| a | 1 |\n| b | 2 |"), json!([["a", 1], ["b", 2]]));
}

#[test]
fn blocks_of_one_language_under_one_heading_are_one_source() {
    let body = component(
        "A",
        ":out: a",
        "#+begin_src js\none\n#+end_src\ntext\n#+begin_src python\nno\n#+end_src\n  #+begin_src javascript\n    two\n      three\n  #+end_src\n",
    );
    let w = &plan(&body).worlds[0];
    assert_eq!(w.src, "one\ntwo\n  three\n");
    let runs: Vec<_> = w.lines.iter().map(|r| (r.src, r.org, r.column)).collect();
    assert_eq!(runs, [(1, 10, 0), (2, 17, 4)]);
}

#[test]
fn comma_escapes_are_undone() {
    let body = component("A", ":out: a", "#+begin_src js\n,* x\n,#+y\n,,* z\n, w\n#+end_src\n");
    assert_eq!(plan(&body).worlds[0].src, "* x\n#+y\n,* z\n, w\n");
}

#[test]
fn eval_no_stays_in_the_plan() {
    let body = component("A", ":out: a", "#+begin_src js :eval never\n1\n#+end_src\n");
    assert!(!plan(&body).worlds[0].args.eval);
}

#[test]
fn exports_is_null_where_the_author_did_not_say() {
    let body = js("A", ":out: a");
    assert_eq!(value(&body)["worlds"][0]["args"]["exports"], Value::Null);
    let inherited = format!("#+PROPERTY: header-args :exports both\n{body}");
    assert_eq!(value(&inherited)["worlds"][0]["args"]["exports"], json!("both"));
}

#[test]
fn comment_subtrees_are_not_in_the_plan_and_noexport_ones_are() {
    let body = js("COMMENT Gone", ":out: a")
        + "*** Child\n:PROPERTIES:\n:out: b\n:END:\n#+begin_src js\n1\n#+end_src\n"
        + &js("Here :noexport:", ":out: c");
    let ids: Vec<String> = plan(&body).components.into_iter().map(|c| c.id).collect();
    assert_eq!(ids, ["hello/here"]);
}

#[test]
fn unknown_languages_are_components_only_with_out() {
    let block = "#+begin_src python\n1\n#+end_src\n";
    assert!(plan(&component("A", ":in: a", block)).components.is_empty());
    assert_eq!(plan(&component("A", ":out: a", block)).worlds[0].lang, "python");
}

#[test]
fn property_keys_and_block_keywords_ignore_case() {
    let body = "** A\n:properties:\n:IN: x\n:Out: y\n:end:\n#+BEGIN_SRC JS\n1\n#+end_src\n";
    let p = plan(body);
    assert_eq!(p.worlds[0].lang, "javascript");
    assert_eq!((p.imports, p.exports), (vec!["x".to_string()], vec!["y".to_string()]));
}

#[test]
fn windows_line_ends_do_not_reach_the_source() {
    let org = format!("{ROOT}{}", js("A", ":out: a")).replace('\n', "\r\n");
    let p = tangle_plan(&org);
    assert_eq!(p.worlds[0].src, "x\n");
    assert_eq!(p.exports, ["a"]);
}

#[test]
fn what_is_only_called_is_no_step() {
    let heading = |title: &str, properties: &str| {
        format!("** {title}\n:PROPERTIES:\n{properties}\n:END:\n#+begin_src wat\n(module)\n#+end_src\n")
    };
    let root = "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";
    let library = heading("Twice", ":sig: twice(x: f64) -> f64");
    let step = heading("Thrice", ":out: three\n:in: x\n:sig: thrice(x: f64) -> f64");
    let user =
        heading("User", ":deps: twice thrice\n:sig: user() -> f64 using twice(x: f64) -> f64, thrice(x: f64) -> f64");
    let plan = oql::tangle_plan(&(root.to_string() + &library + &step + &user));
    let [twice, thrice, _] = &plan.components[..] else { panic!("{plan:#?}") };
    assert!(twice.library && twice.ins.is_empty() && twice.out.is_empty());
    assert!(!thrice.library);
    assert_eq!((plan.imports, plan.exports), (vec!["x".to_string()], vec!["three".to_string(), "user".to_string()]));
    let edges: Vec<(&str, &str)> =
        plan.edges.iter().map(|edge| (edge.from.component.as_str(), edge.to.component.as_str())).collect();
    assert_eq!(edges, [("w/thrice", "w/user")]);
}

#[test]
fn a_component_has_what_its_heading_asks_for_and_no_key_where_that_is_nothing() {
    let asks = js("Asks", ":out: a\n:Caps: clock network:example.org, files:/data\n:caps+: random");
    let plan = value(&format!("{asks}{}", js("Asks for nothing", ":out: b")));
    assert_eq!(plan["components"][0]["caps"], json!(["clock", "network:example.org", "files:/data", "random"]));
    assert!(plan["components"][1].get("caps").is_none());
}
