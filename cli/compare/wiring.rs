//! Whether a graph is a switch, and by which UDP ports its clients reach it.

use pkgraph_runtime::{Cell, NodeId, Plan, Target};
use pkgraph_serve::Reading;
use std::collections::HashSet;
use std::net::IpAddr;

/// Where media and control of a switch arrive: the address, if the graph names
/// one, and the UDP port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wired {
    pub media: (Option<IpAddr>, u16),
    pub control: (Option<IpAddr>, u16),
}

/// Finds the SsidReplicate of a graph, and where its media and control arrive. The
/// error says why the graph is no switch.
pub(crate) fn switch(plan: &Plan) -> Result<Wired, String> {
    let [(_, media), (_, control)] = sources(plan)?;
    Ok(Wired { media, control })
}

/// Which elements of a graph, of these classes, are switches: their places in the
/// list.
pub fn switches<'a>(classes: impl Iterator<Item = &'a str>) -> impl Iterator<Item = usize> {
    classes.enumerate().filter(|(_, class)| *class == "SsidReplicate").map(|(place, _)| place)
}

/// The names and classes of the elements of a running graph, by its handler `list`.
pub fn elements(list: &Reading) -> Vec<(String, String)> {
    let text = |row: &[Cell], column| list.cell(row, column).map(Cell::to_string);
    let element = |row: &Vec<Cell>| Some((text(row, "name")?, text(row, "class")?));
    list.value.rows().iter().filter_map(element).collect()
}

/// The name of the switch among the elements of a running graph.
pub fn switch_name(elements: &[(String, String)]) -> Option<&str> {
    let found = switches(elements.iter().map(|(_, class)| &**class)).next();
    found.map(|place| &*elements[place].0)
}

/// An element that receives, and the address and UDP port that it receives at.
pub type Arrival = (NodeId, (Option<IpAddr>, u16));

/// The elements that feed the inputs media and control of the SsidReplicate of a
/// graph. The error says why the graph is no switch.
pub fn sources(plan: &Plan) -> Result<[Arrival; 2], String> {
    let found: Vec<NodeId> = switches(plan.nodes.iter().map(|node| &*node.class)).collect();
    let switch = match found[..] {
        [switch] => switch,
        [] => {
            return Err("it is no switch, and clients have nobody to talk to: they need an \
                        SsidReplicate, as in graphs/sfu_socket.click"
                .into());
        }
        _ => return Err("it has several SsidReplicates, and clients talk to one switch".into()),
    };
    let input = |input: usize, name: &str| {
        let mut nodes = 0..plan.nodes.len();
        let found = nodes.find_map(|node| Some((node, source(plan, node, (switch, input))?)));
        found.ok_or_else(|| {
            format!(
                "it is no switch that clients can reach: nothing from a FromSocket, FromNetmap \
                 or FromPacket gets to input {name} of {}",
                plan.nodes[switch].name
            )
        })
    };
    Ok([input(0, "media")?, input(1, "control")?])
}

/// Where packets come in, if `node` receives them and some get to `to`.
fn source(plan: &Plan, node: NodeId, to: (NodeId, usize)) -> Option<(Option<IpAddr>, u16)> {
    let of = &plan.nodes[node];
    match of.class.as_str() {
        "FromSocket" => {
            let udp_port: u16 = argument(plan, node, "PORT")?.parse().ok()?;
            // What comes to a Classifier is sorted by UDP port.
            reaches(plan, node, to, Some(udp_port)).then(|| {
                (argument(plan, node, "HOST").and_then(|host| host.parse().ok()), udp_port)
            })
        }
        "FromNetmap" | "FromPacket" => {
            let usual = [("MEDIA", 5004), ("CONTROL", 5005)];
            let classifiers =
                plan.nodes.iter().enumerate().filter(|(_, node)| node.class == "Classifier");
            let ports = classifiers.flat_map(|(id, _)| {
                usual.map(|(name, port)| {
                    argument(plan, id, name).and_then(|text| text.parse().ok()).unwrap_or(port)
                })
            });
            let found = ports.into_iter().find(|port| reaches(plan, node, to, Some(*port)));
            found.map(|port| (None, port))
        }
        _ => None,
    }
}

fn argument<'a>(plan: &'a Plan, node: NodeId, name: &'a str) -> Option<&'a str> {
    plan.nodes[node].args.all(name).next()
}

/// Whether a datagram to `udp_port` may get from `node` to `to`.
fn reaches(plan: &Plan, node: NodeId, to: (NodeId, usize), udp_port: Option<u16>) -> bool {
    let mut seen = HashSet::new();
    let mut left = vec![node];
    while let Some(node) = left.pop() {
        if !seen.insert(node) {
            continue;
        }
        let of = &plan.nodes[node];
        for (output, port) in of.outputs.iter().enumerate() {
            if of.class == "Classifier" && !sorts(plan, node, output, udp_port) {
                continue;
            }
            match port.target {
                Some(Target::Forward { node, port }) if (node, port) == to => return true,
                // Through the switch there is no way.
                Some(Target::Forward { node, .. }) if node != to.0 => left.push(node),
                _ => {}
            }
        }
        // What a pull asks for.
        for (id, other) in plan.nodes.iter().enumerate() {
            let pulls = other.inputs.iter().any(|input| input.source.is_some_and(|s| s.0 == node));
            if pulls {
                left.push(id);
            }
        }
    }
    false
}

/// Whether a Classifier has datagrams to `udp_port` leave by `output`. One with
/// patterns of its own is not looked into.
fn sorts(plan: &Plan, node: NodeId, output: usize, udp_port: Option<u16>) -> bool {
    let args = &plan.nodes[node].args;
    let of = |name: &str, usual| {
        args.all(name).next().and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    match (output, udp_port) {
        (0, Some(udp_port)) => udp_port == of("MEDIA", 5004),
        (1, Some(udp_port)) => udp_port == of("CONTROL", 5005),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph_elements::{Builtin, ElementSet};
    use pkgraph_lang::{Catalogue, Source, compile};

    fn wired(text: &str) -> Result<Wired, String> {
        let source = Source { name: "test".into(), text: text.into() };
        let plan = compile(&source, &[], &Catalogue::new(Builtin::CATALOGUE)).expect("a graph");
        switch(&plan)
    }

    #[test]
    fn the_ports_of_a_switch_are_found_through_what_is_in_between() {
        let all = |media, control| Ok(Wired { media: (None, media), control: (None, control) });
        let any = Some(IpAddr::from([0, 0, 0, 0]));
        assert_eq!(
            wired(include_str!("../../graphs/sfu_socket.click")),
            Ok(Wired { media: (any, 5004), control: (any, 5005) })
        );
        assert_eq!(wired(include_str!("../../graphs/sfu_netmap.click")), all(5004, 5005));
        let found = wired(
            "FromSocket(127.0.0.1, 7) -> Burn(2us) -> [media] s :: SsidReplicate;
             FromSocket(PORT 8) -> Queue -> Unqueue -> [control] s; s -> ToSocket;",
        );
        let host = Some(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(found, Ok(Wired { media: (host, 7), control: (None, 8) }));
        let found = wired(
            "FromSocket(127.0.0.1, 7) -> Counter -> [media] s :: SsidReplicate;
             FromSocket(127.0.0.1, 8) -> Counter -> [control] s; s -> ToSocket;",
        );
        assert_eq!(found, Ok(Wired { media: (host, 7), control: (host, 8) }));
        let found = wired(
            "FromPacket(lo) -> c :: Classifier(MEDIA 1, CONTROL 2);
             c [media] -> [media] s :: SsidReplicate; c [control] -> [control] s;
             s -> ToPacket(lo);",
        );
        assert_eq!(found, all(1, 2));
    }

    #[test]
    fn a_running_graph_has_its_switch_by_name() {
        let elements = |list: &[(&str, &str)]| {
            list.iter().map(|(n, c)| (n.to_string(), c.to_string())).collect()
        };
        let some: Vec<_> = elements(&[("SsidReplicate", "Queue"), ("sfu", "SsidReplicate")]);
        assert_eq!(switch_name(&some), Some("sfu"));
        let none: Vec<_> = elements(&[("SsidReplicate", "Queue")]);
        assert_eq!(switch_name(&none), None);
    }

    #[test]
    fn what_is_no_switch_is_told_so() {
        let error = wired("FromSocket(127.0.0.1, 7) -> Discard;").unwrap_err();
        assert!(error.contains("no switch") && error.contains("sfu_socket.click"), "{error}");
        let error = wired(
            "InfiniteSource -> [media] s :: SsidReplicate;
             FromSocket(127.0.0.1, 7) -> [control] s; s -> Discard;",
        )
        .unwrap_err();
        assert!(error.contains("input media of s"), "{error}");
    }
}
