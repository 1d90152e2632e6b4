//! How an element reaches its neighbours, and what its task reports.

use crate::{Nanos, Packet};

/// What is behind an element's ports.
///
/// In compiled code this is a generated struct that owns what is downstream;
/// in the dynamic engine it is the engine. It is one object for both
/// directions, because two would borrow the same elements in a loop such as
/// `q :: Queue -> Unqueue -> t :: Tee -> q`.
pub trait Edges {
    /// Sends `packet` out of push output `port`. The elements behind it run
    /// before this returns, except behind a back edge.
    fn push(&mut self, port: usize, packet: Packet);

    /// Asks pull input `port` for a packet. There is none where there is no
    /// such input.
    #[inline]
    fn pull(&mut self, port: usize) -> Option<Packet> {
        let _ = port;
        None
    }

    /// How many packets may be pushed into output `port` now without a sink
    /// downstream having to drop one for want of room; `usize::MAX` when
    /// nothing downstream has a limit.
    #[inline]
    fn room(&self, port: usize) -> usize {
        let _ = port;
        usize::MAX
    }

    /// How many input ports this element has in this graph. A constant in
    /// compiled code, as is the number of outputs.
    fn inputs(&self) -> usize;

    /// How many output ports this element has in this graph. A constant in
    /// compiled code, so that a loop over the outputs unrolls.
    fn outputs(&self) -> usize;

    /// Hears from the default `push` of an element that it is that: a call of
    /// `simple_action`, which the dynamic engine may then make by itself.
    #[inline]
    fn is_simple(&mut self) {}

    /// Hears from the default `run` and `flush` of an element that they are
    /// that, so that a test compares an element with its declaration.
    #[inline]
    fn is_default(&mut self, entry: Entry) {
        let _ = entry;
    }
}

/// An entry point that an element has only if it declares so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// `run`, which `task` declares.
    Run,
    /// `flush`, which `flush` declares.
    Flush,
}

/// A part of a long chain that is an allocation of its own.
impl<E: Edges> Edges for Box<E> {
    #[inline]
    fn push(&mut self, port: usize, packet: Packet) {
        E::push(self, port, packet);
    }

    #[inline]
    fn pull(&mut self, port: usize) -> Option<Packet> {
        E::pull(self, port)
    }

    #[inline]
    fn room(&self, port: usize) -> usize {
        E::room(self, port)
    }

    #[inline]
    fn inputs(&self) -> usize {
        E::inputs(self)
    }

    #[inline]
    fn outputs(&self) -> usize {
        E::outputs(self)
    }

    #[inline]
    fn is_simple(&mut self) {
        E::is_simple(self);
    }
}

/// What one run of an element's task has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Packets were moved, and there may be more.
    Busy,
    /// Packets were moved, and there are no more. A task with descriptors runs
    /// again when one of them becomes ready, and does not look in vain before.
    Drained,
    /// Nothing was moved, since there is nothing to do. A task with
    /// descriptors runs again when one of them becomes ready; any other runs
    /// in every round, and a round follows whenever something has moved.
    Idle,
    /// There is work, and a sink downstream has no room for it, or no more: to
    /// be tried again in the next round.
    Blocked,
    /// As `Idle` or `Blocked`, and no later than this time of the engine's
    /// clock.
    Until(Nanos),
}
