//! `Burn`.

use super::seconds::Seconds;
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{BoxError, Clock, Context, Packet};
use std::rc::Rc;

/// Keeps the CPU busy for TIME with each packet, then passes it on: stands for
/// an element that computes.
///
/// Nothing else of the graph runs meanwhile, so that the packets behind wait,
/// too. It takes TIME at least; where another program gets the CPU, more.
#[derive(Declare)]
#[element(
    subject = "traffic",
    ports = "1/1",
    processing = "a/a",
    input_docs("Any packets."),
    output_docs("The packets, TIME later."),
    declared = BurnArgs,
    example = "InfiniteSource(LIMIT 5, STOP true) -> Burn(2us) -> Counter -> Discard"
)]
pub struct Burn {
    /// How long each packet takes.
    #[handler(write, unit = "seconds")]
    time: Seconds,
    /// Packets that came.
    #[handler(unit = "packets", grows)]
    count: u64,
    clock: Rc<Clock>,
}

/// The arguments of [`Burn`].
#[derive(Arguments)]
pub struct BurnArgs {
    /// How long each packet takes.
    #[arg(position)]
    time: Seconds,
}

impl Start for Burn {
    fn start(args: BurnArgs, context: &mut Context) -> Result<Burn, BoxError> {
        Ok(Burn { time: args.time, count: 0, clock: context.clock() })
    }
}

impl Element for Burn {
    #[inline]
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        self.count += 1;
        self.clock.spend(self.time.0);
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph::elements::start;
    use pkgraph::runtime::{Args, Region};
    use std::time::{Duration, Instant};

    #[test]
    fn a_packet_takes_its_time() {
        let mut args = Args::default();
        args.add("TIME", "3ms");
        let region = Region::new(1, 128);
        let mut context = Context::new(Clock::real(), region);
        let mut burn: Burn = start(&args, &mut context).unwrap();
        let begun = Instant::now();
        assert_eq!(burn.simple_action(region.packet(b"x").unwrap()).unwrap().data(), b"x");
        assert!(begun.elapsed() >= Duration::from_millis(3));
        assert_eq!(burn.count, 1);
    }
}
