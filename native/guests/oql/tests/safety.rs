//! guides/format.md: "safe by default".

use oql::{RenderOptions, render};

fn html(org: &str) -> String {
    render(org, &RenderOptions::default())
}

/// Every attribute that a browser follows, unescaped.
fn addresses(html: &str) -> Vec<String> {
    let mut out = Vec::new();
    for mark in [" href=\"", " src=\""] {
        for part in html.split(mark).skip(1) {
            let value = part.split('"').next().unwrap();
            out.push(value.replace("&amp;", "&").replace("&#39;", "'"));
        }
    }
    out
}

fn active(url: &str) -> bool {
    let plain: String = url.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let plain = plain.to_lowercase();
    ["javascript:", "vbscript:", "livescript:", "jscript:", "view-source:", "blob:", "filesystem:"]
        .iter()
        .any(|s| plain.starts_with(s))
        || (plain.starts_with("data:") && !plain.starts_with("data:image/"))
}

const EVIL: &[&str] = &[
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\u{1}javascript:alert(1)",
    "java\u{200b}script:alert(1)",
    "javascript\u{ad}:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;avascript:alert(1)",
    "java&Tab;script:alert(1)",
    "java&NewLine;script:alert(1)",
    "javascript&amp;colon;alert(1)",
    "javascript%3aalert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "DATA:text/html,x",
    "file:javascript:alert(1)",
    "file:java\tscript:alert(1)",
    "file: javascript:alert(1)",
    "blob:https://x/y",
    "view-source:javascript:1",
    "elisp:(shell-command \"rm\")",
    "shell:rm -rf",
    "javascript:alert(1).png",
    "file:javascript:alert(1).png",
    "javascript:x.org",
    "file:javascript:x.org",
    "\u{feff}javascript:alert(1)",
    "javascript:/*--></title>",
    "https://x.org/\" onclick=\"alert(1)",
    "x\" onmouseover=\"y",
    "file:x\" onerror=\"y.png",
    "./a.png\" onerror=\"alert(1)",
    "#a\" onclick=\"b",
    "*a\" onclick=\"b",
];

#[test]
fn active_urls_are_dropped_in_every_form_and_place() {
    for evil in EVIL {
        let forms = [
            format!("[[{evil}]]"),
            format!("[[{evil}][text]]"),
            format!("<{evil}>"),
            format!("see {evil} there"),
            format!("[[https://x.org][{evil}]]"),
            format!("- [[{evil}][a]] :: b"),
            format!("| [[{evil}][a]] |"),
            format!("* [[{evil}][a]]"),
            format!("a[fn::[[{evil}][b]]]"),
            format!("#+LINK: e {evil}\n[[e:x][y]] [[e:][y]]"),
            format!("#+LINK: e %s\n[[e:{evil}][y]]"),
            format!("#+MACRO: m [[$1][x]]\n{{{{{{m({evil})}}}}}}"),
            format!("#+CAPTION: [[{evil}]]\n[[file:a.png]]"),
            format!("#+ATTR_HTML: :href {evil} :src {evil} :onclick x :style y\n[[file:a.png]]"),
        ];
        for form in forms {
            let got = html(&form);
            for url in addresses(&got) {
                assert!(!active(&url), "{form:?} leads to {url:?}\n{got}");
            }
            for attribute in ["onclick=\"", "onerror=\"", "onmouseover=\"", "style=\""] {
                assert!(!got.contains(&format!(" {attribute}")), "{form:?}\n{got}");
            }
        }
    }
}

#[test]
fn an_evil_link_keeps_its_text() {
    assert!(html("[[javascript:alert(1)][text]]").contains("<p>\ntext\n</p>"));
}

#[test]
fn good_urls_pass() {
    for good in [
        "https://x.org/a?b=c#d",
        "http://x",
        "mailto:a@b.c",
        "ftp://x/y",
        "tel:+49",
        "./a/b.txt",
        "../x",
        "/abs/path",
        "file:a-b.txt",
    ] {
        assert!(html(&format!("[[{good}][t]]")).contains("<a href="), "{good}");
    }
    assert!(html("[[data:image/png;base64,AAAA]]").contains("<img src=\"data:image/png;base64,AAAA\""));
}

#[test]
fn everything_is_escaped() {
    let evil = "<script>alert('x')</script>\"&";
    for form in [
        evil.to_string(),
        format!("* {evil}"),
        format!("=x{evil}x="),
        format!("- {evil} :: {evil}"),
        format!("| {evil} |"),
        format!("#+begin_example\n{evil}\n#+end_example"),
        format!("#+begin_src {evil} x\n{evil}\n#+end_src"),
        format!("#+begin_verse\n{evil}\n#+end_verse"),
        format!(": {evil}"),
        format!("#+CAPTION: {evil}\n| a |"),
        format!("#+NAME: {evil}\n| a |"),
        format!("<<{evil}>>"),
        format!("\\({evil}\\)"),
        format!("[fn:1]\n\n[fn:1] {evil}"),
        format!("#+INCLUDE: {evil}"),
        format!("#+begin_{evil}\nx\n#+end_{evil}"),
        format!("src_{evil}{{{evil}}}"),
        format!("* A\n:PROPERTIES:\n:CUSTOM_ID: {evil}\n:END:\n"),
        format!("\\begin{{x}}\n{evil}\n\\end{{x}}"),
        format!("#+TODO: {evil} | DONE\n* {evil} x"),
        format!("#+ATTR_HTML: :class {evil} :id {evil}\n| a |"),
        format!("@@html:{evil}@@"),
        format!("#+begin_export html\n{evil}\n#+end_export"),
        format!("#+HTML: {evil}"),
        format!("<2026-01-01 {evil}>"),
        format!("#+OPTIONS: toc:t title:t\n#+TITLE: {evil}\n* {evil}"),
    ] {
        let got = html(&form);
        assert!(!got.contains("<script"), "{form:?}\n{got}");
    }
}

#[test]
fn raw_html_passes_only_when_allowed() {
    let org = "a @@html:<b>x</b>@@ @@latex:no@@\n#+begin_export html\n<i>y</i>\n#+end_export\n#+HTML: <u>z</u>\n";
    for raw in ["<b>x</b>", "<i>y</i>", "<u>z</u>"] {
        assert!(!html(org).contains(raw));
        assert!(render(org, &RenderOptions::from_json(r#"{"allow_html": true}"#).unwrap()).contains(raw));
    }
    assert!(!render(org, &RenderOptions::from_json(r#"{"allow_html": true}"#).unwrap()).contains("no"));
}
