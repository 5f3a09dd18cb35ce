//! Links.

use super::Html;
use super::attributes::Attributes;
use super::captions::{Named, key};
use super::escape::{push_attribute, push_text};
use super::headings::number_into;
use super::ordinals::Ordinals;
use super::pictures::{described_image, is_image};
use super::settings::Broken;
use super::toc::unlinked;
use super::url::{Use, encoded, file_url, has_scheme, is_active, not_a_scheme, safe};
use crate::ids::slug;
use crate::syntax::objects::{Destination, Link, LinkKind, Object};

/// What a link says of itself where it leads to something without a number.
const NAMELESS: &str = "No description for this link";

/// Ids up to this length take nothing from what links may repeat.
const SHORT: usize = 64;

/// What an internal link leads to.
enum Found {
    Heading(usize),
    /// An element with a name.
    Named(String, Named),
    /// A target.
    Target(String),
}

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
    fn description(&mut self, description: Option<&[Object]>, own: &str, out: &mut String) {
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
    fn described(&mut self, link: &Link, url: Option<&str>, own: &str, attributes: Attributes, out: &mut String) {
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

    fn open(&self, url: &str, attributes: &Attributes, out: &mut String) {
        out.push_str("<a href=\"");
        push_attribute(out, url);
        out.push('"');
        attributes.without(&["href", "id"]).write(out);
        out.push('>');
    }

    /// A link that leads nowhere.
    fn broken(&mut self, description: Option<&[Object]>, path: &str, raw: &str, out: &mut String) {
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

    /// The heading that `id:` or `#` names.
    fn heading_with_id(&mut self, id: &str) -> Option<usize> {
        self.targets.by_uuid(id).or_else(|| self.targets.by_id(id))
    }

    /// What a fuzzy link leads to.
    fn find(&self, path: &str) -> Option<Found> {
        if let Some(title) = path.strip_prefix('*') {
            return self.targets.titled(title).map(Found::Heading);
        }
        match self.targets.named(path) {
            Some(id) => Some(match self.references.named(path) {
                Some(named) => Found::Named(id.to_string(), named),
                None => Found::Target(id.to_string()),
            }),
            None => self.targets.titled(path).map(Found::Heading),
        }
    }

    fn internal(&mut self, link: &Link, path: &str, found: Found, own: Attributes, out: &mut String) {
        let described = link.description.as_deref().is_some_and(|d| !d.is_empty());
        let id = match &found {
            Found::Heading(heading) => self.targets.heading_id(*heading).to_string(),
            Found::Named(id, named) if named.math && self.settings.latex == super::settings::Latex::All => {
                out.push_str("\\eqref{");
                push_text(out, id);
                return out.push('}');
            }
            Found::Named(id, _) | Found::Target(id) => id.clone(),
        };
        // Many short links to one long id must not cost their product.
        let Some(left) = self.repeats_left.checked_sub(id.len().saturating_sub(SHORT)) else {
            return self.description(link.description.as_deref().filter(|d| !d.is_empty()), NAMELESS, out);
        };
        self.repeats_left = left;
        let url = format!("#{id}");
        if described {
            return self.described(link, Some(&url), "", own, out);
        }
        self.open(&url, &own, out);
        match found {
            Found::Heading(heading) => self.heading_label(heading, out),
            Found::Named(_, named) => number_into(out, named.number),
            Found::Target(_) => self.target_label(path, out),
        }
        out.push_str("</a>");
    }

    /// A heading's number, or its title where it has none.
    fn heading_label(&mut self, heading: usize, out: &mut String) {
        let parts = self.outline.number_of(heading);
        if !parts.is_empty() {
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    out.push('.');
                }
                number_into(out, part);
            }
            return;
        }
        let doc = self.doc;
        let Some(heading) = doc.headings.get(heading) else { return };
        // Nor may those to one long title.
        match self.repeats_left.checked_sub(heading.title.len()) {
            Some(left) => {
                self.repeats_left = left;
                self.objects(&unlinked(doc.objects(&heading.text)), out);
            }
            None => out.push_str(NAMELESS),
        }
    }

    /// The number of what a target stands in.
    fn target_label(&mut self, name: &str, out: &mut String) {
        let (doc, outline) = (self.doc, &self.outline);
        let all = self.ordinals.get_or_insert_with(|| Ordinals::of(doc, outline));
        let label = all.get(&key(name)).map_or("", String::as_str);
        out.push_str(if label.is_empty() { NAMELESS } else { label });
    }

    /// A link to a line of code.
    fn coderef(&mut self, description: Option<&[Object]>, label: &str, own: &Attributes, out: &mut String) {
        let Some(shown) = self.code_label(label) else {
            return self.broken(description, label, label, out);
        };
        let id = super::targets::anchor(&format!("coderef-{label}"));
        out.push_str("<a href=\"#");
        push_attribute(out, &id);
        out.push_str("\" class=\"coderef\"");
        if self.options.allow_html {
            for (event, call) in [("onmouseover", "CodeHighlightOn"), ("onmouseout", "CodeHighlightOff")] {
                for part in [" ", event, "=\"", call, "(this, '"] {
                    out.push_str(part);
                }
                push_attribute(out, &id);
                out.push_str("');\"");
            }
        }
        own.write(out);
        out.push('>');
        match description {
            None => push_text(out, &shown),
            Some(objects) => {
                let mut html = String::new();
                self.objects(objects, &mut html);
                let mut name = String::from("(");
                push_text(&mut name, label);
                name.push(')');
                out.push_str(&html.replacen(&name, &shown, 1));
            }
        }
        out.push_str("</a>");
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
