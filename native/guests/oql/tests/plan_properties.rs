//! guides/format.md, "The plan", "Lint" and "Upgrading", over generated workbooks.

use oql::{check_upgrade, lint, parse_headlines, tangle_plan};
use proptest::prelude::*;

fn piece() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n",
        "** A\n:PROPERTIES:\n:in: x y\n:out: a\n:END:\n",
        "** B\n:PROPERTIES:\n:in: a\n:out: b c\n:deps: a\n:END:\n",
        "** C\n:PROPERTIES:\n:sig: a(x: u8, y: list<string>) -> tuple<u8, s8>\n:END:\n",
        "*** D :ARCHIVE:t:\n:PROPERTIES:\n:sig: d(a: u8) ->\n:caps: net\n:END:\n",
        "** COMMENT E\n:PROPERTIES:\n:out: e\n:END:\n",
        "*** F\n:PROPERTIES:\n:header-args+: :var f=tbl[0] g='(1 2)\n:deps: a b f ü\n:END:\n",
        "** Ü\n:PROPERTIES:\n:header-args:js: :noweb yes :var u=a.a\n:END:\n",
        "#+PROPERTY: header-args+ :var p=1 :exports both\n",
        "#+EXPORTS: a, nope é\n",
        "#+FILETAGS: :f:\n",
        "#+begin_src js :noweb yes :var t=tbl l=lst m=\"\n",
        "#+begin_src js -i :var e=ex[,0] é=nope\n",
        "#+begin_src wat :eval no\n",
        "#+begin_src python :noweb-ref lib\n",
        "#+end_src\n",
        "#+name: lib\n",
        "#+name: tbl\n",
        "#+HEADER: :noweb-sep \"-\\n\" :var x=b:b :foo\n",
        "<<lib>>\n",
        "  é <<lib>> <<tbl>>x\n",
        "\t\tthree\n",
        "    four\n",
        "  ,* five\n",
        "import x from 'y'\n",
        "(import \"a\" \"b\")\n",
        "\n",
        "| a | 1 |\n|---+---|\n| é | 2 |\n",
        "- item\n  more\n",
        "#+RESULTS:\n: 42\n",
        ":END:\n",
        "text\r\n",
    ])
    .prop_map(str::to_string)
}

fn workbook() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..40).prop_map(|v| v.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_between_a_text_and_itself(org in workbook()) {
        prop_assert_eq!(check_upgrade(&org, &org), []);
    }

    #[test]
    fn every_place_is_one_of_the_document(old in workbook(), new in workbook()) {
        let within = |org: &str, line: usize, column: usize| {
            let text = org.split('\n').nth(line - 1).map(|l| l.chars().count() + 1);
            text.is_some_and(|most| (1..=most).contains(&column))
        };
        for issue in lint(&old) {
            prop_assert!(within(&old, issue.line, issue.column), "{:?}", issue);
            prop_assert!(issue.hint.is_some() && !issue.message.is_empty());
        }
        for issue in check_upgrade(&old, &new) {
            let org = if issue.code.ends_with("removed") { &old } else { &new };
            prop_assert!(within(org, issue.line, issue.column), "{:?}", issue);
        }
        let errors = |org: &str| lint(org).is_sorted_by_key(|i| (i.line, i.column));
        prop_assert!(errors(&old) && errors(&new));
    }

    #[test]
    fn a_source_without_references_is_the_documents_text_at_its_places(org in workbook()) {
        let org = org.replace(":noweb yes", "");
        let lines: Vec<Vec<char>> = org.split('\n').map(|l| l.trim_end_matches('\r').chars().collect()).collect();
        for world in tangle_plan(&org).worlds {
            for (i, text) in world.src.lines().enumerate() {
                let run = world.lines.iter().rev().find(|r| r.src <= i + 1).unwrap();
                let code = text.trim_start_matches([' ', '\t']);
                let indentation = i64::try_from(text.len() - code.len()).unwrap();
                let there = &lines[run.org + (i + 1 - run.src) - 1];
                let from = usize::try_from(indentation + run.column).unwrap();
                if !code.is_empty() {
                    let at_place: String = there.iter().skip(from).collect();
                    prop_assert_eq!(at_place, code);
                }
            }
        }
    }

    #[test]
    fn a_plan_grows_with_the_document_and_no_faster(title in "(é|İ|[a-z ]){1,400}", times in 1..20usize, count in 1..200usize) {
        let title = title.repeat(times);
        let root = format!("* {title}\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:out: x\n:END:\n#+begin_src js\n#+end_src\n");
        let takers = "** a\n:PROPERTIES:\n:in: x\n:END:\n#+begin_src js\n#+end_src\n".repeat(count);
        let org = root + &takers;
        let plan = tangle_plan(&org);
        let (ids, answer) = (plan.components.len(), serde_json::to_string(&plan).unwrap().len());
        prop_assert_eq!(plan.edges.len() + 1, ids);
        prop_assert!(answer < 30 * org.len(), "{} times the size", answer / org.len());
        let unique: std::collections::HashSet<_> = plan.components.iter().map(|c| &c.id).collect();
        prop_assert_eq!(unique.len(), ids);
    }

    #[test]
    fn one_document_after_another_is_the_headlines_of_both(first in workbook(), second in workbook()) {
        // What the first says of the whole file, the second would hear of.
        let first = format!("{}\n* end\n", first.replace("#+FILETAGS: :f:\n", ""));
        let second = second.replace("#+FILETAGS: :f:\n", "");
        let second = format!("* begin\n{second}");
        let (a, b) = (parse_headlines(&first), parse_headlines(&second));
        let both = parse_headlines(&format!("{first}{second}"));
        prop_assert_eq!(both.len(), a.len() + b.len());
        let lines = first.matches('\n').count();
        for (whole, part) in both.iter().skip(a.len()).zip(&b) {
            prop_assert_eq!((&whole.title, &whole.all_tags, &whole.properties), (&part.title, &part.all_tags, &part.properties));
            prop_assert_eq!(whole.position.start, part.position.start + first.len());
            prop_assert_eq!(whole.position.line, part.position.line + lines);
        }
        let ids: std::collections::HashSet<_> = both.iter().map(|h| &h.id).collect();
        prop_assert_eq!(ids.len(), both.len());
    }
}
