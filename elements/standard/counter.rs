//! `Counter`.

use super::moving_rate::MovingRates;
use pkgraph::elements::{Declare, Element, Start};
use pkgraph::runtime::{BoxError, Clock, Context, Edges, Number, Packet};
use std::rc::Rc;

/// Counts the packets and octets that pass, and says at what rate they do.
///
/// The rates are moving averages over the last 16 ms or so. They follow the
/// engine's clock from burst to burst; no packet reads a clock.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    input_docs("Packets to count."),
    output_docs("The same packets."),
    flush,
    declared = (),
    example = "InfiniteSource(LIMIT 5, STOP true) -> c :: Counter -> Discard",
    output = "c.count: 5",
    read_handler(rate = Counter::rate, "Recent packets per second.", unit = "packets_per_second"),
    read_handler(bit_rate = Counter::bit_rate, "Recent bits per second.", unit = "bits_per_second"),
    read_handler(byte_rate = Counter::byte_rate, "Recent octets per second.", unit = "octets_per_second"),
    write_handler(reset = Counter::reset, "Sets counts and rates to 0."),
    write_handler(reset_counts = Counter::reset, "The same as reset.")
)]
pub struct Counter {
    /// Packets since the last reset.
    #[handler(unit = "packets", grows)]
    count: u64,
    /// Octets since the last reset.
    #[handler(unit = "octets", grows)]
    byte_count: u64,
    /// Of packets and of octets.
    rates: MovingRates<2>,
    clock: Rc<Clock>,
}

impl Counter {
    fn reset(&mut self, _: &str) -> Result<(), String> {
        (self.count, self.byte_count) = (0, 0);
        self.rates = MovingRates::new(self.clock.now());
        Ok(())
    }

    fn per_second(&self) -> [f64; 2] {
        self.rates.per_second([self.count, self.byte_count], self.clock.now())
    }

    fn rate(&self) -> Number {
        Number::rounded(self.per_second()[0], 3)
    }

    fn byte_rate(&self) -> Number {
        Number::rounded(self.per_second()[1], 3)
    }

    fn bit_rate(&self) -> Number {
        Number::rounded(self.per_second()[1] * 8.0, 3)
    }
}

impl Start for Counter {
    fn start((): (), context: &mut Context) -> Result<Counter, BoxError> {
        let clock = context.clock();
        let rates = MovingRates::new(clock.now());
        Ok(Counter { count: 0, byte_count: 0, rates, clock })
    }
}

impl Element for Counter {
    #[inline]
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        self.count += 1;
        self.byte_count += packet.len() as u64;
        Some(packet)
    }

    #[inline]
    fn flush<E: Edges>(&mut self, _: &mut E) {
        let now = self.clock.now();
        self.rates.update([self.count, self.byte_count], now);
    }
}
