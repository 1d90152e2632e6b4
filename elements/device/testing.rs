//! What the tests of this crate stand elements in: arguments, a context, and
//! edges.

use pkgraph::elements::{self, Handlers, Start};
use pkgraph::runtime::{Args, Clock, Context, Edges, Packet, Region};

/// The edges of an element that has none.
pub struct Nothing;

impl Edges for Nothing {
    fn push(&mut self, _: usize, packet: Packet) {
        drop(packet);
    }

    fn pull(&mut self, _: usize) -> Option<Packet> {
        None
    }

    fn room(&self, _: usize) -> usize {
        usize::MAX
    }

    fn inputs(&self) -> usize {
        0
    }

    fn outputs(&self) -> usize {
        0
    }
}

/// A sink that keeps packets, and says what room it has.
pub struct Keep {
    pub room: usize,
    pub packets: Vec<Packet>,
}

impl Keep {
    pub fn with_room(room: usize) -> Keep {
        Keep { room, packets: Vec::new() }
    }
}

impl Edges for Keep {
    fn push(&mut self, _: usize, packet: Packet) {
        self.room = self.room.checked_sub(1).expect("a push into no room");
        self.packets.push(packet);
    }

    fn pull(&mut self, _: usize) -> Option<Packet> {
        None
    }

    fn room(&self, _: usize) -> usize {
        self.room
    }

    fn inputs(&self) -> usize {
        0
    }

    fn outputs(&self) -> usize {
        1
    }
}

pub fn args(list: &[(&str, &str)]) -> Args {
    let mut args = Args::default();
    list.iter().for_each(|(name, value)| args.add(*name, *value));
    args
}

pub fn context() -> Context {
    Context::new(Clock::manual(), Region::new(1, 128))
}

pub fn start<T: Start>(context: &mut Context, list: &[(&str, &str)]) -> T {
    elements::start(&args(list), context).unwrap()
}

/// What a handler reads that is a number.
pub fn count(element: &impl Handlers, handler: &str) -> u64 {
    element.read_handler(handler).unwrap().number().and_then(|n| n.as_u64()).unwrap()
}
