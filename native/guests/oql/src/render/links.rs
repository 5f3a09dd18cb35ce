//! Links and images.

use super::Html;
use super::attributes::list;
use super::escape::escape;
use super::url::{Use, has_scheme, safe};
use crate::ids::slug;
use crate::syntax::objects::{Link, Object, ObjectKind};

/// Where a link leads.
enum Aim {
    /// An address.
    Url(String),
    /// Nowhere: what it names is not in the file.
    Missing,
    /// Nowhere: it might run something.
    Refused,
}

/// Whether the path names a picture.
pub fn is_image(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let Some((_, extension)) = path.rsplit_once('.') else {
        return false;
    };
    ["png", "jpeg", "jpg", "gif", "svg", "webp", "avif"].iter().any(|e| extension.eq_ignore_ascii_case(e))
}

impl<'r, 'a> Html<'r, 'a> {
    /// `[[path][description]]`
    pub fn link(&mut self, path: &str, description: Option<&[Object]>, out: &mut String) {
        if description.is_none()
            && let Some(image) = self.image(path, &[])
        {
            return out.push_str(&image);
        }
        let mut text = String::new();
        match description {
            Some([Object { kind: ObjectKind::Text(inner) | ObjectKind::Link(Link { path: inner, .. }), .. }]) => {
                match self.image(inner.trim(), &[]) {
                    Some(image) => text.push_str(&image),
                    None => self.objects(description.unwrap_or(&[]), &mut text),
                }
            }
            Some(inner) => self.objects(inner, &mut text),
            None => self.own_text(path, &mut text),
        }
        match self.aim(path) {
            Aim::Url(url) => out.push_str(&format!("<a href=\"{}\">{text}</a>", escape(&url))),
            Aim::Missing => out.push_str(&format!("<i>{text}</i>")),
            Aim::Refused => out.push_str(&text),
        }
    }

    /// A URL in running text.
    pub fn bare_url(&mut self, url: &str, out: &mut String) {
        if let Some(image) = self.image(url, &[]) {
            return out.push_str(&image);
        }
        match self.aim(url) {
            Aim::Url(href) => {
                out.push_str(&format!("<a href=\"{}\">{}</a>", escape(&href), escape(url)));
            }
            _ => out.push_str(&escape(url)),
        }
    }

    /// What a link without description says.
    fn own_text(&mut self, path: &str, out: &mut String) {
        if let Some(title) = path.strip_prefix('*') {
            return out.push_str(&escape(title));
        }
        if let Some(index) = path.strip_prefix("id:").and_then(|id| self.targets.by_uuid(id)) {
            let title = self.doc.headings.get(index).map_or("", |h| h.title);
            return out.push_str(&escape(title));
        }
        out.push_str(&escape(path));
    }

    /// An `<img>` where the path is a picture that may be shown.
    pub fn image(&self, path: &str, attributes: &[(String, String)]) -> Option<String> {
        let data = path.get(..11).is_some_and(|p| p.eq_ignore_ascii_case("data:image/"));
        if !data && !is_image(path) {
            return None;
        }
        let lower = path.to_ascii_lowercase();
        let file = path.starts_with(['.', '/', '~']) || lower.starts_with("file:");
        if !file && !data && !lower.starts_with("http:") && !lower.starts_with("https:") {
            return None;
        }
        let url = if file { file_url(path) } else { path.to_string() };
        let url = safe(&url, Use::Image)?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let alt = attributes.iter().find(|(k, _)| k == "alt");
        let alt = match (alt, data) {
            (Some((_, alt)), _) => escape(alt),
            (None, true) => String::new(),
            (None, false) => escape(name),
        };
        let rest: Vec<(String, String)> = attributes.iter().filter(|(k, _)| k != "alt").cloned().collect();
        Some(format!("<img src=\"{}\" alt=\"{alt}\"{} />", escape(&url), list(&rest)))
    }

    fn aim(&self, path: &str) -> Aim {
        let path = path.trim();
        if let Some(id) = path.strip_prefix('#') {
            return Aim::Url(format!("#{}", super::targets::anchor(id)));
        }
        if path.starts_with('*') {
            return self.internal(path);
        }
        if let Some(id) = path.strip_prefix("id:") {
            return match self.targets.by_uuid(id) {
                Some(heading) => Aim::Url(format!("#{}", self.targets.heading_id(heading))),
                None => Aim::Missing,
            };
        }
        let refused = |url: Option<String>| url.map_or(Aim::Refused, Aim::Url);
        let scheme = path.split(':').next().unwrap_or("");
        if path.starts_with(['/', '~', '.']) || scheme.eq_ignore_ascii_case("file") {
            return refused(safe(&self.page_url(path), Use::Link));
        }
        if scheme.eq_ignore_ascii_case("doi") {
            let doi = path.get(4..).unwrap_or("");
            return refused(safe(&format!("https://doi.org/{doi}"), Use::Link));
        }
        if let Some(url) = self.abbreviation(path) {
            return refused(safe(&url, Use::Link));
        }
        if let aim @ Aim::Url(_) = self.internal(path) {
            return aim;
        }
        match has_scheme(path) || safe(path, Use::Link).is_none() {
            true => refused(safe(path, Use::Link)),
            false => Aim::Missing,
        }
    }

    fn internal(&self, path: &str) -> Aim {
        match self.targets.find(path) {
            Some(id) => Aim::Url(format!("#{id}")),
            None => Aim::Missing,
        }
    }

    /// `#+LINK: gh https://github.com/%s`
    fn abbreviation(&self, path: &str) -> Option<String> {
        let (name, tag) = path.split_once(':')?;
        let line = self.doc.keyword("LINK").take(64).find_map(|line| {
            let (key, url) = line.split_once([' ', '\t'])?;
            (key == name).then(|| url.trim())
        })?;
        Some(match line.contains("%s") {
            true => line.replacen("%s", tag, 1),
            false => format!("{line}{tag}"),
        })
    }

    /// A file's address on the page: `.org` becomes `.html`.
    fn page_url(&self, path: &str) -> String {
        let (file, search) = match path.split_once("::") {
            Some((file, search)) => (file, Some(search)),
            None => (path, None),
        };
        let url = file_url(file);
        let page = match url.strip_suffix(".org") {
            Some(stem) => format!("{stem}.html"),
            None => return url,
        };
        match search {
            Some(s) if s.starts_with('#') => format!("{page}{s}"),
            Some(s) if s.starts_with('*') => format!("{page}#{}", slug(s)),
            _ => page,
        }
    }
}

/// `file:x` as a relative address; what is left is never taken for a scheme.
fn file_url(path: &str) -> String {
    let bare = match path.get(..5) {
        Some(head) if head.eq_ignore_ascii_case("file:") => path.get(5..).unwrap_or(""),
        _ => path,
    };
    if bare.starts_with("//") || bare.starts_with('~') {
        return format!("file:{}", bare);
    }
    if bare.starts_with('/') {
        return format!("file://{bare}");
    }
    let head = bare.split(['/', '?', '#']).next().unwrap_or("");
    if head.contains([':', '&', '%']) || head.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return format!("./{bare}");
    }
    bare.to_string()
}
