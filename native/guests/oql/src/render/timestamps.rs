//! Timestamps.

use super::Html;
use super::escape::escape;
use super::settings::Stamps;
use crate::syntax::objects::{Object, ObjectKind};

impl Html<'_, '_> {
    /// A timestamp in a text; the dashes of a range as one.
    pub fn timestamp(&self, stamp: &str, out: &mut String) {
        out.push_str("<span class=\"timestamp-wrapper\"><span class=\"timestamp\">");
        for (i, part) in stamp.split("--").enumerate() {
            if i > 0 {
                out.push_str("&#x2013;");
            }
            out.push_str(&escape(part));
        }
        out.push_str("</span></span>");
    }

    /// Whether timestamps of this kind are left out of a paragraph that holds
    /// nothing but timestamps.
    pub fn hides(&self, stamp: &str) -> bool {
        match self.settings.timestamps {
            Stamps::All => false,
            Stamps::None => true,
            Stamps::Active => !stamp.starts_with('<'),
            Stamps::Inactive => stamp.starts_with('<'),
        }
    }

    /// Whether a paragraph holds timestamps alone.
    pub fn only_stamps(&self, objects: &[Object]) -> bool {
        self.settings.timestamps != Stamps::All
            && objects.iter().all(|object| match &object.kind {
                ObjectKind::Timestamp(_) => true,
                ObjectKind::Text(text) => text.trim().is_empty(),
                _ => false,
            })
    }
}
