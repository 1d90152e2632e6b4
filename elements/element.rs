//! The traits of an element.

use enum_dispatch::enum_dispatch;
use pkgraph_runtime::{
    ArgError, Args, Context, Edges, ElementInfo, HandlerError, Packet, Progress,
};

/// What an element declares. Implemented by `#[derive(Declare)]`.
pub trait Declare: Sized {
    /// The declaration.
    const INFO: ElementInfo;

    /// An instance with these arguments. Opens nothing; that is for
    /// [`Element::init`].
    fn configure(args: &Args) -> Result<Self, ArgError>;
}

/// What an element does. Every method has a default; an element that passes
/// packets one for one implements [`simple_action`](Element::simple_action)
/// alone.
#[enum_dispatch]
pub trait Element: Handlers {
    /// Opens what the element needs. The error says what, why, and what to do.
    fn init(&mut self, context: &mut Context) -> Result<(), String> {
        let _ = context;
        Ok(())
    }

    /// One packet in by a port, at most one out by the port of the same
    /// number, pushed or pulled.
    #[inline]
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        Some(packet)
    }

    /// Takes a packet on push input `port`.
    #[inline]
    fn push<E: Edges>(&mut self, port: usize, packet: Packet, edges: &mut E) {
        edges.is_simple();
        if let Some(packet) = self.simple_action(packet) {
            edges.push(port, packet);
        }
    }

    /// Gives a packet on pull output `port`.
    #[inline]
    fn pull<E: Edges>(&mut self, port: usize, edges: &mut E) -> Option<Packet> {
        // A packet that is dropped here must not look like the end of the queue.
        loop {
            let packet = edges.pull(port)?;
            if let Some(packet) = self.simple_action(packet) {
                return Some(packet);
            }
        }
    }

    /// Runs the task or timer: a burst, no more.
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let _ = edges;
        Progress::Idle
    }

    /// The burst has ended: one TX sync, one send of what was gathered.
    #[inline]
    fn flush<E: Edges>(&mut self, edges: &mut E) {
        let _ = edges;
    }

    /// How many times `packets` packets push input `port` takes now before it
    /// has to drop one. A sink that can never take that many at once answers
    /// as if it could when it has all the room that waiting brings: it will
    /// drop some of them, but does not hold up the graph for ever.
    fn room(&self, port: usize, packets: usize) -> usize {
        let _ = (port, packets);
        usize::MAX
    }
}

/// The declared handlers of an element. Implemented by `#[derive(Declare)]`.
#[enum_dispatch]
pub trait Handlers {
    /// Reads handler `name`.
    fn read_handler(&self, name: &str) -> Result<String, HandlerError>;

    /// Writes handler `name`.
    fn write_handler(&mut self, name: &str, value: &str) -> Result<(), HandlerError>;
}

/// Why an element has no handler `name` for a read or a write: there is none,
/// or it serves only the other of the two.
pub fn missing_handler<T: Declare>(name: &str) -> HandlerError {
    match T::INFO.handlers.iter().find(|handler| handler.name == name) {
        Some(handler) if handler.write => HandlerError::NotReadable,
        Some(_) => HandlerError::NotWritable,
        None => HandlerError::Unknown,
    }
}
