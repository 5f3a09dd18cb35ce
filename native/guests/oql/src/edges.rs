//! Who gives what to whom.

use std::iter::once;

use crate::components::{Draft, Model, Port, Supply};
use crate::hash::HashMap;

/// A connection between two components, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    /// The component that gives.
    pub from: usize,
    /// The component that takes.
    pub to: usize,
    /// The places of the output and the input; none for an edge of order alone.
    pub ports: Option<(usize, usize)>,
    /// Where the one that takes says so.
    pub at: usize,
}

/// The graph.
pub struct Graph<'m> {
    /// Who has an output of a name.
    pub givers: HashMap<&'m str, Givers>,
    /// Connections, by taker in document order.
    pub wires: Vec<Wire>,
    /// Inputs that nothing produces.
    pub open: Vec<Port>,
    /// For each component: something that it names in `:deps:` gives it an input.
    pub fed: Vec<bool>,
    /// For each output, component by component: somebody takes it.
    taken: Vec<bool>,
    /// Where each component's begin among those.
    begins: Vec<usize>,
}

/// The outputs of one name, in document order.
pub struct Givers {
    /// The first, which mostly is the only one.
    pub first: Port,
    /// The others.
    pub more: Vec<Port>,
}

impl Givers {
    fn all(&self) -> impl Iterator<Item = Port> {
        once(self.first).chain(self.more.iter().copied())
    }

    /// The one that is this component's.
    fn of(&self, component: usize) -> Option<Port> {
        if self.first.component == component {
            return Some(self.first);
        }
        let at = self.more.binary_search_by_key(&component, |port| port.component).ok()?;
        self.more.get(at).copied()
    }
}

/// What is known of a component that another one names in `:deps:`.
#[derive(Clone, Copy)]
struct Near {
    /// The last component that named it.
    taker: usize,
    /// Its place there.
    place: usize,
    /// It gave that one an input.
    used: bool,
}

/// Connects the components.
pub fn connect<'m>(model: &'m Model) -> Graph<'m> {
    let mut graph = Graph::of(&model.drafts);
    let nobody = Near { taker: usize::MAX, place: 0, used: false };
    let mut near = vec![nobody; model.drafts.len()];
    for (at, draft) in model.drafts.iter().enumerate() {
        for (place, (dep, _)) in draft.deps.iter().enumerate() {
            if let Some(near) = near.get_mut(*dep) {
                *near = Near { taker: at, place, used: false };
            }
        }
        let mut supplies = draft.supplies.iter().peekable();
        for (place, input) in draft.ins.iter().enumerate() {
            let from = match supplies.next_if(|(of, _)| *of == place) {
                Some((_, Supply::Value(_))) => continue,
                Some((_, Supply::Output(port))) => Some(*port),
                None => graph.givers.get(input.text.as_ref()).and_then(|givers| giver(givers, at, draft, &near)),
            };
            let Some(from) = from else {
                graph.open.push(Port { component: at, place });
                continue;
            };
            graph.take(from);
            let ports = Some((from.place, place));
            graph.wires.push(Wire { from: from.component, to: at, ports, at: input.offset });
            if let Some(near) = near.get_mut(from.component) {
                near.used |= near.taker == at;
            }
        }
        let mut fed = false;
        for (dep, place) in &draft.deps {
            match near.get(*dep).is_some_and(|near| near.used) {
                true => fed = true,
                false => graph.wires.push(Wire { from: *dep, to: at, ports: None, at: *place }),
            }
        }
        graph.fed.push(fed);
    }
    graph
}

/// Who gives an input of the component `at`: the first of its `:deps:` that has
/// such an output, else the first other component.
fn giver(givers: &Givers, at: usize, draft: &Draft, near: &[Near]) -> Option<Port> {
    let dep = if draft.deps.len() <= givers.more.len() {
        draft.deps.iter().find_map(|(dep, _)| givers.of(*dep))
    } else {
        let place = |port: &Port| near.get(port.component).filter(|near| near.taker == at).map(|near| near.place);
        givers
            .all()
            .filter_map(|port| Some((place(&port)?, port)))
            .min_by_key(|(place, _)| *place)
            .map(|(_, port)| port)
    };
    dep.or_else(|| givers.all().find(|port| port.component != at))
}

impl<'m> Graph<'m> {
    /// The outputs of these, which nobody takes yet.
    fn of(drafts: &'m [Draft]) -> Self {
        let count = drafts.iter().map(|draft| draft.outs.len()).sum();
        let mut givers: HashMap<&str, Givers> = HashMap::default();
        givers.reserve(drafts.len());
        let mut begins = Vec::with_capacity(drafts.len());
        let mut begin = 0;
        for (component, draft) in drafts.iter().enumerate() {
            begins.push(begin);
            begin += draft.outs.len();
            for (place, out) in draft.outs.iter().enumerate() {
                let port = Port { component, place };
                givers
                    .entry(&out.text)
                    .and_modify(|givers| givers.more.push(port))
                    .or_insert_with(|| Givers { first: port, more: Vec::new() });
            }
        }
        let (wires, open, fed) = (Vec::new(), Vec::new(), Vec::with_capacity(drafts.len()));
        Graph { givers, wires, open, fed, taken: vec![false; count], begins }
    }

    /// Whether somebody takes this output.
    pub fn takes(&self, output: Port) -> bool {
        let begin = self.begins.get(output.component);
        begin.and_then(|begin| self.taken.get(begin + output.place)).is_some_and(|taken| *taken)
    }

    fn take(&mut self, output: Port) {
        let begin = self.begins.get(output.component);
        if let Some(taken) = begin.and_then(|begin| self.taken.get_mut(begin + output.place)) {
            *taken = true;
        }
    }
}
