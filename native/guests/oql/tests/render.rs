//! guides/format.md, `render`: the fragment Emacs' HTML exporter would make.

use oql::{RenderOptions, render};

fn html(org: &str) -> String {
    render(org, &RenderOptions::default())
}

fn with(org: &str, options: &str) -> String {
    render(org, &RenderOptions::from_json(options).unwrap())
}

fn has(org: &str, wanted: &str) {
    let got = html(org);
    assert!(got.contains(wanted), "{org:?} should give {wanted:?}, gave:\n{got}");
}

fn lacks(org: &str, unwanted: &str) {
    let got = html(org);
    assert!(!got.contains(unwanted), "{org:?} should not give {unwanted:?}, gave:\n{got}");
}

#[test]
fn headings_have_ids_numbers_and_containers() {
    assert_eq!(
        html("* One\ntext\n** Two\n"),
        "<div id=\"outline-container-one\" class=\"outline-2\">\n<h2 id=\"one\"><span class=\"section-number-2\">1.</span> One</h2>\n<div class=\"outline-text-2\" id=\"text-one\">\n<p>\ntext\n</p>\n</div>\n<div id=\"outline-container-two\" class=\"outline-3\">\n<h3 id=\"two\"><span class=\"section-number-3\">1.1.</span> Two</h3>\n</div>\n</div>\n"
    );
}

#[test]
fn todo_tags_and_priority() {
    has(
        "* TODO A :x:y:",
        "<span class=\"todo TODO\">TODO</span> A&#xa0;&#xa0;&#xa0;<span class=\"tag\"><span class=\"x\">x</span>&#xa0;<span class=\"y\">y</span></span>",
    );
    has("* DONE A", "<span class=\"done DONE\">DONE</span>");
    lacks("* [#A] A", "[A]");
    has("#+OPTIONS: pri:t\n* [#A] A", "<span class=\"priority\">[A]</span> A");
}

#[test]
fn custom_id_wins() {
    has("* A\n:PROPERTIES:\n:CUSTOM_ID: mine\n:END:\n", "<h2 id=\"mine\">");
}

#[test]
fn headings_below_the_levels_are_list_items() {
    has(
        "* 1\n** 2\n*** 3\n**** 4\nx\n**** 5\n",
        "<ol class=\"org-ol\">\n<li><a id=\"4\"></a>4<br />\n<div class=\"outline-text-5\" id=\"text-4\">\n<p>\nx\n</p>\n</div>\n</li>\n<li><a id=\"5\"></a>5<br />\n</li>\n</ol>\n",
    );
    has("#+OPTIONS: H:1 num:nil\n* 1\n** 2\n", "<ul class=\"org-ul\">\n<li><a id=\"2\"></a>2");
}

#[test]
fn num_toc_and_title_follow_options_and_the_call() {
    lacks("#+OPTIONS: num:nil\n* A", "section-number");
    assert!(with("#+OPTIONS: num:nil\n* A", r#"{"num": true}"#).contains("section-number-2"));
    assert!(!with("* A\n** B", r#"{"num": 1}"#).contains("1.1."));
    lacks("* A", "table-of-contents");
    let toc = with("* A\n** B\n", r#"{"toc": 1}"#);
    assert!(toc.contains("<li><a href=\"#a\">1. A</a></li>") && !toc.contains("#b\""), "{toc}");
    has("#+OPTIONS: toc:t\n* A", "table-of-contents");
    assert!(with("#+TITLE: T & U\n", r#"{"title": true}"#).starts_with("<h1 class=\"title\">T &amp; U</h1>"));
    lacks("#+TITLE: T\n", "T");
}

#[test]
fn emphasis_code_and_scripts() {
    has(
        "*b* /i/ _u_ +s+ =v<= ~c~",
        "<b>b</b> <i>i</i> <span class=\"underline\">u</span> <del>s</del> <code>v&lt;</code> <code>c</code>",
    );
    has("*bold /italic/*", "<b>bold <i>italic</i></b>");
    has("a*b*c and * x * stay", "a*b*c and * x * stay");
    has("x_1 y^{2 3}", "x<sub>1</sub> y<sup>2 3</sup>");
    has("#+OPTIONS: ^:nil\nsnake_case", "snake_case");
    has("#+OPTIONS: ^:{}\na_b c_{d}", "a_b c<sub>d</sub>");
    has("*one\ntwo*", "<b>one\ntwo</b>");
}

#[test]
fn typography_and_entities() {
    has("a -- b --- c...", "a &#x2013; b &#x2014; c&#x2026;");
    has("\\alpha{} \\eacute \\nosuch", "α é \\nosuch");
    has("=a -- b=", "<code>a -- b</code>");
    has("one\\\\\ntwo", "one<br />\ntwo");
    has("\\(x < y\\) $a$", "\\(x &lt; y\\) \\(a\\)");
}

#[test]
fn tables_have_header_rows_captions_and_alignment() {
    let got = html("#+CAPTION: A /cap/\n#+NAME: t\n| n | v |\n|---+---|\n| *a* | 1 |\n| b | |\n");
    for wanted in [
        "<table border=\"2\" cellspacing=\"0\" cellpadding=\"6\" rules=\"groups\" frame=\"hsides\" id=\"t\">",
        "<caption class=\"t-above\"><span class=\"table-number\">Table 1:</span> A <i>cap</i></caption>",
        "<thead>\n<tr>\n<th scope=\"col\" class=\"org-left\">n</th>\n<th scope=\"col\" class=\"org-right\">v</th>\n</tr>\n</thead>",
        "<tbody>\n<tr>\n<td class=\"org-left\"><b>a</b></td>\n<td class=\"org-right\">1</td>\n</tr>",
        "<td class=\"org-right\">&#xa0;</td>",
    ] {
        assert!(got.contains(wanted), "{wanted}\n{got}");
    }
    lacks("| a |\n| b |\n", "<thead>");
}

#[test]
fn lists_checkboxes_and_descriptions() {
    has("- a\n- b\n", "<ul class=\"org-ul\">\n<li>a</li>\n<li>b</li>\n</ul>\n");
    has("1. a\n2. [@5] b\n", "<ol class=\"org-ol\">\n<li>a</li>\n<li value=\"5\">b</li>\n</ol>\n");
    has(
        "- [X] a\n- [ ] b\n- [-] c\n",
        "<li class=\"on\"><code>[X]</code> a</li>\n<li class=\"off\"><code>[&#xa0;]</code> b</li>\n<li class=\"trans\"><code>[-]</code> c</li>",
    );
    has("- t /x/ :: d\n", "<dl class=\"org-dl\">\n<dt>t <i>x</i></dt><dd>d</dd>\n</dl>");
    has("- a\n  - b\n- c\n", "<li>a\n<ul class=\"org-ul\">\n<li>b</li>\n</ul></li>\n<li>c</li>");
    has("- a\n\n  b\n", "<li><p>\na\n</p>\n<p>\nb\n</p></li>");
    has("- a\n\n\n- b\n", "</ul>\n<ul");
}

#[test]
fn blocks() {
    has(
        "#+begin_src js :exports code\n  a < b\n    c\n#+end_src\n",
        "<div class=\"org-src-container\">\n<pre class=\"src src-js\">a &lt; b\n  c\n</pre>\n</div>\n",
    );
    has("#+begin_example\n <x>\n#+end_example\n", "<pre class=\"example\" id=\"example-1\">\n&lt;x&gt;\n</pre>");
    has(": fixed\n:  two\n", "<pre class=\"example\">\nfixed\n two\n</pre>");
    has("#+begin_quote\nq\n#+end_quote\n", "<blockquote>\n<p>\nq\n</p>\n</blockquote>");
    has("#+begin_center\nq\n#+end_center\n", "<div class=\"org-center\">\n<p>\nq\n</p>\n</div>");
    has("#+begin_warning\nq\n#+end_warning\n", "<div class=\"warning\" id=\"block-1\">\n<p>\nq\n</p>\n</div>");
    has("#+begin_verse\na\n  b *c*\n#+end_verse\n", "<p class=\"verse\">\na<br />\n&#xa0;&#xa0;b <b>c</b><br />\n</p>");
    has("#+BEGIN_SRC c\nx\n#+end_src\n", "src-c");
    has("-----\n", "<hr />");
}

#[test]
fn exports_is_honoured() {
    let block = |e: &str| format!("#+begin_src js :exports {e}\ncode\n#+end_src\n\n#+RESULTS:\n: res\n");
    let shown = |e: &str| (html(&block(e)).contains("code\n"), html(&block(e)).contains("res\n"));
    assert_eq!(shown("code"), (true, false));
    assert_eq!(shown("results"), (false, true));
    assert_eq!(shown("both"), (true, true));
    assert_eq!(shown("none"), (false, false));
    assert!(!html("#+PROPERTY: header-args :exports none\n#+begin_src js\ncode\n#+end_src\n").contains("code"));
}

#[test]
fn comment_and_noexport_are_left_out() {
    lacks("* COMMENT A\nx\n** B\ny\n", "<");
    lacks("* A :noexport:\nx\n** B\n", "<");
    lacks("# comment\n#+begin_comment\nx\n#+end_comment\n", "x");
    has("* A\n* B :noexport:\n* C\n", "<span class=\"section-number-2\">2.</span> C");
}

#[test]
fn drawers_show_their_contents_and_keywords_do_not() {
    has(":NOTE:\ninside\n:END:\n", "inside");
    lacks(":LOGBOOK:\ninside\n:END:\n", "inside");
    lacks("#+STARTUP: overview\n#+FOO: bar\n", "bar");
    lacks("* A\n:PROPERTIES:\n:k: secret\n:END:\n", "secret");
}

#[test]
fn an_include_leaves_a_note() {
    has("#+INCLUDE: \"other.org\"\n", "<p class=\"note\">Not included: &quot;other.org&quot;</p>");
}

#[test]
fn footnotes_link_both_ways() {
    let got = html("A[fn:1] b[fn::in *line*] c[fn:1]\n\n[fn:1] The def.\n");
    for wanted in [
        "A<sup><a id=\"fnr.1\" class=\"footref\" href=\"#fn.1\" role=\"doc-backlink\">1</a></sup>",
        "<a id=\"fnr.1.100\"",
        "<a id=\"fn.1\" class=\"footnum\" href=\"#fnr.1\" role=\"doc-backlink\">1</a>",
        "The def.",
        "in <b>line</b>",
    ] {
        assert!(got.contains(wanted), "{wanted}\n{got}");
    }
    assert_eq!(got.matches("class=\"footdef\"").count(), 2);
}

#[test]
fn links() {
    has("[[https://x.org/?a=1&b=2][d *b*]]", "<a href=\"https://x.org/?a=1&amp;b=2\">d <b>b</b></a>");
    has("see https://x.org/a_b, ok", "<a href=\"https://x.org/a_b\">https://x.org/a_b</a>, ok");
    has("<https://x.org>", "<a href=\"https://x.org\">https://x.org</a>");
    has(
        "[[file:x.org][x]] [[file:d/y.org::*Some Head][y]] [[./z.txt][z]]",
        "<a href=\"x.html\">x</a> <a href=\"d/y.html#some-head\">y</a> <a href=\"./z.txt\">z</a>",
    );
    has("[[*The head][h]]\n* The head\n", "<a href=\"#the-head\">h</a>");
    has("* A [[tgt]]\n<<tgt>> [[*A][h]]", "A <a href=\"#tgt\">1</a></h2>");
    has("<<tgt>>", "<a id=\"tgt\"></a>");
    has("[[id:abc][h]]\n* H\n:PROPERTIES:\n:ID: abc\n:END:\n", "<a href=\"#h\">h</a>");
    has("[[nowhere][h]]", "[BROKEN LINK: nowhere]");
    has("#+OPTIONS: broken-links:nil\n[[nowhere][h]]", "<i>h</i>");
    has("#+LINK: gh https://github.com/%s\n[[gh:a/b][r]]", "<a href=\"https://github.com/a/b\">r</a>");
}

#[test]
fn images() {
    has(
        "#+CAPTION: Cap\n#+ATTR_HTML: :width 10 :alt An alt :onerror x\n[[file:a.png]]\n",
        "<div id=\"figure-1\" class=\"figure\">\n<p><img src=\"a.png\" alt=\"An alt\" width=\"10\" />\n</p>\n<p><span class=\"figure-number\">Figure 1: </span>Cap</p>\n</div>",
    );
    has("text [[./a.png]] text", "<img src=\"./a.png\" alt=\"a.png\" />");
    has("[[https://x.org][file:a.png]]", "<a href=\"https://x.org\"><img src=\"a.png\"");
}

#[test]
fn timestamps_and_cookies() {
    has(
        "<2026-01-01 Thu>",
        "<span class=\"timestamp-wrapper\"><span class=\"timestamp\">&lt;2026-01-01 Thu&gt;</span></span>",
    );
    has("[2026-01-01 Thu]--[2026-01-02 Fri]", "[2026-01-01 Thu]&#x2013;[2026-01-02 Fri]");
    has("* A [1/2]", "A <code>[1/2]</code>");
    lacks("* A\nSCHEDULED: <2026-01-01 Thu>\n", "2026");
    has("#+OPTIONS: p:t\n* A\nSCHEDULED: <2026-01-01 Thu>\n", "SCHEDULED:</span> <span class=\"timestamp\">&lt;2026");
}

#[test]
fn macros() {
    has("#+TITLE: T\n#+MACRO: hi Hello $1, *$2*\n{{{hi(a,b\\, c)}}} {{{title}}} {{{nope}}}", "Hello a, <b>b, c</b> T");
}

#[test]
fn options_of_the_call_are_checked() {
    assert!(RenderOptions::from_json("").is_ok() && RenderOptions::from_json("{}").is_ok());
    let error = RenderOptions::from_json(r#"{"tox": true}"#).unwrap_err();
    assert!(error.contains("`tox`") && error.contains("toc") && error.contains("allow_html"), "{error}");
    assert!(RenderOptions::from_json(r#"{"toc": "x"}"#).unwrap_err().contains("`toc`"));
    assert!(RenderOptions::from_json("[]").is_err() && RenderOptions::from_json("{").is_err());
}

#[test]
fn paragraphs_end_where_something_else_begins() {
    has("a\nb\n\nc\n- d\n", "<p>\na\nb\n</p>\n<p>\nc\n</p>\n<ul");
    has("a\n#+begin_quote\nb\n", "a\n#+begin<sub>quote</sub>\nb");
}
