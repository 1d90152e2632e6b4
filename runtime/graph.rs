//! What both engines offer to the loop: a graph that has started.

use crate::{NodeId, Progress, Value};
use thiserror::Error;

/// A graph whose elements have started, on either engine. Nodes and tasks are numbered as in
/// the [`Plan`](crate::Plan).
pub trait Graph {
    /// Runs task number `task` of [`Plan::tasks`](crate::Plan::tasks) once.
    fn run(&mut self, task: usize) -> Progress;

    /// Sends packets that wait in the FIFO of back edges on their way, a
    /// bounded number of them; whether any are left.
    fn drain(&mut self) -> bool;

    /// Ends a burst.
    fn flush(&mut self);

    /// Reads a handler.
    fn read(&self, node: NodeId, handler: &str) -> Result<Value, HandlerError>;

    /// Writes a handler.
    fn write(&mut self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError>;

    /// Packets that the engine itself dropped.
    fn dropped(&self) -> EngineDrops;
}

/// Packets that an engine dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineDrops {
    /// Pushed into an optional port that is not connected.
    pub unconnected: u64,
    /// Pushed into a back edge while its FIFO was full.
    pub back_edge_full: u64,
}

/// A handler that could not be called.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HandlerError {
    /// There is none of that name.
    #[error("no such handler")]
    Unknown,
    /// It cannot be read.
    #[error("this handler cannot be read")]
    NotReadable,
    /// It cannot be written.
    #[error("this handler cannot be written")]
    NotWritable,
    /// The graph has ended.
    #[error("the graph has ended")]
    Gone,
    /// It did not take the value: why, and what it takes.
    #[error("{0}")]
    Refused(String),
}

impl<G: Graph + ?Sized> Graph for Box<G> {
    fn run(&mut self, task: usize) -> Progress {
        (**self).run(task)
    }

    fn drain(&mut self) -> bool {
        (**self).drain()
    }

    fn flush(&mut self) {
        (**self).flush();
    }

    fn read(&self, node: NodeId, handler: &str) -> Result<Value, HandlerError> {
        (**self).read(node, handler)
    }

    fn write(&mut self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError> {
        (**self).write(node, handler, value)
    }

    fn dropped(&self) -> EngineDrops {
        (**self).dropped()
    }
}
