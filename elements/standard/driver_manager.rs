//! `DriverManager`.

use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{ArgError, BoxError, Context, Edges, Packet};
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
    declared = DriverManagerArgs,
    example = "InfiniteSource(BURST 3) -> DriverManager(AFTER 10) -> Discard",
    write_handler(reset = DriverManager::reset, "Sets both counts to 0.")
)]
pub struct DriverManager {
    /// Packets that pass before the run ends.
    #[handler(unit = "packets")]
    after: u64,
    /// Packets that passed.
    #[handler(unit = "packets", grows)]
    count: u64,
    /// Packets that came after the last one.
    #[handler(unit = "packets", grows)]
    drops: u64,
    stop: Rc<Cell<bool>>,
}

/// The arguments of [`DriverManager`].
#[derive(Arguments)]
#[arguments(validate = DriverManagerArgs::check)]
pub struct DriverManagerArgs {
    /// Packets that pass before the run ends.
    #[arg(keyword)]
    after: u64,
}

impl DriverManagerArgs {
    fn check(&mut self) -> Result<(), ArgError> {
        match self.after {
            0 => Err(ArgError::argument("AFTER", "at least 1: it is a packet that ends the run")),
            _ => Ok(()),
        }
    }
}

impl DriverManager {
    fn reset(&mut self, _: &str) -> Result<(), String> {
        (self.count, self.drops) = (0, 0);
        Ok(())
    }
}

impl Start for DriverManager {
    fn start(args: DriverManagerArgs, context: &mut Context) -> Result<DriverManager, BoxError> {
        Ok(DriverManager { after: args.after, count: 0, drops: 0, stop: context.stop() })
    }
}

impl Element for DriverManager {
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
