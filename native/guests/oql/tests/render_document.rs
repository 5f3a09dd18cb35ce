//! guides/format.md, `render`: what holds the page together, as Emacs has it:
//! the outline, options, contents, footnotes, timestamps, macros.

use oql::{RenderOptions, render};

fn html(org: &str) -> String {
    render(org, &RenderOptions::default())
}

fn with(org: &str, options: &str) -> String {
    render(org, &RenderOptions::from_json(options).unwrap())
}

#[track_caller]
fn has(org: &str, wanted: &str) {
    let got = html(org);
    assert!(got.contains(wanted), "{org:?} should give {wanted:?}, gave:\n{got}");
}

#[track_caller]
fn lacks(org: &str, unwanted: &str) {
    let got = html(org);
    assert!(!got.contains(unwanted), "{org:?} should not give {unwanted:?}, gave:\n{got}");
}

/// Every id on a page, in order.
fn ids(html: &str) -> Vec<&str> {
    html.split(" id=\"").skip(1).filter_map(|part| part.split('"').next()).collect()
}

#[track_caller]
fn unique_ids(html: &str) {
    let mut seen = std::collections::HashSet::new();
    for id in ids(html) {
        assert!(seen.insert(id), "{id} twice in\n{html}");
    }
}

#[test]
fn a_skipped_level_counts_as_nought() {
    has("* A\n*** B\n*** C\n", "<span class=\"section-number-4\">1.0.2.</span> C");
}

#[test]
fn unnumbered_is_inherited_and_counts_for_nothing() {
    let org = "* A\n* B\n:PROPERTIES:\n:UNNUMBERED: t\n:END:\n** C\n* D\n";
    has(org, "<h2 id=\"b\">B</h2>");
    has(org, "<h3 id=\"c\">C</h3>");
    has(org, "<span class=\"section-number-2\">2.</span> D");
}

#[test]
fn a_heading_without_anything_of_its_own_has_a_section_only_before_others() {
    has("* A\n** B\n", "A</h2>\n<div class=\"outline-text-2\" id=\"text-a\">\n</div>\n<div id=\"outline-container-b\"");
    lacks("* A\n", "outline-text");
}

#[test]
fn containers_and_classes_are_those_asked_for() {
    let org = "#+HTML_CONTAINER: article\n* A\n:PROPERTIES:\n:HTML_CONTAINER_CLASS: wide\n:HTML_HEADLINE_CLASS: big\n:END:\n** B\n:PROPERTIES:\n:HTML_CONTAINER: section\n:END:\n";
    has(org, "<article id=\"outline-container-a\" class=\"outline-2 wide\">\n<h2 id=\"a\" class=\"big\">");
    has(org, "<section id=\"outline-container-b\" class=\"outline-3\">");
    has(org, "</section>\n</article>\n");
    has("* A\n:PROPERTIES:\n:HTML_CONTAINER: script\n:END:\n", "<div id=\"outline-container-a\"");
}

#[test]
fn archived_trees_show_the_heading_alone() {
    let org = |option: &str| format!("#+OPTIONS: {option}\n* A :ARCHIVE:\nsecret\n** B\n* C\n");
    let headline = html(&org("arch:headline"));
    assert!(headline.contains("> A") && !headline.contains("secret") && !headline.contains("> B"), "{headline}");
    assert!(!html(&org("arch:nil")).contains("> A"));
    assert!(html(&org("arch:t")).contains("secret"));
}

#[test]
fn select_tags_leave_the_rest_out() {
    let got = html("before\n* A\nown\n** B :export:\n*** C\n** D\n* E\n");
    for shown in ["> A", "own", "> B", "> C"] {
        assert!(got.contains(shown), "{shown} in {got}");
    }
    for hidden in ["before", "> D", "> E"] {
        assert!(!got.contains(hidden), "{hidden} in {got}");
    }
}

#[test]
fn tags_of_the_file_count_for_leaving_out() {
    lacks("#+FILETAGS: :noexport:\n* A\n", "<h2");
    has("#+EXCLUDE_TAGS: secret\n* A :noexport:\n* B :secret:\n", "> A");
    lacks("#+EXCLUDE_TAGS: secret\n* B :secret:\n", "<h2");
}

#[test]
fn tasks_are_shown_by_their_state() {
    let shown = |option: &str| {
        let got = html(&format!(
            "#+TODO: TODO WAIT | DONE\n#+OPTIONS: todo:nil num:nil {option}\n* TODO a1\n* DONE b2\n* WAIT c3\n* d4\n"
        ));
        ["a1", "b2", "c3", "d4"].into_iter().filter(|t| got.contains(&format!(">{t}<"))).collect::<Vec<_>>()
    };
    assert_eq!(shown("tasks:t"), ["a1", "b2", "c3", "d4"]);
    assert_eq!(shown("tasks:nil"), ["d4"]);
    assert_eq!(shown("tasks:todo"), ["a1", "c3", "d4"]);
    assert_eq!(shown("tasks:done"), ["b2", "d4"]);
    assert_eq!(shown("tasks:(\"WAIT\")"), ["c3", "d4"]);
}

#[test]
fn drawers_are_shown_by_their_names() {
    let shown = |option: &str| {
        let got = html(&format!("#+OPTIONS: {option}\n:A:\na1\n:END:\n:LOGBOOK:\nb2\n:END:\n"));
        (got.contains("a1"), got.contains("b2"))
    };
    assert_eq!(shown(""), (true, false));
    assert_eq!(shown("d:t"), (true, true));
    assert_eq!(shown("d:nil"), (false, false));
    assert_eq!(shown("d:(\"logbook\")"), (false, true));
    assert_eq!(shown("d:(not \"a\")"), (false, true));
}

#[test]
fn the_last_word_on_an_option_counts_and_odd_keys_are_read() {
    has("#+OPTIONS: num:t\n#+OPTIONS: num:nil H:1\n* A\n** B\n", "<ul class=\"org-ul\">\n<li><a id=\"b\"></a>B<br />");
    has("#+OPTIONS: toc: num:nil\n* A", "<h2 id=\"a\">A</h2>");
    lacks("#+OPTIONS: ::nil |:nil\n: fixed\n\n| cell |\n", "fixed");
    lacks("#+OPTIONS: ::nil |:nil\n: fixed\n\n| cell |\n", "cell");
    has("#+OPTIONS: -:nil\na -- b", "a -- b");
    has("#+options: TODO:nil num:nil\n* TODO A\n", "<h2 id=\"a\">A</h2>");
}

#[test]
fn planning_is_one_paragraph_in_a_fixed_order() {
    has(
        "#+OPTIONS: p:t\n* A\nSCHEDULED: <2026-01-02 Fri> DEADLINE: <2026-01-01>\n",
        "<p><span class=\"timestamp-wrapper\"><span class=\"timestamp-kwd\">DEADLINE:</span> <span class=\"timestamp\">&lt;2026-01-01 Thu&gt;</span> <span class=\"timestamp-kwd\">SCHEDULED:</span> <span class=\"timestamp\">&lt;2026-01-02 Fri&gt; </span></span></p>",
    );
}

#[test]
fn properties_are_escaped_and_chosen_by_name() {
    let org = |option: &str| format!("#+OPTIONS: {option}\n* A\n:PROPERTIES:\n:One: <b>\n:Two: 2\n:END:\n");
    assert!(html(&org("prop:t")).contains("<pre class=\"example\">\nOne: &lt;b&gt;\nTwo: 2\n</pre>"));
    assert!(html(&org("prop:(\"two\")")).contains("<pre class=\"example\">\nTwo: 2\n</pre>"));
    assert!(!html(&org("prop:nil")).contains("<pre"));
}

#[test]
fn clocks_show_their_range_and_sum() {
    let clock = "CLOCK: [2024-01-02 Tue 08:00]--[2024-01-02 Tue 09:30] =>  1:30\n";
    has(&format!("#+OPTIONS: c:t\n* A\n{clock}"), "<span class=\"timestamp\">(1:30)</span>\n</span>\n</p>");
    lacks(&format!("* A\n{clock}"), "CLOCK");
    // Emacs writes `nil` for a sum that is not there yet.
    lacks("#+OPTIONS: c:t\n* A\nCLOCK: [2024-01-02 Tue 08:00]\n", "nil");
}

#[test]
fn timestamps_are_written_as_org_writes_them() {
    let stamp = |org: &str, wanted: &str| {
        has(org, &format!("<span class=\"timestamp-wrapper\"><span class=\"timestamp\">{wanted}</span></span>"));
    };
    stamp("<2026-01-01>", "&lt;2026-01-01 Thu&gt;");
    stamp("[2026-01-01 Mon 9:05]", "[2026-01-01 Thu 09:05]");
    stamp("<2026-02-30>", "&lt;2026-03-02 Mon&gt;");
    stamp("<2026-01-01 10:00-11:30>", "&lt;2026-01-01 Thu 10:00&gt;&#x2013;&lt;2026-01-01 Thu 11:30&gt;");
    stamp("<2026-01-01 Thu ++01w --2d>", "&lt;2026-01-01 Thu ++1w &#x2013;2d&gt;");
    stamp("[2026-01-01]--[2026-01-03]", "[2026-01-01 Thu]&#x2013;[2026-01-03 Sat]");
    stamp("<2024-02-29>", "&lt;2024-02-29 Thu&gt;");
    stamp("<1900-02-28>", "&lt;1900-02-28 Wed&gt;");
}

#[test]
fn lone_timestamps_are_left_out_by_kind() {
    let shown = |option: &str| {
        let got = html(&format!("#+OPTIONS: <:{option}\n<2026-01-01>\n\n[2026-01-02]\n\nat <2026-01-03>\n"));
        (got.contains("01-01"), got.contains("01-02"), got.contains("01-03"))
    };
    assert_eq!(shown("t"), (true, true, true));
    assert_eq!(shown("nil"), (false, false, true));
    assert_eq!(shown("active"), (true, false, true));
    assert_eq!(shown("inactive"), (false, true, true));
}

#[test]
fn a_table_of_contents_is_nested_and_names_what_titles_say() {
    let got = html(
        "#+OPTIONS: toc:2\n* A [[https://x.org][link]][fn:1]\n** B :t:\n*** C\n* D\n:PROPERTIES:\n:ALT_TITLE: Other /name/\n:END:\n\n[fn:1] x\n",
    );
    let start = "<div id=\"table-of-contents\" role=\"doc-toc\">\n<h2>Table of Contents</h2>\n<div id=\"text-table-of-contents\" role=\"doc-toc\">\n<ul>\n<li><a href=\"#a-https-x-org-link-fn-1\">1. A link</a>\n<ul>\n<li><a href=\"#b\">1.1. B&#xa0;&#xa0;&#xa0;<span class=\"tag\"><span class=\"t\">t</span></span></a></li>\n</ul>\n</li>\n<li><a href=\"#d\">2. Other <i>name</i></a></li>\n</ul>\n</div>\n</div>\n";
    assert!(got.starts_with(start), "{got}");
    unique_ids(&got);
}

#[test]
fn toc_keywords_list_a_part_or_the_whole() {
    let local = html("* A\n#+TOC: headlines 1 local\n** B\n*** C\n* D\n");
    assert!(local.contains("<div id=\"text-table-of-contents\" role=\"doc-toc\">\n<ul>\n<li><a href=\"#b\">1.1. B</a></li>\n</ul>\n</div>"), "{local}");
    let target = html("#+TOC: headlines :target #d\n* A\n** B\n* D\n:PROPERTIES:\n:CUSTOM_ID: d\n:END:\n** E\n");
    assert!(target.contains("2.1. E</a>") && !target.contains("1.1. B</a>"), "{target}");
    let whole = html("#+TOC: headlines\n#+TOC: headlines\n* A\n");
    assert_eq!(whole.matches("<h2>Table of Contents</h2>").count(), 2);
    unique_ids(&whole);
    lacks("#+TOC: headlines\n* A\n:PROPERTIES:\n:UNNUMBERED: notoc\n:END:\n", "doc-toc");
}

#[test]
fn lists_of_tables_and_listings_have_what_has_a_caption() {
    let got = html(
        "#+TOC: tables\n#+TOC: listings\n#+CAPTION: First\n#+NAME: t\n| a |\n\n| b |\n\n#+CAPTION: Code\n#+begin_src c\nx\n#+end_src\n",
    );
    assert!(got.contains("<li><a href=\"#t\"><span class=\"table-number\">Table 1:</span> First</a></li>"), "{got}");
    assert!(got.contains("<li><span class=\"listing-number\">Listing 1:</span> Code</li>"), "{got}");
}

#[test]
fn many_tables_of_contents_do_not_square_the_page() {
    let org: String = (0..3000).map(|i| format!("* Heading {i}\n#+TOC: headlines\n")).collect();
    let got = html(&org);
    assert!(got.contains("too many tables of contents"));
    assert!(got.len() < org.len() * 100, "{} from {}", got.len(), org.len());
}

#[test]
fn footnotes_are_numbered_as_they_are_read() {
    let got = html("A[fn:b] B[fn:a]\n\n[fn:a] Second.\n\n[fn:b] First, see[fn:c].\n\n[fn:c] Inner.\n");
    let order: Vec<usize> = ["First", "Inner", "Second"].iter().filter_map(|t| got.find(t)).collect();
    assert!(order.len() == 3 && order.is_sorted(), "{got}");
    assert!(got.contains("B<sup><a id=\"fnr.3\""), "{got}");
    unique_ids(&got);
}

#[test]
fn footnotes_in_a_row_are_separated_and_those_repeated_have_ids_of_their_own() {
    let got = html("A[fn:1] [fn::x] B[fn:1] C[fn:1]\n\n[fn:1] D\n");
    assert!(got.contains(">1</a></sup> <sup>, </sup><sup><a id=\"fnr.2\""), "{got}");
    assert!(got.contains("B<sup><a id=\"fnr.1.100\" class=\"footref\" href=\"#fn.1\""), "{got}");
    unique_ids(&got);
}

#[test]
fn definitions_hold_paragraphs_and_stand_wherever_they_like() {
    has("A[fn:1]\n\n[fn:1] One\n\nTwo\n", "<p class=\"footpara\">\nOne\n</p>\n<p class=\"footpara\">\nTwo\n</p>");
    has("A[fn:1]\n* Footnotes\n[fn:1] There\n", "There");
    lacks("A[fn:1]\n* Footnotes\n[fn:1] There\n", "outline-");
    has("A[fn:1]\n* B :noexport:\n[fn:1] Hidden\n", "Hidden");
    has("A[fn:x]\n", "DEFINITION NOT FOUND.");
    lacks("#+OPTIONS: f:nil\nA[fn:1]\n\n[fn:1] There\n", "There");
}

#[test]
fn a_long_chain_of_footnotes_ends() {
    let mut org = "A[fn:0]\n\n".to_string();
    for i in 0..20_000 {
        org.push_str(&format!("[fn:{i}] D[fn:{}]\n\n", i + 1));
    }
    assert!(html(&org).contains("<a id=\"fn.20001\""));
}

#[test]
fn what_the_page_says_itself_is_in_the_documents_language() {
    let got = html("#+LANGUAGE: de\n#+OPTIONS: toc:t\n* A[fn::x]\n");
    assert!(got.contains("<h2>Inhaltsverzeichnis</h2>") && got.contains("Fußnoten: </h2>"), "{got}");
    has("#+LANGUAGE: xx\n#+OPTIONS: toc:t\n* A\n", "Table of Contents");
}

#[test]
fn quotes_follow_the_language() {
    has("#+OPTIONS: ':t\n\"a 'b' it's\"", "“a ‘b’ it’s”");
    has("#+OPTIONS: ':t\n#+LANGUAGE: fr\n\"a\"", "«\u{a0}a\u{a0}»");
    has("#+OPTIONS: ':t\n#+LANGUAGE: de\n\"a *b* 'c'\"", "„a <b>b</b> ‚c‘“");
    lacks("\"a\"", "“");
}

#[test]
fn macros_are_replaced_before_the_text_is_read() {
    has("#+MACRO: b *$1*\n{{{b(x\\, y)}}}", "<b>x, y</b>");
    has("#+MACRO: open *bold\n{{{open}}} words*", "<b>bold words</b>");
    has("#+MACRO: in [$1]\n#+MACRO: out ({{{in($1)}}})\n{{{out(x)}}}", "([x])");
    has("{{{n}}} {{{n}}} {{{n(x,7)}}} {{{n(x)}}} {{{n(,-)}}}", "1 2 7 8 2");
    has("#+DATE: <2024-01-05 Fri>\nOn {{{date(%d %B %Y\\, %a)}}}", "On 05 January 2024, Fri");
    has("#+TITLE: T\n#+TITLE: U\n{{{title}}} {{{keyword(title)}}}", "T U T U");
    has("* A\n:PROPERTIES:\n:P: v\n:END:\n{{{property(P)}}} {{{property(ITEM,*A)}}}", "v A");
    has("#+MACRO: a 1\n#+MACRO: a 2\n* {{{a}}}", "</span> 1</h2>");
    has("=a {{{n}}}= src_c{ {{{n}}} }\n#+begin_example\n{{{n}}}\n#+end_example", "<code>a {{{n}}}</code>");
}

#[test]
fn macros_that_are_not_replaced_say_so() {
    has("a {{{nope(x)}}} b", "<span class=\"note\">Not expanded: {{{nope(x)}}}</span> b");
    has("#+MACRO: e (eval (shell-command \"x\"))\n{{{e}}}", "Not expanded: {{{e}}}");
    has("{{{time(%Y)}}}", "Not expanded: {{{time(%Y)}}}");
    has("#+MACRO: a {{{a}}}\n{{{a}}}", "Not expanded: {{{a}}}");
}

#[test]
fn macros_cannot_blow_a_page_up() {
    let ten = |name: &str, of: &str| format!("#+MACRO: {name} {}\n", format!("{{{{{{{of}}}}}}}").repeat(10));
    let mut org: String = ('a'..'j').map(|c| ten(&c.to_string(), &((c as u8 + 1) as char).to_string())).collect();
    org.push_str("#+MACRO: j x\n{{{a}}}\n");
    assert!(html(&org).len() < 10_000_000);
}

#[test]
fn results_and_ids_stay_where_they_were_behind_macros() {
    let org = "#+MACRO: long a much longer text\n* W {{{long}}}\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n{{{long}}} {{{long}}}\n** Go\n:PROPERTIES:\n:out: x\n:END:\n{{{long}}}\n#+begin_src js\n1\n#+end_src\n";
    let got = with(org, r#"{"results": {"w-long/go": {"x": 42}}}"#);
    assert!(got.contains("<h2 id=\"w-long\">") && got.contains("W a much longer text"), "{got}");
    let (block, result) = (got.find("src-js").unwrap(), got.find("data-component=\"w-long/go\"").unwrap());
    assert!(block < result, "{got}");
}

#[test]
fn headings_below_h6_stay_html() {
    let got = html("#+OPTIONS: H:9\n* 1\n** 2\n*** 3\n**** 4\n***** 5\n****** 6\n******* 7\n");
    assert!(!got.contains("<h7") && got.contains("outline-8"), "{got}");
}
#[test]
fn inline_tasks_are_boxes() {
    has(
        "text\n*************** TODO Call :x:\nnow\n*************** END\nmore\n",
        "<div class=\"inlinetask\">\n<b><span class=\"todo TODO\">TODO</span> Call&#xa0;&#xa0;&#xa0;<span class=\"tag\"><span class=\"x\">x</span></span></b><br />\n<p>\nnow\n</p>\n</div>",
    );
    lacks("#+OPTIONS: inline:nil\n*************** Call\nnow\n*************** END\n", "Call");
}

#[test]
fn links_that_lead_nowhere_are_marked_as_asked() {
    let shown = |option: &str| html(&format!("#+OPTIONS: {option}\na [[nowhere][text]]\n"));
    assert!(shown("").contains("a [BROKEN LINK: nowhere]"));
    assert!(shown("broken-links:mark").contains("a [BROKEN LINK: nowhere]"));
    assert!(shown("broken-links:nil").contains("a <i>text</i>"));
    let dropped = shown("broken-links:t");
    assert!(!dropped.contains("nowhere") && !dropped.contains("text"), "{dropped}");
}

#[test]
fn html_5_has_a_nav() {
    let org = "#+HTML_DOCTYPE: html5\n#+OPTIONS: toc:t html5-fancy:t\n* A\n";
    has(org, "<nav id=\"table-of-contents\" role=\"doc-toc\">");
    has(org, "</div>\n</nav>\n");
}

#[test]
fn what_babel_takes_out_leaves_no_section() {
    lacks("* A\n#+begin_src c :exports none\nx\n#+end_src\n", "outline-text");
    has("* A\n#+begin_src c :exports none\nx\n#+end_src\ntext\n", "outline-text");
}
