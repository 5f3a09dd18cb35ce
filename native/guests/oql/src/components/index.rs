//! `table[0:2,1]`: the part of a value that an index means. Indices count from
//! 0, negative ones from the end, ranges hold both their ends; a header and the
//! rules of a table count, too.

use super::data::Raw;

/// The part of `raw` that `index` means; the error says what is wrong with it.
pub fn pick(index: &str, raw: Raw) -> Result<Raw, String> {
    let Raw::List(items) = raw else { return Ok(raw) };
    if index.is_empty() {
        return Ok(Raw::List(items));
    }
    let (portion, rest) = index.split_once(',').unwrap_or((index, ""));
    let (from, to) = range(portion.trim(), items.len())?;
    let chosen = items.into_iter().skip(from).take(to.saturating_sub(from));
    let mut parts = chosen.map(|item| pick(rest, item)).collect::<Result<Vec<_>, _>>()?;
    match parts.len() {
        1 => Ok(parts.pop().unwrap_or(Raw::Rule)),
        _ => Ok(Raw::List(parts)),
    }
}

/// The first index, and one past the last.
fn range(portion: &str, len: usize) -> Result<(usize, usize), String> {
    let at = |text: &str| {
        let number: i64 = text.trim().parse().map_err(|_| format!("`{portion}` is no index"))?;
        let length = i64::try_from(len).unwrap_or(i64::MAX);
        let at = if number < 0 { number.saturating_add(length) } else { number };
        let at = usize::try_from(at).ok().filter(|at| *at < len);
        at.ok_or_else(|| format!("there is no `{portion}` among {len}: the first is 0, a header and rules count"))
    };
    match portion.split_once(':') {
        _ if portion.is_empty() || portion == "*" => Ok((0, len)),
        Some((from, to)) => Ok((at(from)?, at(to)? + 1)),
        None => at(portion).map(|at| (at, at + 1)),
    }
}
