//! What every page has to be, whatever the document.

use std::collections::HashSet;

/// What is wrong with a page: tags that do not nest, an id that stands twice, what a browser would run.
pub fn check(html: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut ids: HashSet<&str> = HashSet::new();
    let mut rest = html;
    while let Some((_, behind)) = rest.split_once('<') {
        let (inside, after) = behind.split_once('>').ok_or("a tag that does not end")?;
        rest = after;
        if let Some(closed) = inside.strip_prefix('/') {
            let opened = open.pop();
            if opened != Some(closed) {
                return Err(format!("</{closed}> after {opened:?}"));
            }
            continue;
        }
        let name = inside.split([' ', '/']).next().unwrap_or("");
        if !allowed(name) {
            return Err(format!("<{inside}>"));
        }
        for (attribute, value) in attributes(inside) {
            if attribute.starts_with("on") {
                return Err(format!("<{inside}>"));
            }
            if attribute == "id" && (value.is_empty() || !ids.insert(value)) {
                return Err(format!("id {value:?} twice"));
            }
            if matches!(attribute, "href" | "src") {
                let seen: String = value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
                if seen.starts_with("javascript:") || seen.starts_with("vbscript:") {
                    return Err(format!("<{inside}>"));
                }
            }
        }
        if !inside.ends_with('/') {
            open.push(name);
        }
    }
    match open.is_empty() {
        true => Ok(()),
        false => Err(format!("{open:?} left open")),
    }
}

/// A name of letters and digits, and none of a tag that does something.
fn allowed(name: &str) -> bool {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    plain && !matches!(name, "script" | "style" | "iframe" | "object" | "embed" | "form" | "link" | "meta" | "base")
}

fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    tag.split("\" ").filter_map(|part| {
        let (name, value) = part.split_once("=\"")?;
        let name = name.rsplit(' ').next()?;
        Some((name, value.trim_end_matches([' ', '/', '"'])))
    })
}
