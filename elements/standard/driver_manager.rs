//! `DriverManager`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{ArgError, Context, Edges, Packet};
use std::cell::Cell;
use std::rc::Rc;

/// Ends the run when AFTER packets have passed.
///
/// What the same burst still pushes then is dropped and counted; where packets
/// are pulled, the others stay where they are.
///
/// In Click this class is a script that decides when the driver stops. There
/// are no scripts here; this is the one decision most graphs need, under that
/// name. Click's instructions are positional arguments and are refused.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    input_docs("Packets to count."),
    output_docs("The first AFTER packets."),
    validate = DriverManager::check,
    example = "InfiniteSource(BURST 3) -> DriverManager(AFTER 10) -> Discard",
    write_handler(reset = DriverManager::reset, "Sets both counts to 0.")
)]
pub struct DriverManager {
    /// Packets that pass before the run ends.
    #[arg(keyword)]
    #[handler]
    after: u64,
    /// Packets that passed.
    #[handler]
    count: u64,
    /// Packets that came after the last one.
    #[handler]
    drops: u64,
    stop: Rc<Cell<bool>>,
}

impl DriverManager {
    fn check(&mut self) -> Result<(), ArgError> {
        match self.after {
            0 => Err(ArgError::argument("AFTER", "at least 1: it is a packet that ends the run")),
            _ => Ok(()),
        }
    }

    fn reset(&mut self, _: &str) -> Result<(), String> {
        (self.count, self.drops) = (0, 0);
        Ok(())
    }
}

impl Element for DriverManager {
    fn init(&mut self, context: &mut Context) -> Result<(), String> {
        self.stop = context.stop();
        Ok(())
    }

    #[inline]
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        if self.count >= self.after {
            self.drops += 1;
            return None;
        }
        self.count += 1;
        if self.count == self.after {
            self.stop.set(true);
        }
        Some(packet)
    }

    #[inline]
    fn pull<E: Edges>(&mut self, port: usize, edges: &mut E) -> Option<Packet> {
        // After the last packet, what is upstream stays there.
        if self.count >= self.after {
            return None;
        }
        edges.pull(port).and_then(|packet| self.simple_action(packet))
    }
}
