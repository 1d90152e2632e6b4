//! The traits of an element.

use pkgraph_runtime::{
    ArgError, ArgInfo, Args, BoxError, Context, Edges, ElementInfo, Entry, Fan, HandlerError,
    Packet, PortInfo, Ports, Progress, Value,
};

/// What an element declares. Implemented by `#[derive(Declare)]`.
pub trait Declare: Sized {
    /// The declaration.
    const INFO: ElementInfo;

    /// What the arguments become before the element starts. It is the element
    /// itself, unless the declaration names another type with `declared`.
    type Declared;

    /// Reads and checks the arguments. Opens nothing and allocates nothing by
    /// their values: `pkgraph check` calls this.
    fn declare(args: &Args) -> Result<Self::Declared, ArgError>;
}

/// The arguments of an element that opens or allocates something when it
/// starts. Implemented by `#[derive(Arguments)]`.
pub trait Arguments: Sized {
    /// The declared arguments: positional ones in order, then keywords.
    const ARGS: &'static [ArgInfo];

    /// Reads and checks the arguments.
    fn read(args: &Args) -> Result<Self, ArgError>;
}

/// No arguments.
impl Arguments for () {
    const ARGS: &'static [ArgInfo] = &[];

    fn read(_: &Args) -> Result<(), ArgError> {
        Ok(())
    }
}

/// How an element begins. An element that exists has started.
///
/// `#[derive(Declare)]` implements it for an element that opens nothing; the
/// author does for one whose declaration names a `declared` type.
pub trait Start: Declare {
    /// Opens what the element needs. The error says what failed, why, and
    /// what to do about it.
    fn start(declared: Self::Declared, context: &mut Context) -> Result<Self, BoxError>;
}

/// What an element does. Every method has a default; an element that passes
/// packets one for one implements [`simple_action`](Element::simple_action)
/// alone.
pub trait Element: Handlers {
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
        edges.is_default(Entry::Run);
        Progress::Idle
    }

    /// The burst has ended: one TX sync, one send of what was gathered.
    #[inline]
    fn flush<E: Edges>(&mut self, edges: &mut E) {
        edges.is_default(Entry::Flush);
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
pub trait Handlers {
    /// Reads handler `name`.
    fn read_handler(&self, name: &str) -> Result<Value, HandlerError>;

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

/// Declares and starts an element: what every engine does for each node.
pub fn start<T: Start>(args: &Args, context: &mut Context) -> Result<T, BoxError> {
    T::start(T::declare(args)?, context)
}

/// What a struct declares whose declaration is wrong, so that the only error is
/// what is wrong with it.
#[doc(hidden)]
pub const UNDECLARED: ElementInfo = ElementInfo {
    name: "",
    path: "",
    subject: "",
    synopsis: "",
    description: "",
    example: "",
    args: &[],
    handlers: &[],
    ports: &|_| Ports { inputs: PortInfo::NONE, outputs: PortInfo::NONE },
    check: &|_| Ok(()),
    fan: Fan::One,
    task: false,
    flush: false,
    limited: false,
    sockets: false,
    outside: false,
    reads: &[],
    requires: &[],
    writes: &[],
    replaces: false,
    on_sockets: None,
    output: "",
};
