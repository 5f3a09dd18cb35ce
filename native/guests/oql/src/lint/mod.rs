//! `lint`: what an author should know before a run.

mod graph;

use crate::components::{Model, property_offset, root};
use crate::edges::connect;
use crate::header_args::{Arg, Scopes, complaint, own, short};
use crate::issue::{Code, Findings, Found, Issue, issues};
use crate::syntax::document::Document;
use crate::syntax::probe::Opener;
use crate::syntax::tree::{Element, Kind, walk};

/// Every issue of the document, in the order of its lines.
pub fn lint(org: &str) -> Vec<Issue> {
    let doc = Document::read(org);
    let mut model = Model::read(&doc);
    let mut found = std::mem::take(&mut model.found);
    let graph = connect(&model);
    roots(&doc, &mut found);
    unclosed(&doc, &mut found);
    header_args(&doc, &model.scopes, &mut found);
    graph::check(&model, &graph, &mut found);
    issues(&doc, found)
}

fn roots(doc: &Document, found: &mut Findings) {
    let mut roots =
        doc.headings.iter().enumerate().filter(|(_, h)| h.level == 1 && h.property("WORKBOOK_VERSION").is_some());
    let Some((first, heading)) = roots.next() else {
        let at = root(doc).and_then(|i| Some((i, doc.headings.get(i)?.start)));
        return found.push(Found::new(
            Code::MissingVersion,
            at.map(|(i, _)| i),
            at.map_or(0, |(_, start)| start),
            "no level-1 heading carries :WORKBOOK_VERSION: 1".into(),
        ));
    };
    let rest: Vec<usize> = roots.map(|(i, _)| i).collect();
    let version = heading.property("WORKBOOK_VERSION").unwrap_or("");
    if version != "1" && root(doc).is_none_or(|r| r == first) {
        let at = property_offset(doc, heading, "WORKBOOK_VERSION");
        let message = format!("workbook version `{}` is not known; this kernel reads version 1", short(version));
        found.push(Found::new(Code::MissingVersion, Some(first), at, message));
    }
    for other in rest {
        let Some(h) = doc.headings.get(other) else { continue };
        let at = property_offset(doc, h, "WORKBOOK_VERSION");
        let message = format!(
            "`{}` is a second workbook in the file, after `{}` at line {}",
            short(h.title),
            short(heading.title),
            heading.line + 1
        );
        found.push(Found::new(Code::SeveralRoots, Some(other), at, message));
    }
}

fn unclosed(doc: &Document, found: &mut Findings) {
    for (offset, opener) in &doc.unclosed {
        // Both codes are errors: where one is not wanted any more, the other is not either.
        if !found.wants(Code::UnclosedBlock) {
            return;
        }
        let (code, message, hint) = match opener {
            Opener::Block(":") => (
                Code::UnclosedBlock,
                "`#+begin:` has no `#+end:` before the next heading".to_string(),
                Some("close it with #+end:".to_string()),
            ),
            Opener::Block(name) => {
                let name = name.to_lowercase();
                let name = short(&name);
                let message = format!("`#+begin_{name}` has no `#+end_{name}` before the next heading");
                let hint = format!(
                    "close it with #+end_{name}; a line of the block that begins with * needs a comma before it"
                );
                (Code::UnclosedBlock, message, Some(hint))
            }
            Opener::Drawer(name) => {
                let message = format!("`:{}:` has no `:END:` before the next heading", short(name));
                (Code::UnclosedDrawer, message, None)
            }
        };
        let issue = Found::new(code, doc.heading_at(*offset), *offset, message);
        found.push(match hint {
            Some(hint) => issue.hint(hint),
            None => issue,
        });
    }
}

fn header_args(doc: &Document, scopes: &Scopes, found: &mut Findings) {
    let mut check = |heading: Option<usize>, args: &[Arg]| {
        if !found.wants(Code::BadHeaderArg) {
            return;
        }
        for (offset, message) in args.iter().flat_map(complaint) {
            found.push(Found::new(Code::BadHeaderArg, heading, offset, message));
        }
    };
    for (heading, args) in &scopes.written {
        check(*heading, args);
    }
    if !doc.met.source {
        return;
    }
    for (heading, section) in doc.all_sections() {
        walk(section, &mut |element: &Element| {
            if let Kind::Source(source) = &element.kind {
                check(heading, &own(doc, element, source));
            }
        });
    }
}
