//! The JSON that `corpus/emacs.el` writes → facts.

use serde_json::Value;

use crate::facts::{self, ARGUMENTS, Facts, Heading, Item, trimmed, words};

/// What Emacs has for this document.
pub fn read(org: &str, json: &str) -> Facts {
    let json: Value = serde_json::from_str(json).unwrap();
    let mut facts = Facts::default();
    let each = |list: &str| json[list].as_array().cloned().unwrap_or_default();

    for heading in each("headlines") {
        headline(org, &heading, &mut facts);
    }
    for drawer in each("properties") {
        let at = number(&drawer["heading"]);
        for (key, value) in joined(list(&drawer["pairs"])) {
            facts.add("properties", at, format!("{key:?} {value:?}"));
        }
    }
    for drawer in each("drawers") {
        facts.add("drawers", begin(&drawer), format!("{:?}", text(&drawer["name"])));
    }
    for block in each("blocks") {
        self::block(&block, &mut facts);
    }
    for keyword in each("keywords") {
        let fact = format!("{} {:?}", text(&keyword["key"]), text(&keyword["value"]));
        facts.add("keywords", begin(&keyword), fact);
    }
    for call in each("calls") {
        let part = |key: &str| text(&call[key]);
        let fact = match call["inline"] == true {
            true => facts::call(
                part("call"),
                part("inside-header"),
                part("arguments"),
                part("end-header"),
                number(&call["end"]),
            ),
            false => "call".to_string(),
        };
        facts.add("calls", begin(&call), fact);
    }
    for table in each("tables") {
        self::table(&table, &mut facts);
    }
    for plain in each("lists") {
        let at = begin(&plain);
        facts.add("lists", at, format!("{} depth {}", text(&plain["type"]), plain["depth"]));
        for item in list(&plain["items"]) {
            let fact = Item {
                bullet: text(&item["bullet"]),
                counter: item["counter"].as_u64(),
                checkbox: item["checkbox"].as_str(),
                tag: item["tag"].as_str(),
            };
            facts.add("lists", begin(item), fact.fact());
        }
    }
    for fixed in each("fixed") {
        facts.add("blocks", begin(&fixed), format!("fixed-width {:?}", text(&fixed["value"]).trim_end()));
    }
    for note in each("footnotes") {
        facts.add("footnotes", begin(&note), format!("definition {:?}", text(&note["label"])));
    }
    for note in each("notes") {
        let fact = format!("{} reference {:?} to {}", text(&note["type"]), text(&note["label"]), note["end"]);
        facts.add("footnotes", begin(&note), fact);
    }
    for clock in each("clocks") {
        facts.add("clocks", begin(&clock), "clock");
    }
    for link in each("links") {
        // Emacs calls a link that a radio target made plain.
        let form = if link["type"] == "radio" { "radio" } else { text(&link["format"]) };
        let path = words(link["written"].as_str().unwrap_or(text(&link["raw-link"])));
        let fact = format!("{form} {path:?} to {} shows {:?}", link["end"], link["contents"].as_str());
        facts.add("links", begin(&link), fact);
    }
    for timestamp in each("timestamps") {
        facts.add(
            "timestamps",
            begin(&timestamp),
            format!("{} {:?}", text(&timestamp["type"]), text(&timestamp["raw-value"])),
        );
    }
    for markup in each("markup") {
        facts.add("markup", begin(&markup), format!("{} to {}", text(&markup["type"]), markup["end"]));
    }
    objects(&each, &mut facts);
    outline(&each("outline"), &mut facts);
    facts
}

fn headline(org: &str, heading: &Value, facts: &mut Facts) {
    let at = begin(heading);
    let fact = Heading {
        level: number(&heading["level"]),
        end: trimmed(org, number(&heading["end"])),
        line: number(&heading["line"]),
        todo: heading["todo"].as_str(),
        done: heading["todoType"] == "done",
        priority: heading["priority"].as_str(),
        tags: list(&heading["tags"]).iter().map(text).collect(),
        commented: heading["commented"] == true,
        title: text(&heading["title"]),
        inline: heading["inlinetask"] == true,
    };
    facts.add("headings", at, fact.fact());
    for key in ["scheduled", "deadline", "closed"] {
        if let Some(timestamp) = heading[key].as_str() {
            facts.add("planning", at, format!("{key} {timestamp:?}"));
        }
    }
}

/// The properties of a drawer; what `key+` says is added to `key`.
fn joined(pairs: &[Value]) -> Vec<(&str, String)> {
    let mut properties: Vec<(&str, String)> = Vec::new();
    for pair in pairs {
        let (key, value) = (text(&pair[0]), text(&pair[1]));
        let base = key.strip_suffix('+').unwrap_or(key);
        match properties.iter_mut().find(|(known, _)| key != base && known.eq_ignore_ascii_case(base)) {
            Some((_, all)) => *all = format!("{all} {value}"),
            None => properties.push((base, value.to_string())),
        }
    }
    properties
}

fn block(block: &Value, facts: &mut Facts) {
    let (at, kind) = (begin(block), text(&block["type"]));
    let name = name(block);
    let fact = match kind {
        "comment-block" => return,
        "src-block" => {
            let arguments = words(&format!("{} {}", text(&block["switches"]), text(&block["parameters"])));
            format!("{:?} {arguments:?} {:?}", text(&block["language"]), text(&block["value"]))
        }
        "example-block" => format!("{:?}", text(&block["value"])),
        "export-block" => format!("{:?} {:?}", text(&block["backend"]).to_uppercase(), text(&block["value"])),
        "special-block" => format!("{:?}", text(&block["kind"])),
        _ => String::new(),
    };
    facts.add("blocks", at, format!("{kind} named {name:?} {fact}"));
    for header in list(&block["header"]) {
        facts.add("arguments", at, format!("header {:?}", text(header)));
    }
    for pair in list(&block["arguments"]) {
        let (key, value) = (text(&pair[0]), text(&pair[1]));
        // Merging adds an empty `:exports`.
        if key == "var" || (ARGUMENTS.contains(&key) && (key, value) != ("exports", "")) {
            facts.add("arguments", at, format!(":{key} {value:?}"));
        }
    }
}

fn table(table: &Value, facts: &mut Facts) {
    let at = begin(table);
    facts.add("tables", at, format!("{} named {:?}", text(&table["type"]), name(table)));
    for (n, row) in list(&table["rows"]).iter().enumerate() {
        let cells: Vec<&str> = list(row).iter().map(text).collect();
        let cells = if row == "rule" { "rule".to_string() } else { format!("{cells:?}") };
        facts.add("tables", at, format!("row {n:03} {cells}"));
    }
}

/// The smaller objects: their kind, what they say and where they end.
fn objects(each: &dyn Fn(&str) -> Vec<Value>, facts: &mut Facts) {
    let mut add = |list: &str, what: &dyn Fn(&Value) -> String| {
        for object in each(list) {
            // Blank lines behind an environment are its own for Emacs.
            let end =
                if object["type"] == "latex-environment" { String::new() } else { format!(" to {}", object["end"]) };
            facts.add("objects", begin(&object), format!("{}{end}", what(&object)));
        }
    };
    add("macros", &|o| format!("macro {:?}", text(&o["key"])));
    add("targets", &|o| match o["radio"] == true {
        true => "radio target".to_string(),
        false => format!("target {:?}", text(&o["value"])),
    });
    add("entities", &|o| format!("entity {:?}", text(&o["name"])));
    add("fragments", &|o| format!("latex {:?}", text(&o["value"]).trim_end()));
    add("cookies", &|o| format!("cookie {:?}", text(&o["value"])));
    add("snippets", &|o| format!("snippet {:?} {:?}", text(&o["back-end"]), text(&o["value"])));
    add("sources", &|o| facts::source(text(&o["language"]), text(&o["parameters"]), text(&o["value"])));
    add("citations", &|o| facts::citation(text(&o["style"]), list(&o["keys"]).iter().map(text)));
}

/// Types that are no elements of our tree, or whose elements hold nothing of interest.
const LEFT_OUT: [&str; 6] = ["headline", "section", "planning", "property-drawer", "node-property", "table-row"];

fn outline(nodes: &[Value], facts: &mut Facts) {
    // Of each open element: its depth in Emacs' tree and in ours.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for node in nodes {
        let (kind, at, depth) = (text(&node[0]), number(&node[1]), number(&node[3]));
        open.retain(|above| above.0 < depth);
        let above = open.last().map_or(0, |above| above.1);
        if LEFT_OUT.contains(&kind) {
            open.push((depth, above));
        } else {
            facts.add("outline", at, format!("depth {} {kind} to {}", above + 1, number(&node[2])));
            open.push((depth, above + 1));
        }
    }
}

/// An empty `#+NAME:` is none.
fn name(node: &Value) -> Option<&str> {
    node["name"].as_str().filter(|name| !name.is_empty())
}

fn begin(node: &Value) -> usize {
    number(&node["begin"])
}

fn number(value: &Value) -> usize {
    value.as_u64().map_or(0, |n| usize::try_from(n).unwrap())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
