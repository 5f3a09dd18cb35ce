//! `#+LINK:` abbreviations, and what links lead to with them.

use crate::hash::HashMap;
use std::borrow::Cow;
use std::cell::Cell;

use super::url::escaped;
use crate::syntax::document::Document;
use crate::syntax::objects::{Destination, Link, LinkForm};

/// How many `#+LINK:` lines are read.
const MOST: usize = 256;

/// `#+LINK: gh https://github.com/%s`
pub struct Abbreviations<'a> {
    urls: HashMap<&'a str, &'a str>,
    /// How much text abbreviations may still make: short links to long
    /// addresses must not cost their product.
    left: Cell<usize>,
}

impl<'a> Abbreviations<'a> {
    /// Those of a document; the last of a name counts.
    pub fn of(doc: &Document<'a>) -> Self {
        let pairs = doc.keyword("LINK").take(MOST).filter_map(|line| {
            let (name, url) = line.trim().split_once([' ', '\t'])?;
            Some((name.trim_matches('"'), url.trim()))
        });
        Abbreviations { urls: pairs.collect(), left: Cell::new(doc.text.len().saturating_mul(4) + (1 << 16)) }
    }

    /// What a link leads to.
    pub fn destination<'t>(&self, link: &Link<'t>) -> Destination<'t> {
        let raw = link.raw();
        let expanded = if link.form == LinkForm::Bracket { self.expand(&raw) } else { None };
        Destination::of(link.form, expanded.map_or(raw, Cow::Owned))
    }

    /// The address that an abbreviation stands for.
    fn expand(&self, link: &str) -> Option<String> {
        if self.urls.is_empty() {
            return None;
        }
        let (name, tag) = link.split_once(':').unwrap_or((link, ""));
        let url = self.urls.get(name)?;
        self.left.set(self.left.get().checked_sub(url.len())?);
        let tag = tag.strip_prefix(':').unwrap_or(tag);
        Some(match (url.contains("%s"), url.contains("%h")) {
            (true, _) => url.replacen("%s", tag, 1),
            (false, true) => url.replacen("%h", &escaped(tag, b"-_.~"), 1),
            (false, false) => format!("{url}{tag}"),
        })
    }
}
