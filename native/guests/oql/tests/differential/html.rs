//! HTML as a browser's parser reads it, one node a line.
//!
//! What does not matter is gone: comments, the order of attributes, which name
//! an id has, and white space where a browser shows none.

use std::collections::HashMap;

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, QualName, local_name, ns, parse_fragment};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

enum Node {
    Element { name: String, attributes: Vec<(String, String)>, children: Vec<Node> },
    Text(String),
}

/// Attributes whose value is the id of another element.
const REFERENCES: [&str; 4] = ["aria-describedby", "aria-labelledby", "for", "headers"];

/// What flows with the text around it; white space beside all else is not seen.
const INLINE: [&str; 44] = [
    "a", "abbr", "audio", "b", "bdi", "bdo", "big", "button", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "input", "ins", "kbd", "label", "map", "mark", "math", "meter", "object", "output", "progress", "q", "s",
    "samp", "select", "small", "span", "strike", "strong", "sub", "sup", "svg", "textarea", "time", "tt", "u", "var",
];

/// What keeps its white space.
const VERBATIM: [&str; 4] = ["pre", "script", "style", "textarea"];

/// The fragment's nodes, one a line.
pub fn lines(fragment: &str) -> Vec<String> {
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let dom = parse_fragment(RcDom::default(), ParseOpts::default(), context, Vec::new(), false).one(fragment);
    let root = dom.document.children.borrow();
    let mut nodes: Vec<Node> = root.iter().flat_map(|html| children(html, false, true)).collect();
    let mut ids = Ids::default();
    number_ids(&nodes, &mut ids);
    replace_ids(&mut nodes, &ids, &mut 0, &mut Vec::new());
    let mut out = Vec::new();
    print(&nodes, 0, &mut out);
    out
}

/// The children of a node, in a `verbatim` one or not, in a `block` or in the text's flow.
fn children(parent: &Handle, verbatim: bool, block: bool) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for child in parent.children.borrow().iter() {
        match &child.data {
            NodeData::Text { contents } => {
                // What HTML forbids: Emacs writes it, we write what a reader is to make of it.
                let forbidden = |c: char| c < ' ' && !c.is_ascii_whitespace();
                let contents = contents.borrow().replace(forbidden, "\u{fffd}");
                match nodes.last_mut() {
                    Some(Node::Text(text)) => text.push_str(&contents),
                    _ => nodes.push(Node::Text(contents)),
                }
            }
            NodeData::Element { name, attrs, .. } => {
                let name = name.local.to_string();
                let mut attributes: Vec<(String, String)> = attrs
                    .borrow()
                    .iter()
                    .map(|attribute| {
                        let words: Vec<&str> = attribute.value.split_ascii_whitespace().collect();
                        (attribute.name.local.to_string(), words.join(" "))
                    })
                    .collect();
                attributes.sort();
                let inside = verbatim || VERBATIM.contains(&name.as_str());
                let children = children(child, inside, !INLINE.contains(&name.as_str()));
                nodes.push(Node::Element { name, attributes, children });
            }
            _ => {}
        }
    }
    if !verbatim {
        tidy(&mut nodes, block);
    } else if let (true, Some(Node::Text(text))) = (block, nodes.last_mut())
        && text.ends_with('\n')
    {
        text.pop();
    }
    nodes
}

/// White space as one blank, none beside blocks and line breaks or at the ends of a block.
fn tidy(nodes: &mut Vec<Node>, block: bool) {
    let breaks: Vec<bool> = nodes
        .iter()
        .map(|node| matches!(node, Node::Element { name, .. } if !INLINE.contains(&name.as_str())))
        .collect();
    for (at, node) in nodes.iter_mut().enumerate() {
        let Node::Text(text) = node else { continue };
        let mut plain = String::with_capacity(text.len());
        for word in text.split_inclusive(|c: char| c.is_ascii_whitespace()) {
            let bare = word.trim_end_matches(|c: char| c.is_ascii_whitespace());
            plain.push_str(bare);
            if bare.len() < word.len() && !plain.ends_with(' ') {
                plain.push(' ');
            }
        }
        let before = at.checked_sub(1).map_or(block, |at| breaks[at]);
        let after = breaks.get(at + 1).copied().unwrap_or(block);
        let kept = if before { plain.trim_start_matches(' ') } else { &plain };
        *text = if after { kept.trim_end_matches(' ') } else { kept }.to_string();
    }
    nodes.retain(|node| !matches!(node, Node::Text(text) if text.is_empty()));
}

/// Which number the first element with an id has, and how many have one: a link
/// goes to the first, whatever others are named the same.
#[derive(Default)]
struct Ids {
    first: HashMap<String, usize>,
    count: usize,
}

fn number_ids(nodes: &[Node], ids: &mut Ids) {
    for node in nodes {
        let Node::Element { attributes, children, .. } = node else { continue };
        for (_, id) in attributes.iter().filter(|(key, _)| key == "id") {
            ids.count += 1;
            ids.first.entry(id.clone()).or_insert(ids.count);
        }
        number_ids(children, ids);
    }
}

/// Names become numbers: `count` has seen that many elements with an id, `labels` those of LaTeX.
fn replace_ids(nodes: &mut [Node], ids: &Ids, count: &mut usize, labels: &mut Vec<String>) {
    let named = |id: &str| ids.first.get(id).map_or("missing".to_string(), |n| format!("id-{n}"));
    for node in nodes {
        let (attributes, children) = match node {
            Node::Element { attributes, children, .. } => (attributes, children),
            Node::Text(text) => {
                *text = replace_labels(text, labels);
                continue;
            }
        };
        for (key, value) in attributes {
            if key == "id" {
                *count += 1;
                *value = format!("id-{count}");
            } else if REFERENCES.contains(&key.as_str()) {
                *value = named(value);
            } else if let ("href", Some(id)) = (key.as_str(), value.strip_prefix('#')) {
                *value = format!("#{}", named(id));
            } else if matches!(key.as_str(), "href" | "src") {
                // An address with a blank is the one that a browser makes of it.
                *value = value.replace(' ', "%20");
            }
        }
        replace_ids(children, ids, count, labels);
    }
}

/// `\label{…}` and what refers to it, numbered in their order: Emacs names formulas as it does elements.
fn replace_labels(text: &str, labels: &mut Vec<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, command)) =
        ["\\label{", "\\ref{", "\\eqref{"].iter().filter_map(|c| Some((rest.find(c)?, c))).min()
    {
        let name = at + command.len();
        let Some(end) = rest[name..].find('}').map(|end| name + end) else { break };
        let label = &rest[name..end];
        let number = labels.iter().position(|known| known == label).unwrap_or_else(|| {
            labels.push(label.to_string());
            labels.len() - 1
        });
        out.push_str(&rest[..name]);
        out.push_str(&format!("label-{}", number + 1));
        rest = &rest[end..];
    }
    out + rest
}

fn print(nodes: &[Node], depth: usize, out: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    for node in nodes {
        match node {
            Node::Text(text) => out.push(format!("{indent}{text:?}")),
            Node::Element { name, attributes, children } => {
                let attributes: String = attributes.iter().map(|(key, value)| format!(" {key}={value:?}")).collect();
                out.push(format!("{indent}<{name}{attributes}>"));
                print(children, depth + 1, out);
            }
        }
    }
}

#[test]
fn white_space_counts_where_it_is_seen() {
    let same = |a: &str, b: &str| lines(a) == lines(b);
    assert!(same("<p>\na\n b <b>c</b>\n</p>\n\n<p>d</p>", "<p>a b <b>c</b></p><p>d</p>"));
    assert!(same("<p>a<br />\nb</p>", "<p>a<br>b</p>"));
    assert!(!same("<p>a <b>c</b></p>", "<p>a<b>c</b></p>"));
    assert!(!same("<p>a <b>c</b></p>", "<p>a<b> c</b></p>"));
    assert!(!same("<p>a&#xa0;b</p>", "<p>a b</p>"));
    assert!(same("<pre>\na\n  b\n</pre>", "<pre>a\n  b</pre>"));
    assert!(!same("<pre>a\n b</pre>", "<pre>a\n  b</pre>"));
}

#[test]
fn ids_are_numbered_and_links_follow_them() {
    let (a, b) = ("<p id=x></p><a href=#y>t</a><p id=y></p>", "<p id=one></p><a href=#two>t</a><p id=two></p>");
    assert_eq!(lines(a), lines(b));
    assert_ne!(lines(a), lines("<p id=x></p><a href=#x>t</a><p id=y></p>"));
    assert_eq!(lines("<a href=#gone>t</a>"), ["<a href=\"#missing\">", "  \"t\""]);
    let (twice, once) = ("<p id=x></p><p id=x></p><a href=#x>t</a>", "<p id=x></p><p id=y></p><a href=#x>t</a>");
    assert_eq!(lines(twice), lines(once));
    assert_eq!(lines("\\label{a} \\eqref{a} \\ref{b}"), lines("\\label{x:y} \\eqref{x:y} \\ref{a}"));
    assert_ne!(lines("\\label{a} \\eqref{a}"), lines("\\label{a} \\eqref{b}"));
}

#[test]
fn attributes_tags_and_text_count_and_comments_do_not() {
    assert_eq!(lines("<p class='a  b' title=t>x<!-- c -->y</p>"), lines("<p title=t class='a b'>xy</p>"));
    assert_ne!(lines("<p class=a></p>"), lines("<p></p>"));
    assert_ne!(lines("<p>a</p>"), lines("<div>a</div>"));
    assert_ne!(lines("<i>a</i>"), lines("<i>b</i>"));
}
