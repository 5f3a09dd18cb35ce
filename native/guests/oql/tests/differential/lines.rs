//! Two lists of lines side by side.

/// Lines around a difference that are shown.
const CONTEXT: usize = 3;

enum Edit<'a> {
    Same(&'a str),
    Less(&'a str),
    More(&'a str),
}

/// Their differences, as `diff -u` shows them, without line numbers.
pub fn unified(old: &[String], new: &[String]) -> String {
    let edits = edits(old, new);
    let changed: Vec<bool> = edits.iter().map(|edit| !matches!(edit, Edit::Same(_))).collect();
    let mut out = String::new();
    let mut gap = false;
    for (at, edit) in edits.iter().enumerate() {
        let near = at.saturating_sub(CONTEXT)..changed.len().min(at + CONTEXT + 1);
        if !changed[near].contains(&true) {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push_str("@@\n");
        }
        let (sign, line) = match edit {
            Edit::Same(line) => (' ', line),
            Edit::Less(line) => ('-', line),
            Edit::More(line) => ('+', line),
        };
        out.push(sign);
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// By the longest common subsequence of what lies between the common ends.
fn edits<'a>(old: &'a [String], new: &'a [String]) -> Vec<Edit<'a>> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[start..old.len() - end], &new[start..new.len() - end]);

    // lengths[i][j]: how much a[i..] and b[j..] have in common.
    let mut lengths = vec![vec![0u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i][j] =
                if a[i] == b[j] { lengths[i + 1][j + 1] + 1 } else { lengths[i + 1][j].max(lengths[i][j + 1]) };
        }
    }

    let mut edits: Vec<Edit> = old[..start].iter().map(|line| Edit::Same(line)).collect();
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            edits.push(Edit::Same(&a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && lengths[i + 1][j] >= lengths[i][j + 1]) {
            edits.push(Edit::Less(&a[i]));
            i += 1;
        } else {
            edits.push(Edit::More(&b[j]));
            j += 1;
        }
    }
    edits.extend(old[old.len() - end..].iter().map(|line| Edit::Same(line)));
    edits
}
