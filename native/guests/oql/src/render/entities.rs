//! Org's entities (`\alpha`), from orgize's table.

use orgize::Org;
use orgize::ast::Entity;
use orgize::rowan::ast::AstNode;

/// The HTML of an entity; nothing where Org has none of that name.
pub fn entity(name: &str) -> Option<String> {
    // A name is at most 24 letters, so this parses a bounded text.
    let org = Org::parse(format!("\\{name}{{}}"));
    let node = org.document().syntax().descendants().find_map(Entity::cast)?;
    Some(node.html().to_string())
}
