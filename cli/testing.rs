//! Tests of elements, packets in, packets out of each port, and of whole
//! graphs.
//!
//! ```
//! use pkgraph::elements::Strip;
//! use pkgraph::testing::outputs;
//!
//! assert_eq!(outputs::<Strip>("2", ["abc", "de"]), [["c", ""]]);
//! ```

mod graph;
mod sweep;

pub use graph::GraphBench;
pub use sweep::check_elements;

use pkgraph_elements::{Element, Handlers, Start, start};
use pkgraph_lang::bind_config;
use pkgraph_runtime::{
    Clock, Context, Edges, ElementInfo, Nanos, Packet, PortInfo, Ports, Processing, Progress,
    Region,
};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// What came out of an element, compared with text, octets or both.
#[derive(Clone, PartialEq, Eq)]
pub struct Octets(pub Vec<u8>);

/// Gives `packets` to input 0 of an element and returns what it put out, by
/// port. `config` is what a graph would write in its parentheses.
///
/// A pull output is asked until it has no more. Panics where `config` is wrong.
pub fn outputs<E: Start + Element + Handlers>(
    config: &str,
    packets: impl IntoIterator<Item: AsRef<[u8]>>,
) -> Vec<Vec<Octets>> {
    let mut bench = Bench::<E>::new(config);
    for packet in packets {
        bench.input(0, packet.as_ref());
    }
    bench.settle();
    bench.take()
}

/// An element alone, with all that it is connected to in the hands of a test.
pub struct Bench<E> {
    element: Option<E>,
    info: &'static ElementInfo,
    ports: Ports,
    ends: Ends,
    clock: Rc<Clock>,
    pool: &'static Region,
    _context: Context,
}

/// Buffers that the element and its packets have.
const BUFFERS: u32 = 256;

/// How often a task may be busy before it counts as one that never rests.
const MOST_RUNS: usize = 100_000;

impl<E: Start + Element + Handlers> Bench<E> {
    /// Starts an element. Panics where `config` is wrong or it
    /// does not start.
    pub fn new(config: &str) -> Bench<E> {
        let info: &'static ElementInfo = Box::leak(Box::new(E::INFO));
        let args = bind_config(info, config).unwrap_or_else(|errors| {
            let errors: Vec<&str> = errors.iter().map(|error| &*error.message).collect();
            panic!("{}({config}): {}", info.name, errors.join("; "));
        });
        let pool = Region::new(BUFFERS, Region::BUFFER_SIZE);
        let mut context = Context::new(Clock::manual(), pool);
        let element = start::<E>(&args, &mut context)
            .unwrap_or_else(|why| panic!("{}({config}) does not start: {why}", info.name));
        let ports = (info.ports)(&args);
        let count = |ports: PortInfo| if ports.max == usize::MAX { ports.min } else { ports.max };
        let (inputs, outputs) = (count(ports.inputs), count(ports.outputs));
        let ends = Ends {
            inputs: (0..inputs).map(|_| VecDeque::new()).collect(),
            outputs: (0..outputs).map(|_| Vec::new()).collect(),
        };
        let clock = context.clock();
        Bench { element: Some(element), info, ports, ends, clock, pool, _context: context }
    }

    fn element(&mut self) -> (&mut E, &mut Ends) {
        (self.element.as_mut().expect("taken only by drop"), &mut self.ends)
    }

    /// Gives a packet to an input: pushes it, or, if it is a pull input, has it
    /// ready there.
    pub fn input(&mut self, port: usize, octets: &[u8]) {
        let packet = self.packet(octets);
        self.input_packet(port, packet);
    }

    /// A packet of this bench's pool, for annotations that an element reads.
    pub fn packet(&self, octets: &[u8]) -> Packet {
        self.pool.packet(octets).expect("it fits a buffer, and one is free")
    }

    /// As [`input`](Bench::input), with a packet of one's own.
    pub fn input_packet(&mut self, port: usize, packet: Packet) {
        if self.ports.inputs.processing(port) == Processing::Pull {
            return self.ends.input(port).push_back(packet);
        }
        let (element, ends) = self.element();
        element.push(port, packet, ends);
    }

    /// Runs the element's task while it has work, asks pull outputs for all
    /// that they have, and ends the burst.
    pub fn settle(&mut self) {
        let (element, ends) = self.element();
        if E::INFO.task {
            let busy = (0..MOST_RUNS).all(|_| element.run(ends) == Progress::Busy);
            assert!(!busy, "its task never rests");
        }
        for port in 0..self.ends.outputs.len() {
            if self.ports.outputs.processing(port) == Processing::Pull {
                while self.pull(port) {}
            }
        }
        let (element, ends) = self.element();
        element.flush(ends);
    }

    /// Asks a pull output for one packet, which then is with the others of
    /// that port; whether there was one.
    pub fn pull(&mut self, port: usize) -> bool {
        let (element, ends) = self.element();
        let packet = element.pull(port, ends);
        let some = packet.is_some();
        if let Some(packet) = packet {
            ends.push(port, packet);
        }
        some
    }

    /// Moves the clock, which stands still otherwise, and settles.
    pub fn advance(&mut self, by: Duration) {
        self.clock.advance(by.as_nanos() as Nanos);
        self.settle();
    }

    /// What has come out of each port since the last time.
    pub fn take(&mut self) -> Vec<Vec<Octets>> {
        self.ends.outputs.iter_mut().map(std::mem::take).collect()
    }

    /// Reads a handler. Panics if there is none.
    pub fn read(&self, handler: &str) -> String {
        let element = self.element.as_ref().expect("taken only by drop");
        element
            .read_handler(handler)
            .unwrap_or_else(|e| panic!("{}.{handler}: {e}", self.info.name))
            .to_string()
    }

    /// Writes a handler; why it was refused.
    pub fn write(&mut self, handler: &str, value: &str) -> Result<(), String> {
        self.element().0.write_handler(handler, value).map_err(|error| error.to_string())
    }
}

impl<E> Drop for Bench<E> {
    /// Panics if the element has not given all buffers back.
    fn drop(&mut self) {
        drop(self.element.take());
        self.ends.inputs.clear();
        if !std::thread::panicking() {
            assert!(self.pool.is_home(), "{} has lost a buffer", self.info.name);
        }
    }
}

/// What is behind the ports.
struct Ends {
    inputs: Vec<VecDeque<Packet>>,
    outputs: Vec<Vec<Octets>>,
}

impl Ends {
    fn input(&mut self, port: usize) -> &mut VecDeque<Packet> {
        if port >= self.inputs.len() {
            self.inputs.resize_with(port + 1, VecDeque::new);
        }
        &mut self.inputs[port]
    }
}

impl Edges for Ends {
    fn push(&mut self, port: usize, packet: Packet) {
        if port >= self.outputs.len() {
            self.outputs.resize_with(port + 1, Vec::new);
        }
        self.outputs[port].push(Octets(packet.data().to_vec()));
    }

    fn pull(&mut self, port: usize) -> Option<Packet> {
        self.input(port).pop_front()
    }

    fn room(&self, _: usize) -> usize {
        usize::MAX
    }

    fn inputs(&self) -> usize {
        self.inputs.len()
    }

    fn outputs(&self) -> usize {
        self.outputs.len()
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<&T> for Octets {
    fn eq(&self, other: &&T) -> bool {
        self.0 == other.as_ref()
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph_elements::{Counter, InfiniteSource, PaintSwitch, Queue, Tee, TimedSource};

    #[test]
    fn packets_come_out_of_their_ports() {
        assert_eq!(outputs::<Tee>("2", ["a", "bc"]), [["a", "bc"], ["a", "bc"]]);
        assert_eq!(outputs::<Queue>("1", ["a", "b"]), [["a"]]);
        assert_eq!(outputs::<InfiniteSource>("x, 3", [""; 0]), [["x", "x", "x"]]);
    }

    #[test]
    fn annotations_handlers_and_time_can_be_had() {
        let mut switch = Bench::<PaintSwitch>::new("");
        let mut packet = switch.packet(b"a");
        packet.annotations_mut().unwrap().set_paint(1);
        switch.input_packet(0, packet);
        assert_eq!(switch.take()[1], ["a"]);
        let mut counter = Bench::<Counter>::new("");
        counter.input(0, b"abc");
        assert_eq!((counter.read("byte_count"), counter.write("reset", "")), ("3".into(), Ok(())));
        assert_eq!(counter.read("count"), "0");
        let mut timed = Bench::<TimedSource>::new("1, x");
        timed.settle();
        timed.take();
        timed.advance(Duration::from_secs(1));
        assert_eq!(timed.take(), [["x"]]);
    }

    #[test]
    #[should_panic(expected = "Queue(many)")]
    fn wrong_arguments_are_said() {
        outputs::<Queue>("many", ["a"]);
    }
}
