//! Who gives what to whom.

use crate::components::Model;
use crate::hash::{HashMap, HashSet};

/// A connection between two components, by index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The component that gives.
    pub from: usize,
    /// The component that takes.
    pub to: usize,
    /// The output and the input; none for an edge of order alone.
    pub ports: Option<(String, String)>,
    /// Where the one that takes says so.
    pub at: usize,
}

/// An input that nothing produces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The component that takes it.
    pub component: usize,
    /// Its name.
    pub name: String,
    /// Where it is named.
    pub at: usize,
}

/// The graph.
#[derive(Debug, Default)]
pub struct Graph {
    /// Connections, by taker in document order.
    pub wires: Vec<Wire>,
    /// Inputs that nothing produces.
    pub open: Vec<Open>,
    /// Outputs somebody takes.
    pub taken: HashSet<(usize, String)>,
}

/// Connects the components.
pub fn connect(model: &Model) -> Graph {
    let mut producers: HashMap<&str, Vec<usize>> = HashMap::default();
    let mut gives: HashSet<(usize, &str)> = HashSet::default();
    for (i, draft) in model.drafts.iter().enumerate() {
        for out in &draft.outs {
            producers.entry(out).or_default().push(i);
            gives.insert((i, out));
        }
    }
    let mut graph = Graph::default();
    for (at, draft) in model.drafts.iter().enumerate() {
        let values: HashSet<&str> = draft.values.0.iter().map(|(n, _)| n.as_str()).collect();
        let wired: HashMap<&str, (usize, &str)> =
            draft.wired.iter().map(|(input, from, port)| (input.as_str(), (*from, port.as_str()))).collect();
        let deps: HashSet<usize> = draft.deps.iter().map(|(d, _)| *d).collect();
        let mut used = HashSet::default();
        for (input, place) in draft.ins.iter().zip(&draft.ins_at) {
            if values.contains(input.as_str()) {
                continue;
            }
            if let Some((from, port)) = wired.get(input.as_str()) {
                graph.add(*from, at, port, input, *place);
                used.insert(*from);
                continue;
            }
            let others = producers.get(input.as_str()).map_or(&[][..], Vec::as_slice);
            let near = if deps.len() <= others.len() {
                draft.deps.iter().map(|(d, _)| d).find(|d| gives.contains(&(**d, input.as_str())))
            } else {
                others.iter().find(|o| deps.contains(o))
            };
            match near.or_else(|| others.iter().find(|o| **o != at)) {
                Some(from) => {
                    graph.add(*from, at, input, input, *place);
                    used.insert(*from);
                }
                None => graph.open.push(Open { component: at, name: input.clone(), at: *place }),
            }
        }
        for (dep, place) in &draft.deps {
            if !used.contains(dep) {
                graph.wires.push(Wire { from: *dep, to: at, ports: None, at: *place });
            }
        }
    }
    graph
}

impl Graph {
    fn add(&mut self, from: usize, to: usize, port: &str, input: &str, at: usize) {
        self.taken.insert((from, port.to_string()));
        self.wires.push(Wire { from, to, ports: Some((port.to_string(), input.to_string())), at });
    }
}
