//! Components that wait for each other.

use std::collections::VecDeque;

use crate::edges::{Graph, Wire};

/// One circle of wires.
pub struct Cycle {
    /// The components on it, the first of the document first.
    pub path: Vec<usize>,
    /// Where the first of them names what it waits for.
    pub at: usize,
}

/// The wires of each component, as a list that goes on from wire to wire.
struct Outgoing<'g> {
    wires: &'g [Wire],
    /// For each component its first wire.
    first: Vec<usize>,
    /// For each wire the next one of the same component.
    next: Vec<usize>,
}

const NONE: usize = usize::MAX;

impl<'g> Outgoing<'g> {
    fn of(wires: &'g [Wire], components: usize) -> Self {
        let mut first = vec![NONE; components];
        let mut next = vec![NONE; wires.len()];
        for (at, wire) in wires.iter().enumerate().rev() {
            if let (Some(first), Some(next)) = (first.get_mut(wire.from), next.get_mut(at)) {
                *next = std::mem::replace(first, at);
            }
        }
        Outgoing { wires, first, next }
    }

    /// Where a component's list begins.
    fn begin(&self, component: usize) -> usize {
        self.first.get(component).copied().unwrap_or(NONE)
    }

    /// The wire here, and where the list goes on.
    fn at(&self, place: usize) -> Option<(&'g Wire, usize)> {
        Some((self.wires.get(place)?, *self.next.get(place)?))
    }

    /// The wires of a component.
    fn each(&self, component: usize) -> impl Iterator<Item = &'g Wire> {
        let mut place = self.begin(component);
        std::iter::from_fn(move || {
            let (wire, next) = self.at(place)?;
            place = next;
            Some(wire)
        })
    }
}

/// The shortest circle through the first component of each knot of components
/// that wait for each other.
pub fn cycles(graph: &Graph, components: usize) -> Vec<Cycle> {
    let outgoing = Outgoing::of(&graph.wires, components);
    let knots = knots(&outgoing);
    let mut told = vec![false; components];
    let mut before = vec![NONE; components];
    let mut out = Vec::new();
    for start in 0..components {
        let Some(knot) = knots.get(start) else { continue };
        if told.get(*knot) == Some(&false)
            && let Some(cycle) = circle(&outgoing, &knots, start, &mut before)
        {
            set(&mut told, *knot, true);
            out.push(cycle);
        }
    }
    out
}

/// The shortest way from a component back to itself within its knot. A knot is
/// searched once, from its first component: where that has no way back, the
/// knot is that component alone. So all knots may share what is kept of who
/// comes `before` whom.
fn circle(outgoing: &Outgoing, knots: &[usize], start: usize, before: &mut [usize]) -> Option<Cycle> {
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for wire in outgoing.each(node) {
            if wire.to == start {
                let mut path = vec![node];
                let mut at = node;
                while at != start {
                    at = *before.get(at)?;
                    path.push(at);
                }
                path.reverse();
                return Some(Cycle { path, at: wire.at });
            }
            if knots.get(wire.to) == knots.get(start) && before.get(wire.to) == Some(&NONE) {
                set(before, wire.to, node);
                queue.push_back(wire.to);
            }
        }
    }
    None
}

/// For each component the number of its knot (Tarjan's algorithm, its calls on
/// a list of their own).
fn knots(outgoing: &Outgoing) -> Vec<usize> {
    let components = outgoing.first.len();
    let mut order = vec![NONE; components];
    let mut low = vec![NONE; components];
    let mut knot = vec![NONE; components];
    let mut stack = Vec::new();
    // Components, each with the wire that it goes on with.
    let mut calls: Vec<(usize, usize)> = Vec::new();
    let (mut count, mut knots) = (0, 0);
    for start in 0..components {
        if order.get(start) != Some(&NONE) {
            continue;
        }
        calls.push((start, outgoing.begin(start)));
        while let Some((node, place)) = calls.pop() {
            if order.get(node) == Some(&NONE) {
                set(&mut order, node, count);
                set(&mut low, node, count);
                count += 1;
                stack.push(node);
            }
            if let Some((wire, next)) = outgoing.at(place) {
                calls.push((node, next));
                if order.get(wire.to) == Some(&NONE) {
                    calls.push((wire.to, outgoing.begin(wire.to)));
                } else if knot.get(wire.to) == Some(&NONE) {
                    lower(&mut low, node, order.get(wire.to).copied());
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
