//! What an author should know: how bad, what, where, and what to do about it.

use std::borrow::Cow;

use serde::Serialize;

use crate::columns::Columns;
use crate::syntax::document::Document;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The workbook does not run.
    Error,
    /// It runs, perhaps not as meant.
    Warning,
}

/// One thing an author should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Error or warning.
    pub level: Level,
    /// Which of the codes.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Id of the heading it stands under.
    pub heading: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Every code of `lint` and `check_upgrade`: how bad it is, its name, what to do.
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = Level::$level:ident, $name:literal, $hint:literal;)*) => {
        /// What can be wrong with a document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $code,)* }

        impl Code {
            /// Its level, its name, and what to do about it.
            fn parts(self) -> (Level, &'static str, &'static str) {
                match self { $(Code::$code => (Level::$level, $name, $hint),)* }
            }
        }
    };
}

codes! {
    /// No heading makes the file a workbook.
    MissingVersion = Level::Error, "missing_version",
        "put :WORKBOOK_VERSION: 1 into the property drawer of the one heading that is the workbook";
    /// Several do.
    SeveralRoots = Level::Error, "several_roots",
        "keep :WORKBOOK_VERSION: on one level-1 heading and split the rest into a file of its own";
    /// Wiring without code.
    MissingBlock = Level::Error, "missing_block",
        "add a #+begin_src block directly under the heading, or remove the wiring properties";
    /// Outputs of code that cannot run.
    UnknownLanguage = Level::Error, "unknown_language",
        "use javascript, c, rust, zig or wat, or remove the `:out:` property";
    /// A signature that is none, or does not fit.
    BadSig = Level::Error, "bad_sig",
        "write it as name(a: type, b: type) -> type";
    /// A name that nothing has.
    UnknownDep = Level::Error, "unknown_dep",
        "use the id of a heading that is a component: its title in lower case with hyphens";
    /// One output, two components.
    DuplicateOutput = Level::Error, "duplicate_output",
        "give one of the two outputs another name";
    /// Components that wait for each other.
    Cycle = Level::Error, "cycle",
        "break the circle: one of them must not take what the others give";
    /// A reference that cannot be replaced.
    BadNoweb = Level::Error, "bad_noweb",
        "name a block with #+NAME: or :noweb-ref, and let no block include itself";
    /// A block without its end.
    UnclosedBlock = Level::Error, "unclosed_block",
        "close it with #+end_src; a line of the block that begins with * needs a comma before it";
    /// A drawer without its end.
    UnclosedDrawer = Level::Error, "unclosed_drawer",
        "close the drawer with :END:";
    /// A header argument that has no effect.
    BadHeaderArg = Level::Warning, "bad_header_arg",
        "see Org Babel's header arguments";
    /// An input that the named components do not give.
    DanglingInput = Level::Warning, "dangling_input",
        "correct the input's name, or name the component that gives it in :deps:";
    /// An output that nobody sees.
    UnusedOutput = Level::Warning, "unused_output",
        "name it in #+EXPORTS:, or remove it from :out:";
    /// An export that nothing gives.
    UnknownExport = Level::Warning, "unknown_export",
        "name an output of a component, or remove the name from #+EXPORTS:";
    /// One name, two elements.
    DuplicateName = Level::Warning, "duplicate_name",
        "give each #+NAME: once: a reference finds the first alone";
    /// An output that a new version no longer has.
    ExportRemoved = Level::Error, "export_removed",
        "keep the output, or tell those who use it";
    /// An output of another type.
    ExportTypeChanged = Level::Error, "export_type_changed",
        "keep the old type, or give the new value another name";
    /// A component whose results have no place any more.
    ComponentRemoved = Level::Error, "component_removed",
        "keep the heading's title: a component's id is made of it";
    /// An input that nobody gives yet.
    ImportAdded = Level::Error, "import_added",
        "give the input a value in the file, or take what the old version takes";
    /// An input of another type.
    ImportTypeChanged = Level::Error, "import_type_changed",
        "take the old type, or give the new input another name";
    /// A need that the old version does not have.
    CapabilityAdded = Level::Warning, "capability_added",
        "grant it where the workbook runs, or do without";
}

/// An issue, its place still a byte of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    code: Code,
    heading: Option<usize>,
    offset: usize,
    message: String,
    hint: Cow<'static, str>,
}

impl Found {
    /// With the code's own hint.
    pub fn new(code: Code, heading: Option<usize>, offset: usize, message: String) -> Self {
        let (_, _, hint) = code.parts();
        Found { code, heading, offset, message, hint: hint.into() }
    }

    /// With another hint.
    pub fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Found { hint: hint.into(), ..self }
    }
}

/// More errors than this, or warnings, are no help to anybody.
const MOST: usize = 10_000;

/// What was found so far.
#[derive(Debug, Default)]
pub struct Findings {
    errors: Vec<Found>,
    warnings: Vec<Found>,
}

impl Findings {
    /// Whether another issue of this code would be told.
    pub fn wants(&self, code: Code) -> bool {
        let list = match code.parts().0 {
            Level::Error => &self.errors,
            Level::Warning => &self.warnings,
        };
        list.len() < MOST
    }

    /// Adds an issue, unless there are far too many of its level.
    pub fn push(&mut self, found: Found) {
        let list = match found.code.parts().0 {
            Level::Error => &mut self.errors,
            Level::Warning => &mut self.warnings,
        };
        if list.len() < MOST {
            list.push(found);
        }
    }
}

/// The issues in the order of their places, each once.
pub fn issues(doc: &Document, findings: Findings) -> Vec<Issue> {
    let Findings { errors: mut found, mut warnings } = findings;
    warnings.truncate(MOST - found.len());
    found.append(&mut warnings);
    found.sort_by_key(|f| f.offset);
    found.dedup();
    let ids = doc.ids_to(found.iter().filter_map(|f| f.heading).max().unwrap_or(0));
    let mut columns = Columns::new(doc.text, &doc.lines);
    let issue = |found: Found| {
        let (level, code, _) = found.code.parts();
        let (line, column) = columns.at(found.offset);
        Issue {
            level,
            code: code.to_string(),
            message: found.message,
            line,
            column,
            heading: found.heading.map(|h| ids.get(h).to_string()),
            hint: Some(found.hint.into_owned()),
        }
    };
    found.into_iter().map(issue).collect()
}
