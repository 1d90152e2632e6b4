//! Why a graph does not start.

use crate::{NodeId, Panicked};
use std::error::Error;
use std::io;
use thiserror::Error;

/// What failed, why, and what to do: the enum of whoever knows, such as
/// [`PortError`](crate::netmap::PortError), or a sentence.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a graph does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// An element did not start.
    #[error("{error}")]
    Element {
        /// The element.
        node: NodeId,
        /// Why it did not.
        error: BoxError,
    },
    /// Code panicked while the graph was started.
    #[error("it panicked: {}", .0.message)]
    Panicked(Panicked),
    /// Something outside the graph failed.
    #[error("{0}")]
    Outside(BoxError),
}

impl StartError {
    /// An element did not start.
    pub fn at(node: NodeId, error: impl Into<BoxError>) -> StartError {
        StartError::Element { node, error: error.into() }
    }

    /// Something outside the graph failed.
    pub fn outside(error: impl Into<BoxError>) -> StartError {
        StartError::Outside(error.into())
    }

    /// The element, unless the reason is outside the graph.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            StartError::Element { node, .. } => Some(*node),
            StartError::Panicked(panicked) => panicked.node,
            StartError::Outside(_) => None,
        }
    }
}

/// The system refused what every engine needs.
#[derive(Debug, Error)]
pub enum EngineError {
    /// No descriptor that wakes the engine.
    #[error("eventfd: {0}")]
    Event(io::Error),
    /// No set of descriptors to wait for, or one of them was not taken.
    #[error("epoll: {0}")]
    Poll(io::Error),
    /// No thread.
    #[error("no thread for the engine: {0}")]
    Thread(io::Error),
    /// The thread ended before it said whether the graph had started.
    #[error("the engine ended without a word")]
    Silent,
}
