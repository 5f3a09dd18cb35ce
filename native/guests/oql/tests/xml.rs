//! guides/format.md, `render`: a fragment that an XML parser reads as well:
//! no forbidden character, no named reference, no id twice.

use std::collections::HashSet;

use oql::{RenderOptions, render};

fn html(org: &str) -> String {
    render(org, &RenderOptions::default())
}

/// The page's ids, in order; none twice.
fn ids(org: &str) -> Vec<String> {
    let page = html(org);
    let ids: Vec<String> =
        page.split(" id=\"").skip(1).map(|part| part.split('"').next().unwrap_or("").to_string()).collect();
    let mut seen = HashSet::new();
    for id in &ids {
        assert!(!id.is_empty() && seen.insert(id.as_str()), "{id:?} is not one element's id:\n{page}");
    }
    ids
}

fn forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[test]
fn what_xml_forbids_becomes_the_replacement_character() {
    for evil in ["\u{1}", "\u{1b}", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}", "\0"] {
        for form in [
            format!("a{evil}b"),
            format!("* a{evil}b :t:"),
            format!("=a{evil}b= <<t{evil}u>>"),
            format!("| a{evil}b |"),
            format!("#+begin_src js{evil}x\na{evil}b\n#+end_src"),
            format!("#+ATTR_HTML: :title a{evil}b\n| a{evil}b |"),
            format!("#+NAME: a{evil}b\n| a{evil}b |"),
            format!("[[https://x.org/{evil}y][a{evil}b]]"),
            format!("#+CAPTION: a{evil}b\n[[file:a{evil}b.png]]"),
            format!("a[fn::a{evil}b]"),
        ] {
            let got = html(&form);
            assert!(got.contains('\u{fffd}') && !got.contains(forbidden), "{form:?}\n{got:?}");
        }
        let raw =
            format!("@@html:<b>a{evil}b</b>@@\n#+HTML: a{evil}b\n\n#+begin_export html\na{evil}b\n#+end_export\n");
        let got = render(&raw, &RenderOptions { allow_html: true, ..RenderOptions::default() });
        assert_eq!(got.matches("a\u{fffd}b").count(), 3, "{got:?}");
    }
    assert!(html("a\tb\u{85}\u{7f}").contains("a\tb\u{85}\u{7f}"), "what XML allows stays");
}

#[test]
fn entities_are_characters() {
    for (org, wanted) in [
        ("\\alpha", "α"),
        ("\\eacute", "é"),
        ("\\nbsp", "\u{a0}"),
        ("\\shy", "\u{ad}"),
        ("\\zwnj", "\u{200c}"),
        ("\\lrm", "\u{200e}"),
        ("\\Amacr", "Ā"),
        ("\\phi", "φ"),
        ("\\nexists", "∄"),
        ("\\smiley", "☺"),
        ("\\EUR", "€"),
        ("\\deg", "°"),
        ("\\arccos", "arccos"),
        ("\\amp", "&amp;"),
        ("\\lt", "&lt;"),
        ("\\gt", "&gt;"),
        ("\\quot", "&quot;"),
    ] {
        assert_eq!(html(&format!("x{org}{{}}y")), format!("<p>\nx{wanted}y\n</p>\n"), "{org}");
    }
}

#[test]
fn of_two_targets_of_a_name_links_go_to_the_first() {
    assert_eq!(ids("<<t>> a\n\n<<t>> b"), ["t", "t-2"]);
    assert_eq!(ids("<<<r>>> a\n\n<<<r>>> b"), ["r", "r-2"]);
    let got = html("[[t]]\n\n<<t>>first\n\n<<t>>second");
    assert!(
        got.contains("<a href=\"#t\">No description for this link</a>")
            && got.contains("<a id=\"t\"></a>first")
            && got.contains("<a id=\"t-2\"></a>second")
    );
    assert!(html("<<<r>>> a\n\n<<<r>>> b").contains(">r</a> b\n</p>"), "the words of a radio target stay");
}

#[test]
fn a_name_twice_is_two_ids() {
    assert_eq!(ids("#+NAME: n\n| a |\n\n#+NAME: n\n: b\n\n#+NAME: n\n[[file:a.png]]\n\n<<n>>"), ["n", "n-2", "n-3"]);
    assert_eq!(
        ids("#+ATTR_HTML: :id n\n| a |\n\n#+ATTR_HTML: :id n\n[[file:a.png]]\n\n#+NAME: n\n- a\n"),
        ["n", "figure-1", "n-2"]
    );
}

#[test]
fn a_custom_id_twice_is_one_id_and_the_second_heading_keeps_its_own() {
    let org = "* A\n:PROPERTIES:\n:CUSTOM_ID: c\n:END:\n* B\n:PROPERTIES:\n:CUSTOM_ID: c\n:END:\n[[*B]] [[#c]]\n";
    let got = ids(org);
    assert!(got.contains(&"c".to_string()) && got.contains(&"b".to_string()), "{got:?}");
    let page = html(org);
    assert!(page.contains("<h2 id=\"b\">") && page.contains("<a href=\"#b\">2</a> <a href=\"#c\">1</a>"), "{page}");
}

#[test]
fn a_custom_id_wins_over_the_id_that_a_title_gives() {
    let page = html("* C\n* A\n:PROPERTIES:\n:CUSTOM_ID: c\n:END:\n[[*C]]\n");
    assert!(page.contains("<h2 id=\"c-2\">") && page.contains("<h2 id=\"c\">"), "{page}");
    assert!(page.contains("<a href=\"#c-2\">1</a>"), "{page}");
}

#[test]
fn a_hidden_heading_takes_no_id_from_a_shown_one() {
    let drawer = ":PROPERTIES:\n:CUSTOM_ID: c\n:END:\n";
    assert!(html(&format!("* A :noexport:\n{drawer}<<t>>\n* B\n{drawer}<<t>>\n")).contains("<h2 id=\"c\">"));
    assert!(ids(&format!("* A :noexport:\n{drawer}<<t>>\n* B\n{drawer}<<t>>\n")).contains(&"t".to_string()));
}

#[test]
fn a_target_named_as_a_heading_gets_a_suffix_and_its_link_follows() {
    let page = html("[[intro]] [[*Intro]]\n\n<<intro>> here\n* Intro\n");
    assert!(page.contains("<h2 id=\"intro\">") && page.contains("<a id=\"intro-2\"></a> here"), "{page}");
    assert!(page.contains("<a href=\"#intro-2\">No description for this link</a> <a href=\"#intro\">1</a>"), "{page}");
}

#[test]
fn ids_of_the_pages_own_parts_are_nobody_elses() {
    ids("* One\ntext\n* Text One\n* Outline container one\n<<text-one>>\n");
    ids("* Footnotes\na[fn:1]\n* Text Footnotes\n\n<<fn.1>> <<fnr.1>>\n\n[fn:1] b\n");
    let page =
        render("#+OPTIONS: toc:t\n* Table of contents\n", &RenderOptions { title: true, ..RenderOptions::default() });
    assert_eq!(page.matches(" id=\"table-of-contents\"").count(), 1, "{page}");
}
