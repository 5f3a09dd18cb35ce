//! Components that wait for each other.

use std::collections::VecDeque;

use crate::edges::{Graph, Wire};
use crate::hash::HashMap;

/// One circle of wires.
pub struct Cycle {
    /// The components on it, the first of the document first.
    pub path: Vec<usize>,
    /// Where the first of them names what it waits for.
    pub at: usize,
}

/// The shortest circle through the first component of each knot of components
/// that wait for each other.
pub fn cycles(graph: &Graph, components: usize) -> Vec<Cycle> {
    let mut next: Vec<Vec<&Wire>> = vec![Vec::new(); components];
    for wire in &graph.wires {
        if let Some(list) = next.get_mut(wire.from) {
            list.push(wire);
        }
    }
    let knots = knots(&next);
    let mut told = vec![false; components];
    let mut out = Vec::new();
    for start in 0..components {
        let Some(knot) = knots.get(start) else { continue };
        if told.get(*knot) == Some(&false)
            && let Some(cycle) = circle(&next, &knots, start)
        {
            set(&mut told, *knot, true);
            out.push(cycle);
        }
    }
    out
}

/// The shortest way from a component back to itself within its knot. A knot is
/// searched once, from its first component: where that has no way back, the
/// knot is that component alone.
fn circle(next: &[Vec<&Wire>], knots: &[usize], start: usize) -> Option<Cycle> {
    let mut before: HashMap<usize, usize> = HashMap::default();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for wire in next.get(node)? {
            if wire.to == start {
                let mut path = vec![node];
                let mut at = node;
                while at != start {
                    at = *before.get(&at)?;
                    path.push(at);
                }
                path.reverse();
                return Some(Cycle { path, at: wire.at });
            }
            if knots.get(wire.to) == knots.get(start) && !before.contains_key(&wire.to) {
                before.insert(wire.to, node);
                queue.push_back(wire.to);
            }
        }
    }
    None
}

/// For each component the number of its knot (Tarjan's algorithm, its calls on
/// a list of their own).
fn knots(next: &[Vec<&Wire>]) -> Vec<usize> {
    const NEVER: usize = usize::MAX;
    let mut order = vec![NEVER; next.len()];
    let mut low = vec![NEVER; next.len()];
    let mut knot = vec![NEVER; next.len()];
    let mut stack = Vec::new();
    let mut calls: Vec<(usize, usize)> = Vec::new();
    let (mut count, mut knots) = (0, 0);
    for start in 0..next.len() {
        if order.get(start) != Some(&NEVER) {
            continue;
        }
        calls.push((start, 0));
        while let Some((node, edge)) = calls.pop() {
            if edge == 0 {
                set(&mut order, node, count);
                set(&mut low, node, count);
                count += 1;
                stack.push(node);
            }
            if let Some(to) = next.get(node).and_then(|l| l.get(edge)).map(|w| w.to) {
                calls.push((node, edge + 1));
                if order.get(to) == Some(&NEVER) {
                    calls.push((to, 0));
                } else if knot.get(to) == Some(&NEVER) {
                    lower(&mut low, node, order.get(to).copied());
                }
                continue;
            }
            if low.get(node) == order.get(node) {
                while let Some(member) = stack.pop() {
                    set(&mut knot, member, knots);
                    if member == node {
                        break;
                    }
                }
                knots += 1;
            }
            if let Some((above, _)) = calls.last() {
                let reached = low.get(node).copied();
                lower(&mut low, *above, reached);
            }
        }
    }
    knot
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(place) = list.get_mut(at) {
        *place = value;
    }
}

fn lower(low: &mut [usize], at: usize, to: Option<usize>) {
    if let (Some(place), Some(to)) = (low.get_mut(at), to) {
        *place = (*place).min(to);
    }
}
