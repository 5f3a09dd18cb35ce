//! guides/format.md: "With `results:` it places each component's result under its block".

use oql::{RenderOptions, render};
use serde_json::{Value, json};

fn org(args: &str) -> String {
    format!(
        "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** A\n:PROPERTIES:\n:out: x\n:END:\n#+begin_src js {args}\nfirst\n#+end_src\nbetween\n#+begin_src js {args}\nlast\n#+end_src\n#+RESULTS:\n: old\nafter\n"
    )
}

fn run(org: &str, options: Value) -> String {
    render(org, &RenderOptions::from_json(&options.to_string()).unwrap())
}

fn shown(value: Value) -> String {
    let html = run(&org(""), json!({"results": {"w/a": {"x": value}}}));
    let from = html.split("<span class=\"result-name\">x</span> ").nth(1).unwrap();
    from.split("</div>\n").next().unwrap().to_string()
}

#[test]
fn the_result_stands_under_the_last_block() {
    let html = run(&org(""), json!({"results": {"w/a": {"x": 5}}}));
    assert!(html.contains("last\n</pre>\n</div>\n<div class=\"results\" data-component=\"w/a\">\n<div class=\"result\"><span class=\"result-name\">x</span> <output>5</output></div>\n</div>\n<p>\nafter"), "{html}");
    assert_eq!(html.matches("class=\"results\"").count(), 1);
    assert!(!html.contains("old"));
}

#[test]
fn exports_decides_what_is_shown() {
    let shown = |args: &str| {
        let html = run(&org(args), json!({"results": {"w/a": {"x": 5}}}));
        (html.contains("last\n"), html.contains("<output>5"))
    };
    assert_eq!(shown(""), (true, true));
    assert_eq!(shown(":exports both"), (true, true));
    assert_eq!(shown(":exports code"), (true, false));
    assert_eq!(shown(":exports results"), (false, true));
    assert_eq!(shown(":exports none"), (false, false));
}

#[test]
fn values_are_shown_as_a_reader_wants_them() {
    assert_eq!(shown(json!("a <b>")), "<output>a &lt;b&gt;</output>");
    assert_eq!(shown(json!("a\nb")), "<pre class=\"example\">\na\nb</pre>");
    assert_eq!(shown(json!(null)), "<output class=\"null\">nothing</output>");
    assert_eq!(shown(json!(true)), "<output>true</output>");
    assert!(
        shown(json!([[1, "<"], [2, "b"]]))
            .starts_with("<table>\n<tbody>\n<tr>\n<td class=\"org-right\">1</td>\n<td class=\"org-left\">&lt;</td>")
    );
    assert!(shown(json!({"k": 1})).contains("<th scope=\"row\">k</th>\n<td class=\"org-right\">1</td>"));
    assert_eq!(shown(json!({"k": [1]})), "<pre class=\"example\">\n{\n  &quot;k&quot;: [\n    1\n  ]\n}\n</pre>");
}

#[test]
fn a_list_of_scalars_is_one_line() {
    assert_eq!(shown(json!([1, 2.5, -3])), "<output>1, 2.5, -3</output>");
    assert_eq!(shown(json!(["red", "dark blue"])), "<output>red, dark blue</output>");
    assert_eq!(shown(json!([true, null, "<b>"])), "<output>true, null, &lt;b&gt;</output>");
    let long: Vec<u32> = (0..500).collect();
    assert_eq!(shown(json!(long)).matches('\n').count(), 0);
}

#[test]
fn a_string_in_a_list_is_quoted_only_where_it_could_be_misread() {
    assert_eq!(
        shown(json!(["a", "b, c", "", "1", "true", "null", " d", "say \"x\""])).replace("&quot;", "'"),
        "<output>a, 'b, c', '', '1', 'true', 'null', ' d', 'say \\'x\\''</output>"
    );
    assert!(shown(json!(["a", "b\nc"])).starts_with("<pre"), "lines of text stay apart");
}

#[test]
fn a_column_of_numbers_is_aligned_under_its_header() {
    let got = shown(json!([{"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "c"}]));
    for wanted in [
        "<th scope=\"col\" class=\"org-left\">k</th>\n<th scope=\"col\" class=\"org-right\">n</th>",
        "<td class=\"org-left\">a</td>\n<td class=\"org-right\">1</td>",
        "<td class=\"org-left\">c</td>\n<td class=\"org-right\"></td>",
    ] {
        assert!(got.contains(wanted), "{wanted}\n{got}");
    }
}

#[test]
fn a_picture_is_an_img_never_inline() {
    for svg in ["<svg onload='x'></svg>", " <?xml version='1.0'?>\n<!DOCTYPE svg>\n<svg\n/>"] {
        let got = shown(json!(svg));
        assert!(got.starts_with("<img class=\"result-svg\" alt=\"x\" src=\"data:image/svg+xml;base64,"), "{got}");
        assert!(!got.contains("<svg"));
    }
    assert!(shown(json!("<svg></svg>")).contains("base64,PHN2Zz48L3N2Zz4=\""));
    assert!(shown(json!("<svgx>")).starts_with("<output>"));
}

#[test]
fn errors_and_skips_are_told() {
    let html = run(&org(""), json!({"errors": {"w/a": {"kind": "exception", "message": "<boom>", "line": 14}}}));
    assert!(
        html.contains("<div class=\"error\" role=\"alert\"><strong>exception</strong> &lt;boom&gt; (line 14)</div>"),
        "{html}"
    );
    let html = run(&org(""), json!({"errors": {"w/a": {"kind": "skipped", "message": "after w/b", "line": null}}}));
    assert!(html.contains("<div class=\"skipped\"><strong>skipped</strong> after w/b</div>"), "{html}");
}

#[test]
fn a_block_that_is_not_to_run_is_no_error() {
    for kind in ["eval", "skipped"] {
        let html =
            run(&org(""), json!({"errors": {"w/a": {"kind": kind, "message": "the block says so", "line": 14}}}));
        assert!(html.contains("<div class=\"skipped\"><strong>skipped</strong> the block says so</div>"), "{html}");
        assert!(!html.contains("alert") && !html.contains("(line"), "{html}");
    }
}

#[test]
fn error_kinds_are_words() {
    let html = run(&org(""), json!({"errors": {"w/a": {"kind": "memory_limit", "message": "256 MiB", "line": 14}}}));
    assert!(html.contains("<strong>memory limit</strong> 256 MiB (line 14)"), "{html}");
}

#[test]
fn what_xml_forbids_is_in_no_result() {
    let evil = "a\u{1b}[0m\u{1}b\u{fffe}";
    for value in [json!(evil), json!([evil]), json!([[evil]]), json!({evil: evil}), json!([{evil: evil}])] {
        let got = shown(value);
        assert!(got.contains('\u{fffd}') && !got.contains(['\u{1b}', '\u{1}', '\u{fffe}']), "{got:?}");
    }
    let html = run(&org(""), json!({"errors": {"w/a": {"kind": evil, "message": evil}}}));
    assert!(!html.contains(['\u{1b}', '\u{1}', '\u{fffe}']), "{html:?}");
}

#[test]
fn without_results_the_page_is_orgs_own() {
    assert!(!run(&org(""), json!({})).contains("result"));
    assert!(!run(&org(""), json!({"results": {"w/other": {"x": 1}}})).contains("class=\"result"));
}
