//! `Loss`.

use pkgraph::elements::{Arguments, Declare, Element, Probability, Random, Start, pull_until};
use pkgraph::runtime::{BoxError, Context, Edges, Packet};

/// Loses packets with probability P, as a network does.
///
/// With the same SEED it loses the same packets in every run.
#[derive(Declare)]
#[element(
    subject = "traffic",
    ports = "1/1",
    processing = "a/a",
    input_docs("Any packets."),
    output_docs("Those that are not lost."),
    declared = LossArgs,
    example = "InfiniteSource(LIMIT 100, STOP true) -> Loss(0.01, SEED 7) -> Counter -> Discard",
    write_handler(reset_counts = Loss::reset_counts, "Sets both counts to 0.")
)]
pub struct Loss {
    /// The probability that a packet is lost.
    #[handler(write)]
    p: Probability,
    /// Whether it loses packets.
    #[handler(write)]
    active: bool,
    /// Packets that came.
    #[handler(unit = "packets", grows)]
    count: u64,
    /// Packets that were lost.
    #[handler(unit = "packets", grows)]
    drops: u64,
    random: Random,
}

/// The arguments of [`Loss`].
#[derive(Arguments)]
pub struct LossArgs {
    /// The probability that a packet is lost.
    #[arg(position)]
    p: Probability,
    /// Where its choices start; without it, at the element's number in the graph.
    #[arg(keyword)]
    seed: Option<u64>,
    /// Whether it loses packets.
    #[arg(keyword, default = "true")]
    active: bool,
}

impl Loss {
    fn reset_counts(&mut self, _: &str) -> Result<(), String> {
        (self.count, self.drops) = (0, 0);
        Ok(())
    }
}

impl Start for Loss {
    fn start(args: LossArgs, context: &mut Context) -> Result<Loss, BoxError> {
        let LossArgs { p, seed, active } = args;
        Ok(Loss { p, active, count: 0, drops: 0, random: Random::of(seed, context) })
    }
}

impl Element for Loss {
    #[inline]
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        self.count += 1;
        if self.active && self.p.happens(&mut self.random) {
            self.drops += 1;
            return None;
        }
        Some(packet)
    }

    #[inline]
    fn pull<E: Edges>(&mut self, port: usize, edges: &mut E) -> Option<Packet> {
        pull_until(port, edges, |packet, _| self.simple_action(packet))
    }
}
