//! Objects as Emacs' `org-element` reads them: each right side is what Emacs
//! says of the left one, in the words of `objects/dump.rs`.

#[path = "objects/dump.rs"]
mod dump;

use dump::dump;
use oql::syntax::document::Document;
use oql::syntax::lines::Span;
use oql::syntax::objects::{Inline, Object, ObjectKind, Place, objects};

use oql::syntax::tree::Kind;
use proptest::prelude::*;

fn read(text: &str, place: Place) -> Vec<Object<'_>> {
    objects(&Inline::new(text), Span { start: 0, end: text.len() }, place)
}

fn check(place: Place, cases: &[(&str, &str)]) {
    for (org, expected) in cases {
        assert_eq!(dump(&read(org, place)), *expected, "{org:?}");
    }
}

#[test]
fn emphasis_begins_and_ends_beside_blanks_and_marks() {
    check(
        Place::Paragraph,
        &[
            ("*a* b", r#"(bold "a") " b""#),
            ("a*b*c", r#""a*b*c""#),
            ("(*a*)", r#""(" (bold "a") ")""#),
            ("*a*.", r#"(bold "a") ".""#),
            ("*a *b*", r#"(bold "a *b")"#),
            ("***", r#"(bold "*")"#),
            ("*a b\nc* d", r#"(bold "a b⏎c") " d""#),
            ("*a\nb\nc*", r#""*a⏎b⏎c*""#),
            ("=*a*= ~b~", r#"(verbatim "*a*") " " (code "b")"#),
            ("*a /b _c_/ d*", r#"(bold "a " (italic "b " (underline "c")) " d")"#),
            ("\"*a*\" {/b/}", r#"""" (bold "a") "" {" (italic "b") "}""#),
            ("\u{200b}*a*\u{200b}b", "\"\u{200b}\" (bold \"a\") \"\u{200b}b\""),
            ("*a*é", r#""*a*é""#),
            ("+a+ -+b+-", r#"(strike-through "a") " -" (strike-through "b") "-""#),
            ("a =b=\nc", r#""a " (verbatim "b") "⏎c""#),
            ("/a/*b*", r#""/a/*b*""#),
            ("*a_b_* c", r#"(bold "a" (subscript "b") "_") " c""#),
        ],
    );
}

#[test]
fn scripts_stand_at_something_and_nest_evenly() {
    check(
        Place::Paragraph,
        &[
            ("a_b", r#""a" (subscript "b")"#),
            ("a_1.5,x.", r#""a" (subscript "1.5,x") ".""#),
            ("x^{a b} y", r#""x" (superscript {} "a b") " y""#),
            ("x_{a{b}c}", r#""x" (subscript {} "a{b}c")"#),
            ("x_{a{b{c}}}", r#""x" (subscript {} "a{b{c}}")"#),
            ("x_{a{b{c{d}}}}", r#""x_{a{b{c{d}}}}""#),
            ("x_{a{b}{c{d}}}", r#""x_{a{b}{c{d}}}""#),
            ("x_(a (b) c)", r#""x" (subscript "(a (b) c)")"#),
            ("x^* y_*", r#""x" (superscript "*") " y" (subscript "*")"#),
            ("x^+1 y_-2", r#""x" (superscript "+1") " y" (subscript "-2")"#),
            ("a_", r#""a_""#),
            ("a _b", r#""a _b""#),
            ("_a_", r#"(underline "a")"#),
            ("__a_", r#""_" (subscript "a") "_""#),
            ("\n_^a", r#""⏎_" (subscript "a")"#),
            ("x_\\alpha y^\\alpha", r#""x" (subscript (entity "alpha")) " y^" (entity "alpha")"#),
            ("x²_1", r#""x²" (subscript "1")"#),
            ("x_é.", r#""x" (subscript "é") ".""#),
            ("x^x_y", r#""x" (superscript "x") (subscript "y")"#),
        ],
    );
}

#[test]
fn entities_and_latex_fragments() {
    check(
        Place::Paragraph,
        &[
            (
                "\\alpha \\alphax \\alpha{}x \\alpha1",
                r#"(entity "alpha") " " (latex-fragment "\alphax") " " (entity "alpha") "x " (entity "alpha") "1""#,
            ),
            (
                "\\there4 \\there5 \\frac12 \\frac13 \\sup2x",
                r#"(entity "there4") " " (latex-fragment "\there") "5 " (entity "frac12") " " (latex-fragment "\frac") "13 " (entity "sup") "2x""#,
            ),
            ("\\_ a \\_    b", r#"(entity "_ ") "a " (entity "_    ") "b""#),
            ("\\_                     b", r#""\_                     b""#),
            (
                "\\nosuch \\cmd[a]{b}*c \\cmd*{a}[b",
                r#"(latex-fragment "\nosuch") " " (latex-fragment "\cmd[a]{b}") "*c " (latex-fragment "\cmd*{a}") "[b""#,
            ),
            ("\\(a\\) \\[b\nc\\] \\(d", r#"(latex-fragment "\(a\)") " " (latex-fragment "\[b⏎c\]") " \(d""#),
            (
                "$a$ $a b$. $a$b $ a$ $a $ $a.$ $a$-",
                r#"(latex-fragment "$a$") " " (latex-fragment "$a b$") ". $a$b $ a$ $a $ $a.$ $a$-""#,
            ),
            ("$$a$$ $$b $$$$", r#"(latex-fragment "$$a$$") " " (latex-fragment "$$b $$") "$$""#),
            ("$a\nb\nc$", r#"(latex-fragment "$a⏎b⏎c$")"#),
            ("a$b$, $x$'", r#""a" (latex-fragment "$b$") ", " (latex-fragment "$x$") "'""#),
            ("a\\\\\nb \\\\ c\\\\", r#""a" (line-break) "b \\ c" (line-break)"#),
            ("a\\\\\\\\\nb", r#""a\\\\⏎b""#),
            ("\\\\  \n", r#"(line-break)"#),
        ],
    );
}

#[test]
fn links_in_brackets_between_angles_and_plain() {
    check(
        Place::Paragraph,
        &[
            (
                "[[a]] [[a][b]] [[a][]] [[]]",
                r#"(link bracket fuzzy "a") " " (link bracket fuzzy "a" <"b">) " " (link bracket fuzzy "a" <"]] [[">)"#,
            ),
            ("[[a][*b* [c] d]]", r#"(link bracket fuzzy "a" <(bold "b") " [c] d">)"#),
            (
                "[[a\\]b]] [[a\\\\]] [[a\\\\\\]]",
                r#"(link bracket fuzzy "a]b") " " (link bracket fuzzy "a\") " " (link bracket fuzzy "a\")"#,
            ),
            ("[[a[b]]", r#""[[a[b]]""#),
            ("[[a\n  b][c]]", r#"(link bracket fuzzy "a b" <"c">)"#),
            ("[[https://x.y][https://z.w]]", r#"(link bracket https "//x.y" <"https://z.w">)"#),
            (
                "[[./a.org::*b][c]] [[file+sys:x]] [[file:///a]] [[//a]]",
                r#"(link bracket file "./a.org" search="*b" <"c">) " " (link bracket file "x" app="sys") " " (link bracket file "/a") " " (link bracket file "//a")"#,
            ),
            (
                "[[#a]] [[(a)]] [[id:a]] [[*a]] [[nosuch:a]] [[~/a]]",
                r#"(link bracket custom-id "a") " " (link bracket coderef "a") " " (link bracket id "a") " " (link bracket fuzzy "*a") " " (link bracket fuzzy "nosuch:a") " " (link bracket file "~/a")"#,
            ),
            ("[[a][*[[b]]*]]", r#"(link bracket fuzzy "a" <"*[[b">) "*]]""#),
            (
                "[[a][<<b>> {{{c}}} [1/2] [fn:1]]]",
                r#"(link bracket fuzzy "a" <"<<b>> " (macro "c") " " (statistics-cookie "[1/2]") " [fn:1">) "]""#,
            ),
            (
                "https://x.y/z. (http://a.b) http://a.b/(c)(d)e)",
                r#"(link plain https "//x.y/z") ". (" (link plain http "//a.b") ") " (link plain http "//a.b/(c)(d)e") ")""#,
            ),
            (
                "ahttp://x.y 'http://x.y \"http://x.y\" HTTP://X",
                r#""ahttp://x.y 'http://x.y "" (link plain http "//x.y") "" " (link plain HTTP "//X")"#,
            ),
            (
                "http:a http:ab http:... mailto:a@b.c, doi:10.1/x",
                r#""http:a " (link plain http "ab") " http:... " (link plain mailto "a@b.c") ", " (link plain doi "10.1/x")"#,
            ),
            (
                "http://a.b/c_d_e/*f* http://a.b?x=y&z=%20!",
                r#"(link plain http "//a.b/c_d_e/*f") "* " (link plain http "//a.b?x=y&z=%20") "!""#,
            ),
            (
                "<http://a b> <http://a\n  b> <http:a\n > <http:>",
                r#"(link angle http "//a b") " " (link angle http "//ab") " <http:a⏎ > " (link angle http "")"#,
            ),
            ("news:a<b> http://a[b]", r#""news:a<b> " (link plain http "//a") "[b]""#),
            ("[[a]]http://x.y", r#"(link bracket fuzzy "a") (link plain http "//x.y")"#),
        ],
    );
}

#[test]
fn a_word_of_another_script_ends_before_a_link() {
    check(
        Place::Paragraph,
        &[
            ("文http://ab éhttp://ab", r#""文" (link plain http "//ab") " éhttp://ab""#),
            ("яsrc_c{a}", r#""я" (inline-src-block "c" "" "a")"#),
        ],
    );
}

#[test]
fn footnotes_citations_and_cookies() {
    check(
        Place::Paragraph,
        &[
            (
                "[fn:1] [fn:a-b_c] [fn:] [fn:é]",
                r#"(footnote-reference "1" standard) " " (footnote-reference "a-b_c" standard) " [fn:] " (footnote-reference "é" standard)"#,
            ),
            (
                "[fn:a:b *c* [d] e] [fn::f [fn:g] h]",
                r#"(footnote-reference "a" inline "b " (bold "c") " [d] e") " " (footnote-reference "" inline "f " (footnote-reference "g" standard) " h")"#,
            ),
            ("[fn:a:b [c", r#""[fn:a:b [c""#),
            ("[fn:a b] [FN:1] [fN:1]", r#""[fn:a b] [FN:1] " (footnote-reference "1" standard)"#),
            (
                "[cite:@a] [cite/s/v:@a] [cite:a] [cite:@a",
                r#"(citation "" <> [<> @a <>] <>) " " (citation "s/v" <> [<> @a <>] <>) " [cite:a] [cite:@a""#,
            ),
            (
                "[cite:pre;see @a p. 1;*also* @b;post]",
                r#"(citation "" <"pre"> [<"see "> @a <" p. 1">] [<(bold "also") " "> @b <>] <"post">)"#,
            ),
            ("[cite: @a ; ]", r#"(citation "" <> [<> @a <" ">] <>)"#),
            ("[cite:;@a;;@b;c]", r#"(citation "" <> [<> @a <>] [<";"> @b <>] <"c">)"#),
            ("[cite/:@a] [CITE:@a] [cite:@a[b]]", r#""[cite/:@a] [CITE:@a] " (citation "" <> [<> @a <"[b]">] <>)"#),
            (
                "[1/2] [50%] [%] [/] [1/] [a/2] [1%2]",
                r#"(statistics-cookie "[1/2]") " " (statistics-cookie "[50%]") " " (statistics-cookie "[%]") " " (statistics-cookie "[/]") " " (statistics-cookie "[1/]") " [a/2] [1%2]""#,
            ),
        ],
    );
}

#[test]
fn timestamps_are_measured_and_read() {
    check(
        Place::Paragraph,
        &[
            (
                "<2026-01-01> [2026-01-01 Thu] <2026-01-01 Thu 10:00>",
                r#"(timestamp Active "<2026-01-01>" 2026-1-1 2026-1-1) " " (timestamp Inactive "[2026-01-01 Thu]" 2026-1-1 2026-1-1) " " (timestamp Active "<2026-01-01 Thu 10:00>" 2026-1-1T10:0 2026-1-1T10:0)"#,
            ),
            (
                "<2026-01-01 Thu 10:00-11:30> <2026-01-01>--<2026-01-02 9:05>",
                r#"(timestamp ActiveRange "<2026-01-01 Thu 10:00-11:30>" 2026-1-1T10:0 2026-1-1T11:30) " " (timestamp ActiveRange "<2026-01-01>--<2026-01-02 9:05>" 2026-1-1 2026-1-2T9:5)"#,
            ),
            (
                "[2026-01-01]--[2026-01-02] <2026-01-01>--<x>",
                r#"(timestamp InactiveRange "[2026-01-01]--[2026-01-02]" 2026-1-1 2026-1-2) " " (timestamp Active "<2026-01-01>" 2026-1-1 2026-1-1) "--<x>""#,
            ),
            (
                "<2026-01-01 +1w> <2026-01-01 ++2d -3m> <2026-01-01 .+1y --2h>",
                r#"(timestamp Active "<2026-01-01 +1w>" 2026-1-1 2026-1-1 Cumulate 1 Week) " " (timestamp Active "<2026-01-01 ++2d -3m>" 2026-1-1 2026-1-1 CatchUp 2 Day all 3 Month) " " (timestamp Active "<2026-01-01 .+1y --2h>" 2026-1-1 2026-1-1 Restart 1 Year first 2 Hour)"#,
            ),
            (
                "<2026-01-01 \n> <2026-01-01x> <2026-1-1> <2026-01-01]",
                r#""<2026-01-01 ⏎> <2026-01-01x> <2026-1-1> " (timestamp Active "<2026-01-01]" 2026-1-1 2026-1-1)"#,
            ),
            (
                "<%%(diary-float t 4 2)> <%%(a)>--<b> <%%(> <%%a>",
                r#"(timestamp Diary "<%%(diary-float t 4 2)>") " " (timestamp Diary "<%%(a)>--<b>") " <%%(> <%%a>""#,
            ),
            (
                "<2026-01-01x +1w> <2026-01-011 +1W>",
                r#"(timestamp Active "<2026-01-01x +1w>" 2026-1-1 2026-1-1 Cumulate 1 Week) " " (timestamp Active "<2026-01-011 +1W>" 2026-1-1 2026-1-1 Cumulate 1 Year)"#,
            ),
        ],
    );
}

#[test]
fn code_calls_snippets_and_macros() {
    check(
        Place::Paragraph,
        &[
            (
                "src_c{a} src_c[:x y]{a {b} c} src_c{a",
                r#"(inline-src-block "c" "" "a") " " (inline-src-block "c" ":x y" "a {b} c") " src" (subscript "c") "{a""#,
            ),
            (
                "xsrc_c{a} _src_c{a} 'src_c{a} src_c (a) SRC_c{a}",
                r#""xsrc" (subscript "c") "{a} _" (inline-src-block "c" "" "a") " 'src" (subscript "c") "{a} src" (subscript "c") " (a) SRC" (subscript "c") "{a}""#,
            ),
            (
                "src_c[a{b} src_{a} src_c[a]b",
                r#""src" (subscript "c") "[a{b} src" (subscript {} "a") " src" (subscript "c") "[a]b""#,
            ),
            (
                "call_f() call_f(a, b) call_f[x](y)[z] call_f[x]",
                r#"(inline-babel-call "f" "" "" "") " " (inline-babel-call "f" "" "a, b" "") " " (inline-babel-call "f" "x" "y" "z") " call" (subscript "f") "[x]""#,
            ),
            (
                "call_f(a (b) c) call_f (a) call_(a) call_f(a)[b",
                r#"(inline-babel-call "f" "" "a (b) c" "") " call" (subscript "f") " (a) call" (subscript "(a)") " " (inline-babel-call "f" "" "a" "") "[b""#,
            ),
            (
                "@@html:<b>@@a @@x:y z@@ @@ html:a@@ @@html a@@",
                r#"(export-snippet "html" "<b>") "a " (export-snippet "x" "y z") " @@ html:a@@ @@html a@@""#,
            ),
            ("@@html:a", r#"(export-snippet "html" "@@html:") "a""#),
            (
                "{{{m}}} {{{m()}}} {{{m(a, b\\,c,d)}}} {{{M(a\n  b)}}}",
                r#"(macro "m") " " (macro "m") " " (macro "m" "a" " b,c" "d") " " (macro "m" "a b")"#,
            ),
            (
                "{{{1}}} {{{m(a}}} {{{m (a)}}} {{{m(a)b)}}} {{{{m}}}",
                r#""{{{1}}} " (macro "m" "a}}} {{{m (a") " " (macro "m" "a)b") " {" (macro "m")"#,
            ),
        ],
    );
}

#[test]
fn targets_stand_on_one_line() {
    check(
        Place::Paragraph,
        &[
            ("<<a>> <<a b>> << a>> <<a<b>> <<a\nb>>", r#"(target "a") " " (target "a b") " << a>> <<a<b>> <<a⏎b>>""#),
            (
                "<<<a>>> <<<*b* \\alpha [[c]]>>> <<<a>> <<a>>>",
                r#"(radio-target "a") " " (radio-target (bold "b") " " (entity "alpha") " [[c]]") " <" (target "a") " " (target "a") ">""#,
            ),
        ],
    );
}

#[test]
fn what_a_text_may_hold_depends_on_where_it_stands() {
    check(
        Place::Title,
        &[
            ("a\\\\", r#""a\\""#),
            ("[fn:1] [1/2]", r#"(footnote-reference "1" standard) " " (statistics-cookie "[1/2]")"#),
        ],
    );
    check(
        Place::Cell,
        &[
            ("[1/2] src_c{a}", r#""[1/2] src" (subscript "c") "{a}""#),
            ("*[1/2]* <<a>>", r#"(bold (statistics-cookie "[1/2]")) " " (target "a")"#),
        ],
    );
    check(
        Place::Keyword,
        &[("[fn:1] <2026-01-01>", r#""[fn:1] " (timestamp Active "<2026-01-01>" 2026-1-1 2026-1-1)"#)],
    );
}

#[test]
fn texts_link_to_radio_targets() {
    let paragraph = |org: &str| {
        let doc = Document::read(org);
        let Some(Kind::Paragraph(text)) = doc.preamble.first().map(|e| &e.kind) else { return String::new() };
        dump(doc.objects(text))
    };
    let targets = "\n\n<<<fine>>> <<<C++>>> *<<<d é>>>* <<<fine day>>>\n";
    let cases = [
        (
            "A Fine\n day. Fine days",
            r#""A " (link plain radio "Fine⏎ day" <"Fine⏎ day">) ". " (link plain radio "Fine" <"Fine">) " days""#,
        ),
        (
            "refined C++ C++a C++.",
            r#""refined " (link plain radio "C++" <"C++">) " C++a " (link plain radio "C++" <"C++">) ".""#,
        ),
        (
            "[[x][fine]] =fine= D É",
            r#"(link bracket fuzzy "x" <"fine">) " " (verbatim "fine") " " (link plain radio "D É" <"D É">)"#,
        ),
    ];
    for (org, expected) in cases {
        assert_eq!(paragraph(&format!("{org}{targets}")), expected, "{org:?}");
    }
}

/// What an object holds, each row with where its text begins and ends.
fn rows<'o, 't>(object: &'o Object<'t>) -> Vec<&'o [Object<'t>]> {
    match &object.kind {
        ObjectKind::Bold(inner)
        | ObjectKind::Italic(inner)
        | ObjectKind::Underline(inner)
        | ObjectKind::Strike(inner)
        | ObjectKind::Radio(inner)
        | ObjectKind::Subscript(inner, _)
        | ObjectKind::Superscript(inner, _) => vec![inner],
        ObjectKind::Footnote(note) => note.definition.iter().map(|d| &**d).collect(),
        ObjectKind::Link(link) => link.description.iter().map(|d| &**d).collect(),
        ObjectKind::Citation(citation) => {
            let references = citation.references.iter().flat_map(|r| [&*r.prefix, &*r.suffix]);
            [&*citation.prefix].into_iter().chain(references).chain([&*citation.suffix]).collect()
        }
        _ => Vec::new(),
    }
}

/// Objects follow each other without a gap and texts say what stands there.
fn covers(text: &str, row: &[Object], within: Span) -> Result<(), TestCaseError> {
    for pair in row.windows(2) {
        prop_assert_eq!(pair[0].span.end, pair[1].span.start);
    }
    for object in row {
        prop_assert!(within.start <= object.span.start && object.span.end <= within.end);
        prop_assert!(object.span.start < object.span.end);
        let raw = &text[object.span.start..object.span.end];
        if let ObjectKind::Text(said) = object.kind {
            prop_assert_eq!(said, raw);
        }
        for inner in rows(object) {
            covers(text, inner, object.span)?;
        }
    }
    Ok(())
}

/// Marks and words, thrown together.
fn marked() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "*",
        "/",
        "_",
        "^",
        "=",
        "~",
        "+",
        "[",
        "]",
        "[[",
        "]]",
        "][",
        "{",
        "}",
        "(",
        ")",
        "{{{",
        "}}}",
        "<",
        ">",
        "<<",
        ">>",
        "<<<",
        ">>>",
        "$",
        "$$",
        "\\",
        "\\\\\n",
        "\\alpha",
        "@@",
        "@@html:",
        "[fn:",
        "[cite:",
        "@k",
        ";",
        ":",
        "src_c",
        "call_f",
        "https://x",
        "<2026-01-01>",
        "--",
        "%%(",
        "+1w",
        " ",
        "\n",
        "a",
        "b c",
        "é",
        "😀",
        "\u{200b}",
        "e\u{301}",
        "1",
        ",",
        ".",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn objects_cover_their_text(text in prop_oneof![marked(), any::<String>()], before in "[a*é]{0,3}") {
        let document = format!("{before}{text}");
        let span = Span { start: before.len(), end: document.len() };
        for place in [Place::Paragraph, Place::Title, Place::Tag, Place::Cell, Place::Keyword] {
            let row = objects(&Inline::new(&document), span, place);
            let ends = row.first().map(|o| o.span.start).zip(row.last().map(|o| o.span.end));
            prop_assert_eq!(ends.unwrap_or((span.start, span.start)), (span.start, span.end));
            covers(&document, &row, span)?;
        }
    }

    #[test]
    fn radio_targets_never_lose_text(text in marked(), name in "[a-c =é]{1,6}") {
        let document = format!("<<<{name}>>> {text}");
        let doc = Document::read(&document);
        for element in &doc.preamble {
            if let Kind::Paragraph(text) = &element.kind {
                covers(&document, doc.objects(text), text.span)?;
            }
        }
    }
}
