//! Joins what is connected through tunnels: the ways into and out of groups
//! and compounds, of which nothing remains in the graph.

use super::Port;
use super::PortId;
use foldhash::{HashMap, HashSet};
use petgraph::graph::NodeIndex;

/// One end of a connection.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// A port of an element.
    Element(NodeIndex, Port),
    /// A port of a tunnel.
    Tunnel(usize),
}

/// All ports of tunnels and what connects to them.
#[derive(Default)]
pub(super) struct Tunnels {
    /// The tunnels so far.
    count: usize,
    ports: HashMap<(usize, usize), usize>,
    /// What leads into each port, and where it leads to.
    from: Vec<Vec<End>>,
    to: Vec<Vec<End>>,
}

/// What joining gives.
#[derive(Default)]
pub(super) struct Joined {
    /// The connections between elements.
    pub connections: Vec<((NodeIndex, Port), (NodeIndex, Port))>,
    /// Elements that are connected to a tunnel that leads nowhere.
    pub stranded: Vec<NodeIndex>,
    /// Whether there were more connections than the limit.
    pub too_many: bool,
}

impl Tunnels {
    /// A new tunnel.
    pub fn open(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }

    /// Port `number` of a tunnel.
    pub fn port(&mut self, tunnel: usize, number: usize) -> End {
        let port = *self.ports.entry((tunnel, number)).or_insert_with(|| {
            self.from.push(Vec::new());
            self.to.push(Vec::new());
            self.from.len() - 1
        });
        End::Tunnel(port)
    }

    /// Connects two ends, at least one of which is a tunnel's.
    pub fn connect(&mut self, from: End, to: End) {
        if let End::Tunnel(port) = from {
            self.to[port].push(to.clone());
        }
        if let End::Tunnel(port) = to {
            self.from[port].push(from);
        }
    }

    /// Takes the tunnels away one by one, each time joining what leads into
    /// one to where it leads. At most `most` connections are made.
    pub fn join(mut self, most: usize) -> Joined {
        let mut joined = Joined::default();
        let mut made = 0;
        for port in 0..self.from.len() {
            let from = live(std::mem::take(&mut self.from[port]), port);
            let to = live(std::mem::take(&mut self.to[port]), port);
            if from.is_empty() || to.is_empty() {
                joined.stranded.extend(from.iter().chain(&to).filter_map(|end| match end {
                    End::Element(node, _) => Some(*node),
                    End::Tunnel(_) => None,
                }));
            }
            made += from.len() * to.len();
            if made > most {
                joined.too_many = true;
                return joined;
            }
            for from in &from {
                for to in &to {
                    match (from, to) {
                        (End::Element(a, output), End::Element(b, input)) => {
                            joined.connections.push(((*a, output.clone()), (*b, input.clone())));
                        }
                        _ => self.connect(from.clone(), to.clone()),
                    }
                }
            }
        }
        joined
    }
}

/// The ends without those at tunnels that are gone, and each once.
fn live(ends: Vec<End>, gone: usize) -> Vec<End> {
    let mut seen: HashSet<(usize, Option<PortId>)> = HashSet::default();
    let fresh = |end: &End| match end {
        End::Tunnel(port) if *port <= gone => false,
        End::Tunnel(port) => seen.insert((*port, None)),
        End::Element(node, port) => seen.insert((node.index(), Some(port.id.clone()))),
    };
    let mut fresh = fresh;
    ends.into_iter().filter(|end| fresh(end)).collect()
}
