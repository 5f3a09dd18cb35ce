//! guides/format.md: no input makes a call panic; the same input, the same answer.

use oql::{RenderOptions, lint, parse_headlines, render, tangle_plan};
use proptest::prelude::*;

fn piece() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "* ",
        "** ",
        "*** ",
        "TODO ",
        "[#A] ",
        "COMMENT ",
        " :a:b:",
        "\n",
        "\n\n",
        " ",
        "\t",
        "  ",
        "\r\n",
        ":PROPERTIES:\n",
        ":END:\n",
        ":in: x y\n",
        ":out: a\n",
        ":deps: b\n",
        ":sig: f(a: list<u8>) -> u8\n",
        ":WORKBOOK_VERSION: 1\n",
        "#+begin_src js :var x=1\n",
        "#+begin_src js :noweb yes :var t=n\n",
        "#+end_src\n",
        "<<n>>",
        "#+name: n\n",
        "#+begin_quote\n",
        "#+end_quote\n",
        "#+begin_",
        "#+end_",
        "#+begin: x\n",
        "#+end:\n",
        "| a | 1 |\n",
        "|--+--|\n",
        "|",
        "- ",
        "+ ",
        "1. ",
        "[@3] ",
        "[X] ",
        " :: ",
        ": ",
        "# ",
        "#+",
        "#+KEY: v\n",
        "#+OPTIONS: toc:t num:2 ^:{} H:2\n",
        "-----\n",
        "[fn:1]",
        "[fn:1] ",
        "[fn::",
        "[[",
        "]]",
        "][",
        "[",
        "]",
        "<",
        ">",
        "<<",
        ">>",
        "<<<",
        ">>>",
        "*",
        "/",
        "_",
        "+",
        "=",
        "~",
        "{",
        "}",
        "{{{",
        "}}}",
        "(",
        ")",
        "\\",
        "\\\\",
        "\\alpha",
        "\\(",
        "\\)",
        "\\[",
        "$",
        "$$",
        "^",
        "@@html:",
        "@@",
        "https://x.org",
        "javascript:",
        "file:x.png",
        "mailto:",
        ":",
        "::",
        ",",
        "é",
        "日本",
        "\u{0}",
        "\u{200b}",
        "\u{a0}",
        "\u{2028}",
        "src_js{",
        "call_x(",
        "<2026-01-01 Thu>",
        "[2026-01-01]--[2026-01-02]",
        "%%(",
        "CLOCK:",
        "\\begin{x}\n",
        "\\end{x}\n",
        "#+CAPTION: ",
        "#+ATTR_HTML: :alt ",
        "SCHEDULED: <2026-01-01>\n",
        "#+RESULTS:\n",
        "#+MACRO: m $1 $9 $0\n",
        "{{{m(a,b)}}}",
        "#+LINK: l %s\n",
        "[[l:x]]",
        "--",
        "...",
        "\"",
        "'",
        "[1/2]",
        "#+TODO: A | B\n",
        "#+EXPORTS: a\n",
        "#+PROPERTY: header-args :exports both\n",
        "id:",
        "#+INCLUDE: x\n",
        "\u{1}",
        "\u{1b}",
        "\u{fffe}",
        "<<text-n>>",
        "<<fn.1>>",
        "<<<N>>>",
        "* n\n",
        "* Footnotes\n",
        "* n 2 :noexport:\n",
        ":CUSTOM_ID: n\n",
        ":CUSTOM_ID: fn.1\n",
        "#+ATTR_HTML: :id n\n",
        "[[n]]",
        "\\nbsp",
    ]);
    prop_oneof![6 => fixed.prop_map(str::to_string), 2 => "[a-z]{1,4}", 1 => "\\PC{0,3}"]
}

fn orgish() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..60).prop_map(|v| v.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_call_panics_and_every_answer_is_the_same_again(org in orgish()) {
        let options = RenderOptions::from_json(r#"{"toc": true, "title": true, "results": {"workbook/a": {"x": 1}}}"#).unwrap();
        let once = || {
            (
                serde_json::to_string(&parse_headlines(&org)).unwrap(),
                serde_json::to_string(&tangle_plan(&org)).unwrap(),
                serde_json::to_string(&lint(&org)).unwrap(),
                render(&org, &options),
            )
        };
        prop_assert_eq!(once(), once());
    }

    #[test]
    fn positions_are_ranges_of_the_document(org in orgish()) {
        for h in parse_headlines(&org) {
            let text = org.get(h.position.start..h.position.end);
            prop_assert!(text.is_some_and(|t| t.starts_with('*')));
            prop_assert_eq!(org[..h.position.start].matches('\n').count() + 1, h.position.line);
        }
        let plan = tangle_plan(&org);
        for w in &plan.worlds {
            let text = org.get(w.position.start..w.position.end).unwrap_or("");
            prop_assert!(text.trim_start().to_lowercase().starts_with("#+begin_src"), "{}", text);
            prop_assert_eq!(w.src.is_empty(), w.lines.is_empty());
        }
        let ids: std::collections::HashSet<_> = plan.components.iter().map(|c| &c.id).collect();
        prop_assert_eq!(ids.len(), plan.components.len());
        for e in &plan.edges {
            prop_assert!(ids.contains(&e.from.component) && ids.contains(&e.to.component));
        }
        let lines = org.matches('\n').count() + 1;
        for issue in lint(&org) {
            prop_assert!(issue.line >= 1 && issue.line <= lines && issue.column >= 1);
        }
    }

    #[test]
    fn the_page_is_fit_for_xml(org in orgish()) {
        let html = render(&org, &RenderOptions::from_json(r#"{"toc": true, "errors": {"workbook/a": {"kind": "x"}}}"#).unwrap());
        let legal = |c: char| c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}') || matches!(c, '\t' | '\n' | '\r');
        prop_assert!(html.chars().all(legal), "{:?}", html);
        for reference in html.split('&').skip(1) {
            let name = reference.split(';').next().unwrap_or("");
            prop_assert!(name.starts_with('#') || ["amp", "lt", "gt", "quot"].contains(&name), "&{};", name);
        }
        let mut seen = std::collections::HashSet::new();
        for part in html.split(" id=\"").skip(1) {
            let id = part.split('"').next().unwrap_or("");
            prop_assert!(!id.is_empty() && seen.insert(id), "{:?} twice in {}", id, html);
        }
    }

    #[test]
    fn tags_in_the_page_are_balanced_and_safe(org in orgish()) {
        let html = render(&org, &RenderOptions::default());
        let mut open: Vec<String> = Vec::new();
        let mut rest = html.as_str();
        while let Some(at) = rest.find('<') {
            let tag = &rest[at + 1..];
            let end = tag.find('>').expect("a tag ends");
            let inside = &tag[..end];
            rest = &tag[end + 1..];
            let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap_or("").to_string();
            prop_assert!(!name.is_empty() && name != "script", "<{}>", inside);
            let packed = inside.to_lowercase().replace(|c: char| c.is_whitespace(), "");
            prop_assert!(!packed.contains("href=\"javascript:") && !packed.contains("src=\"javascript:"));
            if let Some(closing) = inside.strip_prefix('/') {
                let opened = open.pop();
                prop_assert_eq!(opened.as_deref(), Some(closing), "in {}", html);
            } else if !inside.ends_with('/') {
                open.push(name);
            }
        }
        prop_assert!(open.is_empty(), "{:?} in {}", open, html);
    }
}
