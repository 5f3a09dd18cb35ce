//! What begins an element, what ends it, and where it stands: as org-element has it.

use oql::syntax::document::Document;
use oql::syntax::switches::Switches;
use oql::syntax::tree::{Check, Element, Item, Kind, ListKind};
use proptest::prelude::*;

fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Paragraph(_) => "text",
        Kind::List(_) => "list",
        Kind::Table(_) => "table",
        Kind::Drawn(_) => "drawn",
        Kind::Source(_) => "src",
        Kind::Example(_) => "example",
        Kind::Export(..) => "export",
        Kind::Verse(_) => "verse",
        Kind::Quote(_) => "quote",
        Kind::Center(_) => "center",
        Kind::Special(..) => "special",
        Kind::Drawer(..) => "drawer",
        Kind::Dynamic(_) => "dynamic",
        Kind::Footnote(..) => "footnote",
        Kind::Inlinetask(..) => "task",
        Kind::Fixed(_) => "fixed",
        Kind::Rule => "rule",
        Kind::Keyword(_) => "keyword",
        Kind::Latex(_) => "latex",
        Kind::Clock(_) => "clock",
        Kind::Diary(_) => "diary",
        Kind::Call(_) => "call",
        Kind::Comment => "comment",
        Kind::CommentBlock => "hidden",
    }
}

fn tree(elements: &[Element]) -> String {
    let one = |element: &Element| {
        let inner = match &element.kind {
            Kind::List(list) => list.items.iter().map(|i| format!("-{}", group(list.contents(i)))).collect(),
            kind => tree(kind.children()),
        };
        if inner.is_empty() { name(&element.kind).into() } else { format!("{}({inner})", name(&element.kind)) }
    };
    elements.iter().map(one).collect::<Vec<String>>().join(" ")
}

fn group(elements: &[Element]) -> String {
    format!("({})", tree(elements))
}

/// The elements before the first heading.
fn read(org: &str) -> String {
    tree(&Document::read(org).preamble)
}

/// The texts of the elements there, affiliated keywords and blank lines included.
fn parts(org: &str) -> Vec<&str> {
    Document::read(org).preamble.iter().map(|e| &org[e.begin()..e.end()]).collect()
}

#[test]
fn what_interrupts_a_paragraph() {
    for (line, kind) in [
        ("| a", "table"),
        ("- a", "list(-(text))"),
        ("1) a", "list(-(text))"),
        (" * a", "list(-(text))"),
        ("# a", "comment"),
        ("#", "comment"),
        (": a", "fixed"),
        ("-----", "rule"),
        ("#+a: b", "keyword"),
        ("#+call: f()", "call"),
        ("[fn:1] a", "footnote(text)"),
        ("%%(a)", "diary"),
        ("clock: a", "clock"),
        ("*************** a", "task"),
        ("\\begin{a} \\end{a}", "latex"),
    ] {
        assert_eq!(read(&format!("a\n{line}\n")), format!("text {kind}"), "{line}");
    }
    for line in
        ["a. b", "-a", "#a", ":\ta", "----", "#+a", "#+: a", " [fn:1] a", " %%(a)", "\\begin{a}", "#+begin_a", ":a:"]
    {
        assert_eq!(read(&format!("a\n{line}\n")), "text", "{line}");
    }
}

#[test]
fn what_looks_like_an_end_begins_a_paragraph() {
    assert_eq!(read("a\n:end:\nb\n"), "text text");
    assert_eq!(read("a\n+--+\nb\n"), "text text");
    assert_eq!(read("a\n*\nb\n"), "text text");
    assert_eq!(read("a\n#+begin: x\nb\n"), "text text");
    assert_eq!(read("a\n#+end_quote\nb\n"), "text");
}

#[test]
fn a_block_ends_at_the_first_end_of_its_name() {
    assert_eq!(read("#+begin_quote\n#+begin_quote\na\n#+end_quote\nb\n#+end_quote\n"), "quote(text) text");
    assert_eq!(read(" #+BEGIN_a\n#+begin_b\nx\n#+end_b\n  #+end_A  \n"), "special(special(text))");
    assert_eq!(read("#+begin_a\n- x\n#+end_a\n"), "special(list(-(text)))");
    assert_eq!(read("#+begin_src\n- x\n#+end_src x\n"), "text list(-(text)) text");
    assert_eq!(read("#+begin_comment\n- x\n#+end_comment\n"), "hidden");
    assert_eq!(read("#+begin: a\nx\n#+end\n"), "dynamic(text)");
    assert_eq!(read("- #+begin_quote\n  #+end_quote\n"), "list(-(text))");
    assert_eq!(read("- a\n  #+begin_quote\n  b\n#+end_quote\nc\n"), "list(-(text quote(text))) text");
}

#[test]
fn an_empty_line_begins_a_paragraph_inside_a_block() {
    let doc = Document::read("#+begin_quote\n\na\n#+end_quote\n#+begin_quote\n \na\n#+end_quote\n");
    assert_eq!(tree(&doc.preamble), "quote(text text) quote(text)");
}

#[test]
fn drawers_nest_in_nothing_of_their_own_kind() {
    assert_eq!(read(":a:\n:b:\nx\n:end:\n:END:\n"), "drawer(text) text");
    assert_eq!(read(":END:\nx\n:END:\n"), "drawer(text)");
    assert_eq!(read(":don't:\n:end:\n:a b:\n"), "drawer text");
}

#[test]
fn an_item_ends_where_something_stands_as_far_left() {
    assert_eq!(read("- a\n  b\n- c\n d\ne\n"), "list(-(text)-(text)) text");
    assert_eq!(read("- a\n\n  b\n\n\n  c\n"), "list(-(text text)) text");
    assert_eq!(read("  - a\n - b\n- c\n"), "list(-(text)) list(-(text)) list(-(text))");
    assert_eq!(read("- a\n\t- b\n        - c\n"), "list(-(text list(-(text)-(text))))");
    assert_eq!(read("- a\n  #+begin_x\nb\n  #+end_x\n  c\n"), "list(-(text special(text) text))");
    assert_eq!(read("- a\n  :x:\nb\n  :end:\n  c\n"), "list(-(text drawer(text) text))");
    assert_eq!(read("- a\n*************** t\n  b\n- c\n"), "list(-(text task text)-(text))");
    assert_eq!(read("-\n\n  a\n-\n"), "list(-(text)-())");
    assert_eq!(read("- - a\n"), "list(-(text))");
}

/// Bullet, counter, checkbox, term.
type Parts = (String, Option<u32>, Option<Check>, Option<String>);

fn items(org: &str) -> (ListKind, Vec<Parts>) {
    let doc = Document::read(org);
    let Some(Kind::List(list)) = doc.preamble.first().map(|e| &e.kind) else { panic!("{org} is no list") };
    let one = |item: &Item| {
        let tag = item.tag.as_ref().map(|t| t.span.of(org).to_string());
        (item.bullet(org).of(org).to_string(), item.counter, item.checkbox, tag)
    };
    (list.kind, list.items.iter().map(one).collect())
}

#[test]
fn what_stands_before_an_items_text() {
    let item =
        |bullet: &str, counter, check, tag: Option<&str>| (bullet.to_string(), counter, check, tag.map(String::from));
    let org = "  - [@3] [X] a  :: b :: c\n  + [@start:12]\n  10) [@c] [-] d :: e\n  - [ ]\n  - [x] a ::\n  - :: b\n";
    let expected = vec![
        item("-", Some(3), Some(Check::On), Some("a  :: b")),
        item("+", Some(12), None, None),
        item("10)", Some(3), Some(Check::Trans), None),
        item("-", None, Some(Check::Off), None),
        item("-", None, None, Some("a")),
        item("-", None, None, None),
    ];
    assert_eq!(items(org), (ListKind::Descriptive, expected));
    assert_eq!(items("1. a :: b\n- c\n").0, ListKind::Ordered);
    assert_eq!(items("- a\n- b :: c\n").0, ListKind::Unordered);
}

#[test]
fn affiliated_keywords_belong_to_what_follows_at_once() {
    let org = "#+NAME: a\n#+CAPTION[short]: long\n#+ATTR_LATEX: :x y\n#+header: :a b\n#+RESULTS[12]: of\n| x |\n\n#+TBLNAME: b\n\nc\n";
    let doc = Document::read(org);
    assert_eq!(tree(&doc.preamble), "table keyword text");
    let meta = doc.preamble[0].meta.as_ref().unwrap();
    assert_eq!((meta.name.as_deref(), meta.named.of(org)), (Some("a"), "a"));
    let caption = &meta.caption[0];
    assert_eq!((caption.short.as_ref().unwrap().span.of(org), caption.long.span.of(org)), ("short", "long"));
    let attributes: Vec<_> = meta.attributes.iter().map(|a| (a.backend.of(org), a.value.of(org))).collect();
    assert_eq!(attributes, [("LATEX", ":x y")]);
    assert_eq!((meta.result.unwrap().of(org), meta.hash.unwrap().of(org)), ("of", "12"));
    assert_eq!(parts(org), [org.split_once("#+TBL").unwrap().0, "#+TBLNAME: b\n\n", "c\n"]);
    assert_eq!(read("#+NAME: a\n# b\n#+NAME: c\nCLOCK: d\n"), "text text");
    // What announces nothing is a keyword; with a space in its key, where a container ends there.
    assert_eq!(read("#+CAPTION[a b]: c\n\n#+CAPTION[d]: e\n"), "text keyword");
    assert_eq!(read("#+begin_x\n#+CAPTION[a b]: c\n#+end_x\n"), "special(keyword)");
}

#[test]
fn the_lines_of_a_table() {
    assert_eq!(parts("| a\n|-\n#+TBLFM: $1=2\n#+TBLFM:\n"), ["| a\n|-\n#+TBLFM: $1=2\n", "#+TBLFM:\n"]);
    assert_eq!(read("+--+\n| a |\n+--+\n"), "drawn");
    assert_eq!(read("+--+\n| a |\n"), "text table");
    assert_eq!(read("+--+\n"), "text");
}

#[test]
fn a_footnote_ends_at_two_blank_lines_or_the_next_one() {
    assert_eq!(read("[fn:1] a\n\nb\n\n\nc\n"), "footnote(text text) text");
    assert_eq!(parts("[fn:1] a\n#+NAME: n\n[fn:2]\n- b\n"), ["[fn:1] a\n", "#+NAME: n\n[fn:2]\n- b\n"]);
}

#[test]
fn an_inline_task_has_what_stands_before_its_end() {
    let org = "* h\n*************** TODO [#B] t :x:\nDEADLINE: <2026-01-01 Thu>\n:PROPERTIES:\n:a: b\n:END:\nc\n*************** END\n*************** u\nd\n";
    let doc = Document::read(org);
    assert_eq!((doc.headings.len(), tree(&doc.sections[0])), (1, "task(text) task text".to_string()));
    let Kind::Inlinetask(task, _) = &doc.sections[0][0].kind else { panic!("no task") };
    assert_eq!(
        (task.todo, task.priority, task.title, task.tags.as_slice()),
        (Some("TODO"), Some("B"), "t", &["x"][..])
    );
    assert_eq!((task.deadline, task.property("A")), (Some("<2026-01-01 Thu>"), Some("b")));
}

#[test]
fn the_first_line_of_a_source_block() {
    for (line, lang, switches, parameters) in [
        (" js -n 3 -r :x y", "js", "-n 3 -r", ":x y"),
        (" js -l \"a b\" +n10 z", "js", "-l \"a b\" +n10", "z"),
        ("  js", "js", "", ""),
        ("", "", "", ""),
        (" :x y", ":x", "", "y"),
    ] {
        let org = format!("#+begin_src{line}\nx\n#+end_src\n");
        let doc = Document::read(&org);
        let Kind::Source(source) = &doc.preamble[0].kind else { panic!("{line} begins no block") };
        let of = |span: oql::syntax::lines::Span| span.of(&org).to_string();
        let got = (of(source.lang), of(source.switches), of(source.args), of(source.body[0]));
        assert_eq!(got, (lang.into(), switches.into(), parameters.into(), "x".into()));
    }
}

#[test]
fn switches_say_how_lines_are_shown() {
    let plain = Switches::read("");
    assert!(plain.retain_labels && plain.use_labels && !plain.preserve_indent && plain.numbered.is_none());
    let all = Switches::read("+n 10 -r -k -i -l \"(%s)\"");
    assert_eq!((all.numbered, all.label_format), (Some((true, 9)), Some("(%s)")));
    assert!(all.retain_labels && !all.use_labels && all.preserve_indent);
    assert!(!Switches::read("-r").retain_labels);
}

#[test]
fn the_top_property_drawer_is_no_element() {
    let doc = Document::read("# c\n:PROPERTIES:\n:a: b\n:END:\nx\n");
    assert_eq!((tree(&doc.preamble), doc.properties), ("comment text".into(), vec![("a", "b".to_string())]));
    assert_eq!(read("\n:PROPERTIES:\n:a: b\n:END:\n"), "drawer(text)");
    assert_eq!(read("# c\n\n:PROPERTIES:\n:a: b\n:END:\n"), "comment drawer(text)");
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_no_text() {
    let org = "\u{feff}#+TITLE: a\r\n* b\r\n:PROPERTIES:\r\n:c: d\r\n:END:\r\n- e\r\n";
    let doc = Document::read(org);
    assert_eq!(doc.keyword("TITLE").collect::<Vec<_>>(), ["a"]);
    assert_eq!((doc.headings[0].title, doc.headings[0].property("c")), ("b", Some("d")));
    assert_eq!(&org[doc.headings[0].start..], "* b\r\n:PROPERTIES:\r\n:c: d\r\n:END:\r\n- e\r\n");
    assert_eq!(tree(&doc.sections[0]), "list(-(text))");
}

fn line() -> impl Strategy<Value = String> {
    let lines = vec![
        "",
        "",
        "",
        "a",
        "b :: c",
        "- a",
        "- a :: b",
        "1. a",
        "-",
        "* ",
        "+ [X] a",
        "| a | b |",
        "|-",
        "+--+",
        ": a",
        "# a",
        "#+begin_quote",
        "#+end_quote",
        "#+begin_src js",
        "#+end_src",
        "#+begin_x",
        "#+end_x",
        "#+begin: a",
        "#+end:",
        "#+end",
        ":a:",
        ":end:",
        ":PROPERTIES:",
        ":k: v",
        "#+NAME: a",
        "#+KEY: v",
        "#+TBLFM: a",
        "#+call: f",
        "[fn:1] a",
        "[fn:2]",
        "*************** a",
        "*************** END",
        "-----",
        "\\begin{a}",
        "\\end{a}",
        "CLOCK: a",
        "%%(a)",
        "é\u{a0}日",
        "\u{c}",
    ];
    (prop::sample::select(vec!["", "", "", " ", "  ", "   ", "\t"]), prop::sample::select(lines))
        .prop_map(|(i, l)| format!("{i}{l}"))
}

/// Lines, none of them a heading.
fn section() -> impl Strategy<Value = String> {
    let line = line().prop_map(|l| if l.starts_with("* ") { " *\n".to_string() } else { format!("{l}\n") });
    prop::collection::vec(line, 0..24).prop_map(|lines| lines.concat())
}

/// Elements follow each other without a gap, and hold what is inside them.
fn check(org: &str, elements: &[Element], from: usize, to: usize) {
    let mut at = from;
    for element in elements {
        assert_eq!(element.begin(), at, "{org:?}");
        assert!(org.is_char_boundary(element.span.start) && org.is_char_boundary(element.span.end));
        assert!(element.begin() <= element.span.start && element.span.end <= element.end());
        assert!(org[element.span.end..element.end()].trim().is_empty());
        at = element.end();
        let Some(first) = element.kind.children().first() else {
            if let Kind::List(list) = &element.kind {
                let mut item = element.span.start;
                for i in &list.items {
                    assert_eq!(i.span.start, item, "{org:?}");
                    item = i.end();
                    let contents = list.contents(i);
                    let inner = contents.first().map_or(i.span.end, Element::begin);
                    assert!(i.span.start < inner && i.span.end <= item);
                    check(org, contents, inner, contents.last().map_or(inner, Element::end));
                    assert!(contents.last().is_none_or(|last| last.end() <= item));
                }
                assert!(item <= at);
            }
            continue;
        };
        let last = element.kind.children().last().map_or(at, Element::end);
        assert!(element.span.start < first.begin() && last <= at, "{org:?}");
        check(org, element.kind.children(), first.begin(), last);
    }
    assert!(elements.is_empty() || at <= to);
    assert!(org[at..to].trim_matches([' ', '\t', '\n', '\r']).is_empty(), "{:?} of {org:?}", &org[at..to]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn elements_cover_their_section_and_lie_in_each_other(org in section()) {
        let doc = Document::read(&org);
        // A property drawer at the top is no element.
        if doc.properties.is_empty() && !org.to_lowercase().contains(":properties:") {
            let from = doc.preamble.first().map_or(0, Element::begin);
            prop_assert!(org[..from].trim().is_empty());
            check(&org, &doc.preamble, from, org.len());
        }
    }

    #[test]
    fn a_section_is_read_the_same_wherever_it_stands(a in section(), b in section()) {
        let all = format!("* x\n\n{a}* y\n\n{b}");
        let doc = Document::read(&all);
        let alone = |text: &str| tree(&Document::read(&format!("* x\n\n{text}")).sections[0]);
        prop_assert_eq!(tree(&doc.sections[0]), alone(&a));
        prop_assert_eq!(tree(&doc.sections[1]), alone(&b));
    }

    #[test]
    fn line_ends_of_two_bytes_change_nothing(org in section()) {
        prop_assert_eq!(read(&org.replace('\n', "\r\n")), read(&org));
    }
}
