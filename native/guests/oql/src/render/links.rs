//! Links by their kinds.

use super::Html;
use super::attributes::Attributes;
use super::escape::{push_attribute, push_text};
use super::internal::Found;
use super::pictures::{described_image, is_image};
use super::settings::Broken;
use super::url::{Use, encoded, file_url, has_scheme, is_active, not_a_scheme, safe};
use crate::ids::slug;
use crate::syntax::objects::{Destination, Link, LinkKind, Object};

impl<'r, 'a> Html<'r, 'a> {
    /// A link, or the picture that it is.
    pub fn link(&mut self, link: &Link, out: &mut String) {
        let own = self.link_attributes.take().unwrap_or_default();
        let to = self.abbreviations.destination(link);
        if link.description.is_none() && is_image(&to) && self.image(&to, own.clone(), out) {
            return;
        }
        let description = link.description.as_deref().filter(|d| !d.is_empty());
        match to.kind {
            LinkKind::Web | LinkKind::Address => {
                let url = safe(&to.raw, Use::Link).map(encoded);
                self.external(link, url.as_deref(), &to.raw, own, out);
            }
            LinkKind::File => {
                let own_text = page_url(&to);
                let url = safe(&not_a_scheme(&own_text), Use::Link);
                self.described(link, url.as_deref(), &own_text, own, out);
            }
            LinkKind::Doi => {
                let url = format!("https://doi.org/{}", to.path());
                self.external(link, safe(&url, Use::Link).as_deref(), &url, Attributes::default(), out);
            }
            LinkKind::Irc => {
                let url = safe(&to.raw, Use::Link);
                self.described(link, url.as_deref(), to.path(), Attributes::default(), out);
            }
            LinkKind::Info => {
                let url = safe(&manual(to.path()), Use::Link);
                self.described(link, url.as_deref(), to.path(), Attributes::default(), out);
            }
            LinkKind::Other => {
                let url = safe(to.path(), Use::Link);
                self.external(link, url.as_deref(), to.path(), own, out);
            }
            LinkKind::Person => {
                out.push_str("<i>");
                self.description(description, to.path(), out);
                out.push_str("</i>");
            }
            LinkKind::Active => self.description(description, &to.raw, out),
            LinkKind::Coderef => self.coderef(description, to.path(), &own, out),
            LinkKind::Radio => {
                let objects = link.description.as_deref().unwrap_or(&[]);
                let url = self.targets.radio(objects).map(|id| format!("#{id}"));
                self.described(link, url.as_deref(), to.path(), own, out);
            }
            LinkKind::Id | LinkKind::CustomId => match self.heading_with_id(to.path()) {
                Some(heading) => self.internal(link, "", Found::Heading(heading), own, out),
                None => self.broken(description, to.path(), &to.raw, out),
            },
            LinkKind::Fuzzy => match self.find(&to.raw) {
                Some(found) => self.internal(link, &to.raw, found, own, out),
                None if has_scheme(&to.raw) || safe(&to.raw, Use::Link).is_none() => {
                    // A scheme that Org does not know may still be one that browsers do.
                    match safe(&to.raw, Use::Link) {
                        Some(url) if !to.raw.starts_with(' ') => self.external(link, Some(&url), &to.raw, own, out),
                        _ if is_active(&to.raw) => self.description(description, &to.raw, out),
                        _ => self.broken(description, to.path(), &to.raw, out),
                    }
                }
                None => self.broken(description, to.path(), &to.raw, out),
            },
        }
    }

    /// What a link shows: its description, else `own`.
    pub fn description(&mut self, description: Option<&[Object]>, own: &str, out: &mut String) {
        match description {
            Some(objects) => self.objects(objects, out),
            None => push_text(out, own),
        }
    }

    /// A link that says its own address where nothing else.
    fn external(&mut self, link: &Link, url: Option<&str>, own: &str, attributes: Attributes, out: &mut String) {
        self.described(link, url, url.unwrap_or(own), attributes, out);
    }

    /// A link to `url`, or only what it says.
    pub fn described(&mut self, link: &Link, url: Option<&str>, own: &str, attributes: Attributes, out: &mut String) {
        if let Some(url) = url {
            self.open(url, &attributes, out);
        }
        let image = described_image(link, &self.abbreviations);
        let shown = image.is_some_and(|image| self.image(&image, attributes, out));
        if !shown {
            self.description(link.description.as_deref().filter(|d| !d.is_empty()), own, out);
        }
        if url.is_some() {
            out.push_str("</a>");
        }
    }

    /// Opens a link.
    pub fn open(&self, url: &str, attributes: &Attributes, out: &mut String) {
        out.push_str("<a href=\"");
        push_attribute(out, url);
        out.push('"');
        attributes.without(&["href", "id"]).write(out);
        out.push('>');
    }

    /// A link that leads nowhere.
    pub fn broken(&mut self, description: Option<&[Object]>, path: &str, raw: &str, out: &mut String) {
        match self.settings.broken {
            Broken::Text => {
                out.push_str("<i>");
                self.description(description, raw, out);
                out.push_str("</i>");
            }
            Broken::Mark => {
                out.push_str("[BROKEN LINK: ");
                push_text(out, path);
                out.push(']');
            }
            Broken::Drop => {}
        }
    }
}

/// A file's address on the page: `.org` becomes `.html`.
fn page_url(to: &Destination) -> String {
    let mut url = file_url(to.path());
    let is_org = url.len() > 4 && url.get(url.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case(".org"));
    if is_org {
        url.truncate(url.len() - 4);
        url.push_str(".html");
    }
    match to.search() {
        Some(search) if search.starts_with('#') => url.push_str(search),
        Some(search) if search.starts_with('*') && is_org => {
            url.push('#');
            url.push_str(&slug(search));
        }
        _ => {}
    }
    url
}

/// Where a manual's node is on the net: `info:org#Top`.
fn manual(path: &str) -> String {
    const EMACS: [&str; 18] = [
        "auth", "autotype", "calc", "ccmode", "cl", "dired-x", "ediff", "eieio", "eintr", "elisp", "emacs", "eshell",
        "eww", "gnus", "info", "message", "org", "tramp",
    ];
    let (manual, node) = path.split_once("::").or_else(|| path.split_once('#')).unwrap_or((path, "Top"));
    let mut url = match manual {
        "libc" => "https://www.gnu.org/software/libc/manual/html_mono/libc.html".to_string(),
        "make" => "https://www.gnu.org/software/make/manual/make.html".to_string(),
        _ if EMACS.contains(&manual) => format!("https://www.gnu.org/software/emacs/manual/html_mono/{manual}.html"),
        _ => format!("{manual}.html"),
    };
    url.push('#');
    if node.starts_with(|c: char| c.is_ascii_digit()) {
        url.push_str("g_t");
    }
    for (i, word) in node.split_whitespace().enumerate() {
        if i > 0 {
            url.push('-');
        }
        for c in word.chars() {
            match c.is_ascii_alphanumeric() {
                true => url.push(c),
                false => url.push_str(&format!("_{:04x}", u32::from(c))),
            }
        }
    }
    url
}
