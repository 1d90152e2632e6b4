//! What emitted code builds on: the nesting of elements in call order.
//!
//! A compiled graph is a chain of structs, each with one element and, in
//! `then`, everything that the element can reach. Start, flushes and
//! handlers walk that chain; packets take the direct ways that the
//! emitter prints.

use pkgraph_runtime::{
    Backlog, Context, EngineDrops, HandlerError, NodeId, Plan, StartError, Value,
};

/// An element of a compiled graph with all that comes after it in call order.
pub trait Stage: Sized {
    /// Starts the elements with the arguments of `plan`, the first one first.
    /// When one fails, those that have started are dropped in reverse.
    fn start(plan: &Plan, context: &mut Context) -> Result<Self, StartError>;

    /// Ends a burst, the first element first.
    fn flush(&mut self);

    /// Reads a handler of `node`.
    fn read(&self, node: NodeId, handler: &str) -> Result<Value, HandlerError>;

    /// Writes a handler of `node`.
    fn write(&mut self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError>;

    /// The FIFO of back edges.
    fn backlog(&mut self) -> &mut Backlog;

    /// What the FIFO of back edges has dropped.
    fn dropped(&self) -> EngineDrops;

    /// A struct further on, to call it.
    #[inline]
    fn to<T>(&mut self) -> &mut T
    where
        Self: Reach<T>,
    {
        self.reach_mut()
    }

    /// A struct further on, to look at it.
    #[inline]
    fn at<T>(&self) -> &T
    where
        Self: Reach<T>,
    {
        self.reach()
    }
}

/// That a struct leads to one further on. Declared by [`reach!`](crate::reach).
pub trait Reach<T> {
    /// The struct further on.
    fn reach(&self) -> &T;

    /// The struct further on, to call it.
    fn reach_mut(&mut self) -> &mut T;
}

// Out of line, as is in stages what no packet needs: nested into one another,
// a thousand elements took 64 s to compile, and so 38.
impl<T: Stage> Stage for Box<T> {
    #[inline(never)]
    fn start(plan: &Plan, context: &mut Context) -> Result<Self, StartError> {
        T::start(plan, context).map(Box::new)
    }

    #[inline(never)]
    fn flush(&mut self) {
        T::flush(self);
    }

    #[inline(never)]
    fn read(&self, node: NodeId, handler: &str) -> Result<Value, HandlerError> {
        T::read(self, node, handler)
    }

    #[inline(never)]
    fn write(&mut self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError> {
        T::write(self, node, handler, value)
    }

    #[inline]
    fn backlog(&mut self) -> &mut Backlog {
        T::backlog(self)
    }

    #[inline]
    fn dropped(&self) -> EngineDrops {
        T::dropped(self)
    }
}

/// Declares ways: `From => To;` where `To` is the `then` of `From`, and
/// `From => To by Stop;` where `From` has a way to `Stop` and that one to `To`.
#[macro_export]
macro_rules! reach {
    ($($from:ident => $to:ident $(by $stop:ident)?;)*) => {
        $($crate::reach!(@ $from $to $($stop)?);)*
    };
    (@ $from:ident $to:ident) => {
        impl $crate::Reach<$to> for $from {
            #[inline]
            fn reach(&self) -> &$to {
                &self.then
            }

            #[inline]
            fn reach_mut(&mut self) -> &mut $to {
                &mut self.then
            }
        }
    };
    (@ $from:ident $to:ident $stop:ident) => {
        impl $crate::Reach<$to> for $from {
            #[inline]
            fn reach(&self) -> &$to {
                $crate::Reach::reach($crate::Stage::at::<$stop>(self))
            }

            #[inline]
            fn reach_mut(&mut self) -> &mut $to {
                $crate::Reach::reach_mut($crate::Stage::to::<$stop>(self))
            }
        }
    };
}

/// Declares a stage: `struct Name { element: Type, node: 3, then: Next, }`,
/// with `flush,` behind that if the element takes part in it; or the end of
/// the chain, which holds the FIFO of back edges: `struct End;`.
#[macro_export]
macro_rules! stage {
    ($(#[$doc:meta])* struct $name:ident {
        element: $element:ty,
        node: $node:literal,
        then: $then:ty,
        $($flush:ident,)?
    }) => {
        $(#[$doc])*
        struct $name {
            element: $element,
            then: $then,
        }

        impl $crate::Stage for $name {
            #[inline(never)]
            fn start(
                plan: &$crate::runtime::Plan,
                context: &mut $crate::runtime::Context,
            ) -> Result<Self, $crate::runtime::StartError> {
                context.enter($node);
                let start = || $crate::start(&plan.nodes[$node].args, context);
                let element = $crate::runtime::within(|| $node, start)
                    .map_err(|message| $crate::runtime::StartError::at($node, message))?;
                Ok($name { element, then: $crate::Stage::start(plan, context)? })
            }

            #[inline]
            fn flush(&mut self) {
                $($crate::runtime::within(|| $node, || {
                    $crate::Element::$flush(&mut self.element, &mut self.then);
                });)?
                $crate::Stage::flush(&mut self.then);
            }

            #[inline(never)]
            fn read(
                &self,
                node: $crate::runtime::NodeId,
                handler: &str,
            ) -> Result<$crate::runtime::Value, $crate::runtime::HandlerError> {
                match node {
                    $node => $crate::runtime::within(|| $node, || {
                        $crate::Handlers::read_handler(&self.element, handler)
                    }),
                    _ => $crate::Stage::read(&self.then, node, handler),
                }
            }

            #[inline(never)]
            fn write(
                &mut self,
                node: $crate::runtime::NodeId,
                handler: &str,
                value: &str,
            ) -> Result<(), $crate::runtime::HandlerError> {
                match node {
                    $node => $crate::runtime::within(|| $node, || {
                        $crate::Handlers::write_handler(&mut self.element, handler, value)
                    }),
                    _ => $crate::Stage::write(&mut self.then, node, handler, value),
                }
            }

            #[inline]
            fn backlog(&mut self) -> &mut $crate::runtime::Backlog {
                $crate::Stage::backlog(&mut self.then)
            }

            #[inline]
            fn dropped(&self) -> $crate::runtime::EngineDrops {
                $crate::Stage::dropped(&self.then)
            }
        }
    };
    ($(#[$doc:meta])* struct $name:ident;) => {
        $(#[$doc])*
        struct $name {
            backlog: $crate::runtime::Backlog,
        }

        impl $crate::Stage for $name {
            fn start(
                _: &$crate::runtime::Plan,
                _: &mut $crate::runtime::Context,
            ) -> Result<Self, $crate::runtime::StartError> {
                Ok($name { backlog: $crate::runtime::Backlog::new() })
            }

            #[inline]
            fn flush(&mut self) {}

            fn read(
                &self,
                _: $crate::runtime::NodeId,
                _: &str,
            ) -> Result<$crate::runtime::Value, $crate::runtime::HandlerError> {
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

            #[inline]
            fn backlog(&mut self) -> &mut $crate::runtime::Backlog {
                &mut self.backlog
            }

            #[inline]
            fn dropped(&self) -> $crate::runtime::EngineDrops {
                self.backlog.dropped()
            }
        }
    };
}
