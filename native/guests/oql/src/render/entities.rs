//! Org's entities (`\alpha`), from orgize's table.

use orgize::Org;
use orgize::ast::Entity;
use orgize::rowan::ast::AstNode;

use super::escape::escape;

/// An entity as text for the page, escaped; nothing where Org has none of that
/// name. Characters rather than named references: XML knows but five of those.
pub fn entity(name: &str) -> Option<String> {
    // A name is at most 24 letters, so this parses a bounded text.
    let org = Org::parse(format!("\\{name}{{}}"));
    let node = org.document().syntax().descendants().find_map(Entity::cast)?;
    let (html, utf8) = (node.html(), node.utf8());
    let text = match html.contains('&') {
        true => corrected(html).unwrap_or(utf8),
        false => html,
    };
    Some(escape(text))
}

/// The characters of the references for which Org's table has others, or none.
fn corrected(html: &str) -> Option<&'static str> {
    Some(match html {
        "&Amacr;" => "Ā",
        "&amacr;" => "ā",
        "&phi;" => "φ",
        "&varphi;" => "ϕ",
        "&acute;x" => "´x",
        "&beth;" => "ℶ",
        "&daleth;" => "ℸ",
        "&shy;" => "\u{ad}",
        "&quot;" => "\"",
        "&circ;" => "ˆ",
        "&nbsp;" => "\u{a0}",
        "&setminus;" => "∖",
        "&deg;" => "°",
        "&sup;" => "⊃",
        "&lowast;" => "∗",
        "&lrm;" => "\u{200e}",
        "&rlm;" => "\u{200f}",
        "&diams;" => "♦",
        "&diamond;" => "⋄",
        "&loz;" => "◊",
        _ => return None,
    })
}
