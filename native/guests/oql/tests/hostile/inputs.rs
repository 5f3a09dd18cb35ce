//! Documents that are hard to read in linear time, at any size.

/// About `size` bytes of each.
pub fn inputs(size: usize) -> Vec<(&'static str, String)> {
    let mut all = vec![("prose", prose(size)), ("one paragraph", one_paragraph(size))];
    all.extend(markers(size));
    all.extend(lines(size));
    all.extend(nesting(size));
    all.extend(writing(size));
    all.extend(data(size));
    all.extend(wiring(size));
    all
}

/// Ordinary paragraphs, which the others are measured against.
pub fn prose(size: usize) -> String {
    times(
        "Some *bold* text with a [[https://x.org][link]] and /words/ of prose, no more.\nAnother line of it.\n\n",
        size,
    )
}

fn one_paragraph(size: usize) -> String {
    times("Some *bold* text with a [[https://x.org][link]] and words. ", size)
}

fn times(unit: &str, size: usize) -> String {
    unit.repeat(size / unit.len())
}

fn numbered(size: usize, unit: impl Fn(usize) -> String) -> String {
    let mut out = String::with_capacity(size + 64);
    let mut i = 0;
    while out.len() < size {
        out.push_str(&unit(i));
        i += 1;
    }
    out
}

/// What opens and never closes, or closes and never opened.
fn markers(size: usize) -> Vec<(&'static str, String)> {
    let units = [
        "*b /i ",
        "*a",
        "/a ",
        "_a ",
        "+a ",
        "=a ",
        "~a ",
        "* a*",
        "[",
        "]",
        "[[",
        "]]",
        "[[a][b",
        "[[a]",
        "[fn:",
        "[fn::",
        "[fn:a:",
        "[cite:@a",
        "[cite:",
        "[1/",
        "[50",
        "a_{",
        "a^{",
        "a_(",
        "a_",
        "a^b_",
        "<<a",
        "<<<a",
        "<a",
        "<2026-01-01 ",
        "[2026-01-01]--",
        "<%%(",
        "$a",
        "$$a",
        "\\(a",
        "\\[a",
        "\\a{",
        "\\alpha",
        "\\\\",
        "@@html:",
        "@@",
        "{{{m",
        "{{{m(a,",
        "src_a{",
        "src_a[",
        "call_a(",
        "call_a[b](",
        "https://x(",
        "https://",
        "mailto:",
        "file:",
        "a:",
        "::",
        "\"a",
        "'a ",
        "--",
        "...",
    ];
    let mut all: Vec<(&'static str, String)> = units.iter().map(|unit| (*unit, times(unit, size))).collect();
    all.push(("[fn::x]", format!("{}{}", times("[fn::x", size * 6 / 7), "]".repeat(size / 7))));
    all.push(("a_{a_{}}", format!("{}{}", "a_{".repeat(size / 4), "}".repeat(size / 4))));
    all.push(("[[[]]]", format!("{}{}", "[".repeat(size / 2), "]".repeat(size / 2))));
    all.push(("many marks", times("*/_+=~$[{<(\\@^", size)));
    all.push(("macros", format!("#+MACRO: m {}\n{}", "x".repeat(1000), times("{{{m}}}", size))));
    all.push(("radio targets", numbered(size, |i| format!("<<<word{i}>>> word{} ", i / 2))));
    all.push(("targets", numbered(size, |i| format!("<<t{i}>> [[t{}]]\n", i + 1))));
    all
}

/// Lines that begin something.
fn lines(size: usize) -> Vec<(&'static str, String)> {
    let units = [
        ("unclosed quotes", "#+begin_quote\n"),
        ("unclosed sources", "#+begin_src js\n"),
        ("unclosed dynamic", "#+begin: a\n"),
        ("unclosed latex", "\\begin{a}\n"),
        ("ends alone", "#+end_quote\n"),
        ("drawers", ":a:\n"),
        ("drawer ends", ":end:\n"),
        ("properties", ":PROPERTIES:\n:a: b\n"),
        ("flat headings", "* a\n"),
        ("bare stars", "*\n"),
        ("todo lines", "#+TODO: A B | C\n* A x\n"),
        ("keywords", "#+a: b\n"),
        ("names", "#+name: x\n"),
        ("captions", "#+caption: x\n"),
        ("attributes", "#+attr_html: :a b\n"),
        ("options", "#+OPTIONS: toc:t H:2\n"),
        ("calls", "#+call: a(x=1)\n"),
        ("fixed", ": a\n"),
        ("comments", "# a\n"),
        ("rules", "-----\n"),
        ("clocks", "CLOCK: [2026-01-01 Thu 10:00]\n"),
        ("planning", "* a\nSCHEDULED: <2026-01-01>\n"),
        ("footnote definitions", "[fn:1] a\n"),
        ("diary", "%%(a)\n"),
        ("drawn tables", "+--+\n"),
        ("items", "- a\n"),
        ("empty items", "-\n"),
        ("terms", "- a :: b\n"),
        ("numbers", "1. a\n"),
        ("blank lines", "\n"),
        ("items far apart", "- a\n\n\n"),
        ("inline tasks", "*************** a\n"),
        ("inline task ends", "*************** END\n"),
        ("verses", "#+begin_verse\n  a\n#+end_verse\n"),
        ("empty blocks", "#+begin_src js\n#+end_src\n"),
        ("escaped lines", "#+begin_src js\n,* a\n,,#+b\n#+end_src\n"),
    ];
    units.iter().map(|(name, unit)| (*name, times(unit, size))).collect()
}

/// What lies in what lies in what.
fn nesting(size: usize) -> Vec<(&'static str, String)> {
    let staircase = |deepest: usize, bullet: &str| {
        let mut out = String::new();
        let mut level = 0;
        while out.len() < size {
            out.push_str(&" ".repeat(level % deepest));
            out.push_str(bullet);
            level += 1;
        }
        out
    };
    let blocks = size / 28;
    let different = |word: &str, reverse: bool| -> String {
        let line = |i: usize| format!("#+{word}_a{i}\n");
        if reverse { (0..blocks).rev().map(line).collect() } else { (0..blocks).map(line).collect() }
    };
    let mut stars = String::new();
    while stars.len() < size {
        stars.push_str(&"*".repeat(stars.len().isqrt() + 1));
        stars.push_str(" a\n");
    }
    vec![
        ("list levels", staircase(4000, "- a\n")),
        ("list levels back and forth", staircase(60, "1. a\n\n")),
        ("same quotes", "#+begin_quote\n".repeat(blocks) + &"#+end_quote\n".repeat(blocks)),
        ("nested blocks", different("begin", false) + &different("end", true)),
        ("crossed blocks", different("begin", false) + &different("end", false)),
        ("nested drawers", numbered(size / 2, |i| format!(":a{i}:\n")) + &times(":end:\n", size / 2)),
        ("deep headings", stars),
        ("notes in notes", numbered(size, |i| format!("[fn:{i}] x [fn:{}]\n\n", i + 1))),
        ("notes forgotten", numbered(size, |i| format!("a [fn:{i}] b\n"))),
        ("emphasis in emphasis", times("*a /b _c +d ", size / 2) + &times("d+ c_ b/ a* ", size / 2)),
        ("items in quotes", numbered(size, |i| format!("{}- a\n#+begin_quote\n", " ".repeat(i % 40)))),
    ]
}

/// Scripts, and bytes that are no letters.
fn writing(size: usize) -> Vec<(&'static str, String)> {
    vec![
        ("one long line", times("word ", size)),
        ("one long word", times("a", size)),
        ("one long blank", times(" ", size)),
        ("one long heading", format!("* {}", times("word ", size))),
        ("one long tag", format!("* a :{}", times("tag:", size))),
        ("one long keyword", format!("#+TITLE: {}", times("*a* ", size))),
        ("nul", times("a\0b ", size)),
        ("controls", times("\u{1}\u{1b}\u{7f} ", size)),
        ("right to left", times("*שלום* /مرحبا/ \u{202e}abc\u{202c} ", size)),
        ("combining", times("a\u{301}\u{302}\u{303}\u{304}", size)),
        ("combined marks", times("*a\u{301}* /\u{301}b/ ", size)),
        ("joined emoji", times("👩\u{200d}👩\u{200d}👧 ", size)),
        ("wide blanks", times("\u{3000}*a*\u{a0}", size)),
        ("carriage returns", times("a\r\n", size)),
        ("carriage returns alone", times("*a*\r", size)),
        ("line separators", times("*a*\u{2028}", size)),
        ("form feeds", times("- a\n\u{c}\n", size)),
        ("tabs", times("\t- a\n", size)),
        ("angle brackets", times("<b>&amp;\"'", size)),
    ]
}

/// Tables and blocks of data.
fn data(size: usize) -> Vec<(&'static str, String)> {
    vec![
        ("cells", times("|", size)),
        ("one row", format!("| {}", times("a | ", size))),
        ("one column", times("| a |\n", size)),
        ("rules in a table", times("|-\n", size)),
        ("groups of rows", times("| a |\n|-\n", size)),
        ("wide tables", times(&format!("{}\n\n", "| 1 ".repeat(100)), size)),
        ("rows of other lengths", numbered(size, |i| format!("{}\n", "| a ".repeat(i % 200)))),
        ("a wide row and many", format!("{}\n{}", "|a".repeat(size / 4), times("|\n", size / 2))),
        ("formulas", times("| a |\n#+TBLFM: $1=1\n", size)),
        ("a large source", format!("#+begin_src js\n{}#+end_src\n", times("  x = 1\n", size))),
        ("a large example", format!("#+begin_example\n{}#+end_example\n", times("<a> & b\n", size))),
        ("code references", format!("#+begin_src js -r\n{}#+end_src\n", numbered(size, |i| format!("x (ref:r{i})\n")))),
    ]
}

/// Components and what joins them.
fn wiring(size: usize) -> Vec<(&'static str, String)> {
    let component = |i: usize, rest: &str| format!("* c{i}\n:PROPERTIES:\n{rest}:END:\n#+begin_src js\nx\n#+end_src\n");
    let count = size / 75;
    vec![
        ("components", numbered(size, |i| component(i, &format!(":in: a{i}\n:out: a{}\n", i + 1)))),
        (
            "one cycle",
            (0..count).map(|i| component(i, &format!(":out: a{i}\n:deps: c{}\n", (i + 1) % count))).collect(),
        ),
        ("one output", numbered(size, |i| component(i, ":out: a\n"))),
        ("one input", format!("{}{}", component(0, ":out: a\n"), numbered(size, |i| component(i + 1, ":in: a\n")))),
        (
            "all on one",
            format!(
                "* c0\n:PROPERTIES:\n:in: {}\n:END:\n#+begin_src js\n#+end_src\n",
                numbered(size, |i| format!("a{i} "))
            ),
        ),
        ("variables", format!("* a\n#+begin_src js {}\n#+end_src\n", numbered(size, |i| format!(":var a{i}={i} ")))),
        (
            "noweb chain",
            numbered(size, |i| format!("#+name: n{i}\n#+begin_src js :noweb yes\n<<n{}>>\n#+end_src\n", i + 1)),
        ),
        (
            "noweb twice",
            format!(
                "* c\n:PROPERTIES:\n:out: a\n:END:\n{}",
                numbered(size, |i| format!(
                    "#+name: n{i}\n#+begin_src js :noweb yes\n<<n{0}>>\n<<n{0}>>\n#+end_src\n",
                    i + 1
                ))
            ),
        ),
        (
            "inherited arguments",
            numbered(size, |i| {
                format!("{} a\n:PROPERTIES:\n:header-args+: :var x{i}=1\n:END:\n", "*".repeat(i % 40 + 1))
            }),
        ),
        (
            "file arguments",
            numbered(size, |i| format!("#+PROPERTY: header-args+ :var x{i}=1\n#+begin_src js\n#+end_src\n")),
        ),
    ]
}
