//! What a program's functions answer to.

use std::collections::BTreeMap;

use crate::error::{Error, Kind};

/// Names that an error lists, at most: a module may have a million.
const SHOWN: usize = 30;

/// Every name a function answers to: its path, and the path without the
/// interface's version unless two interfaces would then answer.
pub(crate) struct Names(BTreeMap<Box<[u8]>, usize>);

impl Names {
    pub(crate) fn of<'a>(paths: impl Iterator<Item = &'a [String]>) -> Names {
        let mut names: BTreeMap<Box<[u8]>, usize> = BTreeMap::new();
        let mut short: BTreeMap<String, Option<usize>> = BTreeMap::new();
        for (index, path) in paths.enumerate() {
            names.entry(path.join("\0").into_bytes().into()).or_insert(index);
            if let [interface, rest @ ..] = path
                && !rest.is_empty()
                && let Some((bare, _version)) = interface.split_once('@')
            {
                let name = format!("{bare}\0{}", rest.join("\0"));
                short.entry(name).and_modify(|several| *several = None).or_insert(Some(index));
            }
        }
        for (name, index) in short {
            if let Some(index) = index {
                names.entry(name.into_bytes().into()).or_insert(index);
            }
        }
        Names(names)
    }

    /// The function of this name alone.
    pub(crate) fn get(&self, name: &[u8]) -> Option<usize> {
        self.0.get(name).copied()
    }

    /// The function at this path.
    ///
    /// # Errors
    /// [`Kind::Export`], with the names there are.
    pub(crate) fn find(&self, path: &[&str]) -> Result<usize, Error> {
        let found = match path {
            [name] => self.get(name.as_bytes()),
            path => self.get(path.join("\0").as_bytes()),
        };
        found.ok_or_else(|| {
            let shown = self.0.keys().take(SHOWN);
            let have: Vec<String> = shown.map(|name| String::from_utf8_lossy(name).replace('\0', "#")).collect();
            let have = match self.0.len().saturating_sub(SHOWN) {
                0 if have.is_empty() => "none".to_string(),
                0 => have.join(", "),
                more => format!("{} and {more} more", have.join(", ")),
            };
            Error::new(Kind::Export, format!("no exported function {}: there are {have}", path.join(" ")))
        })
    }
}
