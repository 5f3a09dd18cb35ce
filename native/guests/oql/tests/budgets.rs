//! What a document says once and a page may repeat has a budget.

/// How many bytes of page a document makes for each of its own.
fn growth(org: &str) -> usize {
    let options = oql::RenderOptions::from_json("{}").unwrap();
    oql::render(org, &options).len() / org.len()
}

fn check(head: &str, long: &str, line: &str) {
    let long = "x".repeat(20_000) + long;
    let org = format!("{}\n{}", head.replace("LONG", &long), line.repeat(40_000 / line.len()));
    let growth = growth(&org);
    assert!(growth < 40, "{growth} times the size: {}", head.replace('\n', "\\n"));
}

#[test]
fn tables_of_contents_do_not_repeat_long_properties_without_bound() {
    check("* a\n:PROPERTIES:\n:ALT_TITLE: LONG\n:END:", "", "#+TOC: headlines\n");
    check("* a\n:PROPERTIES:\n:CUSTOM_ID: LONG\n:END:", "", "#+TOC: headlines\n");
    check("* a :LONG:", "", "#+TOC: headlines\n");
    check("* LONG", "", "#+TOC: headlines\n");
    check("#+TODO: LONG | DONE\n* LONG a", "", "#+TOC: headlines\n");
}

#[test]
fn links_do_not_repeat_long_ids_without_bound() {
    check("* a\n:PROPERTIES:\n:CUSTOM_ID: LONG\n:END:", "", "[[*a]]\n");
    check("* a\n:PROPERTIES:\n:ID: i\n:CUSTOM_ID: LONG\n:END:", "", "[[id:i][b]]\n");
    check("* LONG\n:PROPERTIES:\n:ID: i\n:END:", "", "[[id:i][b]]\n");
    check("* LONG\n:PROPERTIES:\n:ID: i\n:END:", "", "[[id:i]]\n");
    check("#+LINK: l http://a/LONG\n* a", "", "[[l:b]]\n");
    check("#+ATTR_HTML: :id LONG\n#+NAME: n\n| a |\n", "", "[[n]]\n");
}

#[test]
fn one_text_is_not_repeated_without_bound() {
    check("[fn:1] LONG\n\n", "", "[fn:1] ");
    check("#+MACRO: m LONG\n* a", "", "{{{m}}}\n");
    check("#+DATE: LONG\n#+TITLE: LONG", "", "{{{title}}}\n");
    check("#+NAME: n\n#+begin_src sh\nLONG\n#+end_src\n", "", "#+begin_src sh :noweb yes\n<<n>>\n#+end_src\n");
    check("#+CAPTION: LONG\n| a |\n", "", "#+TOC: tables\n");
    check("#+PROPERTY: header-args :var x=LONG :noweb yes", "", "#+begin_src sh\n#+end_src\n");
    check("#+LANGUAGE: LONG", "", "| a |\n\n");
    check("#+HTML_CONTAINER: LONG\n", "", "* a\n");
    check("* a\n:PROPERTIES:\n:p: LONG\n:END:\n", "", "{{{property(p)}}}\n");
}

#[test]
fn what_is_ragged_is_not_filled_up_without_bound() {
    let wide = "-".repeat(2_000);
    let drawn = format!("+{wide}+\n|{}|\n{}+-+\n", wide.replace('-', " "), "|\n".repeat(2_000));
    assert!(growth(&drawn) < 40, "a drawn table: {}", growth(&drawn));
    let table = format!("{}\n{}", "|a".repeat(2_000), "|a\n".repeat(2_000));
    assert!(growth(&table) < 60, "a table: {}", growth(&table));
}

#[test]
fn a_result_of_almost_empty_objects_is_no_table() {
    let org = "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** c\n:PROPERTIES:\n:out: o\n:END:\n\
               #+begin_src javascript\n1\n#+end_src\n";
    let id = oql::tangle_plan(org).components[0].id.clone();
    let wide: String = (0..200).map(|i| format!("\"k{i}\":{i},")).collect();
    let value = format!("[{{{}}}{}]", wide.trim_end_matches(','), ",{}".repeat(2_000));
    let options = format!("{{\"results\":{{\"{id}\":{{\"o\":{value}}}}}}}");
    let page = oql::render(org, &oql::RenderOptions::from_json(&options).unwrap());
    assert!(page.contains("result-name"), "{page}");
    assert!(page.len() < 40 * options.len(), "{} bytes", page.len());
}
