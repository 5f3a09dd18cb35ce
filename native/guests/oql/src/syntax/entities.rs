//! Entities: `\alpha`, and what each stands for.

use super::entity_table::ENTITIES;

/// The text of an entity, not escaped; nothing where Org has none of that name.
pub fn entity(name: &str) -> Option<&'static str> {
    let at = ENTITIES.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    ENTITIES.get(at).map(|(_, text)| *text)
}

/// `\_` and some blanks stands for that many wide ones.
pub fn blanks(name: &str) -> Option<usize> {
    let rest = name.strip_prefix('_')?;
    (!rest.is_empty() && rest.bytes().all(|b| b == b' ')).then_some(rest.len())
}
