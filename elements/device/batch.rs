//! Reception by system calls, as FromSocket and FromPacket have it: a burst of
//! packets, and what a call that receives several leaves for the next run.

use pkgraph::runtime::{Burst, Edges, Packet, Progress, Region};
use std::collections::VecDeque;

/// What an element that receives has found.
pub enum Received {
    /// A packet to push.
    Packet(Packet),
    /// Nothing to push, but there may be more behind it.
    Dropped,
    /// There is no buffer to receive into.
    NoBuffer,
    /// There is nothing to receive now.
    Nothing,
}

/// Pushes up to a burst of what `receive` finds, while downstream has room. The
/// error is the progress of a run that room or a buffer was lacking for.
#[inline]
pub fn push_burst<E: Edges>(
    burst: Burst,
    edges: &mut E,
    mut receive: impl FnMut() -> Received,
) -> Result<Progress, Progress> {
    let mut progress = Progress::Idle;
    for _ in 0..burst.get() {
        let received = if edges.room(0) > 0 { receive() } else { Received::NoBuffer };
        match received {
            Received::Packet(packet) => edges.push(0, packet),
            Received::Dropped => {}
            Received::NoBuffer if progress == Progress::Idle => return Err(Progress::Blocked),
            Received::NoBuffer => return Err(progress),
            Received::Nothing if progress == Progress::Busy => return Ok(Progress::Drained),
            Received::Nothing => break,
        }
        progress = Progress::Busy;
    }
    Ok(progress)
}

/// Octets that a packet of `pool` has for what is received.
#[inline]
pub fn capacity(pool: &Region) -> usize {
    pool.buffer_size() - pool.headroom()
}

/// A packet of `pool` with all the octets that it has to receive into.
fn buffer(pool: &'static Region) -> Option<Packet> {
    let mut packet = pool.alloc()?;
    packet.append(capacity(pool)).expect("a fresh buffer has this room");
    Some(packet)
}

/// The packets of a call that receives several.
#[derive(Default)]
pub struct Batch {
    /// Buffers to receive into.
    spare: Vec<Packet>,
    /// What was received and has not been pushed.
    waiting: VecDeque<Packet>,
    /// Whether the last call found fewer than there were buffers for.
    found_all: bool,
}

impl Batch {
    /// Packets to receive into: a burst, or what `pool` has, which may be none.
    pub fn buffers(&mut self, pool: &'static Region, burst: Burst) -> &mut [Packet] {
        while self.spare.len() < burst.get() as usize
            && let Some(packet) = buffer(pool)
        {
            self.spare.push(packet);
        }
        &mut self.spare
    }

    /// Takes the first `received` of the buffers, each as `keep` makes it of
    /// its number and itself.
    pub fn take(&mut self, received: usize, mut keep: impl FnMut(usize, Packet) -> Option<Packet>) {
        self.found_all = received < self.spare.len();
        let packets = self.spare.drain(..received).enumerate();
        self.waiting.extend(packets.filter_map(|(n, packet)| keep(n, packet)));
    }

    /// Whether a call now would most likely find nothing, which holds once.
    pub fn has_found_all(&mut self) -> bool {
        std::mem::take(&mut self.found_all)
    }

    /// The oldest packet that was taken.
    #[inline]
    pub fn next(&mut self) -> Option<Packet> {
        self.waiting.pop_front()
    }
}
