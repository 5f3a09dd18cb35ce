//! guides/format.md, `render`: elements and objects as Emacs' HTML exporter structures them.

use oql::{RenderOptions, render};

fn html(org: &str) -> String {
    render(org, &RenderOptions::default())
}

fn trusted(org: &str) -> String {
    render(org, &RenderOptions { allow_html: true, ..RenderOptions::default() })
}

fn has(org: &str, wanted: &str) {
    let got = html(org);
    assert!(got.contains(wanted), "{org:?} should give {wanted:?}, gave:\n{got}");
}

fn lacks(org: &str, unwanted: &str) {
    let got = html(org);
    assert!(!got.contains(unwanted), "{org:?} should not give {unwanted:?}, gave:\n{got}");
}

/// The classes of a table's columns, colgroups as brackets.
fn columns(org: &str) -> String {
    let page = html(org);
    let lines = page.lines().filter_map(|line| match line {
        "<colgroup>" => Some("["),
        "</colgroup>" => Some("]"),
        "<col class=\"org-left\" />" => Some("l"),
        "<col class=\"org-right\" />" => Some("r"),
        "<col class=\"org-center\" />" => Some("c"),
        _ => None,
    });
    lines.collect()
}

#[test]
fn columns_are_aligned_by_cookies_else_by_the_fraction_of_numbers() {
    assert_eq!(columns("| a | 1 |\n| b | 2 |\n"), "[lr]");
    assert_eq!(columns("| a |\n| 1 |\n"), "[r]", "half of the cells suffice");
    assert_eq!(columns("| a |\n| b |\n| 1 |\n"), "[l]");
    assert_eq!(columns("| 1 |\n|   |\n|   |\n"), "[r]", "an empty cell behind a number counts as one");
    assert_eq!(columns("| <l> | <c> | <r5> |\n| 1 | 2 | a |\n"), "[lcr]");
    assert_eq!(
        columns("| 0x1F | 2x10^12 | 3.5% | 16#ff | >3 |\n"),
        "[rlrrl]",
        "an exponent is markup, a sign that is escaped none"
    );
    assert_eq!(columns("| *1* |\n"), "[l]", "what a cell becomes on the page is looked at");
}

#[test]
fn marks_and_groups_say_something_of_the_table_and_are_not_shown() {
    let org = "| / | < | > | <> |\n| # | a | b | c |\n|   | d | e | f |\n";
    assert_eq!(columns(org), "[ll][l]");
    lacks(org, "#");
    lacks("| ! | x | y |\n| # | 1 | 2 |\n", ">x<");
    has("| # | 1 |\n| a | 2 |\n", "<td class=\"org-left\">#</td>");
}

#[test]
fn the_first_group_of_rows_is_a_header_where_another_row_follows_its_rule() {
    let parts = |org: &str| {
        let page = html(org);
        let tags = page.lines().filter(|l| l.starts_with("<t") && (l.contains("head>") || l.contains("body>")));
        tags.map(str::to_string).collect::<Vec<_>>().join("")
    };
    assert_eq!(parts("| a |\n| b |\n|---|\n| c |\n|---|\n| d |\n"), "<thead><tbody><tbody>");
    assert_eq!(parts("|---|\n| a |\n|---|\n"), "<tbody>");
    assert_eq!(parts("| a |\n| <r> |\n|---|\n| c |\n"), "<thead><tbody>");
    has("| a | |\n", "<td class=\"org-left\">&#xa0;</td>");
}

#[test]
fn attributes_go_over_those_that_tables_have() {
    has(
        "#+ATTR_HTML: :border 0 :rules nil :class wide\n| a |\n",
        "<table border=\"0\" cellspacing=\"0\" cellpadding=\"6\" frame=\"hsides\" class=\"wide\">",
    );
    lacks("#+ATTR_HTML: :onclick x :style y\n| a |\n", "onclick");
    assert!(trusted("#+ATTR_HTML: :style y\n| a |\n").contains(" style=\"y\""));
    lacks("#+HTML_DOCTYPE: html5\n| a |\n", "border");
}

#[test]
fn a_drawn_table_has_cells_that_span() {
    let org = "+---+---+\n| a | b |\n|   +---+\n|   | < |\n+---+---+\n";
    has(org, "<td rowspan=\"2\" align=\"left\" valign=\"top\">\n&#xa0;a&#xa0;<br />\n");
    has(org, "&#xa0;&lt;&#xa0;\n</td>\n</tr>\n</table>");
    has("+---+---+\n| a | b |\n+---+---+\n| c     |\n+---+---+\n", "<td colspan=\"2\" ");
}

#[test]
fn an_items_first_paragraph_is_bare_unless_more_than_a_list_follows() {
    has("- a\n\n  - b\n", "<li>a\n<ul");
    has("- a\n  #+begin_quote\n  q\n  #+end_quote\n", "<li><p>\na\n</p>\n<blockquote>");
    has("- a\n  # comment\n", "<li>a</li>");
    has("- a\n  - b\n\n  c\n", "<li><p>\na\n</p>\n<ul");
    has("- a\n  #+begin_src c :exports none\n  #+end_src\n", "<li>a</li>");
}

#[test]
fn counters_and_terms_are_values_and_ids() {
    has("3. [@3] a\n", "<li value=\"3\">a</li>");
    has("- a\n- b :: c\n", "<li id=\"b\">c</li>");
    has("- a :: b\n- c\n", "<dt>(no term)</dt><dd>c</dd>");
    has("- [X] a :: b\n", "<dt class=\"on\"><code>[X]</code> a</dt><dd>b</dd>");
    has("#+ATTR_HTML: :class mine\n- a\n", "<ul class=\"org-ul mine\">");
}

#[test]
fn code_has_line_numbers_and_labels_that_links_lead_to() {
    let org = "#+begin_src c -n 9 -r\na (ref:x)\nb\n#+end_src\n[[(x)]] [[(x)][line (x)]]\n\n#+begin_example +n\nc (ref:y)\n#+end_example\n[[(y)]] [[(z)][no]]\n";
    has(
        org,
        "<span id=\"coderef-x\" class=\"coderef-off\"><span class=\"linenr\"> 9: </span>a</span>\n<span class=\"linenr\">10: </span>b\n",
    );
    has(org, "<a href=\"#coderef-x\" class=\"coderef\">9</a> <a href=\"#coderef-x\" class=\"coderef\">line 9</a>");
    has(org, "<span class=\"linenr\">11: </span>c (y)</span>");
    has(org, "class=\"coderef\">y</a> [BROKEN LINK: z]");
    has("#+begin_src c -l \"<%s>\"\na <l>\n#+end_src\n", "<span id=\"coderef-l\" class=\"coderef-off\">a (l)</span>");
}

#[test]
fn code_loses_the_indentation_that_all_lines_have() {
    let pre =
        |org: &str| html(org).split_once("\">").and_then(|(_, r)| r.rsplit_once("</pre>").map(|(c, _)| c.to_string()));
    assert_eq!(pre("#+begin_example\n   a\n\n     b\n#+end_example\n").as_deref(), Some("\na\n\n  b\n"));
    assert_eq!(pre("#+begin_example\n\ta\n\t  b\n#+end_example\n").as_deref(), Some("\na\n  b\n"));
    assert_eq!(pre("#+begin_example -i\n  a\n#+end_example\n").as_deref(), Some("\n  a\n"));
    has("#+begin_src c\na\n         b\n#+end_src\n", "\">a\n\t b\n</pre>");
    has("#+begin_src\nx\n#+end_src\n", "<pre class=\"example\">\nx\n</pre>");
    has("#+begin_src c++\n,* x\n,,#+y\n#+end_src\n", "<pre class=\"src src-c++\">* x\n,#+y\n</pre>");
}

#[test]
fn results_give_way_unless_they_are_exported() {
    let block =
        |exports: &str, results: &str| format!("#+begin_src c :exports {exports}\ncode\n#+end_src\n\n{results}");
    lacks(&block("code", "#+RESULTS:\n: old\n"), "old");
    lacks(&block("none", "#+RESULTS:\n- old\n"), "old");
    has(&block("both", "#+RESULTS:\n: old\n"), "old");
    has(&block("code", "#+RESULTS:\nold words\n"), "old words");
    has(&block("code", "#+RESULTS: other\n: old\n"), "old");
    let named = "#+NAME: n\n#+begin_src c\ncode\n#+end_src\n\ntext\n\n#+RESULTS: n\n: old\n";
    lacks(named, "old");
    has("#+NAME: n\n#+begin_src c\ncode\n#+end_src\n\n#+RESULTS:\n: kept\n", "kept");
}

#[test]
fn what_babel_takes_out_leaves_no_gap() {
    has("a\n#+begin_src c :exports none\n#+end_src\n\nb\n", "<p>\na\nb\n</p>");
    has("a\n\n#+begin_src c :exports none\n#+end_src\nb\n", "<p>\na\n</p>\n<p>\nb\n</p>");
    assert_eq!(html("src_c{1}\n\n#+call: f()\n"), "");
    has("x src_c[:exports code]{a < b} y", "x <code class=\"src src-c\">a &lt; b</code> y");
    has("src_c{1} {{{results(=2=)}}}", "<code>2</code>");
}

#[test]
fn noweb_references_are_replaced_kept_or_taken_out() {
    let with = |noweb: &str| {
        format!("#+NAME: n\n#+begin_src c\nA\nB\n#+end_src\n#+begin_src c :noweb {noweb}\n// <<n>>\n#+end_src\n")
    };
    has(&with("yes"), "// A\n// B\n");
    has(&with("no-export"), "// &lt;&lt;n&gt;&gt;\n");
    has(&with("strip-export"), "\">// \n");
    has("#+begin_src c :noweb yes\n<<none>>x\n#+end_src\n", "\">x\n");
}

#[test]
fn verse_keeps_lines_and_indentation() {
    has(
        "#+begin_verse\n  a -- b\n    *c*\n\n  d\n#+end_verse\n",
        "<p class=\"verse\">\na &#x2013; b<br />\n&#xa0;&#xa0;<b>c</b><br />\n<br />\nd<br />\n</p>",
    );
    has("#+begin_verse\na\\\\\nb\n#+end_verse\n", "a<br />\nb<br />");
}

#[test]
fn blocks_have_the_attributes_that_emacs_gives_them() {
    has("#+NAME: q\n#+ATTR_HTML: :class c\n#+begin_quote\nq\n#+end_quote\n", "<blockquote class=\"c\" id=\"q\">");
    has("#+ATTR_HTML: :class c\n#+begin_Note\nq\n#+end_Note\n", "<div class=\"c Note\" id=\"block-1\">");
    has(
        "#+HTML_DOCTYPE: html5\n#+OPTIONS: html5-fancy:t\n#+begin_aside\nq\n#+end_aside\n",
        "<aside id=\"block-1\">\n<p>\nq\n</p>\n</aside>",
    );
    has(
        "#+CAPTION: c\n#+begin_src c\nx\n#+end_src\n",
        "<label class=\"org-src-name\"><span class=\"listing-number\">Listing 1: </span>c</label><pre",
    );
    has("#+begin_export html\n<b>\n#+end_export\nx", "<p>\nx\n</p>");
    assert!(trusted("#+begin_export html\n<b>x</b>\n#+end_export\n").starts_with("<b>x</b>\n"));
    lacks("#+begin_export latex\nx\n#+end_export\n", "x");
}

#[test]
fn dashes_and_dots_become_what_they_stand_for() {
    has("a -- b --- c ---- d ----- e\n", "a &#x2013; b &#x2014; c -&#x2014; d &#x2013;&#x2014; e");
    has("*a--* b\n", "<b>a--</b> b");
    has("a--\n", "a&#x2013;\n</p>");
    has("* a--\n", "a--</h2>");
    has("a.... \\-b\n", "a&#x2026;. &#x00ad;b");
    has("#+OPTIONS: -:nil\na -- b...\n", "a -- b...");
    has("#+OPTIONS: \\n:t\na\nb\n", "a<br />\nb<br />\n</p>");
}

#[test]
fn latex_is_what_mathjax_reads() {
    has("$a$ $$b$$ \\(c\\) \\[d < e\\]", "\\(a\\) \\[b\\] \\(c\\) \\[d &lt; e\\]");
    has(
        "#+NAME: e\n\\begin{equation}\nx\n\\end{equation}\n\nSee [[e]].\n",
        "\\begin{equation}\n\\label{e}\nx\n\\end{equation}\n<p>\nSee \\eqref{e}.\n</p>",
    );
    has("#+OPTIONS: tex:verbatim\n$a$ -- \\(b\\)", "$a$ &#x2013; \\(b\\)");
    let plain = RenderOptions::from_json(r#"{"math": "plain"}"#).unwrap();
    assert_eq!(render("$a$", &plain), "<p>\n$a$\n</p>\n");
    assert!(RenderOptions::from_json(r#"{"math": "tex"}"#).unwrap_err().contains("`math` takes \"mathjax\" or"));
    lacks("#+OPTIONS: tex:nil\n$a$\n\\begin{x}\na\n\\end{x}\n", "a");
}

#[test]
fn pictures_are_figures_where_they_stand_alone() {
    has(
        "[[file:a.png]]\n",
        "<div id=\"figure-1\" class=\"figure\">\n<p><img src=\"a.png\" alt=\"a.png\" />\n</p>\n</div>",
    );
    has(
        "#+CAPTION: C\n[[https://x.org][file:a_b.svg]]\n",
        "<a href=\"https://x.org\"><img src=\"a_b.svg\" alt=\"a_b.svg\" class=\"org-svg\" /></a>",
    );
    has("- [[file:a.png]]\n", "<li><img src=\"a.png\" alt=\"a.png\" /></li>");
    has(
        "#+ATTR_HTML: :alt x :width 9\nsee [[./a.png]] [[./b.png]]\n",
        "<img src=\"./a.png\" alt=\"x\" width=\"9\" /> <img src=\"./b.png\" alt=\"b.png\" />",
    );
    has("[[file:a.png][x]]", "<a href=\"a.png\">x</a>");
    has(
        "#+CAPTION: one\n[[file:a.png]]\n\n#+NAME: two\n#+CAPTION: two\n[[file:b.png]]\n\n[[two]]\n",
        "<a href=\"#two\">2</a>",
    );
}

#[test]
fn links_say_what_they_lead_to() {
    has("* A\n** B\n[[*B]] [[B][b]]\n", "<a href=\"#b\">1.1</a> <a href=\"#b\">b</a>");
    has("#+OPTIONS: num:nil\n* A /b/\n[[*A /b/]]\n", "<a href=\"#a-b\">A <i>b</i></a>");
    has("#+CAPTION: c\n| a |\n\n#+NAME: t\n#+CAPTION: c\n| b |\n\n[[t]]\n", "<a href=\"#t\">2</a>");
    has("1. a\n2. <<t>> b [[t]]\n   - <<u>> [[u]]\n", "<a href=\"#u\">2.1</a>");
    has("1. a\n2. <<t>> b [[t]]\n", "<a href=\"#t\">2</a>");
    has("<<t>> [[t]]", "<a href=\"#t\">No description for this link</a>");
    has(
        "* H\n:PROPERTIES:\n:CUSTOM_ID: c\n:ID: i\n:END:\n[[#c]] [[id:i][x]] [[id:c]]\n",
        "<a href=\"#c\">1</a> <a href=\"#c\">x</a> <a href=\"#c\">1</a>",
    );
}

#[test]
fn addresses_are_written_as_emacs_writes_them() {
    has("[[https://x.org/a b/é?q={1}]]", "<a href=\"https://x.org/a%20b/%C3%A9?q=%7B1%7D\">");
    has(
        "[[file:x.org::#c]] [[file:/a/b.txt]] [[//h/s]]",
        "<a href=\"x.html#c\">x.html#c</a> <a href=\"file:///a/b.txt\">file:///a/b.txt</a> <a href=\"file://h/s\">",
    );
    has(
        "[[doi:10/1]] [[info:org#Tags][t]]",
        "<a href=\"https://doi.org/10/1\">https://doi.org/10/1</a> <a href=\"https://www.gnu.org/software/emacs/manual/html_mono/org.html#Tags\">t</a>",
    );
    has("[[elisp:(x)][run]] [[shell:ls]]", "<p>\nrun shell:ls\n</p>");
    has("[[tel:12][call]] [[nowhere]]", "<a href=\"tel:12\">call</a> [BROKEN LINK: nowhere]");
    has(
        "#+ATTR_HTML: :class k :onclick x\n[[https://a.org][a]] [[https://b.org][b]]",
        "<a href=\"https://a.org\" class=\"k\">a</a> <a href=\"https://b.org\">b</a>",
    );
}

#[test]
fn short_links_to_long_texts_do_not_cost_their_product() {
    let long = "word ".repeat(4_000);
    let org = format!(
        "#+LINK: a https://x.org/{}\n#+OPTIONS: num:nil\n* {long}\n:PROPERTIES:\n:CUSTOM_ID: c\n:END:\n{}",
        "y".repeat(20_000),
        "[[#c]] [[a:]]\n".repeat(4_000)
    );
    assert!(html(&org).len() < 40 * org.len());
}
