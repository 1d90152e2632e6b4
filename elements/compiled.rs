//! What emitted code builds on: the nesting of elements in call order.
//!
//! A compiled graph is a chain of structs, each with one element and, in
//! `then`, everything that the element can reach. Configuration, start and
//! handlers walk that chain; packets take the direct ways that the emitter
//! prints.

use pkgraph_runtime::{ArgError, Context, HandlerError, InitError, NodeId, Plan};

/// An element of a compiled graph with all that comes after it in call order.
pub trait Stage: Sized {
    /// Configures the elements with the arguments of `plan`.
    fn new(plan: &Plan) -> Result<Self, (NodeId, ArgError)>;

    /// Starts the elements, the first one first.
    fn init(&mut self, context: &mut Context) -> Result<(), InitError>;

    /// Reads a handler of `node`.
    fn read(&self, node: NodeId, handler: &str) -> Result<String, HandlerError>;

    /// Writes a handler of `node`.
    fn write(&mut self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError>;
}

impl<T: Stage> Stage for Box<T> {
    fn new(plan: &Plan) -> Result<Self, (NodeId, ArgError)> {
        T::new(plan).map(Box::new)
    }

    fn init(&mut self, context: &mut Context) -> Result<(), InitError> {
        T::init(self, context)
    }

    fn read(&self, node: NodeId, handler: &str) -> Result<String, HandlerError> {
        T::read(self, node, handler)
    }

    fn write(&mut self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError> {
        T::write(self, node, handler, value)
    }
}

/// Declares a stage: `struct Name { element: Type, node: 3, then: Next }`, or
/// the end of the chain, which holds the FIFO of back edges: `struct End`.
#[macro_export]
macro_rules! stage {
    ($(#[$doc:meta])* struct $name:ident { element: $element:ty, node: $node:literal, then: $then:ty }) => {
        $(#[$doc])*
        struct $name {
            element: $element,
            then: $then,
        }

        impl $crate::Stage for $name {
            fn new(
                plan: &$crate::runtime::Plan,
            ) -> Result<Self, ($crate::runtime::NodeId, $crate::runtime::ArgError)> {
                let element = <$element as $crate::Declare>::configure(&plan.nodes[$node].args)
                    .map_err(|error| ($node, error))?;
                Ok($name { element, then: $crate::Stage::new(plan)? })
            }

            fn init(
                &mut self,
                context: &mut $crate::runtime::Context,
            ) -> Result<(), $crate::runtime::InitError> {
                context.enter($node);
                $crate::Element::init(&mut self.element, context)
                    .map_err(|message| $crate::runtime::InitError { node: $node, message })?;
                $crate::Stage::init(&mut self.then, context)
            }

            fn read(
                &self,
                node: $crate::runtime::NodeId,
                handler: &str,
            ) -> Result<String, $crate::runtime::HandlerError> {
                match node {
                    $node => $crate::Handlers::read_handler(&self.element, handler),
                    _ => $crate::Stage::read(&self.then, node, handler),
                }
            }

            fn write(
                &mut self,
                node: $crate::runtime::NodeId,
                handler: &str,
                value: &str,
            ) -> Result<(), $crate::runtime::HandlerError> {
                match node {
                    $node => $crate::Handlers::write_handler(&mut self.element, handler, value),
                    _ => $crate::Stage::write(&mut self.then, node, handler, value),
                }
            }
        }
    };
    ($(#[$doc:meta])* struct $name:ident) => {
        $(#[$doc])*
        struct $name {
            backlog: $crate::runtime::Backlog,
        }

        impl $crate::Stage for $name {
            fn new(
                _: &$crate::runtime::Plan,
            ) -> Result<Self, ($crate::runtime::NodeId, $crate::runtime::ArgError)> {
                Ok($name { backlog: $crate::runtime::Backlog::new() })
            }

            fn init(
                &mut self,
                _: &mut $crate::runtime::Context,
            ) -> Result<(), $crate::runtime::InitError> {
                Ok(())
            }

            fn read(
                &self,
                _: $crate::runtime::NodeId,
                _: &str,
            ) -> Result<String, $crate::runtime::HandlerError> {
                Err($crate::runtime::HandlerError::Unknown)
            }

            fn write(
                &mut self,
                _: $crate::runtime::NodeId,
                _: &str,
                _: &str,
            ) -> Result<(), $crate::runtime::HandlerError> {
                Err($crate::runtime::HandlerError::Unknown)
            }
        }
    };
}
