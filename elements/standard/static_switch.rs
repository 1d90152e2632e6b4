//! `StaticSwitch`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{ArgError, Args, Edges, Packet, Ports};

/// Sends every packet to output OUTPUT.
///
/// When OUTPUT is negative, packets are dropped. It is a
/// [`Switch`](crate::Switch) that no handler changes.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/-",
    processing = "h/h",
    input_docs("Any packets."),
    output_docs("All packets, if OUTPUT is the number of this output; else none."),
    ports_with = StaticSwitch::ports,
    example = "InfiniteSource(LIMIT 5, STOP true) -> s :: StaticSwitch(1);
s[0] -> Discard;
s[1] -> Counter -> Discard"
)]
pub struct StaticSwitch {
    /// The output that packets go to; negative to drop them.
    #[arg(position)]
    output: i32,
}

/// The ports of a switch to `output`: that one has to be there.
pub(super) fn with_output(mut declared: Ports, output: Result<i32, ArgError>) -> Ports {
    let outputs = usize::try_from(output.unwrap_or(-1)).map_or(0, |output| output + 1);
    declared.outputs.min = declared.outputs.min.max(outputs);
    declared
}

impl StaticSwitch {
    fn ports(declared: Ports, args: &Args) -> Ports {
        with_output(declared, args.parse_required("OUTPUT"))
    }
}

impl Element for StaticSwitch {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, edges: &mut E) {
        // A negative number becomes one that no output has.
        let port = self.output as usize;
        if port < edges.outputs() {
            edges.push(port, packet);
        }
    }
}
