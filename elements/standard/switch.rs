//! `Switch`.

use super::static_switch::with_output;
use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Args, Edges, FromArg, Packet, Ports};

/// Sends every packet to output OUTPUT, which a handler changes.
///
/// When OUTPUT is negative, or there is no such output, packets are dropped.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/-",
    processing = "h/h",
    input_docs("Any packets."),
    output_docs("All packets, while OUTPUT is the number of this output; else none."),
    ports_with = Switch::ports,
    example = "InfiniteSource(LIMIT 5, STOP true) -> s :: Switch(1);
s[0] -> Discard;
s[1] -> Counter -> Discard",
    read_handler(switch = Switch::output, "The output that packets go to."),
    write_handler(switch = Switch::set_output, "Sets the output that packets go to.")
)]
pub struct Switch {
    /// The output that packets go to; negative to drop them.
    #[arg(position, default = "0")]
    output: i32,
}

impl Switch {
    fn ports(declared: Ports, args: &Args) -> Ports {
        with_output(declared, args.parse_default("OUTPUT", "0"))
    }

    fn output(&self) -> i32 {
        self.output
    }

    fn set_output(&mut self, value: &str) -> Result<(), String> {
        self.output = i32::from_arg(value.trim())?;
        Ok(())
    }
}

impl Element for Switch {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, edges: &mut E) {
        // A negative number becomes one that no output has.
        let port = self.output as usize;
        if port < edges.outputs() {
            edges.push(port, packet);
        }
    }
}
