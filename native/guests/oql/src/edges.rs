//! Who gives what to whom.

use std::collections::{HashMap, HashSet};

use crate::components::Model;

/// A connection between two components, by index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The component that gives.
    pub from: usize,
    /// The component that takes.
    pub to: usize,
    /// The output and the input; none for an edge of order alone.
    pub ports: Option<(String, String)>,
}

/// The graph.
#[derive(Debug, Default)]
pub struct Graph {
    /// Connections, by taker in document order.
    pub wires: Vec<Wire>,
    /// Inputs that nothing produces: component, name.
    pub open: Vec<(usize, String)>,
    /// Outputs somebody takes.
    pub taken: HashSet<(usize, String)>,
}

/// Connects the components.
pub fn connect(model: &Model) -> Graph {
    let mut producers: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut gives: HashSet<(usize, &str)> = HashSet::new();
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
        let deps: HashSet<usize> = draft.deps.iter().copied().collect();
        let mut used = HashSet::new();
        for input in &draft.ins {
            if values.contains(input.as_str()) {
                continue;
            }
            if let Some((from, port)) = wired.get(input.as_str()) {
                graph.add(*from, at, port, input);
                used.insert(*from);
                continue;
            }
            let others = producers.get(input.as_str()).map_or(&[][..], Vec::as_slice);
            let near = if deps.len() <= others.len() {
                draft.deps.iter().find(|d| gives.contains(&(**d, input.as_str())))
            } else {
                others.iter().find(|o| deps.contains(o))
            };
            match near.or_else(|| others.iter().find(|o| **o != at)) {
                Some(from) => {
                    graph.add(*from, at, input, input);
                    used.insert(*from);
                }
                None => graph.open.push((at, input.clone())),
            }
        }
        for dep in &draft.deps {
            if !used.contains(dep) {
                graph.wires.push(Wire { from: *dep, to: at, ports: None });
            }
        }
    }
    graph
}

impl Graph {
    fn add(&mut self, from: usize, to: usize, port: &str, input: &str) {
        self.taken.insert((from, port.to_string()));
        self.wires.push(Wire { from, to, ports: Some((port.to_string(), input.to_string())) });
    }

    /// One cycle from each knot of components that wait for each other.
    pub fn cycles(&self, components: usize) -> Vec<Vec<usize>> {
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); components];
        for wire in &self.wires {
            if let Some(list) = next.get_mut(wire.from) {
                list.push(wire.to);
            }
        }
        // 0 unseen, 1 on the path, 2 done.
        let mut state = vec![0u8; components];
        let mut told = vec![false; components];
        let mut out = Vec::new();
        for start in 0..components {
            if state.get(start) != Some(&0) {
                continue;
            }
            let mut path = vec![(start, 0usize)];
            set(&mut state, start, 1);
            while let Some((node, edge)) = path.last_mut() {
                let node_at = *node;
                let target = next.get(node_at).and_then(|l| l.get(*edge)).copied();
                *edge += 1;
                match target {
                    None => {
                        set(&mut state, node_at, 2);
                        path.pop();
                    }
                    Some(to) => match state.get(to) {
                        Some(0) => {
                            set(&mut state, to, 1);
                            path.push((to, 0));
                        }
                        Some(1) if told.get(to) == Some(&false) => {
                            let from = path.iter().position(|(n, _)| *n == to).unwrap_or(0);
                            let cycle: Vec<usize> = path.iter().skip(from).map(|(n, _)| *n).collect();
                            let fresh = cycle.iter().all(|n| told.get(*n) == Some(&false));
                            for n in &cycle {
                                if let Some(t) = told.get_mut(*n) {
                                    *t = true;
                                }
                            }
                            if fresh {
                                out.push(cycle);
                            }
                        }
                        _ => {}
                    },
                }
            }
        }
        out
    }
}

fn set(state: &mut [u8], at: usize, value: u8) {
    if let Some(s) = state.get_mut(at) {
        *s = value;
    }
}
