//! `Tee`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{ArgError, Args, Edges, Packet, Ports};

/// Sends every packet to all of its outputs, the first output first.
///
/// The copies share one buffer; an element that writes into one copies it
/// first.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1-",
    processing = "h/h",
    input_docs("Packets to copy."),
    output_docs("Every packet."),
    fan_all,
    ports_with = Tee::ports,
    validate = Tee::check,
    example = "InfiniteSource(LIMIT 5, STOP true) -> t :: Tee(2);
t[0] -> Discard;
t[1] -> Counter -> Discard"
)]
pub struct Tee {
    /// The number of outputs; without it, those that are connected.
    #[arg(position)]
    n: Option<usize>,
}

impl Tee {
    const MOST: usize = 1 << 16;

    fn check(&mut self) -> Result<(), ArgError> {
        match self.n {
            Some(n) if !(1..=Tee::MOST).contains(&n) => {
                Err(ArgError::argument("N", format!("1 to {} outputs, not {n}", Tee::MOST)))
            }
            _ => Ok(()),
        }
    }

    fn ports(declared: Ports, args: &Args) -> Ports {
        match args.parse_opt::<usize>("N") {
            Ok(Some(n)) => Ports { outputs: declared.outputs.exactly(n), ..declared },
            _ => declared,
        }
    }
}

/// A shared copy for each output, the first one first.
#[inline]
pub(super) fn push_to_all<E: Edges>(packet: Packet, edges: &mut E) {
    for (port, copy) in packet.shares(edges.outputs() as u32).enumerate() {
        edges.push(port, copy);
    }
}

impl Element for Tee {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, edges: &mut E) {
        push_to_all(packet, edges);
    }
}
