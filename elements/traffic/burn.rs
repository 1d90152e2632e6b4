//! `Burn`.

use super::seconds::Seconds;
use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Clock, Context, Packet};
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
    example = "InfiniteSource(LIMIT 5, STOP true) -> Burn(2us) -> Counter -> Discard"
)]
pub struct Burn {
    /// How long each packet takes.
    #[arg(position)]
    #[handler(write)]
    time: Seconds,
    /// Packets that came.
    #[handler]
    count: u64,
    clock: Option<Rc<Clock>>,
}

impl Element for Burn {
    fn init(&mut self, context: &mut Context) -> Result<(), String> {
        self.clock = Some(context.clock());
        Ok(())
    }

    #[inline]
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        self.count += 1;
        if let Some(clock) = &self.clock {
            // A clock moved by hand would never say that the time is over.
            let end = clock.precise().saturating_add(self.time.0);
            while !clock.is_manual() && clock.precise() < end {
                std::hint::spin_loop();
            }
        }
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph::runtime::{Args, Region};
    use std::time::{Duration, Instant};

    #[test]
    fn a_packet_takes_its_time() {
        let mut args = Args::default();
        args.add("TIME", "3ms");
        let mut burn = Burn::configure(&args).unwrap();
        let region = Region::new(1, 128);
        burn.init(&mut Context::new(Clock::real(), region)).unwrap();
        let begun = Instant::now();
        assert_eq!(burn.simple_action(region.packet(b"x").unwrap()).unwrap().data(), b"x");
        assert!(begun.elapsed() >= Duration::from_millis(3));
        assert_eq!(burn.count, 1);
    }
}
