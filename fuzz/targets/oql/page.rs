//! What every page has to be, whatever the document.

use std::collections::HashSet;

/// Panics unless tags nest, no id stands twice and nothing runs.
pub fn check(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut ids: HashSet<&str> = HashSet::new();
    let mut rest = html;
    while let Some((_, behind)) = rest.split_once('<') {
        let (inside, after) = behind.split_once('>').expect("a tag ends");
        rest = after;
        if let Some(closed) = inside.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "in {html}");
            continue;
        }
        let name = inside.split([' ', '/']).next().unwrap_or("");
        assert!(allowed(name), "<{inside}> in {html}");
        for (attribute, value) in attributes(inside) {
            assert!(!attribute.starts_with("on"), "<{inside}>");
            if attribute == "id" {
                assert!(!value.is_empty() && ids.insert(value), "{value:?} twice in {html}");
            }
            if matches!(attribute, "href" | "src") {
                let seen: String = value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
                assert!(!seen.starts_with("javascript:") && !seen.starts_with("vbscript:"), "<{inside}>");
            }
        }
        if !inside.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} in {html}");
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
